//! Channel connections: a workspace or tenant joined to an environment through an integration.

use jiff::Timestamp;

use crate::{
    id::{ConnectionId, EnvironmentId, IntegrationId},
    provider::ProviderId,
    sealed::{Sealed, SealedColumn},
    text::{check_slug, checked_text},
};

pub mod app_tokens;
pub mod health;
pub mod mode;
pub mod owner;
pub mod pauses;
pub mod upkeep;

pub use app_tokens::AppTokens;
pub use health::{ConnectionStatus, Health, Standing};
pub use mode::{ConnectionMode, ModeError};
pub use owner::Owner;
pub use pauses::ProviderPauses;
pub use upkeep::{Lease, Upkeep};

checked_text! {
    /// The name under which clients know a connection: 1 to 128 characters out of
    /// `A–Z a–z 0–9 . _ -`; unique in its environment.
    ConnectionIdentifier, |text| check_slug(text, 128)
}

/// What a generated [`ConnectionIdentifier`] begins with.
pub const CONNECTION_IDENTIFIER_PREFIX: &str = "chconn-";

/// A workspace or tenant joined to an environment through an integration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChannelConnection {
    /// Its row.
    pub id: ConnectionId,
    /// The environment it lives in.
    pub environment_id: EnvironmentId,
    /// The name under which clients know it.
    pub identifier: ConnectionIdentifier,
    /// The integration through which it was made.
    pub integration_id: IntegrationId,
    /// That integration's identifier.
    pub integration_identifier: String,
    /// The provider it leads to.
    pub provider: ProviderId,
    /// To whom it belongs.
    pub owner: Owner,
    /// The account at the provider.
    pub workspace: Workspace,
    /// The provider's credentials, sealed.
    pub credentials: Vec<SealedCredential>,
    /// How often its credentials have been replaced; starts at 1.
    pub generation: u64,
    /// How it fares.
    pub health: Health,
    /// When it is to be looked after.
    pub upkeep: Upkeep,
    /// When it was made.
    pub created_at: Timestamp,
    /// When workspace or credentials were last replaced.
    pub updated_at: Timestamp,
}

/// The account at the provider, as the provider's own servers named it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Workspace {
    /// Slack: team id, or enterprise id of an organization-wide install. Teams: tenant id.
    pub id: String,
    /// Its name there, where the provider tells it.
    pub name: Option<String>,
    /// The app's own user in it (Slack's `bot_user_id`).
    pub bot_user_id: Option<String>,
}

/// One credential of a connection, sealed for its row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealedCredential {
    /// Whose token it is.
    pub kind: CredentialKind,
    /// The access token.
    pub access_token: Sealed,
    /// The refresh token, where the provider rotates.
    pub refresh_token: Option<Sealed>,
    /// What the provider granted.
    pub scopes: Vec<String>,
    /// When the access token dies, if it does.
    pub expires_at: Option<Timestamp>,
}

/// Whose token a credential is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum CredentialKind {
    /// The app's own, for the whole workspace.
    Bot,
    /// The installing person's.
    User,
}

impl CredentialKind {
    /// The kind's name in the database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Bot => "bot",
            Self::User => "user",
        }
    }

    /// The column that seals this credential's access token; part of its associated data.
    #[must_use]
    pub fn access_token_column(self) -> SealedColumn {
        match self {
            Self::Bot => SealedColumn::BotAccessToken,
            Self::User => SealedColumn::UserAccessToken,
        }
    }

    /// The column that seals this credential's refresh token; part of its associated data.
    #[must_use]
    pub fn refresh_token_column(self) -> SealedColumn {
        match self {
            Self::Bot => SealedColumn::BotRefreshToken,
            Self::User => SealedColumn::UserRefreshToken,
        }
    }
}

impl std::str::FromStr for CredentialKind {
    type Err = crate::text::InvalidText;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "bot" => Ok(Self::Bot),
            "user" => Ok(Self::User),
            _ => Err(crate::text::InvalidText("must be bot or user".to_owned())),
        }
    }
}
