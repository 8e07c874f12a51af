//! [`KeyCheckStore`] on SQLite.

use async_trait::async_trait;
use tieline_domain::{
    ports::{KeyCheckStore, StoreError},
    sealed::Sealed,
};

use crate::{database::Access, error::unavailable};

/// Keeps the key check in SQLite.
#[derive(Clone, Debug)]
pub struct SqliteKeyCheckStore {
    pub(crate) access: Access,
}

#[async_trait]
impl KeyCheckStore for SqliteKeyCheckStore {
    async fn find(&self) -> Result<Option<Sealed>, StoreError> {
        let value: Option<Vec<u8>> = sqlx::query_scalar("SELECT value FROM key_checks")
            .fetch_optional(&mut *self.access.reader().await?)
            .await
            .map_err(unavailable)?;
        Ok(value.map(Sealed))
    }

    async fn insert(&self, check: &Sealed) -> Result<Sealed, StoreError> {
        let mut tx = self.access.begin_write().await?;
        sqlx::query("INSERT INTO key_checks (id, value) VALUES (1, ?) ON CONFLICT DO NOTHING")
            .bind(&check.0)
            .execute(&mut *tx)
            .await
            .map_err(unavailable)?;
        let value: Vec<u8> = sqlx::query_scalar("SELECT value FROM key_checks")
            .fetch_one(&mut *tx)
            .await
            .map_err(unavailable)?;
        tx.commit().await.map_err(unavailable)?;
        Ok(Sealed(value))
    }
}
