//! A stand-in for Slack and for Microsoft Entra with Microsoft Graph, on one
//! loopback port.
//!
//! It is strict where the real providers are strict: codes work once and live
//! ten minutes, redirect URIs are matched by each provider's own rule, client
//! secrets and PKCE are checked, tokens can be revoked. It shows real consent
//! pages, which a browser or a test's HTTP client can submit, keeps a record
//! of every request, and misbehaves on demand ([`Fault`]).
//!
//! ```no_run
//! # async fn example() -> std::io::Result<()> {
//! use tieline_sandbox::{Endpoint, Fault, Sandbox, SandboxConfig};
//!
//! let sandbox = Sandbox::start(SandboxConfig::default()).await?;
//! let control = sandbox.control();
//! control.fault_once(Endpoint::SlackOauthV2Access, Fault::Hang);
//! assert_eq!(control.count(Endpoint::SlackOauthV2Access), 0);
//! sandbox.stop().await;
//! # Ok(())
//! # }
//! ```
//!
//! The names of the form fields on the consent pages are a promise; see
//! [`SlackForm`] and [`EntraForm`].

mod botframework;
mod clock;
mod config;
mod control;
mod control_api;
mod delivery;
mod directory;
mod endpoint;
mod entra;
mod fault;
mod graph;
mod http;
mod index;
mod keys;
mod page;
mod random;
mod record;
mod server;
mod slack;
mod world;

pub use botframework::{
    ActivityFlaw, Bot, BotActivity, BotActivityKind, BotScope, InstallationAction,
};
pub use config::{EntraApp, SandboxConfig, SlackApp};
pub use control::SandboxControl;
pub use delivery::{Delivery, DeliveryState, Letter};
pub use directory::{Channel, Organization, Person, Tenant, TenantUser, Workspace};
pub use endpoint::Endpoint;
pub use entra::EntraForm;
pub use fault::{Fault, IdTokenFault, RateLimit, RetryAfter};
pub use record::{RecordedOutcome, RecordedRequest, TokenKind, TokenMark};
pub use server::Sandbox;
pub use slack::{
    EventFlaw, EventOrder, SlackEvent, SlackEventKind, SlackEvents, SlackForm, Uninstallers,
};
