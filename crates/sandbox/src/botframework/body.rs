//! The JSON of an activity, as Teams fills it in.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::activity::{BotActivity, BotActivityKind, BotScope, InstallationAction};
use crate::directory::Tenant;

pub(super) fn body(
    activity: &BotActivity,
    tenant: &Tenant,
    service_url: &str,
    id: &str,
    now: Timestamp,
) -> Value {
    let bot = format!("28:{}", activity.app_id);
    let person = person(activity, tenant);
    let mut body = json!({
        "id": id,
        "timestamp": activity.happened_at.unwrap_or(now).to_string(),
        "channelId": "msteams",
        "serviceUrl": service_url,
        "from": { "id": teams_id(person, &bot), "aadObjectId": person },
        "recipient": { "id": bot, "name": "Sandbox bot" },
        "conversation": conversation(activity, person),
        "channelData": { "tenant": { "id": tenant.id } },
        "locale": "en-US",
    });
    if let BotScope::Team { id, name } = &activity.scope {
        body["channelData"]["team"] = json!({ "id": id, "name": name });
    }
    say(&mut body, &activity.kind, &bot);
    body
}

fn say(body: &mut Value, kind: &BotActivityKind, bot: &str) {
    let mut members = |name: &str, event: &str, members: &[String]| {
        let own = [bot.to_owned()];
        let members = if members.is_empty() { &own } else { members };
        let members: Vec<Value> = members.iter().map(|id| json!({ "id": id })).collect();
        body["type"] = json!("conversationUpdate");
        body[name] = json!(members);
        if body["channelData"].get("team").is_some() {
            body["channelData"]["eventType"] = json!(event);
        }
    };
    match kind {
        BotActivityKind::InstallationUpdate { action } => {
            body["type"] = json!("installationUpdate");
            body["action"] = json!(match action {
                InstallationAction::Add => "add",
                InstallationAction::Remove => "remove",
                InstallationAction::AddUpgrade => "add-upgrade",
                InstallationAction::RemoveUpgrade => "remove-upgrade",
            });
        }
        BotActivityKind::MembersAdded { members: added } => {
            members("membersAdded", "teamMemberAdded", added);
        }
        BotActivityKind::MembersRemoved { members: removed } => {
            members("membersRemoved", "teamMemberRemoved", removed);
        }
        BotActivityKind::Other(other) => {
            for (name, value) in other.as_object().into_iter().flatten() {
                body[name] = value.clone();
            }
        }
    }
}

/// Whoever did it, by object id: in a team its first person.
fn person<'a>(activity: &'a BotActivity, tenant: &'a Tenant) -> &'a str {
    match &activity.scope {
        BotScope::Person(user) => user,
        BotScope::FirstPerson | BotScope::Team { .. } => {
            tenant.users.first().map_or("", |user| user.id.as_str())
        }
    }
}

fn conversation(activity: &BotActivity, person: &str) -> Value {
    let mut conversation = match &activity.scope {
        BotScope::Team { id, .. } => {
            json!({ "id": id, "conversationType": "channel", "isGroup": true })
        }
        BotScope::FirstPerson | BotScope::Person(_) => {
            let id = format!("a:{}", derived(&format!("{}|{person}", activity.app_id)));
            json!({ "id": id, "conversationType": "personal" })
        }
    };
    conversation["tenantId"] = json!(activity.tenant);
    conversation
}

/// A person has another id with each bot.
fn teams_id(person: &str, bot: &str) -> String {
    format!("29:{}", derived(&format!("{person}|{bot}")))
}

fn derived(of: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(of.as_bytes()))
}
