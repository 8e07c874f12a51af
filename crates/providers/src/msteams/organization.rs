//! The name of a tenant ("Get organization", learn.microsoft.com).

use std::time::Duration;

use secrecy::SecretString;
use tieline_domain::provider::authorize::join;
use url::Url;

use super::wire::Organizations;
use crate::{
    http::{Call, Egress, Object},
    oauth2::checked_name,
};

/// A name is a kindness; nobody waits long for it.
const LIMIT: Duration = Duration::from_secs(3);

/// What a tenant calls itself, asked with the access token of somebody in it. Any failure, and any
/// answer about another tenant, is no name.
pub(super) async fn name(
    egress: &Egress,
    graph: &Url,
    access_token: &SecretString,
    tenant: &str,
) -> Option<String> {
    let mut url = join(graph, "/v1.0/organization");
    url.set_query(Some("$select=id,displayName"));
    let call = Call::get("graph organization", url)
        .within(LIMIT)
        .with_bearer(access_token)
        .ok()?;
    let reply = egress
        .send(&call)
        .await
        .ok()
        .filter(crate::http::Reply::is_success)?;
    let Organizations { value } = reply.json().ok()?;
    let own = value
        .into_iter()
        .find(|Object(one)| one.id.eq_ignore_ascii_case(tenant))?;
    own.0.display_name.as_deref().and_then(checked_name)
}
