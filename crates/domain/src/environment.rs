//! Organizations and environments: who owns what, and what is isolated from what.

use jiff::Timestamp;

use crate::id::{EnvironmentId, OrganizationId};

/// An owner of environments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Organization {
    /// Its id.
    pub id: OrganizationId,
    /// What people call it.
    pub name: String,
    /// When it was made.
    pub created_at: Timestamp,
}

/// One isolated set of integrations, subscribers, contexts, connections and keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Environment {
    /// Its id.
    pub id: EnvironmentId,
    /// The organization that owns it.
    pub organization_id: OrganizationId,
    /// What people call it: `Development`, `Production`; unique in its organization. Shown to the
    /// person who connects.
    pub name: String,
    /// When it was made.
    pub created_at: Timestamp,
}
