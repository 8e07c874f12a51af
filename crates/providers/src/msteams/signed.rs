//! Tokens that Microsoft signs (RFC 7515, RFC 8725): their form, their algorithm, their signature.
//! What they claim is for others to check.

use jsonwebtoken::{Algorithm, Validation, decode, decode_header};
use serde::de::DeserializeOwned;
use tieline_domain::{ports::ProviderError, reason::Reason};

use super::{jwks::KeySet, keys::Key};

/// Real ones have one or two kilobytes.
const LONGEST: usize = 64 * 1024;

/// Why a token is not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Doubt(pub(super) &'static str);

/// Why a token was not verified.
#[derive(Debug)]
pub(super) enum Unverified {
    /// It is not to be believed.
    Doubt(Doubt),
    /// The keys that it takes could not be had.
    NoKeys(ProviderError),
}

/// Verifies a token: its form, its algorithm, its signature by a published key, and with `check` all
/// that it claims, along with the key that signed it.
pub(super) async fn verify<C: DeserializeOwned + Clone, T>(
    token: &str,
    keys: &KeySet,
    check: impl Fn(&C, &Key) -> Result<T, Doubt>,
) -> Result<T, Unverified> {
    let kid = kid(token)?;
    let keys = keys.for_kid(kid.as_deref()).await;
    let keys = keys.map_err(Unverified::NoKeys)?;
    let mut outcome = Err(Doubt("unknown key"));
    for key in keys.named(kid.as_deref()) {
        outcome = claims(token, key).and_then(|claims| check(&claims, key));
        if outcome.is_ok() {
            break;
        }
    }
    Ok(outcome?)
}

/// The key that the header names. Keys that the header brings along or points to (`jwk`, `jku`,
/// `x5c`, `x5u`) are the sender's word only and never looked at.
fn kid(token: &str) -> Result<Option<String>, Doubt> {
    if token.len() > LONGEST {
        return Err(Doubt("too long"));
    }
    if token.split('.').count() != 3 {
        return Err(Doubt("not a signed token"));
    }
    let header = decode_header(token).map_err(|_| Doubt("unreadable header"))?;
    if header.alg != Algorithm::RS256 {
        return Err(Doubt("algorithm"));
    }
    if header.crit.is_some() {
        return Err(Doubt("critical header"));
    }
    Ok(header.kid)
}

fn claims<C: DeserializeOwned + Clone>(token: &str, key: &Key) -> Result<C, Doubt> {
    decode::<C>(token, &key.decoding, &signature_only())
        .map(|token| token.claims)
        .map_err(|_| Doubt("signature or payload"))
}

/// The claims are checked by ourselves, against our own clock.
fn signature_only() -> Validation {
    let mut validation = Validation::new(Algorithm::RS256);
    validation.required_spec_claims.clear();
    validation.validate_exp = false;
    validation.validate_nbf = false;
    validation.validate_aud = false;
    validation
}

impl From<Doubt> for Unverified {
    fn from(doubt: Doubt) -> Self {
        Self::Doubt(doubt)
    }
}

/// As the failure of an `id_token`.
impl From<Doubt> for ProviderError {
    fn from(doubt: Doubt) -> Self {
        let provider_error = Some(format!("id_token: {}", doubt.0));
        Self {
            reason: Reason::IdTokenInvalid,
            provider_error,
            retry_after: None,
        }
    }
}

impl From<Unverified> for ProviderError {
    fn from(unverified: Unverified) -> Self {
        match unverified {
            Unverified::Doubt(doubt) => doubt.into(),
            Unverified::NoKeys(error) => error,
        }
    }
}

#[cfg(test)]
mod tests {
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

    use super::*;

    fn kid_of(header: &str) -> Result<Option<String>, Doubt> {
        kid(&format!("{}.e30.AA", URL_SAFE_NO_PAD.encode(header)))
    }

    /// D14, D15
    #[test]
    fn only_rs256_is_taken() {
        assert_eq!(
            kid_of(r#"{"alg":"RS256","kid":"a"}"#),
            Ok(Some("a".to_owned()))
        );
        for alg in [
            "none", "None", "HS256", "RS384", "PS256", "ES256", "rs256", "",
        ] {
            assert!(
                kid_of(&format!(r#"{{"alg":"{alg}","kid":"a"}}"#)).is_err(),
                "{alg}"
            );
        }
        assert!(kid_of(r#"{"kid":"a"}"#).is_err());
    }

    #[test]
    fn a_critical_header_is_refused() {
        assert!(kid_of(r#"{"alg":"RS256","kid":"a","crit":["b64"]}"#).is_err());
    }

    /// D28
    #[test]
    fn encrypted_and_oversized_tokens_are_refused() {
        assert_eq!(kid("a.b.c.d.e"), Err(Doubt("not a signed token")));
        assert_eq!(kid(&"a".repeat(1024 * 1024)), Err(Doubt("too long")));
        for odd in ["", ".", "..", "a.b", "....", "é.è.à"] {
            assert!(kid(odd).is_err(), "{odd}");
        }
    }
}
