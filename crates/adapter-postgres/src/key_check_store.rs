//! [`KeyCheckStore`] on Postgres.

use async_trait::async_trait;
use tieline_domain::{
    ports::{KeyCheckStore, StoreError},
    sealed::Sealed,
};

use crate::{database::Access, error::unavailable};

/// Keeps the key check in Postgres.
#[derive(Clone, Debug)]
pub struct PgKeyCheckStore {
    pub(crate) access: Access,
}

#[async_trait]
impl KeyCheckStore for PgKeyCheckStore {
    async fn find(&self) -> Result<Option<Sealed>, StoreError> {
        let value = sqlx::query_scalar!("SELECT value FROM key_checks")
            .fetch_optional(&mut self.access.reader().await?)
            .await
            .map_err(unavailable)?;
        Ok(value.map(Sealed))
    }

    async fn insert(&self, check: &Sealed) -> Result<Sealed, StoreError> {
        let mut session = self.access.begin_write().await?;
        sqlx::query!(
            "INSERT INTO key_checks (id, value) VALUES (1, $1) ON CONFLICT DO NOTHING",
            check.0
        )
        .execute(&mut session)
        .await
        .map_err(unavailable)?;
        let value = sqlx::query_scalar!("SELECT value FROM key_checks")
            .fetch_one(&mut session)
            .await
            .map_err(unavailable)?;
        session.commit().await.map_err(unavailable)?;
        Ok(Sealed(value))
    }
}
