//! Writing contexts.

use sqlx::{QueryBuilder, Sqlite, SqliteConnection};
use tieline_domain::context::{BridgeUrl, Context};

use crate::column::to_json;

/// Begins an insert of contexts, up to what is to happen on a conflict.
pub(super) fn insert(contexts: &[Context]) -> QueryBuilder<Sqlite> {
    let mut query = QueryBuilder::new(
        "INSERT INTO contexts
             (id, environment_id, kind, context_id, data, bridge_url, created_at, updated_at) ",
    );
    query.push_values(contexts, |mut row, context| {
        row.push_bind(context.id.0)
            .push_bind(context.environment_id.0)
            .push_bind(context.key.kind().to_owned())
            .push_bind(context.key.id().to_owned())
            .push_bind(to_json(&context.data))
            .push_bind(context.bridge_url.clone().map(String::from))
            .push_bind(context.created_at.as_microsecond())
            .push_bind(context.updated_at.as_microsecond());
    });
    query
}

/// Writes a context's data over the stored ones; answers whether there is such a one.
pub(super) async fn update(
    connection: &mut SqliteConnection,
    context: &Context,
) -> Result<bool, sqlx::Error> {
    let result = sqlx::query(
        "UPDATE contexts SET data = ?, bridge_url = ?, updated_at = ?
         WHERE environment_id = ? AND kind = ? AND context_id = ?",
    )
    .bind(to_json(&context.data))
    .bind(context.bridge_url.as_ref().map(BridgeUrl::as_str))
    .bind(context.updated_at.as_microsecond())
    .bind(context.environment_id.0)
    .bind(context.key.kind())
    .bind(context.key.id())
    .execute(connection)
    .await?;
    Ok(result.rows_affected() > 0)
}
