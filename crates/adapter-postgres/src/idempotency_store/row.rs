//! A row of `idempotency_records`.

use tieline_domain::{
    id::EnvironmentId,
    idempotency::{IdempotencyRecord, IdempotencyScope},
    ports::StoreError,
    sealed::Sealed,
};
use uuid::Uuid;

use crate::column::{Column, column};

#[derive(Debug)]
pub(super) struct IdempotencyRow {
    pub(super) environment_id: Uuid,
    pub(super) route: String,
    pub(super) key_hash: Vec<u8>,
    pub(super) fingerprint: Vec<u8>,
    pub(super) response: Vec<u8>,
    pub(super) expires_at: i64,
}

/// Where a record is.
#[derive(Debug)]
pub(super) struct ScopeRow {
    pub(super) environment_id: Uuid,
    pub(super) route: String,
    pub(super) key_hash: Vec<u8>,
}

impl IdempotencyRow {
    pub(super) fn scope(&self) -> Result<IdempotencyScope, StoreError> {
        let scope = ScopeRow {
            environment_id: self.environment_id,
            route: self.route.clone(),
            key_hash: self.key_hash.clone(),
        };
        scope.try_into()
    }
}

impl TryFrom<ScopeRow> for IdempotencyScope {
    type Error = StoreError;

    fn try_from(row: ScopeRow) -> Result<Self, StoreError> {
        Ok(Self {
            environment_id: EnvironmentId(row.environment_id),
            route: row.route,
            key_hash: of("key_hash").bytes(&row.key_hash)?,
        })
    }
}

impl TryFrom<IdempotencyRow> for IdempotencyRecord {
    type Error = StoreError;

    fn try_from(row: IdempotencyRow) -> Result<Self, StoreError> {
        Ok(Self {
            scope: row.scope()?,
            fingerprint: of("fingerprint").bytes(&row.fingerprint)?,
            response: Sealed(row.response),
            expires_at: of("expires_at").time(row.expires_at)?,
        })
    }
}

fn of(name: &'static str) -> Column {
    column("idempotency_records", name)
}
