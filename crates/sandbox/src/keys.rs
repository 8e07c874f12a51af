//! The signing keys of Entra and of the Bot Framework.

mod pool;

use std::sync::{Arc, Mutex};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

pub(crate) use pool::{Family, RsaKey, key, rogue_key};

use crate::world::lock;

/// The published keys of one who signs, of which the last one signs.
#[derive(Debug)]
pub(crate) struct KeyRing {
    family: Family,
    keys: Mutex<Published>,
}

#[derive(Debug, Default)]
struct Published {
    first: usize,
    last: usize,
    tenant: Option<String>,
}

impl KeyRing {
    pub(crate) fn new(family: Family) -> Self {
        Self {
            family,
            keys: Mutex::default(),
        }
    }

    /// The key that signs at present.
    pub(crate) fn current(&self) -> Arc<RsaKey> {
        let last = lock(&self.keys).last;
        pool::key(self.family, last)
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

    /// The public halves (RFC 7517).
    pub(crate) fn published(&self) -> Vec<Value> {
        let range = {
            let keys = lock(&self.keys);
            keys.first..=keys.last
        };
        range
            .map(|index| pool::key(self.family, index).jwk())
            .collect()
    }

    /// The key set document of Entra, with its `issuer` for each key.
    pub(crate) fn document(&self, entra_base: &str) -> Value {
        let tenant = lock(&self.keys).tenant.clone();
        let tenant = tenant.as_deref().unwrap_or("{tenantid}");
        let mut keys = self.published();
        for jwk in &mut keys {
            jwk["issuer"] = json!(format!("{entra_base}/{tenant}/v2.0"));
        }
        json!({ "keys": keys })
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

/// A token as both make it: RS256 under this key.
pub(crate) fn signed(key: &RsaKey, claims: &Value) -> String {
    let header = json!({ "typ": "JWT", "alg": "RS256", "kid": key.kid() });
    compact(&header, claims, |message| key.sign(message))
}
