//! [`RevocationStore`] on SQLite.

use async_trait::async_trait;
use jiff::Timestamp;
use sqlx::{QueryBuilder, Sqlite};
use tieline_domain::{
    id::{EnvironmentId, RevocationId},
    page::{Page, PageRequest, Position},
    ports::{RevocationStore, StoreError},
    revocation::Revocation,
};

use crate::{database::Access, error::unavailable, keyset};

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT id, environment_id, connection_identifier, integration_id,
                 integration_identifier, provider, workspace_id, workspace_name, bot_user_id,
                 items, secrets, tries, due_at, created_at, updated_at
             FROM revocations ",
            $rest
        )
    };
}

mod due;
mod row;
mod write;

use row::RevocationRow;

/// Keeps revocations in SQLite.
#[derive(Clone, Debug)]
pub struct SqliteRevocationStore {
    pub(crate) access: Access,
}

#[async_trait]
impl RevocationStore for SqliteRevocationStore {
    async fn insert(&self, revocation: &Revocation) -> Result<(), StoreError> {
        let mut db = self.access.writer().await?;
        let inserted = write::insert(&mut db, revocation).await;
        inserted.map_err(unavailable)
    }

    async fn find(
        &self,
        environment: EnvironmentId,
        id: RevocationId,
    ) -> Result<Option<Revocation>, StoreError> {
        let row: Option<RevocationRow> =
            sqlx::query_as(select!("WHERE environment_id = ? AND id = ?"))
                .bind(environment.0)
                .bind(id.0)
                .fetch_optional(&mut *self.access.reader().await?)
                .await
                .map_err(unavailable)?;
        row.map(Revocation::try_from).transpose()
    }

    async fn list(
        &self,
        environment: EnvironmentId,
        page: &PageRequest,
    ) -> Result<Page<Revocation>, StoreError> {
        let mut tx = self.access.begin_read().await?;
        let mut query = listing(environment, page);
        let rows: Vec<RevocationRow> = query
            .build_query_as()
            .fetch_all(&mut *tx)
            .await
            .map_err(unavailable)?;
        let total = keyset::count(&mut tx, page.known_total(rows.len()), |query| {
            query.push("revocations WHERE environment_id = ");
            query.push_bind(environment.0);
        })
        .await?;
        let rows = rows.into_iter().map(Revocation::try_from);
        let revocations = rows.collect::<Result<Vec<_>, _>>()?;
        Ok(Page::of(revocations, page, total, |revocation| Position {
            created_at: revocation.created_at,
            id: revocation.id.0,
        }))
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
        let mut db = self.access.writer().await?;
        let updated = write::update(&mut db, revocation).await;
        updated.map_err(unavailable)
    }

    async fn delete_ended(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError> {
        let result = sqlx::query(
            "DELETE FROM revocations WHERE id IN (
                 SELECT id FROM revocations
                 WHERE due_at IS NULL AND updated_at < ? ORDER BY updated_at LIMIT ?
             )",
        )
        .bind(before.as_microsecond())
        .bind(limit)
        .execute(&mut *self.access.writer().await?)
        .await
        .map_err(unavailable)?;
        Ok(result.rows_affected())
    }
}

/// The query of a page of revocations.
pub(crate) fn listing(environment: EnvironmentId, page: &PageRequest) -> QueryBuilder<Sqlite> {
    let mut query = QueryBuilder::new(select!("WHERE environment_id = "));
    query.push_bind(environment.0);
    keyset::push_page(&mut query, "revocations", page);
    query
}
