//! A row of `audit_events`.

use tieline_domain::{
    audit::{AuditEntry, AuditEvent},
    id::EnvironmentId,
    ports::StoreError,
};
use uuid::Uuid;

use crate::column::{Column, column};

#[derive(Debug)]
pub(super) struct AuditRow {
    pub(super) id: Uuid,
    pub(super) environment_id: Uuid,
    pub(super) sequence: i64,
    pub(super) created_at: i64,
    pub(super) actor: String,
    pub(super) action: String,
    pub(super) subject: String,
    pub(super) details: String,
    pub(super) previous: Vec<u8>,
    pub(super) hash: Vec<u8>,
}

impl TryFrom<AuditRow> for AuditEvent {
    type Error = StoreError;

    fn try_from(row: AuditRow) -> Result<Self, StoreError> {
        Ok(Self {
            entry: AuditEntry {
                id: row.id,
                environment_id: EnvironmentId(row.environment_id),
                at: of("created_at").time(row.created_at)?,
                actor: of("actor").parse(&row.actor)?,
                action: of("action").parse(&row.action)?,
                subject: row.subject,
                details: of("details").json(&row.details)?,
            },
            sequence: of("sequence").generation(row.sequence)?,
            previous: of("previous").bytes(&row.previous)?,
            hash: of("hash").bytes(&row.hash)?,
        })
    }
}

pub(super) fn of(name: &'static str) -> Column {
    column("audit_events", name)
}
