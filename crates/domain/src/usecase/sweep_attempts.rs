//! Attempts that nobody will finish any more.

use jiff::SignedDuration;

use crate::{
    attempt::AttemptStatus, broker::Broker, flow::STATE_LIFETIME, reason::Reason,
    usecase::UseCaseError,
};

/// No exchange takes that long, its own limits and the pauses of recording included.
const EXCHANGE_LIMIT: SignedDuration = SignedDuration::from_mins(2);

impl Broker {
    /// Marks as failed the attempts whose process died between claim and end, and those whose
    /// person never came back from signing in. Answers how many.
    pub async fn sweep_attempts(&self) -> Result<u64, UseCaseError> {
        let now = self.clock.now();
        let mut swept = 0;
        for (status, limit, reason) in [
            (
                AttemptStatus::Exchanging,
                EXCHANGE_LIMIT,
                Reason::Interrupted,
            ),
            (
                AttemptStatus::AwaitingSignIn,
                STATE_LIFETIME,
                Reason::SignInAbandoned,
            ),
        ] {
            swept += self
                .stores
                .attempts
                .fail_stale(status, now - limit, reason, now)
                .await?;
        }
        Ok(swept)
    }
}
