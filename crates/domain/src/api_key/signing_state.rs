//! HMAC-SHA256 under a key that is not kept.

use std::fmt;

use secrecy::{ExposeSecret, SecretSlice};
use sha2::{
    Digest, Sha256,
    digest::common::hazmat::{SerializableState, SerializedState},
};
use subtle::{Choice, ConstantTimeEq};
use zeroize::Zeroizing;

/// The size of SHA-256's block in bytes.
const BLOCK: usize = 64;

/// What of an API key is needed to compute HMAC-SHA256 (RFC 2104) under it: the states of the
/// inner and the outer hash after the padded key. Whoever has them can sign, and cannot learn the
/// key: with a database and its sealing keys a thief still has no API key.
pub struct SigningState {
    inner: SecretSlice<u8>,
    outer: SecretSlice<u8>,
}

impl SigningState {
    /// The state for this key.
    #[must_use]
    pub fn of(key: &[u8]) -> Self {
        let mut block = Zeroizing::new([0; BLOCK]);
        if key.len() > BLOCK {
            block[..32].copy_from_slice(&Sha256::digest(key));
        } else {
            block[..key.len()].copy_from_slice(key);
        }
        Self {
            inner: padded(&block, 0x36),
            outer: padded(&block, 0x5c),
        }
    }

    /// HMAC-SHA256 of a message under the key.
    #[must_use]
    pub fn sign(&self, message: &[u8]) -> [u8; 32] {
        let inner = resume(&self.inner).chain_update(message).finalize();
        resume(&self.outer).chain_update(inner).finalize().into()
    }

    /// Whether `hash`, in hexadecimal digits, is a message's HMAC under one of these keys. Takes the
    /// same time whichever it was, and whether it was one at all.
    #[must_use]
    pub fn any_signed(keys: &[Self], message: &[u8], hash: &str) -> bool {
        let mut given = [0; 32];
        let is_hash = read_hex(hash, &mut given);
        let matched = keys.iter().fold(Choice::from(0), |matched, key| {
            matched | key.sign(message).ct_eq(&given)
        });
        is_hash && bool::from(matched)
    }

    /// The state as the bytes that are sealed.
    #[must_use]
    pub fn to_bytes(&self) -> SecretSlice<u8> {
        let halves = [self.inner.expose_secret(), self.outer.expose_secret()];
        halves.concat().into()
    }

    /// Reads what [`Self::to_bytes`] wrote; `None` for anything else.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (inner, outer) = bytes.split_at_checked(bytes.len() / 2)?;
        let half = |bytes: &[u8]| {
            let state = SerializedState::<Sha256>::try_from(bytes).ok()?;
            Sha256::deserialize(&state).ok()?;
            Some(bytes.to_vec().into())
        };
        Some(Self {
            inner: half(inner)?,
            outer: half(outer)?,
        })
    }
}

impl fmt::Debug for SigningState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningState(…)")
    }
}

fn padded(block: &[u8; BLOCK], pad: u8) -> SecretSlice<u8> {
    let padded = Zeroizing::new(block.map(|byte| byte ^ pad));
    let state = Sha256::new_with_prefix(*padded).serialize();
    state.to_vec().into()
}

fn resume(state: &SecretSlice<u8>) -> Sha256 {
    let state = SerializedState::<Sha256>::try_from(state.expose_secret());
    let state = state.expect("made of a state of this very hash");
    Sha256::deserialize(&state).expect("made of a state of this very hash")
}

/// Reads 64 hexadecimal digits; answers whether the text was that.
fn read_hex(text: &str, bytes: &mut [u8; 32]) -> bool {
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

    #[test]
    fn it_signs_as_hmac_does() {
        use hmac::{Hmac, KeyInit, Mac};

        for length in [0, 1, 31, 32, 53, 63, 64, 65, 100, 128, 200] {
            let key: Vec<u8> = (0..length).map(|byte| byte ^ 0xa5).collect();
            let state = SigningState::from_bytes(SigningState::of(&key).to_bytes().expose_secret());
            for message in [&b""[..], b"{}", &[7; 1000]] {
                let mut hmac = Hmac::<Sha256>::new_from_slice(&key).unwrap();
                hmac.update(message);
                let expected: [u8; 32] = hmac.finalize().into_bytes().into();
                assert_eq!(state.as_ref().unwrap().sign(message), expected, "{length}");
            }
        }
    }

    #[test]
    fn bytes_of_another_length_are_no_state() {
        let bytes = SigningState::of(b"key").to_bytes();
        let bytes = bytes.expose_secret();
        assert!(SigningState::from_bytes(bytes).is_some());
        for other in [&bytes[1..], &bytes[..bytes.len() - 2], &[]] {
            assert!(SigningState::from_bytes(other).is_none());
        }
    }
}
