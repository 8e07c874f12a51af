//! The envelope around a ciphertext: a version, and the key that opens it.

use tieline_domain::ports::OpenError;

use crate::{cipher::Cipher, key_ring::Key};

const VERSION: u8 = 1;

/// The ciphers of one purpose, by their keys' ids; the first seals.
#[derive(Debug)]
pub(crate) struct Envelopes(Vec<(String, Cipher)>);

impl Envelopes {
    pub(crate) fn new(keys: &[Key], purpose: &str) -> Self {
        Self(
            keys.iter()
                .map(|key| (key.id.clone(), key.cipher(purpose)))
                .collect(),
        )
    }

    /// `version ‖ length of key id ‖ key id ‖ nonce ‖ ciphertext`; the part before the nonce is
    /// associated data, too.
    pub(crate) fn seal(&self, plaintext: &[u8], place: &[u8]) -> Vec<u8> {
        let (id, cipher) = &self.0[0];
        let length = u8::try_from(id.len()).expect("key ids have at most 32 characters");
        let header = [&[VERSION, length], id.as_bytes()].concat();
        let ciphertext = cipher.seal(plaintext, &[&header, place].concat());
        [header, ciphertext].concat()
    }

    /// The plaintext, and the place of the key that opened it in the ring.
    pub(crate) fn open(&self, sealed: &[u8], place: &[u8]) -> Result<(Vec<u8>, usize), OpenError> {
        let (id, header, ciphertext) = split(sealed).ok_or(OpenError::Refused)?;
        let index = self
            .0
            .iter()
            .position(|(known, _)| known == id)
            .ok_or_else(|| OpenError::UnknownKey(id.to_owned()))?;
        let plaintext = self.0[index].1.open(ciphertext, &[header, place].concat());
        Ok((plaintext.ok_or(OpenError::Refused)?, index))
    }
}

fn split(sealed: &[u8]) -> Option<(&str, &[u8], &[u8])> {
    let [VERSION, length, ..] = *sealed else {
        return None;
    };
    let (header, ciphertext) = sealed.split_at_checked(2 + usize::from(length))?;
    let id = std::str::from_utf8(&header[2..]).ok()?;
    let named = !id.is_empty() && id.bytes().all(|b| b.is_ascii_alphanumeric());
    named.then_some((id, header, ciphertext))
}
