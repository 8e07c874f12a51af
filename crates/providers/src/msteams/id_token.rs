//! Verifying an `id_token` ("ID token claims reference", learn.microsoft.com; `OpenID` Connect
//! Core section 3.1.3.7).

use tieline_domain::ports::ProviderError;

use super::{
    claims::{Claims, Expected, Identity},
    jwks::KeySet,
    signed::{self, Doubt},
};

/// Verifies a token: form, algorithm, signature by a published key, and every claim.
pub(super) async fn verify(
    token: &str,
    keys: &KeySet,
    expected: &Expected<'_>,
) -> Result<Identity, ProviderError> {
    let identity = signed::verify(token, keys, |claims: &Claims, key| {
        let identity = claims.check(expected)?;
        if !key.may_sign_for(&claims.iss, &claims.tid) {
            return Err(Doubt("key of another tenant"));
        }
        Ok(identity)
    });
    Ok(identity.await?)
}
