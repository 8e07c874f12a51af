//! Bots of the Bot Framework.

use serde::Deserialize;
use serde_json::Value;

use super::sent;
use crate::botframework::{Bot, BotActivity};
use crate::control::SandboxControl;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum Command {
    RegisterBot(Bot),
    SendBotActivity(BotActivity),
    RollBotKeys {},
    RetireOldBotKeys {},
}

impl Command {
    pub(super) fn run(self, control: &SandboxControl) -> Option<Value> {
        match self {
            Self::RegisterBot(bot) => control.register_bot(bot),
            Self::SendBotActivity(activity) => {
                return Some(sent(control.send_bot_activity(&activity)));
            }
            Self::RollBotKeys {} => control.roll_bot_keys(),
            Self::RetireOldBotKeys {} => control.retire_old_bot_keys(),
        }
        None
    }
}
