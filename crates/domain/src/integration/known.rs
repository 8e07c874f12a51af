//! An integration that was looked up, with what is made of it once and wanted by every mint.

use std::{ops::Deref, sync::OnceLock};

use crate::{integration::Integration, provider::AuthorizePage};

/// An integration that may be remembered. What mints prepare of it lives as long as that, so that
/// another state of the integration never meets what was prepared of an older one.
#[derive(Debug)]
pub struct KnownIntegration {
    integration: Integration,
    pub(crate) prepared: OnceLock<Prepared>,
}

/// What a mint needs of an integration's credentials: nothing of it is secret.
#[derive(Debug)]
pub(crate) struct Prepared {
    /// Whether requests must prove their context with a `contextHash`.
    pub(crate) demands_context_proof: bool,
    /// The scopes that are asked for when a request does not choose, if it has any of its own.
    pub(crate) scopes: Option<Vec<String>>,
    /// The consent page.
    pub(crate) consent: AuthorizePage,
    /// The page at which a person agrees to be linked.
    pub(crate) link: AuthorizePage,
}

impl From<Integration> for KnownIntegration {
    fn from(integration: Integration) -> Self {
        Self {
            integration,
            prepared: OnceLock::new(),
        }
    }
}

impl Deref for KnownIntegration {
    type Target = Integration;

    fn deref(&self) -> &Integration {
        &self.integration
    }
}

impl PartialEq for KnownIntegration {
    fn eq(&self, other: &Self) -> bool {
        self.integration == other.integration
    }
}
