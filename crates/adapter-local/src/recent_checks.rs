//! What providers said of connections, as far as this node asked.

use std::{fmt, sync::Arc, time::Duration};

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use quick_cache::sync::Cache;
use tieline_domain::ports::{
    CheckOutcome, Checked, Clock, ProviderCheck, RecentChecks, recent_checks::says_something,
};

use crate::flights::{Flights, Seat};

/// So many answers are remembered at the most.
const CAPACITY: usize = 10_000;

/// Asks the same once at a time, and remembers the answers.
pub struct LocalRecentChecks {
    clock: Arc<dyn Clock>,
    memory: SignedDuration,
    answers: Cache<Checked, (CheckOutcome, Timestamp)>,
    flights: Flights<Checked, CheckOutcome>,
}

impl LocalRecentChecks {
    /// Recent checks that are remembered so long. With zero, it only sees to it that the same is
    /// asked once at a time: to be put before a memory that nodes share.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>, memory: Duration) -> Self {
        Self {
            clock,
            memory: SignedDuration::try_from(memory).unwrap_or(SignedDuration::MAX),
            answers: Cache::new(CAPACITY),
            flights: Flights::default(),
        }
    }

    fn recall(&self, checked: &Checked) -> Option<CheckOutcome> {
        let (outcome, at) = self.answers.get(checked)?;
        let age = self.clock.now().duration_since(at);
        let fresh = !age.is_negative() && age < self.memory;
        fresh.then_some(outcome)
    }

    async fn ask(&self, checked: &Checked, ask: ProviderCheck<'_>) -> CheckOutcome {
        let at = self.clock.now();
        let outcome = ask.await;
        if says_something(&outcome) && !self.memory.is_zero() {
            self.answers.insert(*checked, (outcome.clone(), at));
        }
        outcome
    }
}

impl fmt::Debug for LocalRecentChecks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LocalRecentChecks").finish_non_exhaustive()
    }
}

#[async_trait]
impl RecentChecks for LocalRecentChecks {
    async fn check(&self, checked: &Checked, ask: ProviderCheck<'_>) -> CheckOutcome {
        loop {
            if let Some(outcome) = self.recall(checked) {
                return outcome;
            }
            match self.flights.join(checked) {
                Seat::Pilot(pilot) => {
                    // The flight before may have landed since we looked.
                    let outcome = match self.recall(checked) {
                        Some(outcome) => outcome,
                        None => self.ask(checked, ask).await,
                    };
                    pilot.land(outcome.clone());
                    return outcome;
                }
                Seat::Passenger(passenger) => {
                    if let Some(outcome) = passenger.arrive().await {
                        return outcome;
                    }
                }
            }
        }
    }
}
