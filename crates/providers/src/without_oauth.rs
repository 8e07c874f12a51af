//! Chat providers whose channels need no OAuth flow here: their endpoints are made by hand.

use tieline_domain::provider::{CredentialField, CredentialFormat, ProviderPolicy};

/// Their policies.
#[must_use]
pub fn policies() -> Vec<ProviderPolicy> {
    vec![
        policy("discord", "Discord", "server", &[]),
        policy("mattermost", "Mattermost", "team", &[]),
        policy("rocket-chat", "Rocket.Chat", "workspace", ROCKET_CHAT),
        policy("telegram", "Telegram", "bot", TELEGRAM),
        policy("zulip", "Zulip", "organization", &[]),
    ]
}

/// Discord, Mattermost and Zulip need none: a webhook's address is all there is to know.
const ROCKET_CHAT: &[CredentialField] = &[
    CredentialField {
        name: "user",
        required: true,
        format: CredentialFormat::Text,
        description: "The User ID of a personal access token (header X-User-Id).",
    },
    CredentialField {
        name: "token",
        required: true,
        format: CredentialFormat::Text,
        description: "The personal access token itself (header X-Auth-Token).",
    },
];

const TELEGRAM: &[CredentialField] = &[CredentialField {
    name: "apiToken",
    required: true,
    format: CredentialFormat::Text,
    description: "The bot's token, which BotFather hands out.",
}];

fn policy(
    id: &'static str,
    name: &'static str,
    account_noun: &'static str,
    credentials: &[CredentialField],
) -> ProviderPolicy {
    ProviderPolicy {
        id: crate::provider_id(id),
        name,
        account_noun,
        credentials: credentials.to_vec(),
        connect: None,
    }
}
