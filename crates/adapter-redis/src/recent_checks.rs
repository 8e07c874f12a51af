//! What providers said of connections, whichever node asked.

use std::{fmt, sync::Arc, time::Duration};

use async_trait::async_trait;
use jiff::Timestamp;
use redis::cmd;
use serde::{Deserialize, Serialize};
use tieline_domain::{
    ports::{
        CheckOutcome, Checked, Clock, ProviderCheck, ProviderError, RecentChecks,
        recent_checks::says_something,
    },
    reason::Reason,
};

use crate::RedisMemory;

/// Remembers answers on the server. `node` sees to it that a node asks the same once at a time.
#[derive(Clone)]
pub struct RedisRecentChecks {
    memory: RedisMemory,
    node: Arc<dyn RecentChecks>,
    clock: Arc<dyn Clock>,
    lives: Duration,
}

/// An answer as it is kept. Neither codes nor the providers' words for them are secret.
#[derive(Serialize, Deserialize)]
struct Kept {
    /// Our code for what is wrong, if something is.
    reason: Option<String>,
    provider_error: Option<String>,
    /// When it was asked, in microseconds since the epoch.
    asked_at: i64,
}

impl RedisRecentChecks {
    /// Recent checks on this memory, remembered so long.
    #[must_use]
    pub fn new(
        memory: RedisMemory,
        node: Arc<dyn RecentChecks>,
        clock: Arc<dyn Clock>,
        lives: Duration,
    ) -> Self {
        Self {
            memory,
            node,
            clock,
            lives,
        }
    }

    async fn recall_or_ask(&self, key: &str, ask: ProviderCheck<'_>) -> CheckOutcome {
        if self.lives.is_zero() {
            return ask.await;
        }
        if let Some(outcome) = self.recall(key).await {
            return outcome;
        }
        let asked_at = self.clock.now();
        let outcome = ask.await;
        if says_something(&outcome) {
            self.remember(key, &outcome, asked_at).await;
        }
        outcome
    }

    async fn recall(&self, key: &str) -> Option<CheckOutcome> {
        let mut command = cmd("GET");
        command.arg(key);
        let held: Option<Vec<u8>> = self.memory.link.ask(&command).await.ok()?;
        let kept: Kept = serde_json::from_slice(&held?).ok()?;
        let asked_at = Timestamp::from_microsecond(kept.asked_at).ok()?;
        let age = Duration::try_from(self.clock.now().duration_since(asked_at)).ok()?;
        (age < self.lives).then(|| kept.outcome()).flatten()
    }

    async fn remember(&self, key: &str, outcome: &CheckOutcome, asked_at: Timestamp) {
        let error = outcome.as_ref().err();
        let kept = Kept {
            reason: error.map(|error| error.reason.code().to_owned()),
            provider_error: error.and_then(|error| error.provider_error.clone()),
            asked_at: asked_at.as_microsecond(),
        };
        let mut command = cmd("SET");
        command
            .arg(key)
            .arg(serde_json::to_vec(&kept).unwrap_or_default());
        command
            .arg("PX")
            .arg(u64::try_from(self.lives.as_millis()).unwrap_or(1));
        // Who does not find it asks anew.
        let _ = self.memory.link.ask::<()>(&command).await;
    }
}

impl fmt::Debug for RedisRecentChecks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisRecentChecks").finish_non_exhaustive()
    }
}

#[async_trait]
impl RecentChecks for RedisRecentChecks {
    async fn check(&self, checked: &Checked, ask: ProviderCheck<'_>) -> CheckOutcome {
        let Checked {
            connection,
            generation,
            app_generation,
        } = checked;
        let name = format!("check:{connection}:{generation}:{app_generation}");
        let key = self.memory.link.key(&name);
        let ask: ProviderCheck<'_> = Box::pin(async { self.recall_or_ask(&key, ask).await });
        self.node.check(checked, ask).await
    }
}

impl Kept {
    /// None where another version wrote a code that we do not know.
    fn outcome(self) -> Option<CheckOutcome> {
        let Some(code) = self.reason else {
            return Some(Ok(()));
        };
        Some(Err(ProviderError {
            reason: Reason::from_code(&code)?,
            provider_error: self.provider_error,
            retry_after: None,
        }))
    }
}
