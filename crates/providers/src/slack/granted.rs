//! The scopes that a token has at the moment.

use tieline_domain::{ports::ProviderError, provider::GrantedCredential, reason::Reason};

use super::policy::SELECTABLE;
use crate::{http::Reply, oauth2::Scopes};

/// The scopes of the token with which a method was called: every reply carries them ("Scopes",
/// docs.slack.dev).
pub(super) fn read(reply: &Reply) -> Option<Vec<String>> {
    let Scopes(scopes) = Scopes::of([reply.header("x-oauth-scopes")?]);
    Some(scopes)
}

/// Whether a token still has those among its scopes without which it is of no use.
pub(super) fn check(
    credential: &GrantedCredential,
    granted: &[String],
) -> Result<(), ProviderError> {
    if credential.kind != SELECTABLE.credential {
        return Ok(());
    }
    let missing = SELECTABLE.missing(&credential.scopes, granted);
    if missing.is_empty() {
        return Ok(());
    }
    Err(ProviderError {
        provider_error: Some(format!("not granted: {}", missing.join(" "))),
        ..Reason::InsufficientScope.into()
    })
}
