//! One event, on demand.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use super::EventFlaw;
use super::envelope::{Envelope, VERIFICATION_TOKEN};
use super::signature::sign;
use crate::delivery::{Delivery, Letter};
use crate::random;
use crate::slack::owner::Owner;
use crate::slack::reply::bot_user_id;
use crate::slack::state::SlackState;
use crate::world::World;

/// An event to send to an app, whether or not it is true.
///
/// ```
/// use tieline_sandbox::{EventFlaw, SlackEvent};
///
/// let truth = SlackEvent::app_uninstalled("1111.2222", "T0HARBOUR1");
/// let lie = truth.clone().flawed(EventFlaw::Forged);
/// ```
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SlackEvent {
    client_id: String,
    #[serde(default)]
    owner: String,
    kind: SlackEventKind,
    event_id: Option<String>,
    event_time: Option<Timestamp>,
    signed_at: Option<Timestamp>,
    flaw: Option<EventFlaw>,
}

/// What an event says.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum SlackEventKind {
    /// The app is gone from the workspace or the organization.
    AppUninstalled,
    /// Tokens are dead: those of these people, and those of these bot users.
    /// An empty list is left out.
    TokensRevoked {
        /// Ids of people.
        #[serde(default)]
        oauth: Vec<String>,
        /// Ids of bot users.
        #[serde(default)]
        bot: Vec<String>,
    },
    /// Slack asks whether the URL is the app's: the answer is the `challenge`.
    UrlVerification,
    /// Any other event, with its `type`.
    Other(Value),
}

impl SlackEvent {
    /// An event of this kind about an installation of this app to a workspace
    /// or an organization.
    #[must_use]
    pub fn new(client_id: &str, owner: &str, kind: SlackEventKind) -> Self {
        Self {
            client_id: client_id.to_owned(),
            owner: owner.to_owned(),
            kind,
            event_id: None,
            event_time: None,
            signed_at: None,
            flaw: None,
        }
    }

    /// `app_uninstalled`.
    #[must_use]
    pub fn app_uninstalled(client_id: &str, owner: &str) -> Self {
        Self::new(client_id, owner, SlackEventKind::AppUninstalled)
    }

    /// `tokens_revoked` of these people and these bot users.
    #[must_use]
    pub fn tokens_revoked(client_id: &str, owner: &str, oauth: &[&str], bot: &[&str]) -> Self {
        let owned = |ids: &[&str]| ids.iter().map(|id| (*id).to_owned()).collect();
        let kind = SlackEventKind::TokensRevoked {
            oauth: owned(oauth),
            bot: owned(bot),
        };
        Self::new(client_id, owner, kind)
    }

    /// `url_verification`.
    #[must_use]
    pub fn url_verification(client_id: &str) -> Self {
        Self::new(client_id, "", SlackEventKind::UrlVerification)
    }

    /// With this `event_id`; otherwise it has one of its own.
    #[must_use]
    pub fn with_id(mut self, event_id: &str) -> Self {
        self.event_id = Some(event_id.to_owned());
        self
    }

    /// As of this time (`event_time`, whole seconds); otherwise as of now by
    /// the sandbox's clock.
    #[must_use]
    pub fn happened_at(mut self, time: Timestamp) -> Self {
        self.event_time = Some(time);
        self
    }

    /// Signed at this time; otherwise now by the sandbox's clock, which a test
    /// may have moved away from the receiver's.
    #[must_use]
    pub fn signed_at(mut self, time: Timestamp) -> Self {
        self.signed_at = Some(time);
        self
    }

    /// With something wrong about it.
    #[must_use]
    pub fn flawed(mut self, flaw: EventFlaw) -> Self {
        self.flaw = Some(flaw);
        self
    }
}

/// The event as it is sent; `None` if the app receives none, or there is no
/// such workspace.
pub(crate) fn letter(world: &World, slack: &SlackState, event: &SlackEvent) -> Option<Letter> {
    let bot = bot_user_id(&event.client_id, &event.owner);
    letter_to(world, slack, event, (&bot, true))
}

/// The same about the installation of somebody.
pub(super) fn letter_to(
    world: &World,
    slack: &SlackState,
    event: &SlackEvent,
    user: (&str, bool),
) -> Option<Letter> {
    let fresh_id = || format!("Ev{}", random::alphanumeric(9).to_uppercase());
    let event_id = event.event_id.clone().unwrap_or_else(fresh_id);
    let (body, event_id) = match &event.kind {
        SlackEventKind::UrlVerification => (challenge(), None),
        kind => {
            let event_time = event.event_time.unwrap_or_else(|| world.clock.now());
            let envelope = Envelope {
                client_id: &event.client_id,
                owner: Owner::find(&world.workspaces, Some(&event.owner))?,
                user,
                event: inner(kind),
                event_id: &event_id,
                event_time: event_time.as_second(),
            };
            (envelope.body(), Some(event_id))
        }
    };
    let signed_at = event.signed_at.unwrap_or_else(|| world.clock.now());
    let kind = body["event"].get("type").unwrap_or(&body["type"]);
    let kind = kind.as_str().unwrap_or_default().to_owned();
    let app = slack.events(&event.client_id)?;
    let secret = &app.signing_secret;
    let (headers, body) = sign(
        secret,
        signed_at.as_second(),
        &body.to_string(),
        event.flaw.as_ref(),
    );
    Some(Letter {
        client_id: event.client_id.clone(),
        to: app.url.clone(),
        kind,
        event_id,
        headers,
        body,
        at: world.clock.now(),
    })
}

/// What was sent before, once more: freshly signed, and marked as the retry
/// with this number, for this reason.
pub(crate) fn again(
    world: &World,
    slack: &SlackState,
    before: &Delivery,
    (number, reason): (usize, &str),
) -> Option<Letter> {
    let before = &before.letter;
    let app = slack.events(&before.client_id)?;
    let now = world.clock.now();
    let (mut headers, body) = sign(&app.signing_secret, now.as_second(), &before.body, None);
    headers.push(("x-slack-retry-num".to_owned(), number.to_string()));
    headers.push(("x-slack-retry-reason".to_owned(), reason.to_owned()));
    Some(Letter {
        headers,
        body,
        at: now,
        to: app.url.clone(),
        ..before.clone()
    })
}

fn challenge() -> Value {
    json!({
        "type": "url_verification",
        "token": VERIFICATION_TOKEN,
        "challenge": random::alphanumeric(40),
    })
}

fn inner(kind: &SlackEventKind) -> Value {
    match kind {
        SlackEventKind::AppUninstalled => json!({ "type": "app_uninstalled" }),
        SlackEventKind::TokensRevoked { oauth, bot } => {
            let mut tokens = json!({});
            for (name, ids) in [("oauth", oauth), ("bot", bot)] {
                if !ids.is_empty() {
                    tokens[name] = json!(ids);
                }
            }
            json!({ "type": "tokens_revoked", "tokens": tokens })
        }
        SlackEventKind::UrlVerification => Value::Null,
        SlackEventKind::Other(event) => event.clone(),
    }
}
