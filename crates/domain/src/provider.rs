//! Providers: what each demands and allows, as data with pure functions over it.

use std::{collections::BTreeMap, fmt, sync::Arc};

use crate::{
    ports::{EventReader, ProviderClient},
    text::{check_slug, checked_text},
};

pub mod authorize;
pub mod credentials;
mod exposed;
pub mod grant;
pub mod policy;
pub mod scope;

pub use authorize::{AuthorizeInputs, AuthorizePage, AuthorizeRequest, Param};
pub use credentials::{CredentialField, CredentialFormat, CredentialProblem};
pub(crate) use exposed::ExposedCredential;
pub use grant::{Grant, GrantedCredential, IncomingWebhook};
pub use policy::{ConnectPolicy, LinkPolicy, ProviderPolicy};
pub use scope::{ScopeError, ScopePolicy, SelectableScopes};

checked_text! {
    /// A provider's id on the wire: `slack`, `msteams`.
    ProviderId, |text| check_slug(text, 64)
}

/// A provider: its policy, and whoever talks to it where it has an OAuth flow.
#[derive(Clone)]
pub struct Provider {
    /// What it demands and allows.
    pub policy: Arc<ProviderPolicy>,
    /// Who talks to it.
    pub client: Option<Arc<dyn ProviderClient>>,
    /// Who reads what it sends by itself, where it does.
    pub events: Option<Arc<dyn EventReader>>,
}

impl fmt::Debug for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Provider")
            .field("policy", &self.policy)
            .finish_non_exhaustive()
    }
}

/// All providers that this process knows. A clone is the same.
#[derive(Clone, Debug, Default)]
pub struct Providers(Arc<BTreeMap<ProviderId, Provider>>);

impl Providers {
    /// The provider with this id.
    #[must_use]
    pub fn find(&self, id: &ProviderId) -> Option<&Provider> {
        self.0.get(id)
    }

    /// All of them, by id.
    pub fn iter(&self) -> impl Iterator<Item = &Provider> {
        self.0.values()
    }
}

impl FromIterator<Provider> for Providers {
    fn from_iter<I: IntoIterator<Item = Provider>>(providers: I) -> Self {
        let by_id = providers.into_iter().map(|p| (p.policy.id.clone(), p));
        Self(Arc::new(by_id.collect()))
    }
}
