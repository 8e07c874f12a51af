//! A row of `endpoints`.

use tieline_domain::{
    endpoint::{ChannelEndpoint, EndpointAddress},
    id::{EndpointId, EnvironmentId, IntegrationId},
    ports::StoreError,
    sealed::Sealed,
};
use uuid::Uuid;

use crate::column::{Column, column};

#[derive(Debug)]
pub(super) struct EndpointRow {
    pub(super) id: Uuid,
    pub(super) environment_id: Uuid,
    pub(super) identifier: String,
    pub(super) integration_id: Uuid,
    pub(super) integration_identifier: String,
    pub(super) provider: String,
    pub(super) connection_identifier: Option<String>,
    pub(super) subscriber_id: String,
    pub(super) context_keys: Vec<String>,
    pub(super) kind: String,
    pub(super) address: String,
    pub(super) address_key: String,
    pub(super) secret: Option<Vec<u8>>,
    pub(super) created_at: i64,
    pub(super) updated_at: i64,
}

impl TryFrom<EndpointRow> for ChannelEndpoint {
    type Error = StoreError;

    fn try_from(row: EndpointRow) -> Result<Self, StoreError> {
        Ok(Self {
            id: EndpointId(row.id),
            environment_id: EnvironmentId(row.environment_id),
            identifier: row.identifier,
            integration_id: IntegrationId(row.integration_id),
            integration_identifier: row.integration_identifier,
            provider: column("integrations", "provider").parse(&row.provider)?,
            connection_identifier: column("connections", "identifier")
                .parse_optional(row.connection_identifier)?,
            subscriber_id: of("subscriber_id").parse(&row.subscriber_id)?,
            context_keys: of("context_keys").keys(&row.context_keys)?,
            address: EndpointAddress {
                kind: of("kind").parse(&row.kind)?,
                public: of("address").json(&row.address)?,
                key: row.address_key,
            },
            secret: row.secret.map(Sealed),
            created_at: of("created_at").time(row.created_at)?,
            updated_at: of("updated_at").time(row.updated_at)?,
        })
    }
}

fn of(name: &'static str) -> Column {
    column("endpoints", name)
}
