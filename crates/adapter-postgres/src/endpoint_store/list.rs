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
    keyset::{COUNTED, Window, total},
};

// There is at most one integration, and one connection, of an identifier: an equality lets the
// index on it keep the order of the list.
macro_rules! matching {
    ($query:ident, $head:literal, $rest:literal,
     $environment:expr, $filter:expr, $keys:expr, $($argument:expr),+) => {
        $query!(
            [
                $head,
                "AND ($2::text IS NULL OR endpoints.subscriber_id = $2)
                 AND ($3::text IS NULL OR endpoints.connection_id = (
                     SELECT id FROM connections WHERE environment_id = $1 AND identifier = $3))
                 AND ($4::text[] IS NULL OR endpoints.context_keys = $4)
                 AND ($5::text IS NULL OR endpoints.integration_id IN (
                     SELECT id FROM integrations WHERE environment_id = $1 AND provider = $5))
                 AND ($6::text IS NULL OR endpoints.integration_id = (
                     SELECT id FROM integrations WHERE environment_id = $1 AND identifier = $6))",
                $rest
            ],
            $environment.0,
            $filter.subscriber_id.as_ref().map(SubscriberId::as_str),
            $filter.connection_identifier.as_deref(),
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
        .collect::<Result<_, _>>()?;
    let total = total(page, count(&mut session, environment, filter)).await?;
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
    let keys = filter.context_keys.as_ref().map(key_texts);
    let Window {
        created_at,
        id,
        limit,
        ..
    } = window;
    if window.ascending {
        let upwards = matching!(
            select,
            "",
            " AND (endpoints.created_at, endpoints.id) > ($7, $8)
              ORDER BY endpoints.created_at, endpoints.id LIMIT $9",
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
            select,
            "",
            " AND (endpoints.created_at, endpoints.id) < ($7, $8)
              ORDER BY endpoints.created_at DESC, endpoints.id DESC LIMIT $9",
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
    filter: &EndpointFilter,
) -> Result<i64, sqlx::Error> {
    let keys = filter.context_keys.as_ref().map(key_texts);
    let counted = matching!(
        counted,
        "FROM endpoints WHERE environment_id = $1 ",
        " LIMIT $7",
        environment,
        filter,
        keys,
        COUNTED
    );
    counted.fetch_one(session).await
}
