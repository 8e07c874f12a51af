//! The key ring: the keys themselves.

use std::fmt;

use hkdf::Hkdf;
use secrecy::{ExposeSecret, zeroize::Zeroizing};
use sha2::Sha256;
use tieline_domain::{ports::KeyWrapper, sealed::KeyId};

use crate::{
    cipher::Cipher,
    key_file::{KeyEntry, KeyFile, KeyFileError, KeyPart, bad_length},
    plain,
};

/// How many bytes a key has.
pub(crate) const KEY_LENGTH: usize = 32;

/// Two rings: one for what is stored, one for what travels (states and cursors). In each all keys
/// open, and the first one seals; of those for what is stored, until the database says otherwise.
pub struct KeyRing {
    pub(crate) storage: Vec<Key>,
    pub(crate) state: Vec<Key>,
}

/// A named key. What it encrypts with is derived from it, per purpose.
pub(crate) struct Key {
    pub(crate) id: KeyId,
    /// HKDF-SHA256 (RFC 5869) after its extraction, which is the same for all purposes.
    extracted: Hkdf<Sha256>,
}

impl KeyRing {
    /// The keys of a file in which all of them lie as they are.
    pub fn parse(text: &str) -> Result<Self, KeyFileError> {
        let file = KeyFile::parse(text)?;
        let ring = |part| file.keys(part).iter().map(Key::plain).collect();
        Ok(Self {
            storage: Result::from_iter::<Vec<_>>(ring(KeyPart::Storage))?,
            state: Result::from_iter::<Vec<_>>(ring(KeyPart::State))?,
        })
    }

    /// The keys of a file, of which those that are wrapped are unwrapped.
    pub async fn open(file: &KeyFile, wrapper: &dyn KeyWrapper) -> Result<Self, KeyFileError> {
        Ok(Self {
            storage: open(file, KeyPart::Storage, wrapper).await?,
            state: open(file, KeyPart::State, wrapper).await?,
        })
    }
}

async fn open(
    file: &KeyFile,
    part: KeyPart,
    wrapper: &dyn KeyWrapper,
) -> Result<Vec<Key>, KeyFileError> {
    let mut keys = Vec::new();
    for entry in file.keys(part) {
        keys.push(if entry.is_wrapped() {
            Key::unwrapped(entry, part, wrapper).await?
        } else {
            Key::plain(entry)?
        });
    }
    Ok(keys)
}

impl Key {
    fn plain(entry: &KeyEntry) -> Result<Self, KeyFileError> {
        let material = plain::decode(entry.text()).ok_or_else(|| bad_length(&entry.id))?;
        Ok(Self::new(entry.id.clone(), &material))
    }

    async fn unwrapped(
        entry: &KeyEntry,
        part: KeyPart,
        wrapper: &dyn KeyWrapper,
    ) -> Result<Self, KeyFileError> {
        let id = entry.id.clone();
        let unwrapped = wrapper.unwrap(&part.name_of(&id), entry.text()).await;
        let material = unwrapped.map_err(|problem| KeyFileError::Wrapped {
            id: id.as_str().to_owned(),
            problem,
        })?;
        let material = plain::exact(material.expose_secret()).ok_or_else(|| bad_length(&id))?;
        Ok(Self::new(id, &material))
    }

    fn new(id: KeyId, material: &[u8; KEY_LENGTH]) -> Self {
        Self {
            id,
            extracted: Hkdf::new(None, material),
        }
    }

    /// The cipher that this key gives for one purpose.
    pub(crate) fn cipher(&self, purpose: &str) -> Cipher {
        Cipher::new(&self.derive(purpose, &[]))
    }

    /// 32 bytes for one purpose and subject.
    pub(crate) fn derive(&self, purpose: &str, subject: &[u8]) -> Zeroizing<[u8; 32]> {
        let mut derived = Zeroizing::new([0; 32]);
        self.extracted
            .expand_multi_info(&[purpose.as_bytes(), &[0], subject], &mut derived[..])
            .expect("32 bytes are a length that HKDF-SHA256 gives");
        derived
    }
}

impl fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ids = |keys: &[Key]| keys.iter().map(|key| key.id.clone()).collect::<Vec<_>>();
        f.debug_struct("KeyRing")
            .field("storage", &ids(&self.storage))
            .field("state", &ids(&self.state))
            .finish()
    }
}
