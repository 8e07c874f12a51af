//! The `WHERE` clause of a list of endpoints.

use sqlx::{QueryBuilder, Sqlite};
use tieline_domain::{id::EnvironmentId, ports::EndpointFilter};

use crate::column::keys_to_json;

/// Appends to a clause that restricts the environment already.
pub(super) fn push_filter(
    query: &mut QueryBuilder<Sqlite>,
    environment: EnvironmentId,
    filter: &EndpointFilter,
) {
    let EndpointFilter {
        subscriber_id,
        connection_identifier,
        provider,
        integration_identifier,
        context_keys,
    } = filter;
    if let Some(subscriber) = subscriber_id {
        query
            .push(" AND endpoints.subscriber_id = ")
            .push_bind(subscriber.as_str());
    }
    if let Some(connection) = connection_identifier {
        push_connection(query, environment, connection);
    }
    if let Some(keys) = context_keys {
        query
            .push(" AND endpoints.context_keys = ")
            .push_bind(keys_to_json(keys));
    }
    if let Some(provider) = provider {
        query.push(" AND endpoints.integration_id IN (SELECT id FROM integrations");
        query
            .push(" WHERE environment_id = ")
            .push_bind(environment.0);
        query
            .push(" AND provider = ")
            .push_bind(provider.as_str())
            .push(")");
    }
    if let Some(identifier) = integration_identifier {
        // There is at most one: an equality lets the index on it keep the order of the list.
        query.push(" AND endpoints.integration_id = (SELECT id FROM integrations");
        query
            .push(" WHERE environment_id = ")
            .push_bind(environment.0);
        query
            .push(" AND identifier = ")
            .push_bind(identifier)
            .push(")");
    }
}

/// Restricts to one connection, by its identifier.
pub(super) fn push_connection(
    query: &mut QueryBuilder<Sqlite>,
    environment: EnvironmentId,
    identifier: &str,
) {
    query.push(" AND endpoints.connection_id = (SELECT id FROM connections");
    query
        .push(" WHERE environment_id = ")
        .push_bind(environment.0);
    query
        .push(" AND identifier = ")
        .push_bind(identifier)
        .push(")");
}
