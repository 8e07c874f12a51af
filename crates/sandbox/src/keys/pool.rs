//! RSA keys, made when first needed and then shared by all sandboxes of the
//! process: making one takes long enough to be felt in a test suite.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock};

use aws_lc_rs::encoding::{AsDer, PublicKeyX509Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::world::lock;

static POOL: Mutex<BTreeMap<(Family, usize), Arc<RsaKey>>> = Mutex::new(BTreeMap::new());
static ROGUE: OnceLock<RsaKey> = OnceLock::new();

/// Who signs: nobody has a key of another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Family {
    Entra,
    /// The Bot Framework, for Teams.
    BotFramework,
    /// The Bot Framework, for other channels.
    OtherChannels,
}

/// The key with this number.
pub(crate) fn key(family: Family, index: usize) -> Arc<RsaKey> {
    let mut pool = lock(&POOL);
    let key = pool
        .entry((family, index))
        .or_insert_with(|| Arc::new(RsaKey::generate()));
    Arc::clone(key)
}

/// A key that no sandbox ever publishes as its own.
pub(crate) fn rogue_key() -> &'static RsaKey {
    ROGUE.get_or_init(RsaKey::generate)
}

/// An RSA key of 2048 bits.
#[derive(Debug)]
pub(crate) struct RsaKey {
    pair: KeyPair,
    kid: String,
}

impl RsaKey {
    fn generate() -> Self {
        let pair = KeyPair::generate(KeySize::Rsa2048).expect("RSA keys can be generated");
        let modulus = pair.public_key().modulus();
        let hash = Sha256::digest(modulus.big_endian_without_leading_zero());
        let kid = URL_SAFE_NO_PAD.encode(hash).chars().take(27).collect();
        Self { pair, kid }
    }

    pub(crate) fn kid(&self) -> &str {
        &self.kid
    }

    /// RS256 (RFC 7518, section 3.3).
    pub(crate) fn sign(&self, message: &[u8]) -> Vec<u8> {
        let mut signature = vec![0; self.pair.public_modulus_len()];
        self.pair
            .sign(
                &RSA_PKCS1_SHA256,
                &SystemRandom::new(),
                message,
                &mut signature,
            )
            .expect("a valid key signs");
        signature
    }

    /// The public half (RFC 7518, section 6.3.1).
    pub(crate) fn jwk(&self) -> Value {
        let public = self.pair.public_key();
        let encode = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        json!({
            "kty": "RSA",
            "use": "sig",
            "kid": self.kid,
            "n": encode(public.modulus().big_endian_without_leading_zero()),
            "e": encode(public.exponent().big_endian_without_leading_zero()),
        })
    }

    /// The public half as PEM, which a careless verifier takes for a secret.
    pub(crate) fn public_pem(&self) -> String {
        let der: PublicKeyX509Der<'_> = self
            .pair
            .public_key()
            .as_der()
            .expect("a valid key can be encoded");
        let text = STANDARD.encode(der.as_ref());
        let mut pem = String::from("-----BEGIN PUBLIC KEY-----\n");
        let mut rest = text.as_str();
        while !rest.is_empty() {
            let (line, tail) = rest.split_at(rest.len().min(64));
            pem.push_str(line);
            pem.push('\n');
            rest = tail;
        }
        pem.push_str("-----END PUBLIC KEY-----\n");
        pem
    }
}
