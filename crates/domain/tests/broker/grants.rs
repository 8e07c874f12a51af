//! What the providers grant.

use secrecy::SecretString;
use tieline_domain::{
    connection::{CredentialKind, Workspace},
    provider::{Grant, GrantedCredential, IncomingWebhook},
};

use crate::bench::TENANT;

/// A bot in the workspace `T1`, made by the person `U1`.
pub(crate) fn slack() -> Grant {
    Grant {
        workspace: Workspace {
            id: "T1".to_owned(),
            name: Some("Acme".to_owned()),
            bot_user_id: Some("U0BOT".to_owned()),
        },
        person: Some("U1".to_owned()),
        credentials: vec![token(CredentialKind::Bot, "xoxb-1")],
        incoming_webhook: None,
    }
}

/// The same in another workspace.
pub(crate) fn slack_in(workspace: &str) -> Grant {
    let mut grant = slack();
    workspace.clone_into(&mut grant.workspace.id);
    grant
}

/// The same with an incoming webhook into the channel `C1`.
pub(crate) fn slack_with_webhook(url: &str) -> Grant {
    Grant {
        incoming_webhook: Some(IncomingWebhook {
            url: SecretString::from(url),
            channel: Some("#general".to_owned()),
            channel_id: Some("C1".to_owned()),
        }),
        ..slack()
    }
}

/// A tenant, proved by the sign-in of the person `oid-1`.
pub(crate) fn teams() -> Grant {
    teams_of(TENANT)
}

/// Another tenant.
pub(crate) fn teams_of(tenant: &str) -> Grant {
    Grant {
        workspace: Workspace {
            id: tenant.to_owned(),
            name: None,
            bot_user_id: None,
        },
        person: Some("oid-1".to_owned()),
        credentials: Vec::new(),
        incoming_webhook: None,
    }
}

/// A token that neither expires nor rotates.
pub(crate) fn token(kind: CredentialKind, text: &str) -> GrantedCredential {
    GrantedCredential {
        kind,
        access_token: SecretString::from(text),
        refresh_token: None,
        scopes: vec!["chat:write".to_owned(), "channels:read".to_owned()],
        expires_at: None,
    }
}
