//! Appending to the log.

use tieline_domain::{
    audit::{AuditEntry, AuditEvent, AuditHead},
    id::EnvironmentId,
    ports::StoreError,
};

use super::row::of;
use crate::{
    column::to_json,
    database::{Access, Session},
    error::unavailable,
};

pub(super) async fn append(access: &Access, entry: &AuditEntry) -> Result<AuditEvent, StoreError> {
    let mut session = access.begin_write().await?;
    let head = lock(&mut session, entry.environment_id).await?;
    let event = entry.clone().after(head);
    insert(&mut session, &event).await.map_err(unavailable)?;
    session.commit().await.map_err(unavailable)?;
    Ok(event)
}

/// Waits for whoever appends to the same log, to the end of their transaction, and answers where
/// the log ends by then.
async fn lock(session: &mut Session, environment: EnvironmentId) -> Result<AuditHead, StoreError> {
    let row = sqlx::query!(
        r#"SELECT sequence AS "sequence!", hash AS "hash!" FROM lock_audit_log($1)"#,
        environment.0
    )
    .fetch_optional(session)
    .await
    .map_err(unavailable)?;
    let Some(row) = row else {
        return Ok(AuditHead::default());
    };
    Ok(AuditHead {
        sequence: of("sequence").generation(row.sequence)?,
        hash: of("hash").bytes(&row.hash)?,
    })
}

async fn insert(session: &mut Session, event: &AuditEvent) -> Result<(), sqlx::Error> {
    let entry = &event.entry;
    sqlx::query!(
        "INSERT INTO audit_events
             (id, environment_id, sequence, created_at, actor, action, subject, details, previous,
              hash)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8::text::json, $9, $10)",
        entry.id,
        entry.environment_id.0,
        event.sequence.cast_signed(),
        entry.at.as_microsecond(),
        entry.actor.to_string(),
        entry.action.as_str(),
        entry.subject,
        to_json(&entry.details),
        event.previous.as_slice(),
        event.hash.as_slice()
    )
    .execute(session)
    .await?;
    Ok(())
}
