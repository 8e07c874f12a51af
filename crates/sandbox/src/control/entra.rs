//! Entra's apps, and what directories say about them.

use super::SandboxControl;
use crate::config::EntraApp;

impl SandboxControl {
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

    /// The application permissions that app-only tokens carry from now on,
    /// wherever [`set_entra_roles_in`](Self::set_entra_roles_in) says nothing
    /// else.
    pub fn set_entra_roles<S: Into<String>>(&self, roles: impl IntoIterator<Item = S>) {
        self.world
            .entra()
            .set_roles(roles.into_iter().map(Into::into).collect());
    }

    /// The application permissions of an app in one tenant from now on. With
    /// none its tokens there have no `roles`, though somebody has consented.
    pub fn set_entra_roles_in<S: Into<String>>(
        &self,
        client_id: &str,
        tenant: &str,
        roles: impl IntoIterator<Item = S>,
    ) {
        let roles = roles.into_iter().map(Into::into).collect();
        self.world.entra().set_roles_in(client_id, tenant, roles);
    }

    /// Switches an app off in a tenant, as an administrator there can: no more
    /// sign-in and no more token (AADSTS7000112). Consents stay.
    pub fn disable_entra_app(&self, client_id: &str, tenant: &str) {
        self.world.entra().set_enabled(client_id, tenant, false);
    }

    /// Ends that.
    pub fn enable_entra_app(&self, client_id: &str, tenant: &str) {
        self.world.entra().set_enabled(client_id, tenant, true);
    }

    /// Ends every sign-in of a person, by object id: their refresh tokens are
    /// good no longer (AADSTS50173). Access tokens live until they expire.
    pub fn revoke_entra_sign_ins(&self, user: &str) {
        self.world.entra().revoke_sign_ins(user);
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
