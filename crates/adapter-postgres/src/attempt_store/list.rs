//! Listing attempts.

use tieline_domain::{
    attempt::{AttemptStatus, ConnectAttempt},
    id::EnvironmentId,
    page::{Page, PageRequest, Position},
    ports::{AttemptFilter, StoreError},
    reason::Reason,
    subscriber::SubscriberId,
};

use super::row::AttemptRow;
use crate::{
    column::is_storable,
    database::{Access, Session},
    error::unavailable,
    keyset::{COUNTED, Window, total},
};

macro_rules! matching {
    ($query:ident, $rest:literal, $environment:expr, $filter:expr, $($argument:expr),+) => {
        $query!(
            ["FROM connect_attempts WHERE environment_id = $1
                AND ($2::text IS NULL OR status = $2)
                AND ($3::text IS NULL OR integration_identifier = $3)
                AND ($4::text IS NULL OR subscriber_id = $4)
                AND ($5::text IS NULL OR connection_identifier = $5)
                AND ($6::text IS NULL OR reason = $6)", $rest],
            $environment.0,
            $filter.status.map(AttemptStatus::as_str),
            $filter.integration_identifier.as_deref(),
            $filter.subscriber_id.as_ref().map(SubscriberId::as_str),
            $filter.connection_identifier.as_deref(),
            $filter.reason.map(Reason::code),
            $($argument),+
        )
    };
}

pub(super) async fn page(
    access: &Access,
    environment: EnvironmentId,
    filter: &AttemptFilter,
    page: &PageRequest,
) -> Result<Page<ConnectAttempt>, StoreError> {
    let position = |attempt: &ConnectAttempt| Position {
        created_at: attempt.created_at,
        id: attempt.id.0,
    };
    if !may_match(filter) {
        return Ok(Page::of(Vec::new(), page, 0, position));
    }
    let mut session = access.planner().await?;
    let window = Window::of(page);
    let rows = rows(&mut session, environment, filter, window).await;
    let rows = rows.map_err(unavailable)?.into_iter();
    let attempts = rows
        .map(ConnectAttempt::try_from)
        .collect::<Result<Vec<_>, _>>()?;
    let known = page.known_total(attempts.len());
    let total = total(known, count(&mut session, environment, filter)).await?;
    Ok(Page::of(attempts, page, total, position))
}

fn may_match(filter: &AttemptFilter) -> bool {
    let AttemptFilter {
        integration_identifier,
        connection_identifier,
        status: _,
        subscriber_id: _,
        reason: _,
    } = filter;
    let texts = [integration_identifier, connection_identifier];
    texts.into_iter().flatten().all(|text| is_storable(text))
}

async fn rows(
    session: &mut Session,
    environment: EnvironmentId,
    filter: &AttemptFilter,
    window: Window,
) -> Result<Vec<AttemptRow>, sqlx::Error> {
    let Window {
        created_at,
        id,
        limit,
        ..
    } = window;
    if window.ascending {
        let upwards = matching!(
            select,
            " AND (created_at, id) > ($7, $8) ORDER BY created_at, id LIMIT $9",
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
            " AND (created_at, id) < ($7, $8) ORDER BY created_at DESC, id DESC LIMIT $9",
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
    filter: &AttemptFilter,
) -> Result<i64, sqlx::Error> {
    matching!(counted, " LIMIT $7", environment, filter, COUNTED)
        .fetch_one(session)
        .await
}
