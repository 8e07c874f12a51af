//! The Bot Framework side: its keys, and what it tells a bot ("Authenticate
//! requests with the Bot Connector API", learn.microsoft.com).

mod activity;
mod body;
mod metadata;
mod token;

use std::collections::HashMap;
use std::sync::Arc;

use axum::Router;
use axum::routing::get;
use serde::Deserialize;
use url::Url;

pub(crate) use activity::letter;
pub use activity::{BotActivity, BotActivityKind, BotScope, InstallationAction};
pub use token::ActivityFlaw;

use crate::world::World;

/// A bot, and where it receives its activities.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bot {
    /// The app id, a GUID; that of its Entra app.
    pub app_id: String,
    /// Its messaging endpoint; only a loopback address is ever called.
    pub messaging_url: Url,
}

/// The bots that receive activities, by app id.
#[derive(Debug)]
pub(crate) struct Bots(HashMap<String, Url>);

impl Bots {
    pub(crate) fn new(bots: Vec<Bot>) -> Self {
        let pair = |bot: Bot| (bot.app_id, bot.messaging_url);
        Self(bots.into_iter().map(pair).collect())
    }

    pub(crate) fn register(&mut self, bot: Bot) {
        self.0.insert(bot.app_id, bot.messaging_url);
    }

    pub(crate) fn messaging_url(&self, app_id: &str) -> Option<Url> {
        self.0.get(app_id).cloned()
    }
}

pub(crate) fn routes() -> Router<Arc<World>> {
    Router::new()
        .route(
            "/v1/.well-known/openidconfiguration",
            get(metadata::discovery),
        )
        .route("/v1/.well-known/keys", get(metadata::keys))
}

/// Who signs, in every public cloud; no address of the sandbox.
const ISSUER: &str = "https://api.botframework.com";
