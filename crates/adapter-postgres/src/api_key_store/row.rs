//! A row of `api_keys`.

use tieline_domain::{
    api_key::{ApiKey, ApiKeyHash},
    id::{ApiKeyId, EnvironmentId},
    ports::StoreError,
    sealed::Sealed,
};
use uuid::Uuid;

use crate::column::{Column, column};

#[derive(Debug)]
pub(super) struct ApiKeyRow {
    pub(super) id: Uuid,
    pub(super) environment_id: Uuid,
    pub(super) name: String,
    pub(super) role: String,
    pub(super) rights: Vec<String>,
    pub(super) hash: Vec<u8>,
    pub(super) hint: String,
    pub(super) signing_state: Option<Vec<u8>>,
    pub(super) created_at: i64,
    pub(super) last_used_at: Option<i64>,
    pub(super) expires_at: Option<i64>,
    pub(super) revoked_at: Option<i64>,
}

impl TryFrom<ApiKeyRow> for ApiKey {
    type Error = StoreError;

    fn try_from(row: ApiKeyRow) -> Result<Self, StoreError> {
        let rights = row.rights.iter().map(|right| of("rights").parse(right));
        Ok(Self {
            id: ApiKeyId(row.id),
            environment_id: EnvironmentId(row.environment_id),
            name: row.name,
            role: of("role").parse(&row.role)?,
            rights: rights.collect::<Result<_, _>>()?,
            hash: ApiKeyHash(of("hash").bytes(&row.hash)?),
            hint: row.hint,
            signing_state: row.signing_state.map(Sealed),
            created_at: of("created_at").time(row.created_at)?,
            last_used_at: of("last_used_at").optional_time(row.last_used_at)?,
            expires_at: of("expires_at").optional_time(row.expires_at)?,
            revoked_at: of("revoked_at").optional_time(row.revoked_at)?,
        })
    }
}

fn of(name: &'static str) -> Column {
    column("api_keys", name)
}
