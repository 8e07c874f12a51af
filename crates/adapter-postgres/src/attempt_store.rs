//! [`AttemptStore`] on Postgres.

use async_trait::async_trait;
use jiff::Timestamp;
use tieline_domain::{
    attempt::{AttemptStatus, ConnectAttempt},
    id::{EnvironmentId, FlowId},
    page::{Page, PageRequest},
    ports::{AttemptFilter, AttemptStore, Claim, StoreError},
    reason::Reason,
};

use crate::{column::column, database::Access, error::unavailable};

macro_rules! select {
    ([$($sql:literal),+], $($argument:expr),+) => {
        sqlx::query_as!(
            AttemptRow,
            r#"SELECT id, environment_id, integration_id, integration_identifier, provider,
                 purpose, subscriber_id, context_keys, mode, status, reason, provider_error,
                 connection_identifier, workspace_name, steps::text AS "steps!", created_at,
                 updated_at "# $(+ $sql)+,
            $($argument),+
        )
    };
}

mod list;
mod row;
mod sweep;
mod write;

use row::AttemptRow;
pub(crate) use write::update;

/// Keeps connect attempts in Postgres.
#[derive(Clone, Debug)]
pub struct PgAttemptStore {
    pub(crate) access: Access,
}

#[async_trait]
impl AttemptStore for PgAttemptStore {
    async fn claim(&self, attempt: &ConnectAttempt) -> Result<Claim, StoreError> {
        let mut session = self.access.writer().await?;
        let inserted = write::insert(&mut session, attempt).await;
        if inserted.map_err(unavailable)? {
            session.commit().await.map_err(unavailable)?;
            return Ok(Claim::Won);
        }
        let row = select!(["FROM connect_attempts WHERE id = $1"], attempt.id.0)
            .fetch_one(&mut session)
            .await
            .map_err(unavailable)?;
        Ok(Claim::Lost(Box::new(row.try_into()?)))
    }

    async fn advance(
        &self,
        from: AttemptStatus,
        attempt: &ConnectAttempt,
    ) -> Result<Claim, StoreError> {
        let mut session = self.access.writer().await?;
        let updated = update(&mut session, attempt, Some(from)).await;
        if updated.map_err(unavailable)? {
            session.commit().await.map_err(unavailable)?;
            return Ok(Claim::Won);
        }
        let (environment, id) = (attempt.environment_id.0, attempt.id.0);
        let row = select!(
            ["FROM connect_attempts WHERE environment_id = $1 AND id = $2"],
            environment,
            id
        )
        .fetch_optional(&mut session)
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
        let row = select!(
            ["FROM connect_attempts WHERE environment_id = $1 AND id = $2"],
            environment.0,
            id.0
        )
        .fetch_optional(&mut self.access.reader().await?)
        .await
        .map_err(unavailable)?;
        row.map(ConnectAttempt::try_from).transpose()
    }

    async fn find_anywhere(&self, id: FlowId) -> Result<Option<ConnectAttempt>, StoreError> {
        let row = select!(["FROM connect_attempts WHERE id = $1"], id.0)
            .fetch_optional(&mut self.access.reader().await?)
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
        list::page(&self.access, environment, filter, page).await
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
