//! Slack's apps, installations and events.

use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;

use super::sent;
use crate::config::SlackApp;
use crate::control::SandboxControl;
use crate::slack::{SlackEvent, SlackEvents, Uninstallers};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum Command {
    RegisterSlackApp(SlackApp),
    EnableSlackPkce { client_id: String },
    EnableSlackRotation { client_id: String },
    SetSlackRefreshGrace { seconds: u64 },
    SlackUntick { scopes: Vec<String> },
    AllowSlackUninstall { client_id: String, by: Uninstallers },
    UninstallSlackApp { client_id: String, owner: String },
    RevokeSlackTokens { client_id: String, owner: String },
    SetSlackEvents(SlackEvents),
    StopSlackEvents { client_id: String },
    SendSlackEvent(SlackEvent),
}

impl Command {
    pub(super) fn run(self, control: &SandboxControl) -> Option<Value> {
        match self {
            Self::RegisterSlackApp(app) => control.register_slack_app(app),
            Self::EnableSlackPkce { client_id } => control.enable_slack_pkce(&client_id),
            Self::EnableSlackRotation { client_id } => control.enable_slack_rotation(&client_id),
            Self::SetSlackRefreshGrace { seconds } => {
                control.set_slack_refresh_grace(Duration::from_secs(seconds));
            }
            Self::SlackUntick { scopes } => control.slack_untick(scopes),
            Self::AllowSlackUninstall { client_id, by } => {
                control.allow_slack_uninstall(&client_id, by);
            }
            Self::UninstallSlackApp { client_id, owner } => {
                control.uninstall_slack_app(&client_id, &owner);
            }
            Self::RevokeSlackTokens { client_id, owner } => {
                control.revoke_slack_tokens(&client_id, &owner);
            }
            Self::SetSlackEvents(events) => control.set_slack_events(events),
            Self::StopSlackEvents { client_id } => control.stop_slack_events(&client_id),
            Self::SendSlackEvent(event) => return Some(sent(control.send_slack_event(&event))),
        }
        None
    }
}
