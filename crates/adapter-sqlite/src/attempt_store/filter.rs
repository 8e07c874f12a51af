//! The `WHERE` clause of a list of attempts.

use sqlx::{QueryBuilder, Sqlite};
use tieline_domain::{id::EnvironmentId, ports::AttemptFilter};

pub(super) fn push_filter(
    query: &mut QueryBuilder<Sqlite>,
    environment: EnvironmentId,
    filter: &AttemptFilter,
) {
    let AttemptFilter {
        status,
        integration_identifier,
        subscriber_id,
        connection_identifier,
        reason,
    } = filter;
    query.push("environment_id = ").push_bind(environment.0);
    let equalities = [
        ("status", status.map(|status| status.as_str().to_owned())),
        ("integration_identifier", integration_identifier.clone()),
        ("subscriber_id", subscriber_id.clone().map(String::from)),
        ("connection_identifier", connection_identifier.clone()),
        ("reason", reason.map(|reason| reason.code().to_owned())),
    ];
    for (column, value) in equalities {
        if let Some(value) = value {
            query
                .push(format_args!(" AND {column} = "))
                .push_bind(value);
        }
    }
}
