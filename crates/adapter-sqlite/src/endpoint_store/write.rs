//! Writing endpoints.

use sqlx::{Sqlite, SqliteConnection, SqliteExecutor, query::Query, sqlite::SqliteArguments};
use tieline_domain::{
    connection::ConnectionIdentifier, endpoint::ChannelEndpoint, id::ConnectionId,
};
use uuid::Uuid;

use crate::column::{keys_to_json, to_json};

macro_rules! insert {
    ($conflict:literal) => {
        concat!(
            "INSERT INTO endpoints
                 (id, environment_id, identifier, integration_id, connection_id, subscriber_id,
                  context_keys, kind, address, address_key, secret, created_at, updated_at)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
             ON CONFLICT ",
            $conflict
        )
    };
}

/// Inserts an endpoint of a connection, or gives the one with its id the new address and secret.
/// Answers `false` if that one lies in another connection.
pub(crate) async fn upsert(
    db: &mut SqliteConnection,
    connection: ConnectionId,
    endpoint: &ChannelEndpoint,
) -> Result<bool, sqlx::Error> {
    let sql = insert!(
        "(id) DO UPDATE
         SET kind = excluded.kind, address = excluded.address,
             address_key = excluded.address_key, secret = excluded.secret,
             updated_at = excluded.updated_at
         WHERE endpoints.environment_id = excluded.environment_id
             AND endpoints.connection_id = excluded.connection_id"
    );
    let result = bind_all(sql, Some(connection), endpoint)
        .execute(db)
        .await?;
    Ok(result.rows_affected() > 0)
}

/// Inserts an endpoint unless one of its unique keys is taken; answers whether it did.
pub(super) async fn insert(
    db: &mut SqliteConnection,
    connection: Option<ConnectionId>,
    endpoint: &ChannelEndpoint,
) -> Result<bool, sqlx::Error> {
    let query = bind_all(insert!("DO NOTHING"), connection, endpoint);
    Ok(query.execute(db).await?.rows_affected() > 0)
}

/// Gives the endpoint with this id its new address and secret; answers whether there is one.
pub(super) async fn replace(
    db: impl SqliteExecutor<'_>,
    endpoint: &ChannelEndpoint,
) -> Result<bool, sqlx::Error> {
    let result = sqlx::query(
        "UPDATE endpoints
         SET kind = ?, address = ?, address_key = ?, secret = ?, updated_at = ?
         WHERE environment_id = ? AND id = ?",
    )
    .bind(endpoint.address.kind.as_str())
    .bind(to_json(&endpoint.address.public))
    .bind(&endpoint.address.key)
    .bind(endpoint.secret.as_ref().map(|secret| &secret.0))
    .bind(endpoint.updated_at.as_microsecond())
    .bind(endpoint.environment_id.0)
    .bind(endpoint.id.0)
    .execute(db)
    .await?;
    Ok(result.rows_affected() > 0)
}

/// The id of the connection of this identifier in the endpoint's environment.
pub(super) async fn connection_id(
    db: &mut SqliteConnection,
    endpoint: &ChannelEndpoint,
    identifier: &ConnectionIdentifier,
) -> Result<Option<ConnectionId>, sqlx::Error> {
    let sql = "SELECT id FROM connections WHERE environment_id = ? AND identifier = ?";
    let id: Option<Uuid> = sqlx::query_scalar(sql)
        .bind(endpoint.environment_id.0)
        .bind(identifier.as_str())
        .fetch_optional(db)
        .await?;
    Ok(id.map(ConnectionId))
}

pub(super) async fn identifier_is_taken(
    db: &mut SqliteConnection,
    endpoint: &ChannelEndpoint,
) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar(
        "SELECT EXISTS (SELECT 1 FROM endpoints WHERE environment_id = ? AND identifier = ?)",
    )
    .bind(endpoint.environment_id.0)
    .bind(&endpoint.identifier)
    .fetch_one(db)
    .await
}

fn bind_all<'q>(
    sql: &'static str,
    connection: Option<ConnectionId>,
    endpoint: &'q ChannelEndpoint,
) -> Query<'q, Sqlite, SqliteArguments> {
    sqlx::query(sql)
        .bind(endpoint.id.0)
        .bind(endpoint.environment_id.0)
        .bind(&endpoint.identifier)
        .bind(endpoint.integration_id.0)
        .bind(connection.map(|connection| connection.0))
        .bind(endpoint.subscriber_id.as_str())
        .bind(keys_to_json(&endpoint.context_keys))
        .bind(endpoint.address.kind.as_str())
        .bind(to_json(&endpoint.address.public))
        .bind(&endpoint.address.key)
        .bind(endpoint.secret.as_ref().map(|secret| &secret.0))
        .bind(endpoint.created_at.as_microsecond())
        .bind(endpoint.updated_at.as_microsecond())
}
