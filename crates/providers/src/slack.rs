//! Slack ("Installing with OAuth", docs.slack.dev).

mod client;
mod error;
mod grant;
mod policy;
mod scopes;
mod webhook;
mod wire;

pub use client::SlackClient;
pub use policy::policy;
