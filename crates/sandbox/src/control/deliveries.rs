//! What the sandbox sends by itself.

use super::SandboxControl;
use crate::delivery::Delivery;
use crate::slack::events::{self, SlackEvent, SlackEvents};

impl SandboxControl {
    /// From now on this Slack app receives events: `app_uninstalled` and
    /// `tokens_revoked` when it is uninstalled, `tokens_revoked` when an
    /// authorization ends otherwise. Replaces what was said before.
    pub fn set_slack_events(&self, events: SlackEvents) {
        self.world.slack().set_events(events);
    }

    /// From now on this Slack app receives no events.
    pub fn stop_slack_events(&self, client_id: &str) {
        self.world.slack().stop_events(client_id);
    }

    /// Sends an event in the background, true or not, and answers the id of the
    /// delivery; `None` if the app receives no events, or if there is no such
    /// workspace or organization.
    #[must_use]
    pub fn send_slack_event(&self, event: &SlackEvent) -> Option<usize> {
        let letter = events::letter(&self.world, &self.world.slack(), event)?;
        self.world.outbox.send(vec![letter]).pop()
    }

    /// Sends what was sent before once more in the background, as Slack does
    /// when it got no good answer: freshly signed and without flaw, with the
    /// headers of a retry. Slack's reasons are `http_timeout`, `http_error`,
    /// `connection_failed` and others. `None` if there is no such delivery, or
    /// if the app receives no events any more.
    #[must_use]
    pub fn redeliver(&self, delivery: usize, reason: &str) -> Option<usize> {
        let deliveries = self.deliveries();
        let before = deliveries.get(delivery)?;
        let is_same = |it: &&Delivery| {
            it.letter.event_id.is_some() && it.letter.event_id == before.letter.event_id
        };
        let number = deliveries.iter().filter(is_same).count().max(1);
        let letter = events::again(&self.world, &self.world.slack(), before, (number, reason))?;
        self.world.outbox.send(vec![letter]).pop()
    }

    /// Everything that was sent so far, or is on its way.
    #[must_use]
    pub fn deliveries(&self) -> Vec<Delivery> {
        self.world.outbox.deliveries()
    }

    /// Waits until this delivery has been answered or has failed. `None` only
    /// if the sandbox is gone; one that was never sent is waited for.
    pub async fn wait_for_delivery(&self, delivery: usize) -> Option<Delivery> {
        self.world.outbox.settled(delivery).await
    }

    /// Waits until nothing is on its way, and answers everything that was sent.
    pub async fn wait_for_deliveries(&self) -> Vec<Delivery> {
        self.world.outbox.all_settled().await
    }
}
