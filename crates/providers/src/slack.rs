//! Slack ("Installing with OAuth", docs.slack.dev).

mod client;
mod disconnect;
mod error;
mod grant;
mod granted;
mod policy;
mod refresh;
mod scopes;
mod webhook;
mod wire;

pub use client::SlackClient;
pub use policy::policy;
