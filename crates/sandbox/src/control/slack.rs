//! Slack's apps and their installations.

use std::time::Duration;

use super::SandboxControl;
use crate::config::SlackApp;
use crate::record::TokenMark;
use crate::slack::{Uninstallers, events};

impl SandboxControl {
    /// Adds a Slack app, or replaces the one with the same client id.
    pub fn register_slack_app(&self, app: SlackApp) {
        self.world.slack().register(app);
    }

    /// Switches PKCE on for a Slack app; it is off by default, as at Slack
    /// ("Using PKCE", docs.slack.dev).
    pub fn enable_slack_pkce(&self, client_id: &str) {
        self.world.slack().enable_pkce(client_id);
    }

    /// Switches token rotation on for a Slack app, as its owner can and cannot
    /// undo ("Using token rotation"): what is granted from now on expires. Its
    /// long-lived tokens stay good, and can be exchanged.
    pub fn enable_slack_rotation(&self, client_id: &str) {
        self.world.slack().enable_rotation(client_id);
    }

    /// For how long a Slack refresh token works once more after its first use.
    /// At first not at all; Slack has a grace that it calls short. Whole
    /// seconds count, by the sandbox's clock.
    pub fn set_slack_refresh_grace(&self, grace: Duration) {
        let seconds = i64::try_from(grace.as_secs()).unwrap_or(i64::MAX);
        self.world.slack().installations.set_refresh_grace(seconds);
    }

    /// From now on whoever installs a Slack app unticks these scopes, so that
    /// fewer are granted than requested. An empty list ends it.
    pub fn slack_untick<S: Into<String>>(&self, scopes: impl IntoIterator<Item = S>) {
        self.world
            .slack()
            .untick(scopes.into_iter().map(Into::into).collect());
    }

    /// Removes a Slack app from a workspace or an organization, as its admin
    /// would: all its tokens there die, and the app is told so by two events.
    pub fn uninstall_slack_app(&self, client_id: &str, owner: &str) {
        events::uninstall(&self.world, &mut self.world.slack(), client_id, owner);
    }

    /// The access and refresh tokens of an installation that are good at this
    /// moment: what a thief could still use.
    #[must_use]
    pub fn live_slack_tokens(&self, client_id: &str, owner: &str) -> Vec<TokenMark> {
        let slack = self.world.slack();
        let now = self.world.clock.seconds();
        let live = slack.installations.live(client_id, owner, now);
        let mut marks: Vec<_> = live.iter().filter_map(|it| self.mark_of(it)).collect();
        marks.sort();
        marks
    }

    /// Whose token `apps.uninstall` takes from a Slack app; at first anybody's.
    pub fn allow_slack_uninstall(&self, client_id: &str, by: Uninstallers) {
        self.world.slack().allow_uninstall(client_id, by);
    }

    /// Ends every authorization of an installation with all its tokens, the app
    /// staying installed; it is told so by `tokens_revoked`.
    pub fn revoke_slack_tokens(&self, client_id: &str, owner: &str) {
        events::end_authorizations(&self.world, &mut self.world.slack(), client_id, owner);
    }
}
