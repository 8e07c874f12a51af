//! Slack ("Installing with OAuth", docs.slack.dev).

mod client;
mod disconnect;
mod error;
mod events;
mod grant;
mod granted;
mod policy;
mod refresh;
mod scopes;
mod signature;
mod webhook;
mod wire;

pub use client::SlackClient;
pub use events::SlackEvents;
pub use policy::policy;
