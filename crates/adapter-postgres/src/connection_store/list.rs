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
    keyset::{Window, total},
};

// There is at most one integration of an identifier: an equality lets the index on it keep the
// order of the list.
macro_rules! matching {
    ($find:ident, [$($first:tt)+], $environment:expr, $filter:expr, [$($window:expr)?]) => {{
        let keys = $filter.context_keys.as_ref().map(key_texts);
        $find!(
            $($first)+,
            "($6::text IS NULL OR matched.subscriber_id = $6)
             AND ($7::boolean IS NULL OR $7 AND matched.subscriber_id IS NULL
                 OR NOT $7 AND matched.subscriber_id IS NOT NULL)
             AND ($8::text[] IS NULL OR matched.context_keys = $8)
             AND ($9::text IS NULL OR matched.integration_id = (
                 SELECT id FROM integrations WHERE environment_id = $1 AND identifier = $9))",
            $environment,
            $filter.provider.as_ref().map(ProviderId::as_str),
            $($window,)?
            $filter.subscriber_id.as_ref().map(SubscriberId::as_str),
            $filter.mode.map(|mode| mode == ConnectionMode::Shared),
            keys.as_deref(),
            $filter.integration_identifier.as_deref()
        )
    }};
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
    let known = page.known_total(connections.len());
    let total = total(known, count(&mut session, environment, filter)).await?;
    Ok(Page::of(connections, page, total, position))
}

async fn rows(
    session: &mut Session,
    environment: EnvironmentId,
    filter: &ConnectionFilter,
    window: Window,
) -> Result<Vec<ConnectionRow>, sqlx::Error> {
    matching!(
        window_of,
        [
            session,
            select_connections,
            "connections",
            ", connection_credentials.kind"
        ],
        environment,
        filter,
        [window]
    )
}

async fn count(
    session: &mut Session,
    environment: EnvironmentId,
    filter: &ConnectionFilter,
) -> Result<i64, sqlx::Error> {
    matching!(count_of, [session, "connections"], environment, filter, [])
}
