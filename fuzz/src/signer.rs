//! A key of Microsoft's, whoever that is here: with it the targets sign what has to be signed for
//! anybody to look at it.

use aws_lc_rs::{
    rand::SystemRandom,
    rsa::{KeyPair, KeySize},
    signature::{KeyPair as _, RSA_PKCS1_SHA256},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::json;

const HEADER: &[u8] = br#"{"alg":"RS256","typ":"JWT","kid":"k1"}"#;

/// A key of this process.
pub(crate) struct Signer(KeyPair);

impl Signer {
    pub(crate) fn generate() -> Self {
        Self(KeyPair::generate(KeySize::Rsa2048).unwrap())
    }

    /// The key set that has it, and nothing else (RFC 7517 section 5).
    pub(crate) fn key_set(&self) -> String {
        let key = self.0.public_key();
        let (n, e) = (key.modulus(), key.exponent());
        let jwk = json!({
            "kty": "RSA",
            "use": "sig",
            "alg": "RS256",
            "kid": "k1",
            "n": URL_SAFE_NO_PAD.encode(n.big_endian_without_leading_zero()),
            "e": URL_SAFE_NO_PAD.encode(e.big_endian_without_leading_zero()),
            "endorsements": ["msteams", "webchat"],
        });
        json!({ "keys": [jwk] }).to_string()
    }

    /// A token with these claims, which may be anything (RFC 7515 section 7.1).
    pub(crate) fn token(&self, claims: &[u8]) -> String {
        let [header, claims] = [HEADER, claims].map(|part| URL_SAFE_NO_PAD.encode(part));
        let signed = format!("{header}.{claims}");
        let mut signature = vec![0; self.0.public_modulus_len()];
        let random = SystemRandom::new();
        self.0
            .sign(
                &RSA_PKCS1_SHA256,
                &random,
                signed.as_bytes(),
                &mut signature,
            )
            .unwrap();
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}
