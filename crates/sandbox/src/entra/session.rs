//! Who used this browser last: what single sign-on amounts to here.

use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::Response;

use crate::directory::{Tenant, TenantUser, find_user};

const COOKIE: &str = "tieline_sandbox_account";

/// The tenant and user remembered by this browser, if they are among these.
pub(crate) fn remembered<'a>(
    headers: &HeaderMap,
    tenants: &'a [Tenant],
) -> Option<(&'a Tenant, &'a TenantUser)> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .filter(|(name, _)| *name == COOKIE)
        .find_map(|(_, user)| find_user(tenants, user))
}

/// Remembers this user in the browser.
pub(crate) fn remember(mut response: Response, user: &str) -> Response {
    let cookie = format!("{COOKIE}={user}; Path=/; HttpOnly; SameSite=Lax");
    if let Ok(cookie) = HeaderValue::from_str(&cookie) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}
