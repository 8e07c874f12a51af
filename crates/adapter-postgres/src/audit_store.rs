//! [`AuditStore`] on Postgres.

use async_trait::async_trait;
use tieline_domain::{
    audit::{AuditEntry, AuditEvent},
    id::EnvironmentId,
    page::{Page, PageRequest},
    ports::{AuditFilter, AuditStore, StoreError},
};

use crate::{
    database::Access,
    error::{retried, unavailable},
};

macro_rules! select {
    ([$($sql:literal),+], $($argument:expr),+) => {
        sqlx::query_as!(
            AuditRow,
            r#"SELECT id, environment_id, sequence, created_at, actor, action, subject,
                 details::text AS "details!", previous, hash "# $(+ $sql)+,
            $($argument),+
        )
    };
}

mod append;
mod list;
mod row;

use row::AuditRow;

/// Keeps the audit log in Postgres.
#[derive(Clone, Debug)]
pub struct PgAuditStore {
    pub(crate) access: Access,
}

#[async_trait]
impl AuditStore for PgAuditStore {
    async fn append(&self, entry: AuditEntry) -> Result<AuditEvent, StoreError> {
        retried(|| append::append(&self.access, &entry)).await
    }

    async fn list(
        &self,
        environment: EnvironmentId,
        filter: &AuditFilter,
        page: &PageRequest,
    ) -> Result<Page<AuditEvent>, StoreError> {
        list::page(&self.access, environment, filter, page).await
    }

    async fn list_after(
        &self,
        environment: EnvironmentId,
        sequence: u64,
        limit: u32,
    ) -> Result<Vec<AuditEvent>, StoreError> {
        let rows = select!(
            [
                "FROM audit_events WHERE environment_id = $1 AND sequence > $2
                 ORDER BY sequence LIMIT $3"
            ],
            environment.0,
            i64::try_from(sequence).unwrap_or(i64::MAX),
            i64::from(limit)
        )
        .fetch_all(&mut self.access.reader().await?)
        .await
        .map_err(unavailable)?;
        rows.into_iter().map(AuditEvent::try_from).collect()
    }
}
