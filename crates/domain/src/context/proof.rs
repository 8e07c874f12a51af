//! Proof that a context comes from the product's back end.

use subtle::{Choice, ConstantTimeEq};

use crate::api_key::SigningState;

/// What a request says to prove its context: HMAC-SHA256 of the context in canonical form, under
/// an API key of the environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContextProof {
    /// The context as it was sent, in RFC 8785's canonical form; `{}` where none was.
    pub canonical: Vec<u8>,
    /// The hash, in hexadecimal digits.
    pub hash: String,
}

impl ContextProof {
    /// Whether the hash was made with one of these keys. Takes the same time whichever it was, and
    /// whether it was one at all.
    #[must_use]
    pub fn holds(&self, keys: &[SigningState]) -> bool {
        let mut given = [0; 32];
        let is_hash = hex(&self.hash, &mut given);
        let matched = keys.iter().fold(Choice::from(0), |matched, key| {
            matched | key.sign(&self.canonical).ct_eq(&given)
        });
        is_hash && bool::from(matched)
    }
}

/// Reads 64 hexadecimal digits; answers whether the text was that.
fn hex(text: &str, bytes: &mut [u8; 32]) -> bool {
    if text.len() != 64 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return false;
    }
    for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
        let digit = |digit: u8| char::from(digit).to_digit(16).unwrap_or_default();
        *byte = u8::try_from(digit(pair[0]) * 16 + digit(pair[1])).unwrap_or_default();
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &[u8] = b"tl_an-example-of-a-key-that-opens-nothing-at-all-00000";
    const CANONICAL: &str =
        r#"{"region":{"data":{"a":1,"b":"é"},"id":"eu-1"},"tenant":"org-acme"}"#;
    const HASH: &str = "20fce94cf98c39ebc56e5f494f5b4afcce6a5e29bcf47e1879835b354cafdda0";

    fn proof(canonical: &str, hash: &str) -> ContextProof {
        ContextProof {
            canonical: canonical.into(),
            hash: hash.to_owned(),
        }
    }

    #[test]
    fn the_documented_vector_holds_under_any_of_the_keys() {
        let [key, other] = [KEY, b"another"].map(SigningState::of);
        let upper = HASH.to_uppercase();
        assert!(proof(CANONICAL, HASH).holds(&[SigningState::of(KEY)]));
        assert!(proof(CANONICAL, &upper).holds(&[other, key]));
    }

    #[test]
    fn another_context_another_key_and_another_text_do_not() {
        let [key, other] = [KEY, b"another"].map(SigningState::of);
        assert!(!proof(CANONICAL, HASH).holds(&[]));
        assert!(!proof(CANONICAL, HASH).holds(&[other]));
        let keys = [key];
        assert!(!proof(&CANONICAL.replace("eu-1", "eu-2"), HASH).holds(&keys));
        let zeros = "0".repeat(64);
        for hash in [
            "",
            &HASH[1..],
            &zeros,
            &HASH.replace('2', "g"),
            &format!("{HASH}0"),
        ] {
            assert!(!proof(CANONICAL, hash).holds(&keys), "{hash}");
        }
    }
}
