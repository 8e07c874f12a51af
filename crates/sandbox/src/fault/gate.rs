//! Requests that wait until a test lets them go on.

use std::collections::HashMap;

use tokio::sync::watch;

use crate::endpoint::Endpoint;

/// Holds requests back, by endpoint.
#[derive(Debug, Default)]
pub(crate) struct Gate {
    held: watch::Sender<Held>,
}

#[derive(Debug, Default)]
struct Held {
    waiting: HashMap<Endpoint, usize>,
    /// How often each has been opened: whoever waits, waits for the next time.
    opened: HashMap<Endpoint, u64>,
}

impl Held {
    fn waiting(&self, endpoint: Endpoint) -> usize {
        self.waiting.get(&endpoint).copied().unwrap_or_default()
    }

    fn opened(&self, endpoint: Endpoint) -> u64 {
        self.opened.get(&endpoint).copied().unwrap_or_default()
    }
}

/// Somebody who waits, until dropped: a client may lose patience.
#[derive(Debug)]
struct Waiting<'a> {
    gate: &'a Gate,
    endpoint: Endpoint,
    /// How often the gate had been opened before.
    opened: u64,
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.gate.held.send_modify(|held| {
            // Whoever was let go on is no longer in the count.
            if held.opened(self.endpoint) == self.opened
                && let Some(waiting) = held.waiting.get_mut(&self.endpoint)
            {
                *waiting -= 1;
            }
        });
    }
}

impl Gate {
    /// Waits until this endpoint's gate is opened.
    pub(crate) async fn wait(&self, endpoint: Endpoint) {
        let mut held = self.held.subscribe();
        let waiting = self.join(endpoint);
        // An error says that the sandbox has been dropped: nobody will open.
        let _ = held
            .wait_for(|held| held.opened(endpoint) != waiting.opened)
            .await;
    }

    fn join(&self, endpoint: Endpoint) -> Waiting<'_> {
        let mut opened = 0;
        self.held.send_modify(|held| {
            *held.waiting.entry(endpoint).or_default() += 1;
            opened = held.opened(endpoint);
        });
        Waiting {
            gate: self,
            endpoint,
            opened,
        }
    }

    /// Lets all go on who wait there now.
    pub(crate) fn open(&self, endpoint: Endpoint) {
        self.held.send_modify(|held| {
            *held.opened.entry(endpoint).or_default() += 1;
            held.waiting.remove(&endpoint);
        });
    }

    /// Lets all go on, wherever they wait.
    pub(crate) fn open_all(&self) {
        let waiting: Vec<Endpoint> = self.held.borrow().waiting.keys().copied().collect();
        for endpoint in waiting {
            self.open(endpoint);
        }
    }

    /// Waits until at least so many requests wait there; for 0, until none does.
    pub(crate) async fn holds(&self, endpoint: Endpoint, requests: usize) {
        let enough = |waiting| requests <= waiting && (requests > 0 || waiting == 0);
        let mut held = self.held.subscribe();
        let _ = held.wait_for(|held| enough(held.waiting(endpoint))).await;
    }
}
