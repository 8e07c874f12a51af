//! What a provider said of a connection a moment ago.

use std::{future::Future, pin::Pin};

use async_trait::async_trait;

use crate::{id::ConnectionId, ports::ProviderError};

/// What was checked: with other tokens, or another app, it is another question.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Checked {
    /// The connection.
    pub connection: ConnectionId,
    /// How often its tokens were replaced.
    pub generation: u64,
    /// How often the credentials of its integration were replaced.
    pub app_generation: u64,
}

/// Whether the connection is good.
pub type CheckOutcome = Result<(), ProviderError>;

/// Asks the provider, once it is awaited.
pub type ProviderCheck<'a> = Pin<Box<dyn Future<Output = CheckOutcome> + Send + 'a>>;

/// Spares a provider the same question again and again.
#[async_trait]
pub trait RecentChecks: Send + Sync {
    /// Answers what `ask` answers. Where somebody is asking the same at this moment, or asked
    /// a few seconds ago, that answer may stand instead, and `ask` is dropped. An answer that
    /// says nothing lasting ([`says_something`]) stands only for those who waited for it. It
    /// never fails by itself.
    async fn check(&self, checked: &Checked, ask: ProviderCheck<'_>) -> CheckOutcome;
}

/// Without a memory: each question is asked.
#[async_trait]
impl RecentChecks for () {
    async fn check(&self, _: &Checked, ask: ProviderCheck<'_>) -> CheckOutcome {
        ask.await
    }
}

/// Whether an answer says something of the connection, and not just of this moment.
#[must_use]
pub fn says_something(outcome: &CheckOutcome) -> bool {
    !outcome.as_ref().is_err_and(ProviderError::may_pass)
}
