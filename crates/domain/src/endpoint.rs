//! Channel endpoints: addresses a product can send to, each belonging to a subscriber.

use jiff::Timestamp;

use crate::{
    connection::ConnectionIdentifier,
    context::ContextKeys,
    id::{EndpointId, EnvironmentId, IntegrationId},
    provider::ProviderId,
    sealed::{Sealed, SealedColumn, SealedPlace},
    subscriber::SubscriberId,
};

pub mod address;
pub mod kind;

pub use address::{Address, EndpointAddress};
pub use kind::{EndpointKind, KindPolicy};

/// What a generated endpoint identifier begins with.
pub const ENDPOINT_IDENTIFIER_PREFIX: &str = "chendp_";

/// An address a product can send to.
#[derive(Clone, Debug, PartialEq)]
pub struct ChannelEndpoint {
    /// Its row.
    pub id: EndpointId,
    /// The environment it lives in.
    pub environment_id: EnvironmentId,
    /// The name under which clients know it: 1 to 128 characters out of `A–Z a–z 0–9 . _ -`;
    /// unique in its environment.
    pub identifier: String,
    /// The integration it belongs to.
    pub integration_id: IntegrationId,
    /// That integration's identifier.
    pub integration_identifier: String,
    /// The provider it leads to.
    pub provider: ProviderId,
    /// The connection it lies in, if it needs one.
    pub connection_identifier: Option<ConnectionIdentifier>,
    /// The subscriber it reaches.
    pub subscriber_id: SubscriberId,
    /// The contexts in which it was made.
    pub context_keys: ContextKeys,
    /// Where it leads.
    pub address: EndpointAddress,
    /// The secret members of the address, a JSON object, sealed for [`Self::secret_place`].
    pub secret: Option<Sealed>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

impl ChannelEndpoint {
    /// Where the sealed secret belongs.
    #[must_use]
    pub fn secret_place(&self) -> SealedPlace {
        endpoint_secret_place(self.environment_id, self.id)
    }
}

/// Where the secret of the endpoint with this id belongs.
#[must_use]
pub fn endpoint_secret_place(environment_id: EnvironmentId, id: EndpointId) -> SealedPlace {
    SealedPlace {
        environment_id,
        row: id.0,
        column: SealedColumn::EndpointSecret,
        generation: 1,
    }
}
