//! Finding the endpoint that is the same as another: at the same address, in the same place.

use tieline_domain::{
    connection::ConnectionIdentifier,
    endpoint::EndpointAddress,
    id::{EnvironmentId, IntegrationId},
    subscriber::SubscriberId,
};

use super::row::EndpointRow;
use crate::{column::hash, database::Session};

/// What endpoints have in common that are the same, but for their place.
pub(super) struct Same<'a> {
    pub(super) environment: EnvironmentId,
    pub(super) integration: IntegrationId,
    pub(super) subscriber_id: &'a SubscriberId,
    pub(super) address: &'a EndpointAddress,
}

macro_rules! select_same {
    ($same:expr, $place:literal $(, $argument:expr)?) => {
        select!(
            [
                "endpoints.environment_id = $1 AND endpoints.integration_id = $2
                     AND endpoints.subscriber_id = $3 AND endpoints.kind = $4
                     AND endpoints.address_hash = $5 ",
                $place
            ],
            $same.environment.0,
            $same.integration.0,
            $same.subscriber_id.as_str(),
            $same.address.kind.as_str(),
            hash(&$same.address.key)
            $(, $argument)?
        )
    };
}

impl Same<'_> {
    /// The one in a connection.
    pub(super) async fn find_in(
        &self,
        session: &mut Session,
        connection: &ConnectionIdentifier,
    ) -> Result<Option<EndpointRow>, sqlx::Error> {
        select_same!(
            self,
            "AND endpoints.connection_id = (
                 SELECT id FROM connections WHERE environment_id = $1 AND identifier = $6)",
            connection.as_str()
        )
        .fetch_optional(session)
        .await
    }

    /// The one in no connection.
    pub(super) async fn find_loose(
        &self,
        session: &mut Session,
    ) -> Result<Option<EndpointRow>, sqlx::Error> {
        select_same!(self, "AND endpoints.connection_id IS NULL")
            .fetch_optional(session)
            .await
    }
}
