//! The signing keys of Entra.

mod pool;

use std::sync::{Arc, Mutex};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

pub(crate) use pool::{RsaKey, rogue_key};

use crate::world::lock;

/// The published keys, of which the last one signs.
#[derive(Debug)]
pub(crate) struct KeyRing {
    keys: Mutex<Published>,
}

#[derive(Debug)]
struct Published {
    first: usize,
    last: usize,
    tenant: Option<String>,
}

impl Default for KeyRing {
    fn default() -> Self {
        Self {
            keys: Mutex::new(Published {
                first: 0,
                last: 0,
                tenant: None,
            }),
        }
    }
}

impl KeyRing {
    /// The key that signs at present.
    pub(crate) fn current(&self) -> Arc<RsaKey> {
        let last = lock(&self.keys).last;
        pool::key(last)
    }

    pub(crate) fn roll(&self) {
        lock(&self.keys).last += 1;
    }

    pub(crate) fn retire_old(&self) {
        let mut keys = lock(&self.keys);
        keys.first = keys.last;
    }

    pub(crate) fn bind_to_tenant(&self, tenant: Option<String>) {
        lock(&self.keys).tenant = tenant;
    }

    /// The key set document: RFC 7517, with Entra's `issuer` for each key.
    pub(crate) fn document(&self, entra_base: &str) -> Value {
        let (range, tenant) = {
            let keys = lock(&self.keys);
            (keys.first..=keys.last, keys.tenant.clone())
        };
        let tenant = tenant.as_deref().unwrap_or("{tenantid}");
        let issuer = format!("{entra_base}/{tenant}/v2.0");
        let jwk = |index| {
            let mut jwk = pool::key(index).jwk();
            jwk["issuer"] = json!(issuer);
            jwk
        };
        json!({ "keys": range.map(jwk).collect::<Vec<_>>() })
    }
}

/// A compact JWS (RFC 7515, section 3.1) of these parts.
pub(crate) fn compact(
    header: &Value,
    claims: &Value,
    sign: impl FnOnce(&[u8]) -> Vec<u8>,
) -> String {
    let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let signed = format!("{}.{}", encode(header), encode(claims));
    let signature = URL_SAFE_NO_PAD.encode(sign(signed.as_bytes()));
    format!("{signed}.{signature}")
}

/// A token as Entra makes it: RS256 under the present key.
pub(crate) fn signed(key: &RsaKey, claims: &Value) -> String {
    let header = json!({ "typ": "JWT", "alg": "RS256", "kid": key.kid() });
    compact(&header, claims, |message| key.sign(message))
}
