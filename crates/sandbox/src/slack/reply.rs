//! The shapes of a successful `oauth.v2.access` ("oauth.v2.access method" and
//! "Using token rotation", docs.slack.dev).

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::directory::Channel;
use crate::random;
use crate::slack::installations::{Holder, Issued, Kind};
use crate::slack::owner::Owner;

/// What a code was exchanged for.
#[derive(Debug)]
pub(crate) struct Exchanged<'a> {
    pub(crate) owner: Owner<'a>,
    pub(crate) client_id: &'a str,
    pub(crate) person: &'a str,
    pub(crate) bot: Option<Issued>,
    pub(crate) user: Option<Issued>,
    pub(crate) webhook: Option<Webhook<'a>>,
}

/// An incoming webhook.
#[derive(Debug)]
pub(crate) struct Webhook<'a> {
    /// `{team}/{hook}/{secret}`.
    pub(crate) path: String,
    channel: &'a Channel,
}

impl<'a> Webhook<'a> {
    pub(crate) fn new(owner: Owner<'_>, channel: &'a Channel) -> Self {
        let hook = random::alphanumeric(10).to_uppercase();
        let path = format!("{}/B{hook}/{}", owner.id(), random::alphanumeric(24));
        Self { path, channel }
    }
}

impl Exchanged<'_> {
    /// The bot's token is at the top, the person's under `authed_user`; a
    /// user-only install has nothing of the former, and a team without a name.
    pub(crate) fn reply(&self, slack_base: &str) -> Value {
        let mut reply = json!({
            "ok": true,
            "app_id": app_id(self.client_id),
            "authed_user": { "id": self.person },
        });
        self.owner.describe(&mut reply);
        if let Some(user) = &self.user {
            write(user, &mut reply["authed_user"]);
        }
        match &self.bot {
            Some(bot) => {
                write(bot, &mut reply);
                reply["bot_user_id"] = json!(bot_user_id(self.client_id, self.owner.id()));
            }
            None if reply["team"].is_object() => reply["team"] = json!({ "id": self.owner.id() }),
            None => {}
        }
        if let Some(webhook) = &self.webhook {
            reply["incoming_webhook"] = json!({
                "url": format!("{slack_base}/services/{}", webhook.path),
                "channel": webhook.channel.name,
                "channel_id": webhook.channel.id,
                "configuration_url": format!("{slack_base}/services/{}", self.owner.id()),
            });
        }
        reply
    }
}

/// A refreshed token is at the top, whether it is a bot's or a user's.
pub(crate) fn refreshed(owner: Owner<'_>, holder: &Holder, issued: &Issued) -> Value {
    let mut reply = json!({ "ok": true, "app_id": app_id(&holder.client_id) });
    owner.describe(&mut reply);
    write(issued, &mut reply);
    let id_field = match holder.kind {
        Kind::Bot => "bot_user_id",
        Kind::User => "user_id",
    };
    reply[id_field] = json!(holder.user);
    reply
}

/// The bot user of an app in one place; the same at every install.
pub(crate) fn bot_user_id(client_id: &str, owner: &str) -> String {
    derived_id("U0", &format!("{client_id}@{owner}"))
}

pub(crate) fn app_id(client_id: &str) -> String {
    derived_id("A0", client_id)
}

fn write(issued: &Issued, object: &mut Value) {
    object["access_token"] = json!(issued.access_token);
    object["token_type"] = json!(match issued.kind {
        Kind::Bot => "bot",
        Kind::User => "user",
    });
    object["scope"] = json!(issued.scope);
    if let Some((refresh_token, expires_in)) = &issued.rotation {
        object["refresh_token"] = json!(refresh_token);
        object["expires_in"] = json!(expires_in);
    }
}

fn derived_id(prefix: &str, of: &str) -> String {
    const ALPHABET: &[u8; 32] = b"ABCDEFGHJKLMNPQRSTUVWXYZ23456789";
    let hash = Sha256::digest(of.as_bytes());
    let tail = hash
        .iter()
        .take(9)
        .map(|byte| char::from(ALPHABET[usize::from(*byte) % 32]));
    prefix.chars().chain(tail).collect()
}
