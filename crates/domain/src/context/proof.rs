//! Proof that a context comes from the product's back end.

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
        SigningState::any_signed(keys, &self.canonical, &self.hash)
    }
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
