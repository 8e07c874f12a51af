//! The `WHERE` clause of a list of connections, but for their provider.

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
        provider: _,
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
    if let Some(identifier) = integration_identifier {
        // There is at most one: an equality lets the index on it keep the order of the list.
        query.push(" AND connections.integration_id = (SELECT id FROM integrations");
        query
            .push(" WHERE environment_id = ")
            .push_bind(environment.0);
        query
            .push(" AND identifier = ")
            .push_bind(identifier)
            .push(")");
    }
}
