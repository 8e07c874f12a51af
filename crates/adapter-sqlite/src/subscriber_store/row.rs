//! A row of `subscribers`.

use sqlx::FromRow;
use tieline_domain::{
    id::{EnvironmentId, SubscriberRowId},
    ports::StoreError,
    subscriber::{Profile, Subscriber},
};
use uuid::Uuid;

use crate::column::{Column, column};

#[derive(FromRow)]
pub(super) struct SubscriberRow {
    id: Uuid,
    environment_id: Uuid,
    subscriber_id: String,
    first_name: Option<String>,
    last_name: Option<String>,
    email: Option<String>,
    phone: Option<String>,
    avatar: Option<String>,
    locale: Option<String>,
    timezone: Option<String>,
    data: Option<String>,
    created_at: i64,
    updated_at: i64,
}

impl TryFrom<SubscriberRow> for Subscriber {
    type Error = StoreError;

    fn try_from(row: SubscriberRow) -> Result<Self, StoreError> {
        Ok(Self {
            id: SubscriberRowId(row.id),
            environment_id: EnvironmentId(row.environment_id),
            subscriber_id: of("subscriber_id").parse(&row.subscriber_id)?,
            profile: Profile {
                first_name: row.first_name,
                last_name: row.last_name,
                email: row.email,
                phone: row.phone,
                avatar: row.avatar,
                locale: row.locale,
                timezone: row.timezone,
                data: row.data.map(|data| of("data").json(&data)).transpose()?,
            },
            created_at: of("created_at").time(row.created_at)?,
            updated_at: of("updated_at").time(row.updated_at)?,
        })
    }
}

fn of(name: &'static str) -> Column {
    column("subscribers", name)
}
