//! Listing events.

use tieline_domain::{
    audit::{AuditAction, AuditEvent},
    id::EnvironmentId,
    page::{Page, PageRequest, Position},
    ports::{AuditFilter, StoreError},
};

use super::row::AuditRow;
use crate::{
    column::is_storable,
    database::{Access, Session},
    error::unavailable,
    keyset::{COUNTED, Window, total},
};

// The subject is compared twice: by what the index has of it, and as a whole.
macro_rules! matching {
    ($query:ident, $rest:literal, $environment:expr, $filter:expr, $($argument:expr),+) => {
        $query!(
            ["FROM audit_events WHERE environment_id = $1
                AND ($2::text IS NULL OR actor = $2)
                AND ($3::text IS NULL OR action = $3)
                AND ($4::text IS NULL OR left(subject, 200) = left($4, 200) AND subject = $4)",
                $rest],
            $environment.0,
            $filter.actor.map(|actor| actor.to_string()),
            $filter.action.map(AuditAction::as_str),
            $filter.subject.as_deref(),
            $($argument),+
        )
    };
}

pub(super) async fn page(
    access: &Access,
    environment: EnvironmentId,
    filter: &AuditFilter,
    page: &PageRequest,
) -> Result<Page<AuditEvent>, StoreError> {
    let position = |event: &AuditEvent| Position {
        created_at: event.entry.at,
        id: event.entry.id,
    };
    if !is_storable(filter.subject.as_deref().unwrap_or_default()) {
        return Ok(Page::of(Vec::new(), page, 0, position));
    }
    let mut session = access.planner().await?;
    let window = Window::of(page);
    let rows = rows(&mut session, environment, filter, window).await;
    let rows = rows.map_err(unavailable)?.into_iter();
    let events = rows
        .map(AuditEvent::try_from)
        .collect::<Result<Vec<_>, _>>()?;
    let known = page.known_total(events.len());
    let total = total(known, count(&mut session, environment, filter)).await?;
    Ok(Page::of(events, page, total, position))
}

async fn rows(
    session: &mut Session,
    environment: EnvironmentId,
    filter: &AuditFilter,
    window: Window,
) -> Result<Vec<AuditRow>, sqlx::Error> {
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
    filter: &AuditFilter,
) -> Result<i64, sqlx::Error> {
    matching!(counted, " LIMIT $5", environment, filter, COUNTED)
        .fetch_one(session)
        .await
}
