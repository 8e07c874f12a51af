//! Microsoft Teams: Microsoft Entra ID and Microsoft Graph ("Admin consent on the Microsoft
//! identity platform", "ID token claims reference", learn.microsoft.com), and Bot Framework, which
//! tells what happens to the app.

mod activities;
mod app_only;
mod bot_framework;
mod claims;
mod client;
mod consent;
mod error;
mod id_token;
mod jwks;
mod keys;
mod organization;
mod policy;
mod signed;
mod wire;

pub use activities::TeamsActivities;
pub use bot_framework::BotFramework;
pub use client::MsTeamsClient;
pub use policy::policy;

/// The delegated permissions that the sign-in asks for: who it is (`openid profile`), and enough
/// to read the organization's name (`User.Read`).
const SIGN_IN_SCOPE: &str = "openid profile User.Read";

/// The authority of an integration that does not name its tenant: any organization, no personal
/// account.
const ANY_ORGANIZATION: &str = "organizations";
