//! Listing connections.

use tieline_domain::{
    connection::{ChannelConnection, ConnectionMode},
    id::EnvironmentId,
    page::{Page, PageRequest, Position},
    ports::{ConnectionFilter, StoreError},
    provider::ProviderId,
    subscriber::SubscriberId,
};

use super::row::{ConnectionRow, gather};
use crate::{
    column::{is_storable, key_texts},
    database::{Access, Session},
    error::unavailable,
    keyset::{COUNTED, Window, total},
};

// There is at most one integration of an identifier: an equality lets the index on it keep the
// order of the list.
macro_rules! matching {
    ($query:ident, $head:literal, $rest:literal,
     $environment:expr, $filter:expr, $keys:expr, $($argument:expr),+) => {
        $query!(
            [
                $head,
                "FROM connections AS matched WHERE matched.environment_id = $1
                     AND ($2::text IS NULL OR matched.subscriber_id = $2)
                     AND ($3::boolean IS NULL OR $3 AND matched.subscriber_id IS NULL
                         OR NOT $3 AND matched.subscriber_id IS NOT NULL)
                     AND ($4::text[] IS NULL OR matched.context_keys = $4)
                     AND ($5::text IS NULL OR matched.integration_id IN (
                         SELECT id FROM integrations WHERE environment_id = $1 AND provider = $5))
                     AND ($6::text IS NULL OR matched.integration_id = (
                         SELECT id FROM integrations
                         WHERE environment_id = $1 AND identifier = $6))",
                $rest
            ],
            $environment.0,
            $filter.subscriber_id.as_ref().map(SubscriberId::as_str),
            $filter.mode.map(|mode| mode == ConnectionMode::Shared),
            $keys.as_deref(),
            $filter.provider.as_ref().map(ProviderId::as_str),
            $filter.integration_identifier.as_deref(),
            $($argument),+
        )
    };
}

pub(super) async fn page(
    access: &Access,
    environment: EnvironmentId,
    filter: &ConnectionFilter,
    page: &PageRequest,
) -> Result<Page<ChannelConnection>, StoreError> {
    let position = |connection: &ChannelConnection| Position {
        created_at: connection.created_at,
        id: connection.id.0,
    };
    let identifier = filter.integration_identifier.as_deref();
    if !is_storable(identifier.unwrap_or_default()) {
        return Ok(Page::of(Vec::new(), page, 0, position));
    }
    let mut session = access.planner().await?;
    let window = Window::of(page);
    let rows = rows(&mut session, environment, filter, window).await;
    let connections = gather(rows.map_err(unavailable)?)?;
    let total = total(page, count(&mut session, environment, filter)).await?;
    Ok(Page::of(connections, page, total, position))
}

async fn rows(
    session: &mut Session,
    environment: EnvironmentId,
    filter: &ConnectionFilter,
    window: Window,
) -> Result<Vec<ConnectionRow>, sqlx::Error> {
    let keys = filter.context_keys.as_ref().map(key_texts);
    let Window {
        created_at,
        id,
        limit,
        ..
    } = window;
    if window.ascending {
        let upwards = matching!(
            select_connections,
            "connections.environment_id = $1 AND connections.id = ANY (ARRAY (SELECT matched.id ",
            " AND (matched.created_at, matched.id) > ($7, $8)
              ORDER BY matched.created_at, matched.id LIMIT $9))
              ORDER BY connections.created_at, connections.id, connection_credentials.kind",
            environment,
            filter,
            keys,
            created_at,
            id,
            limit
        );
        upwards.fetch_all(session).await
    } else {
        let downwards = matching!(
            select_connections,
            "connections.environment_id = $1 AND connections.id = ANY (ARRAY (SELECT matched.id ",
            " AND (matched.created_at, matched.id) < ($7, $8)
              ORDER BY matched.created_at DESC, matched.id DESC LIMIT $9))
              ORDER BY connections.created_at DESC, connections.id DESC,
                  connection_credentials.kind",
            environment,
            filter,
            keys,
            created_at,
            id,
            limit
        );
        downwards.fetch_all(session).await
    }
}

async fn count(
    session: &mut Session,
    environment: EnvironmentId,
    filter: &ConnectionFilter,
) -> Result<i64, sqlx::Error> {
    let keys = filter.context_keys.as_ref().map(key_texts);
    let counted = matching!(counted, "", " LIMIT $7", environment, filter, keys, COUNTED);
    counted.fetch_one(session).await
}
