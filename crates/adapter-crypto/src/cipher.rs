//! The cipher itself.

use std::fmt;

use chacha20poly1305::{
    KeyInit, XChaCha20Poly1305,
    aead::{Aead, AeadInOut, Payload},
};

/// How many random bytes each sealing takes: enough to never repeat.
const NONCE_LENGTH: usize = 24;

/// How many bytes authenticate a sealed value.
const TAG_LENGTH: usize = 16;

/// An AEAD under one derived key.
pub(crate) struct Cipher(XChaCha20Poly1305);

impl Cipher {
    pub(crate) fn new(key: &[u8; 32]) -> Self {
        Self(XChaCha20Poly1305::new(key.into()))
    }

    /// The header, nonce and ciphertext.
    pub(crate) fn seal(&self, header: &[u8], plaintext: &[u8], associated_data: &[u8]) -> Vec<u8> {
        let nonce = nonce();
        let open = header.len() + nonce.len();
        // Never moved, so that nothing of the plaintext is left behind.
        let mut sealed = Vec::with_capacity(open + plaintext.len() + TAG_LENGTH);
        for part in [header, &nonce, plaintext] {
            sealed.extend_from_slice(part);
        }
        let tag = self
            .0
            .encrypt_inout_detached(
                &nonce.into(),
                associated_data,
                sealed[open..].as_mut().into(),
            )
            .expect("a secret is shorter than 256 GiB");
        sealed.extend_from_slice(&tag);
        sealed
    }

    /// What [`Self::seal`] was given, if what follows the header and the associated data are the same.
    pub(crate) fn open(&self, sealed: &[u8], associated_data: &[u8]) -> Option<Vec<u8>> {
        let (nonce, ciphertext) = sealed.split_first_chunk::<NONCE_LENGTH>()?;
        self.0
            .decrypt(
                &(*nonce).into(),
                Payload {
                    msg: ciphertext,
                    aad: associated_data,
                },
            )
            .ok()
    }
}

impl fmt::Debug for Cipher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Cipher")
    }
}

/// Bytes from a generator of this thread, which the operating system's seeds again and again.
#[expect(
    clippy::disallowed_methods,
    reason = "the one place where nonces are drawn"
)]
fn nonce() -> [u8; NONCE_LENGTH] {
    let mut bytes = [0; NONCE_LENGTH];
    rand::fill(&mut bytes[..]);
    bytes
}

/// Bytes from the operating system's generator.
#[expect(
    clippy::disallowed_methods,
    reason = "the one place where keys are drawn"
)]
pub(crate) fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the operating system has a random number generator");
    bytes
}
