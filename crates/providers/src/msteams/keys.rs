//! The keys with which Entra and Bot Framework sign.

use jsonwebtoken::DecodingKey;
use tieline_domain::{ports::ProviderError, reason::Reason};

use super::wire::{Jwk, Jwks};

/// A set of keys.
#[derive(Debug)]
pub(super) struct Keys(Vec<Key>);

/// A key.
#[derive(Debug)]
pub(super) struct Key {
    kid: Option<String>,
    issuer: Option<String>,
    endorsements: Vec<String>,
    pub(super) decoding: DecodingKey,
}

impl Keys {
    /// The usable keys of a set: RSA, for signatures. A set without any is no answer.
    pub(super) fn read(jwks: Jwks) -> Result<Self, ProviderError> {
        let keys: Vec<Key> = jwks.keys.into_iter().filter_map(Key::read).collect();
        if keys.is_empty() {
            return Err(Reason::InvalidResponse.into());
        }
        Ok(Self(keys))
    }

    /// The keys of this id. A token that names none can only mean the one key there is.
    pub(super) fn named(&self, kid: Option<&str>) -> impl Iterator<Item = &Key> {
        let is_only_one = self.0.len() == 1;
        self.0.iter().filter(move |key| match kid {
            Some(kid) => key.kid.as_deref() == Some(kid),
            None => is_only_one,
        })
    }

    /// Whether a token that names this key can be checked, or never will be.
    pub(super) fn knows(&self, kid: Option<&str>) -> bool {
        kid.is_none() || self.named(kid).next().is_some()
    }
}

impl Key {
    fn read(jwk: serde_json::Value) -> Option<Self> {
        let jwk: Jwk = serde_json::from_value(jwk).ok()?;
        let is_usable = jwk.kty == "RSA"
            && jwk.usage.is_none_or(|usage| usage == "sig")
            && jwk.alg.is_none_or(|alg| alg == "RS256");
        let decoding = DecodingKey::from_rsa_components(&jwk.n, &jwk.e).ok()?;
        is_usable.then_some(Self {
            kid: jwk.kid,
            issuer: jwk.issuer,
            endorsements: jwk.endorsements,
            decoding,
        })
    }

    /// The channels of Bot Framework for which the key may sign.
    pub(super) fn endorsements(&self) -> &[String] {
        &self.endorsements
    }

    /// Whether the key may sign for this issuer. One with `{tenantid}` in its own fits any tenant,
    /// one that names a tenant only that one ("Access tokens in the Microsoft identity platform").
    pub(super) fn may_sign_for(&self, issuer: &str, tenant: &str) -> bool {
        let Some(own) = &self.issuer else { return true };
        own.replace("{tenantid}", tenant) == issuer
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn keys(keys: Vec<Value>) -> Result<Keys, ProviderError> {
        Keys::read(Jwks { keys })
    }

    fn key(kid: &str) -> Value {
        json!({ "kty": "RSA", "use": "sig", "kid": kid, "n": "AQAB", "e": "AQAB" })
    }

    /// D20
    #[test]
    fn a_set_without_a_usable_key_is_refused() {
        let ec = json!({ "kty": "EC", "kid": "a", "n": "AQAB", "e": "AQAB" });
        let encryption =
            json!({ "kty": "RSA", "use": "enc", "kid": "a", "n": "AQAB", "e": "AQAB" });
        let broken = json!({ "kty": "RSA", "kid": "a", "n": "!", "e": "AQAB" });
        for unusable in [vec![], vec![ec, encryption, broken, json!("x"), json!({})]] {
            assert!(keys(unusable).is_err());
        }
    }

    /// D19
    #[test]
    fn a_token_without_a_kid_means_the_only_key() {
        assert_eq!(keys(vec![key("a")]).unwrap().named(None).count(), 1);
        assert_eq!(
            keys(vec![key("a"), key("b")]).unwrap().named(None).count(),
            0
        );
        assert_eq!(
            keys(vec![key("a"), key("b")])
                .unwrap()
                .named(Some("b"))
                .count(),
            1
        );
    }

    /// D21
    #[test]
    fn a_key_signs_for_the_tenants_of_its_issuer() {
        let issued_by = |issuer: &str| Key {
            issuer: Some(issuer.to_owned()),
            ..any_key()
        };
        assert!(any_key().may_sign_for("https://l/t1/v2.0", "t1"));
        assert!(issued_by("https://l/{tenantid}/v2.0").may_sign_for("https://l/t1/v2.0", "t1"));
        assert!(issued_by("https://l/t1/v2.0").may_sign_for("https://l/t1/v2.0", "t1"));
        assert!(!issued_by("https://l/t2/v2.0").may_sign_for("https://l/t1/v2.0", "t1"));
        assert!(!issued_by("https://m/{tenantid}/v2.0").may_sign_for("https://l/t1/v2.0", "t1"));
    }

    fn any_key() -> Key {
        let decoding = DecodingKey::from_rsa_components("AQAB", "AQAB").unwrap();
        Key {
            kid: None,
            issuer: None,
            endorsements: Vec::new(),
            decoding,
        }
    }
}
