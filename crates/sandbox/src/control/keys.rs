//! The keys that sign.

use super::SandboxControl;

impl SandboxControl {
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
}
