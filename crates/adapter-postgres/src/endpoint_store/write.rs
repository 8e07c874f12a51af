//! Writing endpoints.

use tieline_domain::{
    connection::ConnectionIdentifier, endpoint::ChannelEndpoint, id::ConnectionId,
};

use crate::{
    column::{hash, key_texts, to_json},
    database::Session,
};

macro_rules! insert {
    ($connection:expr, $endpoint:expr, $conflict:literal) => {
        sqlx::query!(
            "INSERT INTO endpoints
                 (id, environment_id, identifier, integration_id, connection_id, subscriber_id,
                  context_keys, kind, address, address_key, address_hash, secret, created_at,
                  updated_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9::text::json, $10, $11, $12, $13, $14)
             ON CONFLICT "
                + $conflict,
            $endpoint.id.0,
            $endpoint.environment_id.0,
            $endpoint.identifier,
            $endpoint.integration_id.0,
            $connection.map(|connection: ConnectionId| connection.0),
            $endpoint.subscriber_id.as_str(),
            &key_texts(&$endpoint.context_keys),
            $endpoint.address.kind.as_str(),
            to_json(&$endpoint.address.public),
            $endpoint.address.key,
            hash(&$endpoint.address.key),
            $endpoint.secret.as_ref().map(|secret| &*secret.0),
            $endpoint.created_at.as_microsecond(),
            $endpoint.updated_at.as_microsecond()
        )
    };
}

/// Inserts an endpoint of a connection, or gives the one with its id the new address and secret.
/// Answers `false` if that one lies in another connection.
pub(crate) async fn upsert(
    session: &mut Session,
    connection: ConnectionId,
    endpoint: &ChannelEndpoint,
) -> Result<bool, sqlx::Error> {
    let upsert = insert!(
        Some(connection),
        endpoint,
        "(id) DO UPDATE
         SET kind = excluded.kind, address = excluded.address,
             address_key = excluded.address_key, address_hash = excluded.address_hash,
             secret = excluded.secret, updated_at = excluded.updated_at
         WHERE endpoints.environment_id = excluded.environment_id
             AND endpoints.connection_id = excluded.connection_id"
    );
    Ok(upsert.execute(session).await?.rows_affected() > 0)
}

/// Inserts an endpoint unless one of its unique keys is taken; answers whether it did.
pub(super) async fn insert(
    session: &mut Session,
    connection: Option<ConnectionId>,
    endpoint: &ChannelEndpoint,
) -> Result<bool, sqlx::Error> {
    let insert = insert!(connection, endpoint, "DO NOTHING");
    Ok(insert.execute(session).await?.rows_affected() > 0)
}

/// Gives the endpoint with this id its new address and secret; answers whether there is one.
pub(super) async fn replace(
    session: &mut Session,
    endpoint: &ChannelEndpoint,
) -> Result<bool, sqlx::Error> {
    let result = sqlx::query!(
        "UPDATE endpoints
         SET kind = $1, address = $2::text::json, address_key = $3, address_hash = $4, secret = $5,
             updated_at = $6
         WHERE environment_id = $7 AND id = $8",
        endpoint.address.kind.as_str(),
        to_json(&endpoint.address.public),
        endpoint.address.key,
        hash(&endpoint.address.key),
        endpoint.secret.as_ref().map(|secret| &*secret.0),
        endpoint.updated_at.as_microsecond(),
        endpoint.environment_id.0,
        endpoint.id.0
    )
    .execute(session)
    .await?;
    Ok(result.rows_affected() > 0)
}

/// The id of the connection of this identifier in the endpoint's environment.
pub(super) async fn connection_id(
    session: &mut Session,
    endpoint: &ChannelEndpoint,
    identifier: &ConnectionIdentifier,
) -> Result<Option<ConnectionId>, sqlx::Error> {
    let id = sqlx::query_scalar!(
        "SELECT id FROM connections WHERE environment_id = $1 AND identifier = $2",
        endpoint.environment_id.0,
        identifier.as_str()
    )
    .fetch_optional(session)
    .await?;
    Ok(id.map(ConnectionId))
}

pub(super) async fn identifier_is_taken(
    session: &mut Session,
    endpoint: &ChannelEndpoint,
) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(
        r#"SELECT EXISTS (
             SELECT 1 FROM endpoints WHERE environment_id = $1 AND identifier = $2
         ) AS "found!""#,
        endpoint.environment_id.0,
        endpoint.identifier
    )
    .fetch_one(session)
    .await
}
