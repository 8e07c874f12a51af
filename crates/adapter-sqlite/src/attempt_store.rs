//! [`AttemptStore`] on SQLite.

use async_trait::async_trait;
use jiff::Timestamp;
use sqlx::{QueryBuilder, Sqlite};
use tieline_domain::{
    attempt::{AttemptStatus, ConnectAttempt},
    id::{EnvironmentId, FlowId},
    page::{Page, PageRequest, Position},
    ports::{AttemptFilter, AttemptStore, Claim, StoreError},
    reason::Reason,
};

use crate::{column::column, database::Access, error::unavailable, keyset};

mod filter;
mod row;
mod sweep;
mod write;

use filter::push_filter;
use row::AttemptRow;
#[cfg(test)]
pub(crate) use sweep::deletion;
pub(crate) use write::update;

/// Keeps connect attempts in SQLite.
#[derive(Clone, Debug)]
pub struct SqliteAttemptStore {
    pub(crate) access: Access,
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT id, environment_id, integration_id, integration_identifier, provider,
                 purpose, subscriber_id, context_keys, mode, status, reason, provider_error,
                 connection_identifier, workspace_name, steps, created_at, updated_at
             FROM connect_attempts ",
            $rest
        )
    };
}

#[async_trait]
impl AttemptStore for SqliteAttemptStore {
    async fn claim(&self, attempt: &ConnectAttempt) -> Result<Claim, StoreError> {
        let mut tx = self.access.begin_write().await?;
        if write::insert(&mut tx, attempt).await.map_err(unavailable)? {
            tx.commit().await.map_err(unavailable)?;
            return Ok(Claim::Won);
        }
        let row: AttemptRow = sqlx::query_as(select!("WHERE id = ?"))
            .bind(attempt.id.0)
            .fetch_one(&mut *tx)
            .await
            .map_err(unavailable)?;
        Ok(Claim::Lost(Box::new(row.try_into()?)))
    }

    async fn advance(
        &self,
        from: AttemptStatus,
        attempt: &ConnectAttempt,
    ) -> Result<Claim, StoreError> {
        let mut tx = self.access.begin_write().await?;
        if update(&mut tx, attempt, Some(from))
            .await
            .map_err(unavailable)?
        {
            tx.commit().await.map_err(unavailable)?;
            return Ok(Claim::Won);
        }
        let row: Option<AttemptRow> =
            sqlx::query_as(select!("WHERE environment_id = ? AND id = ?"))
                .bind(attempt.environment_id.0)
                .bind(attempt.id.0)
                .fetch_optional(&mut *tx)
                .await
                .map_err(unavailable)?;
        Ok(Claim::Lost(Box::new(
            row.ok_or_else(no_such_attempt)?.try_into()?,
        )))
    }

    async fn find(
        &self,
        environment: EnvironmentId,
        id: FlowId,
    ) -> Result<Option<ConnectAttempt>, StoreError> {
        let row: Option<AttemptRow> =
            sqlx::query_as(select!("WHERE environment_id = ? AND id = ?"))
                .bind(environment.0)
                .bind(id.0)
                .fetch_optional(&mut *self.access.reader().await?)
                .await
                .map_err(unavailable)?;
        row.map(ConnectAttempt::try_from).transpose()
    }

    async fn find_anywhere(&self, id: FlowId) -> Result<Option<ConnectAttempt>, StoreError> {
        let row: Option<AttemptRow> = sqlx::query_as(select!("WHERE id = ?"))
            .bind(id.0)
            .fetch_optional(&mut *self.access.reader().await?)
            .await
            .map_err(unavailable)?;
        row.map(ConnectAttempt::try_from).transpose()
    }

    async fn list(
        &self,
        environment: EnvironmentId,
        filter: &AttemptFilter,
        page: &PageRequest,
    ) -> Result<Page<ConnectAttempt>, StoreError> {
        let mut tx = self.access.begin_read().await?;
        let mut query = listing(environment, filter, page);
        let rows: Vec<AttemptRow> = query
            .build_query_as()
            .fetch_all(&mut *tx)
            .await
            .map_err(unavailable)?;
        let total = keyset::count(&mut tx, page.known_total(rows.len()), |query| {
            query.push("connect_attempts WHERE ");
            push_filter(query, environment, filter);
        })
        .await?;
        let attempts = rows
            .into_iter()
            .map(ConnectAttempt::try_from)
            .collect::<Result<_, _>>()?;
        Ok(Page::of(
            attempts,
            page,
            total,
            |attempt: &ConnectAttempt| Position {
                created_at: attempt.created_at,
                id: attempt.id.0,
            },
        ))
    }

    async fn fail_stale(
        &self,
        status: AttemptStatus,
        before: Timestamp,
        reason: Reason,
        now: Timestamp,
    ) -> Result<u64, StoreError> {
        sweep::fail(&self.access, status, before, reason, now).await
    }

    async fn delete_ended(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError> {
        sweep::delete(&self.access, before, limit).await
    }
}

/// No attempt is deleted before it has ended: one that goes on and is not there was taken out by
/// hand.
pub(crate) fn no_such_attempt() -> StoreError {
    column("connect_attempts", "id").corrupt("has no row for an attempt that was claimed")
}

/// The query of a page of attempts.
pub(crate) fn listing(
    environment: EnvironmentId,
    filter: &AttemptFilter,
    page: &PageRequest,
) -> QueryBuilder<Sqlite> {
    let mut query = QueryBuilder::new(select!("WHERE "));
    push_filter(&mut query, environment, filter);
    keyset::push_page(&mut query, "connect_attempts", page);
    query
}
