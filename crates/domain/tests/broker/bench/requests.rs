//! What a back end asks for.

use tieline_domain::{
    connection::{ConnectionIdentifier, ConnectionMode},
    context::NamedContext,
    usecase::MintConnectUrl,
};
use tieline_testkit::fixtures;

/// A request for the subscriber `ada`.
pub(crate) fn for_ada(integration: &str) -> MintConnectUrl {
    MintConnectUrl {
        integration_identifier: integration.to_owned(),
        subscriber_id: Some(fixtures::subscriber_id("ada")),
        ..Default::default()
    }
}

/// A request for the subscriber `bob`.
pub(crate) fn for_bob(integration: &str) -> MintConnectUrl {
    MintConnectUrl {
        subscriber_id: Some(fixtures::subscriber_id("bob")),
        ..for_ada(integration)
    }
}

/// A request for these contexts, `type:id`, to share.
pub(crate) fn shared(integration: &str, keys: &[&str]) -> MintConnectUrl {
    MintConnectUrl {
        integration_identifier: integration.to_owned(),
        contexts: contexts(keys),
        mode: Some(ConnectionMode::Shared),
        ..Default::default()
    }
}

/// A request for `ada` that asks for an identifier.
pub(crate) fn named(identifier: &str) -> MintConnectUrl {
    MintConnectUrl {
        connection_identifier: Some(identifier_of(identifier)),
        ..for_ada("slack")
    }
}

pub(crate) fn identifier_of(identifier: &str) -> ConnectionIdentifier {
    ConnectionIdentifier::parse(identifier).unwrap()
}

/// Contexts without data.
pub(crate) fn contexts(keys: &[&str]) -> Vec<NamedContext> {
    let context = |key: &&str| NamedContext {
        key: key.parse().unwrap(),
        data: None,
    };
    keys.iter().map(context).collect()
}
