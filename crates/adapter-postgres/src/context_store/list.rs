//! Listing contexts.

use tieline_domain::{
    context::Context,
    id::EnvironmentId,
    page::{Page, PageRequest, Position},
    ports::{ContextFilter, StoreError},
};

use super::row::ContextRow;
use crate::{
    column::is_storable,
    database::{Access, Session},
    error::unavailable,
    keyset::{COUNTED, Window, total},
};

macro_rules! matching {
    ($query:ident, $rest:literal, $environment:expr, $filter:expr, $($argument:expr),+) => {
        $query!(
            ["FROM contexts WHERE environment_id = $1
                AND ($2::text IS NULL OR kind = $2)
                AND ($3::text IS NULL OR context_id = $3)
                AND ($4::text IS NULL OR strpos(kind, $4) > 0 OR strpos(context_id, $4) > 0)", $rest],
            $environment.0,
            $filter.kind.as_deref(),
            $filter.id.as_deref(),
            $filter.search.as_deref(),
            $($argument),+
        )
    };
}

pub(super) async fn page(
    access: &Access,
    environment: EnvironmentId,
    filter: &ContextFilter,
    page: &PageRequest,
) -> Result<Page<Context>, StoreError> {
    let position = |context: &Context| Position {
        created_at: context.created_at,
        id: context.id.0,
    };
    if !may_match(filter) {
        return Ok(Page::of(Vec::new(), page, 0, position));
    }
    let mut session = access.planner().await?;
    let window = Window::of(page);
    let rows = rows(&mut session, environment, filter, window).await;
    let rows = rows.map_err(unavailable)?.into_iter();
    let contexts = rows.map(Context::try_from).collect::<Result<_, _>>()?;
    let total = total(page, count(&mut session, environment, filter)).await?;
    Ok(Page::of(contexts, page, total, position))
}

fn may_match(filter: &ContextFilter) -> bool {
    let ContextFilter { kind, id, search } = filter;
    [kind, id, search]
        .into_iter()
        .flatten()
        .all(|text| is_storable(text))
}

async fn rows(
    session: &mut Session,
    environment: EnvironmentId,
    filter: &ContextFilter,
    window: Window,
) -> Result<Vec<ContextRow>, sqlx::Error> {
    let Window {
        created_at,
        id,
        limit,
        ..
    } = window;
    if window.ascending {
        let upwards = matching!(
            select,
            " AND (created_at, id) > ($5, $6) ORDER BY created_at, id LIMIT $7",
            environment,
            filter,
            created_at,
            id,
            limit
        );
        upwards.fetch_all(session).await
    } else {
        let downwards = matching!(
            select,
            " AND (created_at, id) < ($5, $6) ORDER BY created_at DESC, id DESC LIMIT $7",
            environment,
            filter,
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
    filter: &ContextFilter,
) -> Result<i64, sqlx::Error> {
    matching!(counted, " LIMIT $5", environment, filter, COUNTED)
        .fetch_one(session)
        .await
}
