//! The `WHERE` clause of a list of connections.

use sqlx::{QueryBuilder, Sqlite};
use tieline_domain::{connection::ConnectionMode, id::EnvironmentId, ports::ConnectionFilter};

use crate::column::keys_to_json;

pub(super) fn push_filter(
    query: &mut QueryBuilder<Sqlite>,
    environment: EnvironmentId,
    filter: &ConnectionFilter,
) {
    let ConnectionFilter {
        subscriber_id,
        mode,
        provider,
        integration_identifier,
        context_keys,
    } = filter;
    query
        .push("connections.environment_id = ")
        .push_bind(environment.0);
    if let Some(subscriber) = subscriber_id {
        query
            .push(" AND connections.subscriber_id = ")
            .push_bind(subscriber.as_str());
    }
    match mode {
        Some(ConnectionMode::Subscriber) => {
            query.push(" AND connections.subscriber_id IS NOT NULL");
        }
        Some(ConnectionMode::Shared) => {
            query.push(" AND connections.subscriber_id IS NULL");
        }
        None => {}
    }
    if let Some(keys) = context_keys {
        query
            .push(" AND connections.context_keys = ")
            .push_bind(keys_to_json(keys));
    }
    let integration = [
        ("provider", provider.clone().map(String::from)),
        ("identifier", integration_identifier.clone()),
    ];
    for (column, value) in integration {
        if let Some(value) = value {
            query.push(" AND connections.integration_id IN (SELECT id FROM integrations");
            query
                .push(" WHERE environment_id = ")
                .push_bind(environment.0);
            query
                .push(format_args!(" AND {column} = "))
                .push_bind(value)
                .push(")");
        }
    }
}
