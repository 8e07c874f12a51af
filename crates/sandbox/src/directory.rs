//! The fictional organizations and people of the sandbox.

mod fiction;

pub(crate) use fiction::{fictional_tenants, fictional_workspaces};

/// A Slack workspace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Workspace {
    /// `T…`.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// The enterprise organization it is part of. Listing the same one at
    /// several workspaces makes it one organization.
    pub organization: Option<Organization>,
    /// Who can install an app here; the first one is preselected.
    pub people: Vec<Person>,
    /// Where an incoming webhook can post; the first one is preselected.
    pub channels: Vec<Channel>,
}

/// A Slack Enterprise organization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Organization {
    /// `E…`.
    pub id: String,
    /// What people call it.
    pub name: String,
}

/// A member of a Slack workspace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// `U…`, or `W…` in an organization.
    pub id: String,
    /// What people call them.
    pub name: String,
}

/// A channel of a Slack workspace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Channel {
    /// `C…`.
    pub id: String,
    /// With the leading `#`.
    pub name: String,
}

/// An Entra tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tenant {
    /// A GUID in lower case.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// Its verified domain, which may stand for the GUID in an address.
    pub domain: String,
    /// Who can sign in; the first administrator is preselected for consent.
    pub users: Vec<TenantUser>,
}

/// A user of an Entra tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TenantUser {
    /// The object id, a GUID in lower case.
    pub id: String,
    /// What people call them.
    pub name: String,
    /// The user principal name, which looks like an e-mail address.
    pub username: String,
    /// Whether they may consent for the whole tenant.
    pub admin: bool,
}

impl Workspace {
    /// The id of the organization it is part of.
    pub(crate) fn organization_id(&self) -> Option<&str> {
        self.organization.as_ref().map(|it| it.id.as_str())
    }
}

/// The tenant and the user with this object id.
pub(crate) fn find_user<'a>(
    tenants: &'a [Tenant],
    id: &str,
) -> Option<(&'a Tenant, &'a TenantUser)> {
    tenants
        .iter()
        .find_map(|tenant| Some((tenant, tenant.users.iter().find(|user| user.id == id)?)))
}
