//! Writing contexts.

use tieline_domain::context::{BridgeUrl, Context};
use uuid::Uuid;

use crate::{column::to_json, database::Session};

pub(super) async fn insert(session: &mut Session, context: &Context) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "INSERT INTO contexts
             (id, environment_id, kind, context_id, data, bridge_url, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5::text::json, $6, $7, $8)",
        context.id.0,
        context.environment_id.0,
        context.key.kind(),
        context.key.id(),
        to_json(&context.data),
        context.bridge_url.as_ref().map(BridgeUrl::as_str),
        context.created_at.as_microsecond(),
        context.updated_at.as_microsecond()
    )
    .execute(session)
    .await?;
    Ok(())
}

/// Inserts those that are not there yet. In the order of their keys, so that two that insert the
/// same ones wait for each other at the first of them, and not crosswise.
pub(super) async fn insert_missing(
    session: &mut Session,
    contexts: &[Context],
) -> Result<(), sqlx::Error> {
    let mut contexts: Vec<&Context> = contexts.iter().collect();
    contexts.sort_by_key(|context| (context.environment_id.0, &context.key));
    let ids = column(&contexts, |context| context.id.0);
    let environments: Vec<Uuid> = column(&contexts, |context| context.environment_id.0);
    let kinds = column(&contexts, |context| context.key.kind().to_owned());
    let context_ids = column(&contexts, |context| context.key.id().to_owned());
    let data = column(&contexts, |context| to_json(&context.data));
    let urls = column(&contexts, |context| {
        context.bridge_url.clone().map(String::from)
    });
    let created = column(&contexts, |context| context.created_at.as_microsecond());
    let updated = column(&contexts, |context| context.updated_at.as_microsecond());
    sqlx::query!(
        "INSERT INTO contexts
             (id, environment_id, kind, context_id, data, bridge_url, created_at, updated_at)
         SELECT id, environment_id, kind, context_id, data::json, bridge_url, created_at, updated_at
         FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[],
                     $7::bigint[], $8::bigint[])
             AS new (id, environment_id, kind, context_id, data, bridge_url, created_at, updated_at)
         ON CONFLICT (environment_id, kind, context_id) DO NOTHING",
        &ids,
        &environments,
        &kinds,
        &context_ids,
        &data,
        &urls as &[Option<String>],
        &created,
        &updated
    )
    .execute(session)
    .await?;
    Ok(())
}

fn column<T>(contexts: &[&Context], value: impl Fn(&Context) -> T) -> Vec<T> {
    contexts.iter().map(|context| value(context)).collect()
}

/// Writes a context's data over the stored ones; answers whether there is such a one.
pub(super) async fn update(session: &mut Session, context: &Context) -> Result<bool, sqlx::Error> {
    let result = sqlx::query!(
        "UPDATE contexts SET data = $1::text::json, bridge_url = $2, updated_at = $3
         WHERE environment_id = $4 AND kind = $5 AND context_id = $6",
        to_json(&context.data),
        context.bridge_url.as_ref().map(BridgeUrl::as_str),
        context.updated_at.as_microsecond(),
        context.environment_id.0,
        context.key.kind(),
        context.key.id()
    )
    .execute(session)
    .await?;
    Ok(result.rows_affected() > 0)
}
