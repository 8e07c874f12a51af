//! Slack's scopes for bot tokens ("Scopes", docs.slack.dev).

/// The scope that makes the person choose a channel and brings an incoming webhook for it.
pub(super) const INCOMING_WEBHOOK: &str = "incoming-webhook";

/// Enough to write to people and channels, and to find both.
pub(super) const DEFAULT: &[&str] = &[
    "chat:write",
    "chat:write.public",
    "channels:read",
    "groups:read",
    "users:read",
    "users:read.email",
];

/// All of them.
pub(super) const KNOWN: &[&str] = &[
    "app_mentions:read",
    "assistant:write",
    "bookmarks:read",
    "bookmarks:write",
    "calls:read",
    "calls:write",
    "canvases:read",
    "canvases:write",
    "channels:history",
    "channels:join",
    "channels:manage",
    "channels:read",
    "channels:write.invites",
    "channels:write.topic",
    "chat:write",
    "chat:write.customize",
    "chat:write.public",
    "commands",
    "conversations.connect:manage",
    "conversations.connect:read",
    "conversations.connect:write",
    "datastore:read",
    "datastore:write",
    "dnd:read",
    "emoji:read",
    "files:read",
    "files:write",
    "groups:history",
    "groups:read",
    "groups:write",
    "groups:write.invites",
    "groups:write.topic",
    "im:history",
    "im:read",
    "im:write",
    "im:write.topic",
    INCOMING_WEBHOOK,
    "links.embed:write",
    "links:read",
    "links:write",
    "lists:read",
    "lists:write",
    "metadata.message:read",
    "mpim:history",
    "mpim:read",
    "mpim:write",
    "mpim:write.topic",
    "pins:read",
    "pins:write",
    "reactions:read",
    "reactions:write",
    "reminders:read",
    "reminders:write",
    "remote_files:read",
    "remote_files:share",
    "remote_files:write",
    "search:read.enterprise",
    "search:read.files",
    "search:read.im",
    "search:read.mpim",
    "search:read.private",
    "search:read.public",
    "search:read.users",
    "team.billing:read",
    "team.preferences:read",
    "team:read",
    "tokens.basic",
    "triggers:read",
    "triggers:write",
    "usergroups:read",
    "usergroups:write",
    "users.profile:read",
    "users:read",
    "users:read.email",
    "users:write",
    "workflow.steps:execute",
    "workflows.templates:read",
    "workflows.templates:write",
];

#[cfg(test)]
mod tests {
    #[test]
    fn the_list_is_sorted_and_names_each_scope_once() {
        assert!(super::KNOWN.is_sorted_by(|a, b| a < b));
    }
}
