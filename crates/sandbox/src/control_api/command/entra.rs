//! Entra's apps, consents and keys.

use serde::Deserialize;
use serde_json::Value;

use crate::config::EntraApp;
use crate::control::SandboxControl;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum Command {
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
    SetEntraRolesIn {
        client_id: String,
        tenant: String,
        roles: Vec<String>,
    },
    DisableEntraApp {
        client_id: String,
        tenant: String,
    },
    EnableEntraApp {
        client_id: String,
        tenant: String,
    },
    RevokeEntraSignIns {
        user: String,
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
    RollKeys {},
    RetireOldKeys {},
    BindKeysToTenant {
        tenant: Option<String>,
    },
}

impl Command {
    pub(super) fn run(self, control: &SandboxControl) -> Option<Value> {
        match self {
            Self::RegisterEntraApp(app) => control.register_entra_app(app),
            Self::SetEntraHome { client_id, tenant } => control.set_entra_home(&client_id, &tenant),
            Self::ExpireEntraSecret { client_id } => control.expire_entra_secret(&client_id),
            Self::SetEntraRoles { roles } => control.set_entra_roles(roles),
            Self::SetEntraRolesIn {
                client_id,
                tenant,
                roles,
            } => {
                control.set_entra_roles_in(&client_id, &tenant, roles);
            }
            Self::DisableEntraApp { client_id, tenant } => {
                control.disable_entra_app(&client_id, &tenant);
            }
            Self::EnableEntraApp { client_id, tenant } => {
                control.enable_entra_app(&client_id, &tenant);
            }
            Self::RevokeEntraSignIns { user } => control.revoke_entra_sign_ins(&user),
            Self::GiveAdminConsent { client_id, tenant } => {
                control.give_admin_consent(&client_id, &tenant);
            }
            Self::WithdrawAdminConsent { client_id, tenant } => {
                control.withdraw_admin_consent(&client_id, &tenant);
            }
            Self::DelayConsentReplication { requests } => {
                control.delay_consent_replication(requests);
            }
            Self::RollKeys {} => control.roll_keys(),
            Self::RetireOldKeys {} => control.retire_old_keys(),
            Self::BindKeysToTenant { tenant } => control.bind_keys_to_tenant(tenant.as_deref()),
        }
        None
    }
}
