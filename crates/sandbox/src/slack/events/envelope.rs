//! The JSON around an event.

use serde_json::{Value, json};

use crate::random;
use crate::slack::owner::Owner;
use crate::slack::reply::app_id;

/// What an event is about.
#[derive(Debug)]
pub(super) struct Envelope<'a> {
    pub(super) client_id: &'a str,
    pub(super) owner: Owner<'a>,
    /// Whose installation it is told to, and whether that is the bot.
    pub(super) user: (&'a str, bool),
    pub(super) event: Value,
    pub(super) event_id: &'a str,
    pub(super) event_time: i64,
}

impl Envelope<'_> {
    /// The body. An installation to a whole organization has no team.
    pub(super) fn body(&self) -> Value {
        let is_enterprise_install = matches!(self.owner, Owner::Organization(..));
        let team = (!is_enterprise_install).then(|| self.owner.id());
        let enterprise = self.owner.organization().map(|it| it.id.as_str());
        let (user, is_bot) = self.user;
        json!({
            "type": "event_callback",
            "token": VERIFICATION_TOKEN,
            "team_id": team,
            "enterprise_id": enterprise,
            "context_team_id": team,
            "context_enterprise_id": enterprise,
            "api_app_id": app_id(self.client_id),
            "event": self.event,
            "event_id": self.event_id,
            "event_time": self.event_time,
            "event_context": format!("4-{}", random::alphanumeric(24)),
            "is_ext_shared_channel": false,
            "authorizations": [{
                "enterprise_id": enterprise,
                "team_id": team,
                "user_id": user,
                "is_bot": is_bot,
                "is_enterprise_install": is_enterprise_install,
            }],
        })
    }
}

/// The forerunner of signatures, which Slack still sends. It proves nothing.
pub(super) const VERIFICATION_TOKEN: &str = "sandbox-verification-token";
