//! Sends, and remembers what was sent.

use std::sync::Arc;

use tokio::runtime::Handle;
use tokio::sync::watch;

use super::{Delivery, DeliveryState, Letter, post};

/// Everything that was sent so far.
#[derive(Debug)]
pub(crate) struct Outbox {
    deliveries: watch::Sender<Vec<Delivery>>,
    runtime: Handle,
    closing: watch::Receiver<bool>,
}

impl Outbox {
    /// Sends on this runtime, until the sandbox is being stopped.
    pub(crate) fn new(runtime: Handle, closing: watch::Receiver<bool>) -> Self {
        Self {
            deliveries: watch::Sender::default(),
            runtime,
            closing,
        }
    }

    /// Sends these in the background, one after the other: the next one leaves
    /// when the one before it has been answered. Answers their ids.
    pub(crate) fn send(self: &Arc<Self>, letters: Vec<Letter>) -> Vec<usize> {
        let mut ids = Vec::new();
        self.deliveries.send_modify(|deliveries| {
            for letter in &letters {
                ids.push(deliveries.len());
                deliveries.push(Delivery {
                    id: deliveries.len(),
                    letter: letter.clone(),
                    state: DeliveryState::Pending,
                });
            }
        });
        let (outbox, sent) = (Arc::clone(self), ids.clone());
        self.runtime.spawn(async move {
            for (id, letter) in sent.into_iter().zip(letters) {
                outbox.settle(id, outbox.carry(&letter).await);
            }
        });
        ids
    }

    async fn carry(&self, letter: &Letter) -> DeliveryState {
        let mut closing = self.closing.clone();
        tokio::select! {
            state = post::post(letter) => state,
            _ = closing.wait_for(|closing| *closing) => DeliveryState::Failed {
                reason: "the sandbox was stopped".to_owned(),
            },
        }
    }

    fn settle(&self, id: usize, state: DeliveryState) {
        self.deliveries.send_modify(|deliveries| {
            if let Some(delivery) = deliveries.get_mut(id) {
                delivery.state = state;
            }
        });
    }

    pub(crate) fn deliveries(&self) -> Vec<Delivery> {
        self.deliveries.borrow().clone()
    }

    /// Waits until this one has been answered, or has failed. One that was
    /// never sent is waited for as well.
    pub(crate) async fn settled(&self, id: usize) -> Option<Delivery> {
        let mut deliveries = self.deliveries.subscribe();
        let is_settled = |all: &Vec<Delivery>| all.get(id).is_some_and(Delivery::is_settled);
        let all = deliveries.wait_for(is_settled).await.ok()?;
        all.get(id).cloned()
    }

    /// Waits until there is nothing on its way.
    pub(crate) async fn all_settled(&self) -> Vec<Delivery> {
        let mut deliveries = self.deliveries.subscribe();
        let is_settled = |all: &Vec<Delivery>| all.iter().all(Delivery::is_settled);
        // An error says that the sandbox has been dropped.
        let all = deliveries.wait_for(is_settled).await;
        all.map(|all| all.clone()).unwrap_or_default()
    }
}
