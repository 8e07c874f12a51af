//! Listing endpoints.

use tieline_domain::{
    endpoint::ChannelEndpoint,
    id::EnvironmentId,
    page::{Page, PageRequest, Position},
    ports::{EndpointFilter, StoreError},
    provider::ProviderId,
    subscriber::SubscriberId,
};

use super::row::EndpointRow;
use crate::{
    column::{is_storable, key_texts},
    database::{Access, Session},
    error::unavailable,
    keyset::{Window, total},
};

// There is at most one integration, and one connection, of an identifier: an equality lets the
// index on it keep the order of the list.
macro_rules! matching {
    ($find:ident, [$($first:tt)+], $environment:expr, $filter:expr, [$($window:expr)?]) => {{
        let keys = $filter.context_keys.as_ref().map(key_texts);
        $find!(
            $($first)+,
            "($6::text IS NULL OR matched.subscriber_id = $6)
             AND ($7::text IS NULL OR matched.connection_id = (
                 SELECT id FROM connections WHERE environment_id = $1 AND identifier = $7))
             AND ($8::text[] IS NULL OR matched.context_keys = $8)
             AND ($9::text IS NULL OR matched.integration_id = (
                 SELECT id FROM integrations WHERE environment_id = $1 AND identifier = $9))",
            $environment,
            $filter.provider.as_ref().map(ProviderId::as_str),
            $($window,)?
            $filter.subscriber_id.as_ref().map(SubscriberId::as_str),
            $filter.connection_identifier.as_deref(),
            keys.as_deref(),
            $filter.integration_identifier.as_deref()
        )
    }};
}

pub(super) async fn page(
    access: &Access,
    environment: EnvironmentId,
    filter: &EndpointFilter,
    page: &PageRequest,
) -> Result<Page<ChannelEndpoint>, StoreError> {
    let position = |endpoint: &ChannelEndpoint| Position {
        created_at: endpoint.created_at,
        id: endpoint.id.0,
    };
    if !may_match(filter) {
        return Ok(Page::of(Vec::new(), page, 0, position));
    }
    let mut session = access.planner().await?;
    let window = Window::of(page);
    let rows = rows(&mut session, environment, filter, window).await;
    let rows = rows.map_err(unavailable)?.into_iter();
    let endpoints = rows
        .map(ChannelEndpoint::try_from)
        .collect::<Result<Vec<_>, _>>()?;
    let known = page.known_total(endpoints.len());
    let total = total(known, count(&mut session, environment, filter)).await?;
    Ok(Page::of(endpoints, page, total, position))
}

fn may_match(filter: &EndpointFilter) -> bool {
    let EndpointFilter {
        connection_identifier,
        integration_identifier,
        subscriber_id: _,
        provider: _,
        context_keys: _,
    } = filter;
    let texts = [connection_identifier, integration_identifier];
    texts.into_iter().flatten().all(|text| is_storable(text))
}

async fn rows(
    session: &mut Session,
    environment: EnvironmentId,
    filter: &EndpointFilter,
    window: Window,
) -> Result<Vec<EndpointRow>, sqlx::Error> {
    matching!(
        window_of,
        [session, select, "endpoints", ""],
        environment,
        filter,
        [window]
    )
}

async fn count(
    session: &mut Session,
    environment: EnvironmentId,
    filter: &EndpointFilter,
) -> Result<i64, sqlx::Error> {
    matching!(count_of, [session, "endpoints"], environment, filter, [])
}
