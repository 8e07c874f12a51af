//! The real clock, timer and randomness.
#![expect(
    clippy::disallowed_methods,
    reason = "these are the ports' implementations"
)]

use std::time::Duration;

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use tieline_domain::ports::{Clock, IdGenerator, Timer};
use uuid::Uuid;

/// The machine's clock.
#[derive(Debug)]
pub(crate) struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        let now = Timestamp::now() + ahead();
        Timestamp::from_microsecond(now.as_microsecond()).unwrap_or(now)
    }
}

/// By how much this process is ahead of the machine: where a test has killed it, and waits for
/// what ran out meanwhile, `CLOCK_AHEAD_SECONDS` stands for the waiting.
#[cfg(feature = "failpoints")]
fn ahead() -> SignedDuration {
    static AHEAD: std::sync::OnceLock<SignedDuration> = std::sync::OnceLock::new();
    *AHEAD.get_or_init(|| {
        let told = std::env::var("CLOCK_AHEAD_SECONDS").unwrap_or_default();
        SignedDuration::from_secs(told.parse().unwrap_or_default())
    })
}

#[cfg(not(feature = "failpoints"))]
const fn ahead() -> SignedDuration {
    SignedDuration::ZERO
}

/// The runtime's timer.
#[derive(Debug)]
pub(crate) struct TokioTimer;

#[async_trait]
impl Timer for TokioTimer {
    async fn pause(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }
}

/// Ids from the operating system's random number generator.
#[derive(Debug)]
pub(crate) struct RandomIds;

impl IdGenerator for RandomIds {
    fn uuid(&self) -> Uuid {
        Uuid::now_v7()
    }

    fn random_text(&self, length: usize) -> String {
        const LETTERS: &[u8; 36] = b"abcdefghijklmnopqrstuvwxyz0123456789";
        // The greatest multiple of 36 that a byte can hold: what lies above it would be unfair.
        const FAIR: u8 = 252;
        let mut text = String::with_capacity(length);
        while text.len() < length {
            let mut bytes = [0; 64];
            getrandom::fill(&mut bytes)
                .expect("the operating system has a random number generator");
            let fair = bytes.iter().filter(|byte| **byte < FAIR);
            text.extend(
                fair.take(length - text.len())
                    .map(|b| char::from(LETTERS[usize::from(b % 36)])),
            );
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn random_text_has_its_length_and_does_not_repeat() {
        let texts: std::collections::HashSet<_> =
            (0..100).map(|_| RandomIds.random_text(50)).collect();
        assert_eq!(texts.len(), 100);
        assert!(texts.iter().all(|text| text.len() == 50));
    }
}
