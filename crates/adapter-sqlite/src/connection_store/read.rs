//! Reading connections with their credentials. Both are read in one transaction: credentials of
//! another generation than their connection's would not open.

use std::collections::HashMap;

use sqlx::{QueryBuilder, Sqlite, SqliteConnection};
use tieline_domain::{
    connection::{ChannelConnection, SealedCredential},
    ports::StoreError,
};
use uuid::Uuid;

use crate::{
    connection_store::row::{ConnectionRow, CredentialRow},
    database::Access,
    error::unavailable,
};

/// Begins a query of connections, up to and with its `WHERE`.
pub(crate) fn select() -> QueryBuilder<Sqlite> {
    QueryBuilder::new(
        "SELECT connections.id, connections.environment_id, connections.identifier,
             connections.integration_id, integrations.identifier AS integration_identifier,
             integrations.provider, connections.subscriber_id, connections.context_keys,
             connections.workspace_id, connections.workspace_name, connections.bot_user_id,
             connections.generation, connections.health_standing, connections.failure_reason,
             connections.failure_provider_error, connections.health_since, connections.proved_at,
             connections.due_at, connections.failures, connections.lease_epoch,
             connections.leased_until, connections.created_at, connections.updated_at
         FROM connections
         -- In this order, whatever the planner thinks: integrations are few, and beginning with
         -- them it would have to read and sort all of a list for a page of it.
         CROSS JOIN integrations ON integrations.environment_id = connections.environment_id
             AND integrations.id = connections.integration_id
         WHERE ",
    )
}

pub(super) async fn fetch_one(
    access: &Access,
    query: QueryBuilder<Sqlite>,
) -> Result<Option<ChannelConnection>, StoreError> {
    let mut tx = access.begin_read().await?;
    Ok(fetch(&mut tx, query).await?.pop())
}

pub(crate) async fn fetch(
    connection: &mut SqliteConnection,
    mut query: QueryBuilder<Sqlite>,
) -> Result<Vec<ChannelConnection>, StoreError> {
    let rows: Vec<ConnectionRow> = query
        .build_query_as()
        .fetch_all(&mut *connection)
        .await
        .map_err(unavailable)?;
    let mut credentials = credentials_of(connection, &rows).await?;
    rows.into_iter()
        .map(|row| {
            let own = credentials.remove(&row.id).unwrap_or_default();
            row.with_credentials(own)
        })
        .collect()
}

async fn credentials_of(
    connection: &mut SqliteConnection,
    rows: &[ConnectionRow],
) -> Result<HashMap<Uuid, Vec<SealedCredential>>, StoreError> {
    if rows.is_empty() {
        return Ok(HashMap::new());
    }
    let mut query: QueryBuilder<Sqlite> =
        QueryBuilder::new("WITH places (environment_id, connection_id) AS (");
    query.push_values(rows, |mut place, row| {
        place.push_bind(row.environment_id).push_bind(row.id);
    });
    // A cross join is walked from left to right: credentials are looked up, not looked through.
    query.push(
        ") SELECT connection_id, kind, access_token, refresh_token, scopes, expires_at
         FROM places CROSS JOIN connection_credentials USING (environment_id, connection_id)
         ORDER BY connection_id, kind",
    );
    let found: Vec<CredentialRow> = query
        .build_query_as()
        .fetch_all(connection)
        .await
        .map_err(unavailable)?;
    let mut credentials: HashMap<Uuid, Vec<SealedCredential>> = HashMap::new();
    for row in found {
        credentials
            .entry(row.connection_id)
            .or_default()
            .push(row.try_into()?);
    }
    Ok(credentials)
}
