//! What a provider grants in exchange for a code.

use jiff::Timestamp;
use secrecy::SecretString;

use crate::connection::{CredentialKind, Workspace};

/// What a provider's servers answered to a code: the only source from which an account is taken.
#[derive(Clone, Debug)]
pub struct Grant {
    /// The account that was connected.
    pub workspace: Workspace,
    /// The provider's id of the person who connected, where it tells.
    pub person: Option<String>,
    /// The tokens; none where the app authenticates by itself (Teams).
    pub credentials: Vec<GrantedCredential>,
    /// The incoming webhook, where one was asked for.
    pub incoming_webhook: Option<IncomingWebhook>,
}

/// One token of a grant.
#[derive(Clone, Debug)]
pub struct GrantedCredential {
    /// Whose it is.
    pub kind: CredentialKind,
    /// The access token.
    pub access_token: SecretString,
    /// The refresh token, where the provider rotates.
    pub refresh_token: Option<SecretString>,
    /// What was granted; may be more or less than what was asked for.
    pub scopes: Vec<String>,
    /// When the access token dies, if it does.
    pub expires_at: Option<Timestamp>,
}

/// An incoming webhook that a person chose while consenting.
#[derive(Clone, Debug)]
pub struct IncomingWebhook {
    /// Its URL, which is a secret: whoever knows it can post.
    pub url: SecretString,
    /// The channel's name.
    pub channel: Option<String>,
    /// The channel's id.
    pub channel_id: Option<String>,
}
