//! The envelope around a ciphertext: a version, and the key that opens it.

use std::sync::atomic::{AtomicUsize, Ordering};

use tieline_domain::{ports::OpenError, sealed::KeyId};

use crate::{cipher::Cipher, key_ring::Key};

/// The ciphers of one purpose, by their keys' ids, and which of them seals: the first one, unless
/// another is chosen.
#[derive(Debug)]
pub(crate) struct Envelopes {
    ciphers: Vec<(KeyId, Cipher)>,
    sealing: AtomicUsize,
}

impl Envelopes {
    pub(crate) fn new(keys: &[Key], purpose: &str) -> Self {
        let ciphers = keys.iter().map(|key| (key.id.clone(), key.cipher(purpose)));
        Self {
            ciphers: ciphers.collect(),
            sealing: AtomicUsize::new(0),
        }
    }

    pub(crate) fn ids(&self) -> impl Iterator<Item = &KeyId> {
        self.ciphers.iter().map(|(id, _)| id)
    }

    pub(crate) fn sealing(&self) -> &(KeyId, Cipher) {
        &self.ciphers[self.sealing.load(Ordering::Relaxed)]
    }

    /// Seals with this key from now on, if it is there; answers whether it is.
    pub(crate) fn seal_with(&self, id: &KeyId) -> bool {
        let index = self.ids().position(|known| known == id);
        if let Some(index) = index {
            self.sealing.store(index, Ordering::Relaxed);
        }
        index.is_some()
    }

    /// `header of the key ‖ nonce ‖ ciphertext`; the header is associated data, too.
    pub(crate) fn seal(&self, plaintext: &[u8], place: &[u8]) -> Vec<u8> {
        let (id, cipher) = self.sealing();
        let header = id.header();
        cipher.seal(&header, plaintext, &[&header, place].concat())
    }

    /// The plaintext, and the place of the key that opened it in the ring.
    pub(crate) fn open(&self, sealed: &[u8], place: &[u8]) -> Result<(Vec<u8>, usize), OpenError> {
        let (id, ciphertext) = KeyId::split(sealed).ok_or(OpenError::Refused)?;
        let index = self.ids().position(|known| *known == id);
        let index = index.ok_or_else(|| OpenError::UnknownKey(id.as_str().to_owned()))?;
        let cipher = &self.ciphers[index].1;
        let plaintext = cipher.open(ciphertext, &[&id.header(), place].concat());
        Ok((plaintext.ok_or(OpenError::Refused)?, index))
    }
}
