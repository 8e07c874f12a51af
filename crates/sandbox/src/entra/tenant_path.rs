//! The `{tenant}` of an address.

use crate::directory::Tenant;
use crate::entra::problem::Problem;

/// Whom an address is about.
#[derive(Debug, Clone, Copy)]
pub(crate) enum TenantPath<'a> {
    /// A GUID or a verified domain.
    One(&'a Tenant),
    /// Any work or school account.
    Organizations(&'a [Tenant]),
    /// Any account at all; there are no personal ones here.
    Common(&'a [Tenant]),
}

impl<'a> TenantPath<'a> {
    pub(crate) fn read(tenants: &'a [Tenant], segment: &str) -> Result<Self, Problem> {
        match segment {
            "organizations" => Ok(Self::Organizations(tenants)),
            "common" => Ok(Self::Common(tenants)),
            _ => tenants
                .iter()
                .find(|it| it.id.eq_ignore_ascii_case(segment) || it.domain == segment)
                .map(Self::One)
                .ok_or(Problem::new(
                    "invalid_request",
                    90_002,
                    "The tenant was not found.",
                )),
        }
    }

    /// The tenants that are meant.
    pub(crate) fn tenants(self) -> &'a [Tenant] {
        match self {
            Self::One(tenant) => std::slice::from_ref(tenant),
            Self::Organizations(all) | Self::Common(all) => all,
        }
    }

    pub(crate) fn includes(self, tenant: &str) -> bool {
        self.tenants().iter().any(|it| it.id == tenant)
    }

    pub(crate) fn one(self) -> Option<&'a Tenant> {
        match self {
            Self::One(tenant) => Some(tenant),
            Self::Organizations(_) | Self::Common(_) => None,
        }
    }
}
