//! [`AuditStore`] on SQLite.

use async_trait::async_trait;
use sqlx::{QueryBuilder, Sqlite};
use tieline_domain::{
    audit::{AuditEntry, AuditEvent},
    id::EnvironmentId,
    page::{Page, PageRequest, Position},
    ports::{AuditFilter, AuditStore, StoreError},
};

use crate::{database::Access, error::unavailable, keyset};

mod append;
mod filter;
mod row;

use filter::push_filter;
use row::AuditRow;

/// Keeps the audit log in SQLite.
#[derive(Clone, Debug)]
pub struct SqliteAuditStore {
    pub(crate) access: Access,
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT id, environment_id, sequence, created_at, actor, action, subject, details,
                 previous, hash
             FROM audit_events ",
            $rest
        )
    };
}

#[async_trait]
impl AuditStore for SqliteAuditStore {
    async fn append(&self, entry: AuditEntry) -> Result<AuditEvent, StoreError> {
        append::append(&self.access, entry).await
    }

    async fn list(
        &self,
        environment: EnvironmentId,
        filter: &AuditFilter,
        page: &PageRequest,
    ) -> Result<Page<AuditEvent>, StoreError> {
        let mut tx = self.access.begin_read().await?;
        let mut query = listing(environment, filter, page);
        let rows: Vec<AuditRow> = query
            .build_query_as()
            .fetch_all(&mut *tx)
            .await
            .map_err(unavailable)?;
        let total = keyset::count(&mut tx, page.known_total(rows.len()), |query| {
            query.push("audit_events WHERE ");
            push_filter(query, environment, filter);
        })
        .await?;
        let rows = rows.into_iter().map(AuditEvent::try_from);
        let events = rows.collect::<Result<Vec<_>, _>>()?;
        Ok(Page::of(events, page, total, |event| Position {
            created_at: event.entry.at,
            id: event.entry.id,
        }))
    }

    async fn list_after(
        &self,
        environment: EnvironmentId,
        sequence: u64,
        limit: u32,
    ) -> Result<Vec<AuditEvent>, StoreError> {
        let sql = select!("WHERE environment_id = ? AND sequence > ? ORDER BY sequence LIMIT ?");
        let rows: Vec<AuditRow> = sqlx::query_as(sql)
            .bind(environment.0)
            .bind(i64::try_from(sequence).unwrap_or(i64::MAX))
            .bind(limit)
            .fetch_all(&mut *self.access.reader().await?)
            .await
            .map_err(unavailable)?;
        rows.into_iter().map(AuditEvent::try_from).collect()
    }
}

/// The query of a page of events.
pub(crate) fn listing(
    environment: EnvironmentId,
    filter: &AuditFilter,
    page: &PageRequest,
) -> QueryBuilder<Sqlite> {
    let mut query = QueryBuilder::new(select!("WHERE "));
    push_filter(&mut query, environment, filter);
    keyset::push_page(&mut query, "audit_events", page);
    query
}
