//! The key check.

use async_trait::async_trait;
use tieline_domain::{
    ports::{KeyCheckStore, StoreError},
    sealed::Sealed,
};

use super::MemoryStorage;

#[async_trait]
impl KeyCheckStore for MemoryStorage {
    async fn find(&self) -> Result<Option<Sealed>, StoreError> {
        self.read(|tables| tables.key_check.clone())
    }

    async fn insert(&self, check: &Sealed) -> Result<Sealed, StoreError> {
        self.write(|tables| {
            Ok(tables
                .key_check
                .get_or_insert_with(|| check.clone())
                .clone())
        })
        .await
    }
}
