//! What Teams sends to a bot by itself ("Conversation events in your Teams bot",
//! learn.microsoft.com).

use std::{fmt, sync::Arc};

use async_trait::async_trait;
use jiff::Timestamp;
use serde::Deserialize;
use tieline_domain::{
    integration::Credentials,
    ports::{Clock, Delivery, EventReader, EventRefusal, ProviderEvent, ProviderEventKind},
};

use super::{
    bot_framework::{self, BotFramework, Vouched},
    claims::is_guid,
    jwks::KeySet,
};
use crate::{
    http::{Egress, Object, read_json},
    oauth2::{checked_id, provider_code},
};

/// The name of Teams among the channels of Bot Framework.
const TEAMS: &str = "msteams";

/// Reads the activities that Teams sends to a bot.
pub struct TeamsActivities {
    framework: BotFramework,
    keys: KeySet,
}

impl TeamsActivities {
    /// A reader of what this Bot Framework signs.
    #[must_use]
    pub fn new(egress: Egress, clock: Arc<dyn Clock>, framework: BotFramework) -> Self {
        let keys = framework.keys(egress, clock);
        Self { framework, keys }
    }
}

impl fmt::Debug for TeamsActivities {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TeamsActivities").finish_non_exhaustive()
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Activity {
    #[serde(rename = "type")]
    kind: String,
    id: Option<String>,
    timestamp: Option<Timestamp>,
    action: Option<String>,
    channel_id: String,
    service_url: String,
    recipient: Option<Object<Account>>,
    conversation: Option<Object<Conversation>>,
    channel_data: Option<Object<ChannelData>>,
    #[serde(default)]
    members_added: Vec<Object<Account>>,
    #[serde(default)]
    members_removed: Vec<Object<Account>>,
}

#[derive(Deserialize)]
struct Account {
    id: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Conversation {
    tenant_id: Option<String>,
}

#[derive(Deserialize)]
struct ChannelData {
    tenant: Option<Object<Account>>,
}

#[async_trait]
impl EventReader for TeamsActivities {
    async fn read(
        &self,
        app: &Credentials,
        delivery: &Delivery,
        now: Timestamp,
    ) -> Result<ProviderEvent, EventRefusal> {
        let bot = app
            .get(Credentials::BOT_APP_ID)
            .or_else(|| app.get(Credentials::CLIENT_ID))
            .ok_or(EventRefusal::NotConfigured(Credentials::CLIENT_ID))?;
        let authorization = delivery
            .header("Authorization")
            .ok_or(EventRefusal::Unsigned)?;
        let (framework, keys) = (&self.framework, &self.keys);
        let vouched = bot_framework::verify(framework, keys, authorization, bot, now).await?;
        let activity: Activity =
            read_json(&delivery.body).map_err(|_| EventRefusal::Malformed("json"))?;
        activity.check(&vouched)?;
        activity.event(now)
    }
}

impl Activity {
    /// The token is not made for this activity: it says from where it may come and on which
    /// channel, and that must be so.
    fn check(&self, vouched: &Vouched) -> Result<(), EventRefusal> {
        if self.service_url != vouched.service_url {
            return Err(EventRefusal::BadlySigned("serviceurl"));
        }
        if !vouched.channels.contains(&self.channel_id) {
            return Err(EventRefusal::BadlySigned("endorsements"));
        }
        Ok(())
    }

    fn event(&self, now: Timestamp) -> Result<ProviderEvent, EventRefusal> {
        let kind = match self.added() {
            Some(added) if self.channel_id == TEAMS => ProviderEventKind::InstallationChanged {
                tenant: self.tenant().ok_or(EventRefusal::Malformed("tenant"))?,
                added,
            },
            _ => ProviderEventKind::Ignored {
                kind: provider_code(&self.kind),
            },
        };
        let id = self.id.clone().map(checked_id).transpose();
        Ok(ProviderEvent {
            id: id.map_err(|_| EventRefusal::Malformed("id"))?,
            at: self.timestamp.unwrap_or(now),
            kind,
        })
    }

    /// Whether the app was added somewhere, or removed. An upgrade is neither.
    fn added(&self) -> Option<bool> {
        let bot = self.recipient.as_ref()?.0.id.as_deref();
        let has_bot = |members: &[Object<Account>]| {
            let ids = members.iter().map(|Object(member)| member.id.as_deref());
            ids.flatten().any(|id| Some(id) == bot)
        };
        match (self.kind.as_str(), self.action.as_deref()) {
            ("installationUpdate", Some("add")) => Some(true),
            ("installationUpdate", Some("remove")) => Some(false),
            ("conversationUpdate", _) if has_bot(&self.members_added) => Some(true),
            ("conversationUpdate", _) if has_bot(&self.members_removed) => Some(false),
            _ => None,
        }
    }

    /// The tenant, which is named in one of two places or, alike, in both.
    fn tenant(&self) -> Option<String> {
        let of_channel = self.channel_data.as_ref().and_then(|Object(data)| {
            let Object(tenant) = data.tenant.as_ref()?;
            tenant.id.as_deref()
        });
        let of_conversation = self.conversation.as_ref();
        let of_conversation =
            of_conversation.and_then(|Object(conversation)| conversation.tenant_id.as_deref());
        let tenant = of_channel.or(of_conversation).filter(|id| is_guid(id))?;
        let agrees = of_conversation.is_none_or(|other| other.eq_ignore_ascii_case(tenant));
        agrees.then(|| tenant.to_ascii_lowercase())
    }
}
