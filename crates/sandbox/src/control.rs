//! The handle with which a test watches and disturbs a sandbox.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use crate::config::{EntraApp, SlackApp};
use crate::endpoint::Endpoint;
use crate::fault::Fault;
use crate::record::RecordedRequest;
use crate::world::World;

/// A handle to a sandbox; clones are handles to the same one.
#[derive(Debug, Clone)]
pub struct SandboxControl {
    world: Arc<World>,
}

impl SandboxControl {
    pub(crate) fn new(world: Arc<World>) -> Self {
        Self { world }
    }

    /// Every following request of this endpoint meets this fault, until
    /// [`clear_faults`](Self::clear_faults).
    pub fn fault(&self, endpoint: Endpoint, fault: Fault) {
        self.world.faults.set(endpoint, fault);
    }

    /// The next request of this endpoint meets this fault. Several calls queue.
    pub fn fault_once(&self, endpoint: Endpoint, fault: Fault) {
        self.world.faults.set_once(endpoint, fault);
    }

    /// Ends all faults.
    pub fn clear_faults(&self) {
        self.world.faults.clear();
    }

    /// The requests so far, oldest first; of very many only the latest.
    #[must_use]
    pub fn requests(&self) -> Vec<RecordedRequest> {
        self.world.journal.requests()
    }

    /// The requests of one endpoint so far, oldest first.
    #[must_use]
    pub fn requests_of(&self, endpoint: Endpoint) -> Vec<RecordedRequest> {
        let mut requests = self.requests();
        requests.retain(|request| request.endpoint == endpoint);
        requests
    }

    /// How many requests this endpoint has seen, the faulted ones included.
    #[must_use]
    pub fn count(&self, endpoint: Endpoint) -> usize {
        self.world.journal.count(endpoint)
    }

    /// The time by the sandbox's clock.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.world.clock.now()
    }

    /// Moves the sandbox's clock: codes and tokens grow old.
    pub fn advance(&self, by: Duration) {
        self.world.clock.advance(by);
    }

    /// Sets the sandbox's clock, which then goes on from there.
    pub fn set_time(&self, now: Timestamp) {
        self.world.clock.set(now);
    }

    /// Publishes a new signing key at Entra and signs with it from now on; the
    /// old ones stay published.
    pub fn roll_keys(&self) {
        self.world.keys.roll();
    }

    /// Stops publishing all signing keys but the present one.
    pub fn retire_old_keys(&self) {
        self.world.keys.retire_old();
    }

    /// Binds the published keys to the issuer of one tenant, as Entra does
    /// with keys that not every tenant may use; `None` unbinds them.
    pub fn bind_keys_to_tenant(&self, tenant: Option<&str>) {
        self.world.keys.bind_to_tenant(tenant.map(str::to_owned));
    }

    /// Adds a Slack app, or replaces the one with the same client id.
    pub fn register_slack_app(&self, app: SlackApp) {
        self.world.slack().register(app);
    }

    /// Switches PKCE on for a Slack app; it is off by default, as at Slack
    /// ("Using PKCE", docs.slack.dev).
    pub fn enable_slack_pkce(&self, client_id: &str) {
        self.world.slack().enable_pkce(client_id);
    }

    /// From now on whoever installs a Slack app unticks these scopes, so that
    /// fewer are granted than requested. An empty list ends it.
    pub fn slack_untick<S: Into<String>>(&self, scopes: impl IntoIterator<Item = S>) {
        self.world
            .slack()
            .untick(scopes.into_iter().map(Into::into).collect());
    }

    /// Removes a Slack app from a workspace or an organization, as its admin
    /// would: all its tokens there die.
    pub fn uninstall_slack_app(&self, client_id: &str, owner: &str) {
        self.world.slack().uninstall(client_id, owner);
    }

    /// Revokes every token of an installation, the app staying installed.
    pub fn revoke_slack_tokens(&self, client_id: &str, owner: &str) {
        self.world.slack().revoke_tokens(client_id, owner);
    }

    /// Adds an Entra app, or replaces the one with the same client id.
    pub fn register_entra_app(&self, app: EntraApp) {
        self.world.entra().register(app);
    }

    /// Makes a tenant the one where an Entra app was registered: it is found
    /// there without anybody's consent, and gets tokens without permissions.
    pub fn set_entra_home(&self, client_id: &str, tenant: &str) {
        self.world.entra().set_home(client_id, tenant);
    }

    /// Lets the client secret of an Entra app expire (AADSTS7000222), until it
    /// is registered anew.
    pub fn expire_entra_secret(&self, client_id: &str) {
        self.world.entra().expire_secret(client_id);
    }

    /// The application permissions that app-only tokens carry from now on.
    pub fn set_entra_roles<S: Into<String>>(&self, roles: impl IntoIterator<Item = S>) {
        self.world
            .entra()
            .set_roles(roles.into_iter().map(Into::into).collect());
    }

    /// Whether an administrator of the tenant has consented to the app.
    #[must_use]
    pub fn has_admin_consent(&self, client_id: &str, tenant: &str) -> bool {
        self.world.entra().has_consent(client_id, tenant)
    }

    /// Consents to an app for a tenant, as its administrator would on the page.
    pub fn give_admin_consent(&self, client_id: &str, tenant: &str) {
        self.world.entra().consent(client_id, tenant);
    }

    /// Takes the administrator's consent back.
    pub fn withdraw_admin_consent(&self, client_id: &str, tenant: &str) {
        self.world.entra().withdraw_consent(client_id, tenant);
    }

    /// The next so many app-only token requests are answered as if the consent
    /// had not yet reached that directory (AADSTS700016).
    pub fn delay_consent_replication(&self, requests: usize) {
        self.world.entra().delay_replication(requests);
    }
}
