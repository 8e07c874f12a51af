//! Bots of the Bot Framework.

use super::SandboxControl;
use crate::botframework::{self, Bot, BotActivity};
use crate::world::lock;

impl SandboxControl {
    /// Adds a bot, or replaces the one with the same app id.
    pub fn register_bot(&self, bot: Bot) {
        lock(&self.world.bots).register(bot);
    }

    /// Sends an activity to a bot in the background, true or not, and answers
    /// the id of the delivery; `None` if there is no such bot, or no such
    /// tenant.
    #[must_use]
    pub fn send_bot_activity(&self, activity: &BotActivity) -> Option<usize> {
        let letter = botframework::letter(&self.world, activity)?;
        self.world.outbox.send(vec![letter]).pop()
    }

    /// Publishes a new signing key at the Bot Framework and signs with it from
    /// now on; the old ones stay published.
    pub fn roll_bot_keys(&self) {
        self.world.bot_keys.roll();
    }

    /// Stops publishing all signing keys for Teams but the present one.
    pub fn retire_old_bot_keys(&self) {
        self.world.bot_keys.retire_old();
    }
}
