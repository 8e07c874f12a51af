//! Writing subscribers.

use sqlx::{Sqlite, SqliteConnection, query::Query, sqlite::SqliteArguments};
use tieline_domain::subscriber::{Profile, Subscriber};

use crate::column::to_json;

pub(super) async fn insert(
    connection: &mut SqliteConnection,
    subscriber: &Subscriber,
) -> Result<(), sqlx::Error> {
    let query = sqlx::query(
        "INSERT INTO subscribers
             (first_name, last_name, email, phone, avatar, locale, timezone, data, updated_at,
              environment_id, subscriber_id, id, created_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    );
    bind(query, subscriber)
        .bind(subscriber.id.0)
        .bind(subscriber.created_at.as_microsecond())
        .execute(connection)
        .await?;
    Ok(())
}

/// Writes a subscriber's profile over the stored one; answers whether there was one.
pub(super) async fn update(
    connection: &mut SqliteConnection,
    subscriber: &Subscriber,
) -> Result<bool, sqlx::Error> {
    let query = sqlx::query(
        "UPDATE subscribers
         SET first_name = ?, last_name = ?, email = ?, phone = ?, avatar = ?, locale = ?,
             timezone = ?, data = ?, updated_at = ?
         WHERE environment_id = ? AND subscriber_id = ?",
    );
    let result = bind(query, subscriber).execute(connection).await?;
    Ok(result.rows_affected() > 0)
}

/// Binds what both statements name first: profile, time of change, environment and id.
fn bind<'q>(
    query: Query<'q, Sqlite, SqliteArguments>,
    subscriber: &'q Subscriber,
) -> Query<'q, Sqlite, SqliteArguments> {
    let Profile {
        first_name,
        last_name,
        email,
        phone,
        avatar,
        locale,
        timezone,
        data,
    } = &subscriber.profile;
    query
        .bind(first_name)
        .bind(last_name)
        .bind(email)
        .bind(phone)
        .bind(avatar)
        .bind(locale)
        .bind(timezone)
        .bind(data.as_ref().map(to_json))
        .bind(subscriber.updated_at.as_microsecond())
        .bind(subscriber.environment_id.0)
        .bind(subscriber.subscriber_id.as_str())
}
