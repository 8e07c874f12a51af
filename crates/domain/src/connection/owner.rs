//! To whom a connection belongs.

use crate::{connection::ConnectionMode, context::ContextKeys, subscriber::SubscriberId};

/// The subscriber (in `subscriber` mode) and the exact contexts to which a connection belongs.
/// Two connections of one integration to one workspace are the same connection exactly when their
/// owners are equal.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Owner {
    /// The subscriber; none in `shared` mode.
    pub subscriber_id: Option<SubscriberId>,
    /// The contexts, compared as a whole.
    pub context_keys: ContextKeys,
}

impl Owner {
    /// The owner that a mode makes of what a request named: in `shared` mode the subscriber is
    /// only the one to link, not an owner.
    #[must_use]
    pub fn of(mode: ConnectionMode, subscriber: Option<&SubscriberId>, keys: &ContextKeys) -> Self {
        Self {
            subscriber_id: match mode {
                ConnectionMode::Subscriber => subscriber.cloned(),
                ConnectionMode::Shared => None,
            },
            context_keys: keys.clone(),
        }
    }

    /// The mode that gives such an owner.
    #[must_use]
    pub fn mode(&self) -> ConnectionMode {
        match self.subscriber_id {
            Some(_) => ConnectionMode::Subscriber,
            None => ConnectionMode::Shared,
        }
    }
}
