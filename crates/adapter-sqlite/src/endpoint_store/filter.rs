//! The `WHERE` clause of a list of endpoints, but for their provider.

use sqlx::{QueryBuilder, Sqlite};
use tieline_domain::{connection::ConnectionIdentifier, id::EnvironmentId, ports::EndpointFilter};

use crate::column::keys_to_json;

pub(super) fn push_filter(
    query: &mut QueryBuilder<Sqlite>,
    environment: EnvironmentId,
    filter: &EndpointFilter,
) {
    let EndpointFilter {
        subscriber_id,
        connection_identifier,
        provider: _,
        integration_identifier,
        context_keys,
    } = filter;
    query
        .push("endpoints.environment_id = ")
        .push_bind(environment.0);
    if let Some(subscriber) = subscriber_id {
        query
            .push(" AND endpoints.subscriber_id = ")
            .push_bind(subscriber.as_str());
    }
    if let Some(connection) = connection_identifier {
        query.push(" AND endpoints.connection_id = ");
        push_connection_id(query, environment, connection);
    }
    if let Some(keys) = context_keys {
        query
            .push(" AND endpoints.context_keys = ")
            .push_bind(keys_to_json(keys));
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

/// Restricts to the endpoints in a connection, or to those in none.
pub(super) fn push_place(
    query: &mut QueryBuilder<Sqlite>,
    environment: EnvironmentId,
    connection: Option<&ConnectionIdentifier>,
) {
    // Word for word the expression of the unique index.
    query.push(" AND coalesce(endpoints.connection_id, x'') = ");
    match connection {
        Some(identifier) => push_connection_id(query, environment, identifier.as_str()),
        None => {
            query.push("x''");
        }
    }
}

fn push_connection_id(
    query: &mut QueryBuilder<Sqlite>,
    environment: EnvironmentId,
    identifier: &str,
) {
    query.push("(SELECT id FROM connections");
    query
        .push(" WHERE environment_id = ")
        .push_bind(environment.0);
    query
        .push(" AND identifier = ")
        .push_bind(identifier)
        .push(")");
}
