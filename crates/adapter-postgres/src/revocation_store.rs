//! [`RevocationStore`] on Postgres.

use async_trait::async_trait;
use jiff::Timestamp;
use tieline_domain::{
    id::{EnvironmentId, RevocationId},
    page::{Page, PageRequest},
    ports::{RevocationStore, StoreError},
    revocation::Revocation,
};

use crate::{database::Access, error::unavailable};

macro_rules! select {
    ([$($sql:literal),+], $($argument:expr),+) => {
        sqlx::query_as!(
            RevocationRow,
            r#"SELECT id, environment_id, connection_identifier, integration_id,
                 integration_identifier, provider, workspace_id, workspace_name, bot_user_id,
                 items::text AS "items!", secrets, tries, due_at, created_at, updated_at
             FROM revocations "# $(+ $sql)+,
            $($argument),+
        )
    };
}

mod due;
mod list;
mod row;
mod write;

use row::RevocationRow;

/// Keeps revocations in Postgres.
#[derive(Clone, Debug)]
pub struct PgRevocationStore {
    pub(crate) access: Access,
}

#[async_trait]
impl RevocationStore for PgRevocationStore {
    async fn insert(&self, revocation: &Revocation) -> Result<(), StoreError> {
        let mut session = self.access.writer().await?;
        let inserted = write::insert(&mut session, revocation).await;
        inserted.map_err(unavailable)?;
        session.commit().await.map_err(unavailable)
    }

    async fn find(
        &self,
        environment: EnvironmentId,
        id: RevocationId,
    ) -> Result<Option<Revocation>, StoreError> {
        let row = select!(
            ["WHERE environment_id = $1 AND id = $2"],
            environment.0,
            id.0
        )
        .fetch_optional(&mut self.access.reader().await?)
        .await
        .map_err(unavailable)?;
        row.map(Revocation::try_from).transpose()
    }

    async fn list(
        &self,
        environment: EnvironmentId,
        page: &PageRequest,
    ) -> Result<Page<Revocation>, StoreError> {
        list::page(&self.access, environment, page).await
    }

    async fn claim_due(
        &self,
        now: Timestamp,
        until: Timestamp,
        limit: u32,
    ) -> Result<Vec<Revocation>, StoreError> {
        due::claim(&self.access, now, until, limit).await
    }

    async fn update(&self, revocation: &Revocation) -> Result<bool, StoreError> {
        let mut session = self.access.writer().await?;
        let updated = write::update(&mut session, revocation).await;
        let updated = updated.map_err(unavailable)?;
        session.commit().await.map_err(unavailable)?;
        Ok(updated)
    }

    async fn delete_ended(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError> {
        let mut session = self.access.writer().await?;
        // Every node deletes, and none waits for another.
        let result = sqlx::query!(
            "DELETE FROM revocations WHERE id = ANY (ARRAY (
                 SELECT id FROM revocations
                 WHERE due_at IS NULL AND updated_at < $1
                 ORDER BY updated_at LIMIT $2 FOR UPDATE SKIP LOCKED
             ))",
            before.as_microsecond(),
            i64::from(limit)
        )
        .execute(&mut session)
        .await
        .map_err(unavailable)?;
        session.commit().await.map_err(unavailable)?;
        Ok(result.rows_affected())
    }
}
