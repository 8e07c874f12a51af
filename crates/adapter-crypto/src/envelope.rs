//! The envelope around a ciphertext: a version, and the key that opens it.

use tieline_domain::{ports::OpenError, sealed::KeyId};

use crate::{cipher::Cipher, key_ring::Key};

/// The ciphers of one purpose, by their keys' ids; the first seals.
#[derive(Debug)]
pub(crate) struct Envelopes(Vec<(KeyId, Cipher)>);

impl Envelopes {
    pub(crate) fn new(keys: &[Key], purpose: &str) -> Self {
        Self(
            keys.iter()
                .map(|key| (key.id.clone(), key.cipher(purpose)))
                .collect(),
        )
    }

    /// `header of the key ‖ nonce ‖ ciphertext`; the header is associated data, too.
    pub(crate) fn seal(&self, plaintext: &[u8], place: &[u8]) -> Vec<u8> {
        let (id, cipher) = &self.0[0];
        let header = id.header();
        let ciphertext = cipher.seal(plaintext, &[&header, place].concat());
        [header, ciphertext].concat()
    }

    /// The plaintext, and the place of the key that opened it in the ring.
    pub(crate) fn open(&self, sealed: &[u8], place: &[u8]) -> Result<(Vec<u8>, usize), OpenError> {
        let (id, ciphertext) = KeyId::split(sealed).ok_or(OpenError::Refused)?;
        let index = self.0.iter().position(|(known, _)| *known == id);
        let index = index.ok_or_else(|| OpenError::UnknownKey(id.as_str().to_owned()))?;
        let cipher = &self.0[index].1;
        let plaintext = cipher.open(ciphertext, &[&id.header(), place].concat());
        Ok((plaintext.ok_or(OpenError::Refused)?, index))
    }
}
