//! One route for each control that changes something.

use std::time::Duration;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::config::{EntraApp, SlackApp};
use crate::control::SandboxControl;
use crate::endpoint::Endpoint;
use crate::fault::RateLimit;
use crate::slack::Uninstallers;

/// A method of [`SandboxControl`] with its parameters: the name is the last
/// part of the path, the parameters are the members of the body. Without
/// parameters the body may be empty.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum Command {
    ClearFaults {},
    LimitRate {
        endpoint: Endpoint,
        calls: usize,
        seconds: u64,
    },
    ClearRateLimits {},
    Release {
        endpoint: Endpoint,
    },
    Advance {
        seconds: u64,
    },
    SetTime {
        now: Timestamp,
    },
    RollKeys {},
    RetireOldKeys {},
    BindKeysToTenant {
        tenant: Option<String>,
    },
    RegisterSlackApp(SlackApp),
    EnableSlackPkce {
        client_id: String,
    },
    EnableSlackRotation {
        client_id: String,
    },
    SetSlackRefreshGrace {
        seconds: u64,
    },
    SlackUntick {
        scopes: Vec<String>,
    },
    UninstallSlackApp {
        client_id: String,
        owner: String,
    },
    AllowSlackUninstall {
        client_id: String,
        by: Uninstallers,
    },
    RevokeSlackTokens {
        client_id: String,
        owner: String,
    },
    RegisterEntraApp(EntraApp),
    SetEntraHome {
        client_id: String,
        tenant: String,
    },
    ExpireEntraSecret {
        client_id: String,
    },
    SetEntraRoles {
        roles: Vec<String>,
    },
    GiveAdminConsent {
        client_id: String,
        tenant: String,
    },
    WithdrawAdminConsent {
        client_id: String,
        tenant: String,
    },
    DelayConsentReplication {
        requests: usize,
    },
}

impl Command {
    /// The command of this name.
    ///
    /// # Errors
    /// When there is none, or its parameters are others than these.
    pub(crate) fn read(name: &str, parameters: &[u8]) -> Result<Self, serde_json::Error> {
        let parameters = if parameters.is_empty() {
            Value::Object(Map::new())
        } else {
            serde_json::from_slice(parameters)?
        };
        let command = Map::from_iter([(name.to_owned(), parameters)]);
        serde_json::from_value(Value::Object(command))
    }

    /// Does it; answers what the method answers, if anything.
    pub(crate) fn run(self, control: &SandboxControl) -> Option<Value> {
        match self {
            Self::ClearFaults {} => control.clear_faults(),
            Self::LimitRate {
                endpoint,
                calls,
                seconds,
            } => {
                let per = Duration::from_secs(seconds);
                control.limit_rate(endpoint, RateLimit { calls, per });
            }
            Self::ClearRateLimits {} => control.clear_rate_limits(),
            Self::Release { endpoint } => control.release(endpoint),
            Self::Advance { seconds } => control.advance(Duration::from_secs(seconds)),
            Self::SetTime { now } => control.set_time(now),
            Self::RollKeys {} => control.roll_keys(),
            Self::RetireOldKeys {} => control.retire_old_keys(),
            Self::BindKeysToTenant { tenant } => control.bind_keys_to_tenant(tenant.as_deref()),
            Self::RegisterSlackApp(app) => control.register_slack_app(app),
            Self::EnableSlackPkce { client_id } => control.enable_slack_pkce(&client_id),
            Self::EnableSlackRotation { client_id } => control.enable_slack_rotation(&client_id),
            Self::SetSlackRefreshGrace { seconds } => {
                control.set_slack_refresh_grace(Duration::from_secs(seconds));
            }
            Self::SlackUntick { scopes } => control.slack_untick(scopes),
            Self::UninstallSlackApp { client_id, owner } => {
                control.uninstall_slack_app(&client_id, &owner);
            }
            Self::AllowSlackUninstall { client_id, by } => {
                control.allow_slack_uninstall(&client_id, by);
            }
            Self::RevokeSlackTokens { client_id, owner } => {
                control.revoke_slack_tokens(&client_id, &owner);
            }
            Self::RegisterEntraApp(app) => control.register_entra_app(app),
            Self::SetEntraHome { client_id, tenant } => control.set_entra_home(&client_id, &tenant),
            Self::ExpireEntraSecret { client_id } => control.expire_entra_secret(&client_id),
            Self::SetEntraRoles { roles } => control.set_entra_roles(roles),
            Self::GiveAdminConsent { client_id, tenant } => {
                control.give_admin_consent(&client_id, &tenant);
            }
            Self::WithdrawAdminConsent { client_id, tenant } => {
                control.withdraw_admin_consent(&client_id, &tenant);
            }
            Self::DelayConsentReplication { requests } => {
                control.delay_consent_replication(requests);
            }
        }
        None
    }
}
