//! A row of `subscribers`.

use tieline_domain::{
    id::{EnvironmentId, SubscriberRowId},
    ports::StoreError,
    subscriber::{Profile, Subscriber},
};
use uuid::Uuid;

use crate::column::{Column, column};

#[derive(Debug)]
pub(super) struct SubscriberRow {
    pub(super) id: Uuid,
    pub(super) environment_id: Uuid,
    pub(super) subscriber_id: String,
    pub(super) first_name: Option<String>,
    pub(super) last_name: Option<String>,
    pub(super) email: Option<String>,
    pub(super) phone: Option<String>,
    pub(super) avatar: Option<String>,
    pub(super) locale: Option<String>,
    pub(super) timezone: Option<String>,
    pub(super) data: Option<String>,
    pub(super) created_at: i64,
    pub(super) updated_at: i64,
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
