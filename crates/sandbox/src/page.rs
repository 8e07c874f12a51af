//! The pages that a person sees.

use askama::Template;
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse, Response};

use crate::directory::{Tenant, TenantUser};

/// A page, or a plain 500 should its template fail.
pub(crate) fn page(status: StatusCode, template: &impl Template) -> Response {
    // No `form-action`: it would also bind the redirect that follows the form.
    const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; \
                          frame-ancestors 'none'";
    let headers = [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::CACHE_CONTROL, "no-store"),
        (header::REFERRER_POLICY, "no-referrer"),
    ];
    match template.render() {
        Ok(html) => (status, headers, Html(html)).into_response(),
        Err(error) => {
            tracing::error!(%error, "a sandbox page could not be rendered");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// The provider's own error page. It never leads back to the app: nothing about
/// the request can be trusted enough to redirect there.
pub(crate) fn refusal(provider: &'static str, code: &str, detail: &str) -> Response {
    page(
        StatusCode::BAD_REQUEST,
        &Refusal {
            provider,
            code,
            detail,
        },
    )
}

/// An option group of a select box.
#[derive(Debug)]
pub(crate) struct Group {
    pub(crate) label: String,
    pub(crate) choices: Vec<Choice>,
}

/// An option of a select box.
#[derive(Debug)]
pub(crate) struct Choice {
    pub(crate) value: String,
    pub(crate) label: String,
    pub(crate) selected: bool,
}

/// The consent and sign-in pages, of both providers.
#[derive(Debug, Template)]
#[template(path = "consent.html")]
pub(crate) struct Consent<'a> {
    pub(crate) provider: &'static str,
    pub(crate) title: String,
    pub(crate) client_id: &'a str,
    pub(crate) return_to: String,
    pub(crate) action: String,
    pub(crate) hidden: Vec<(String, String)>,
    pub(crate) scopes: Vec<(&'static str, Vec<String>)>,
    pub(crate) selects: Vec<Select>,
}

/// A labelled select box.
#[derive(Debug)]
pub(crate) struct Select {
    pub(crate) name: &'static str,
    pub(crate) label: &'static str,
    /// What the empty choice means; without it there is none.
    pub(crate) default: Option<&'static str>,
    pub(crate) groups: Vec<Group>,
}

#[derive(Debug, Template)]
#[template(path = "refusal.html")]
struct Refusal<'a> {
    provider: &'static str,
    code: &'a str,
    detail: &'a str,
}

impl Choice {
    /// One choice for each tenant.
    pub(crate) fn of_tenants(tenants: &[Tenant], selected: Option<&str>) -> Vec<Self> {
        let choice = |tenant: &Tenant| Self {
            value: tenant.id.clone(),
            label: format!("{} ({})", tenant.name, tenant.domain),
            selected: selected == Some(tenant.id.as_str()),
        };
        tenants.iter().map(choice).collect()
    }
}

impl Group {
    /// The users, by tenant.
    pub(crate) fn of_users(tenants: &[Tenant], selected: Option<&str>) -> Vec<Self> {
        let choice = |user: &TenantUser| Choice {
            value: user.id.clone(),
            label: format!(
                "{} ({}{})",
                user.name,
                user.username,
                if user.admin { ", administrator" } else { "" }
            ),
            selected: selected == Some(user.id.as_str()),
        };
        let group = |tenant: &Tenant| Self {
            label: tenant.name.clone(),
            choices: tenant.users.iter().map(choice).collect(),
        };
        tenants.iter().map(group).collect()
    }
}
