//! Writing subscribers.

use tieline_domain::subscriber::Subscriber;

use crate::{column::to_json, database::Session};

pub(super) async fn insert(
    session: &mut Session,
    subscriber: &Subscriber,
) -> Result<(), sqlx::Error> {
    let profile = &subscriber.profile;
    sqlx::query!(
        "INSERT INTO subscribers
             (id, environment_id, subscriber_id, first_name, last_name, email, phone, avatar,
              locale, timezone, data, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11::text::json, $12, $13)",
        subscriber.id.0,
        subscriber.environment_id.0,
        subscriber.subscriber_id.as_str(),
        profile.first_name.as_deref(),
        profile.last_name.as_deref(),
        profile.email.as_deref(),
        profile.phone.as_deref(),
        profile.avatar.as_deref(),
        profile.locale.as_deref(),
        profile.timezone.as_deref(),
        profile.data.as_ref().map(to_json),
        subscriber.created_at.as_microsecond(),
        subscriber.updated_at.as_microsecond()
    )
    .execute(session)
    .await?;
    Ok(())
}

/// Writes a subscriber's profile over the stored one; answers whether there was one.
pub(super) async fn update(
    session: &mut Session,
    subscriber: &Subscriber,
) -> Result<bool, sqlx::Error> {
    let profile = &subscriber.profile;
    let result = sqlx::query!(
        "UPDATE subscribers
         SET first_name = $1, last_name = $2, email = $3, phone = $4, avatar = $5, locale = $6,
             timezone = $7, data = $8::text::json, updated_at = $9
         WHERE environment_id = $10 AND subscriber_id = $11",
        profile.first_name.as_deref(),
        profile.last_name.as_deref(),
        profile.email.as_deref(),
        profile.phone.as_deref(),
        profile.avatar.as_deref(),
        profile.locale.as_deref(),
        profile.timezone.as_deref(),
        profile.data.as_ref().map(to_json),
        subscriber.updated_at.as_microsecond(),
        subscriber.environment_id.0,
        subscriber.subscriber_id.as_str()
    )
    .execute(session)
    .await?;
    Ok(result.rows_affected() > 0)
}
