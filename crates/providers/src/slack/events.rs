//! What Slack sends by itself ("The Events API", "Using HTTP Request URLs", docs.slack.dev).

use async_trait::async_trait;
use jiff::Timestamp;
use serde::Deserialize;
use tieline_domain::{
    integration::Credentials,
    ports::{Delivery, EventReader, EventRefusal, ProviderEvent, ProviderEventKind},
};

use super::signature;
use crate::{
    http::{Object, read_json},
    oauth2::{checked_id, provider_code},
};

/// Reads Slack's events.
#[derive(Clone, Copy, Debug, Default)]
pub struct SlackEvents;

/// The outside of all that Slack sends.
#[derive(Deserialize)]
struct Outer {
    #[serde(rename = "type")]
    kind: String,
    challenge: Option<String>,
    #[serde(flatten)]
    named: Installation,
    event: Option<Object<Inner>>,
    event_id: Option<String>,
    event_time: Option<i64>,
    #[serde(default)]
    authorizations: Vec<Object<Installation>>,
}

/// The event itself.
#[derive(Deserialize)]
struct Inner {
    #[serde(rename = "type")]
    kind: String,
    tokens: Option<Object<Tokens>>,
}

/// Whose tokens were revoked; either list may be missing.
#[derive(Default, Deserialize)]
struct Tokens {
    #[serde(default)]
    oauth: Vec<String>,
    #[serde(default)]
    bot: Vec<String>,
}

/// The installation that an event is meant for. Not all of it need be there.
#[derive(Deserialize)]
struct Installation {
    enterprise_id: Option<String>,
    team_id: Option<String>,
    is_enterprise_install: Option<bool>,
}

#[async_trait]
impl EventReader for SlackEvents {
    async fn read(
        &self,
        app: &Credentials,
        delivery: &Delivery,
        now: Timestamp,
    ) -> Result<ProviderEvent, EventRefusal> {
        signature::verify(app, delivery, now)?;
        let outer = read_json(&delivery.body).map_err(|_| EventRefusal::Malformed("json"))?;
        read(outer, now)
    }
}

fn read(outer: Outer, now: Timestamp) -> Result<ProviderEvent, EventRefusal> {
    let kind = match outer.kind.as_str() {
        "url_verification" => {
            let challenge = outer.challenge.as_deref().filter(|text| is_challenge(text));
            let challenge = challenge.ok_or(EventRefusal::Malformed("challenge"))?;
            ProviderEventKind::Challenge(challenge.to_owned())
        }
        "event_callback" => of_event(&outer)?,
        // `app_rate_limited` for one: more events came than Slack delivers.
        other => ignored(other),
    };
    Ok(ProviderEvent {
        id: id(outer.event_id)?,
        at: time(outer.event_time, now)?,
        kind,
    })
}

fn of_event(outer: &Outer) -> Result<ProviderEventKind, EventRefusal> {
    let Some(Object(event)) = &outer.event else {
        return Err(EventRefusal::Malformed("event"));
    };
    if outer.event_id.is_none() {
        return Err(EventRefusal::Malformed("event_id"));
    }
    let workspace = || {
        let workspace = outer
            .workspace()
            .ok_or(EventRefusal::Malformed("team_id"))?;
        checked_id(workspace.to_owned()).map_err(|_| EventRefusal::Malformed("team_id"))
    };
    Ok(match event.kind.as_str() {
        "app_uninstalled" => ProviderEventKind::AppUninstalled {
            workspace: workspace()?,
        },
        "tokens_revoked" => {
            let Some(Object(Tokens { oauth, bot })) = &event.tokens else {
                return Err(EventRefusal::Malformed("tokens"));
            };
            ProviderEventKind::TokensRevoked {
                workspace: workspace()?,
                bots: bot.clone(),
                people: oauth.clone(),
            }
        }
        other => ignored(other),
    })
}

impl Outer {
    /// The workspace or organization to which the app was installed. `authorizations` has one of
    /// the installations that see the event, and knows which of the two it is ("Managing
    /// organization-ready apps"); an app that is gone sees nothing, and it is empty.
    fn workspace(&self) -> Option<&str> {
        let first = self.authorizations.first();
        let seen_by = first.and_then(|Object(installation)| installation.owner());
        seen_by.or_else(|| self.named.owner())
    }
}

impl Installation {
    fn owner(&self) -> Option<&str> {
        match self.is_enterprise_install {
            Some(true) => self.enterprise_id.as_deref(),
            _ => self.team_id.as_deref().or(self.enterprise_id.as_deref()),
        }
    }
}

fn ignored(kind: &str) -> ProviderEventKind {
    ProviderEventKind::Ignored {
        kind: provider_code(kind),
    }
}

/// What is sent back as it is must be nothing but text.
fn is_challenge(text: &str) -> bool {
    (1..=512).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}

fn id(id: Option<String>) -> Result<Option<String>, EventRefusal> {
    let checked = id.map(checked_id).transpose();
    checked.map_err(|_| EventRefusal::Malformed("event_id"))
}

/// What has no time of its own happened now.
fn time(seconds: Option<i64>, now: Timestamp) -> Result<Timestamp, EventRefusal> {
    let at = seconds.map(Timestamp::from_second).transpose();
    Ok(at
        .map_err(|_| EventRefusal::Malformed("event_time"))?
        .unwrap_or(now))
}
