//! The kinds of address, and what each is made of.

use std::{fmt, str::FromStr};

use crate::{provider::ProviderId, text::InvalidText};

/// What an address is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KindPolicy {
    /// Its name on the wire and in the database.
    pub name: &'static str,
    /// Its members.
    pub members: &'static [Member],
    /// The one provider whose integrations can have it, if not all can.
    pub provider: Option<&'static str>,
    /// Whether it lies in a connection, in the very contexts of that.
    pub needs_connection: bool,
}

/// One member of an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Member {
    /// Its name on the wire.
    pub name: &'static str,
    /// Whether the address is none without it.
    pub required: bool,
    /// Whether whoever knows it can send: sealed when stored, masked when shown.
    pub secret: bool,
    /// What it looks like.
    pub format: MemberFormat,
}

/// What a member of an address looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MemberFormat {
    /// 1 to 512 printable characters.
    Text,
    /// An http or https URL at a public address.
    Url,
    /// 32 letters and digits.
    RoutingKey,
    /// One of these.
    OneOf(&'static [&'static str]),
    /// An object of texts.
    Texts,
}

const fn id(name: &'static str) -> Member {
    Member {
        name,
        required: true,
        secret: false,
        format: MemberFormat::Text,
    }
}

const fn secret(name: &'static str, format: MemberFormat) -> Member {
    Member {
        name,
        required: true,
        secret: true,
        format,
    }
}

const fn optional(member: Member) -> Member {
    Member {
        required: false,
        ..member
    }
}

const REGION: Member = Member {
    format: MemberFormat::OneOf(&["us", "eu"]),
    ..id("region")
};
const METHOD: Member = Member {
    format: MemberFormat::OneOf(&["POST", "PUT", "PATCH"]),
    ..id("method")
};

const ANY: KindPolicy = KindPolicy {
    name: "",
    members: &[],
    provider: None,
    needs_connection: false,
};

macro_rules! kinds {
    ($($(#[doc = $doc:literal])* $kind:ident $name:literal [$($member:expr),*] $($key:ident: $value:expr),*;)*) => {
        /// What kind of address an endpoint is.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum EndpointKind {
            $($(#[doc = $doc])* $kind,)*
        }

        impl EndpointKind {
            /// All kinds.
            pub const ALL: &[Self] = &[$(Self::$kind,)*];

            /// What addresses of this kind are made of.
            #[must_use]
            pub fn policy(self) -> &'static KindPolicy {
                match self {
                    $(Self::$kind => &const {
                        KindPolicy { name: $name, members: &[$($member),*], ..KindPolicy { $($key: $value,)* ..ANY } }
                    },)*
                }
            }
        }
    };
}

kinds! {
    /// A channel in a Slack workspace.
    SlackChannel "slack_channel" [id("channelId")];
    /// A person in a Slack workspace.
    SlackUser "slack_user" [id("userId")];
    /// An incoming webhook.
    Webhook "webhook" [secret("url", MemberFormat::Url), optional(id("channel")), optional(id("channelId"))];
    /// A telephone number.
    Phone "phone" [id("phoneNumber")];
    /// A channel of a team in a Microsoft Teams tenant.
    MsTeamsChannel "ms_teams_channel" [id("teamId"), id("channelId")];
    /// A person in a Microsoft Teams tenant.
    MsTeamsUser "ms_teams_user" [id("userId")];
    /// A Telegram chat.
    TelegramChat "telegram_chat" [id("chatId")];
    /// A Webex space.
    WebexRoom "webex_room" [id("roomId"), optional(id("parentId"))]
        provider: Some("webex-messaging"), needs_connection: true;
    /// A person at Webex.
    WebexPerson "webex_person" [optional(id("personId")), optional(id("personEmail"))]
        provider: Some("webex-messaging"), needs_connection: true;
    /// A person at LINE.
    LineUser "line_user" [id("userId")];
    /// A `PagerDuty` service.
    PagerdutyService "pagerduty_service" [secret("routingKey", MemberFormat::RoutingKey), REGION]
        provider: Some("pagerduty");
    /// An Opsgenie integration.
    OpsgenieIntegration "opsgenie_integration" [secret("apiKey", MemberFormat::Text), REGION]
        provider: Some("opsgenie");
    /// A Grafana `OnCall` integration.
    GrafanaOncallIntegration "grafana_oncall_integration"
        [secret("url", MemberFormat::Url), optional(secret("authToken", MemberFormat::Text))]
        provider: Some("grafana");
    /// A webhook of a tool.
    ToolWebhook "tool_webhook"
        [secret("url", MemberFormat::Url), optional(secret("headers", MemberFormat::Texts)), optional(METHOD)]
        provider: Some("tool-webhook");
}

impl EndpointKind {
    /// The kind's name on the wire and in the database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.policy().name
    }
}

impl KindPolicy {
    /// Whether an integration of this provider can have such an address.
    #[must_use]
    pub fn fits(&self, provider: &ProviderId) -> bool {
        self.provider.is_none_or(|only| only == provider.as_str())
    }
}

impl fmt::Display for EndpointKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for EndpointKind {
    type Err = InvalidText;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let known = Self::ALL.iter().copied().find(|kind| kind.as_str() == text);
        known.ok_or_else(|| {
            let names: Vec<_> = Self::ALL.iter().map(|kind| kind.as_str()).collect();
            InvalidText(format!("must be one of {}", names.join(", ")))
        })
    }
}
