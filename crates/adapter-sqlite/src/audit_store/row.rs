//! A row of `audit_events`.

use sqlx::FromRow;
use tieline_domain::{
    audit::{AuditEntry, AuditEvent},
    id::EnvironmentId,
    ports::StoreError,
};
use uuid::Uuid;

use crate::column::{Column, column};

#[derive(FromRow)]
pub(super) struct AuditRow {
    id: Uuid,
    environment_id: Uuid,
    sequence: i64,
    created_at: i64,
    actor: String,
    action: String,
    subject: String,
    details: String,
    previous: Vec<u8>,
    hash: Vec<u8>,
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
