//! The `WHERE` clause of a list of events.

use sqlx::{QueryBuilder, Sqlite};
use tieline_domain::{id::EnvironmentId, ports::AuditFilter};

pub(super) fn push_filter(
    query: &mut QueryBuilder<Sqlite>,
    environment: EnvironmentId,
    filter: &AuditFilter,
) {
    let AuditFilter {
        actor,
        action,
        subject,
    } = filter;
    query.push("environment_id = ").push_bind(environment.0);
    let equalities = [
        ("actor", actor.map(|actor| actor.to_string())),
        ("action", action.map(|action| action.as_str().to_owned())),
        ("subject", subject.clone()),
    ];
    for (column, value) in equalities {
        if let Some(value) = value {
            query
                .push(format_args!(" AND {column} = "))
                .push_bind(value);
        }
    }
}
