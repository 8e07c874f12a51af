//! The key ring: which keys there are, and which of them seals.

use std::{fmt, path::Path};

use base64::{Engine, engine::general_purpose::STANDARD};
use secrecy::{ExposeSecret, SecretString, zeroize::Zeroizing};
use serde::Deserialize;
use tieline_domain::sealed::KeyId;

use crate::cipher::{Cipher, random};

/// How many bytes a key has.
const KEY_LENGTH: usize = 32;

/// Two rings: one for what is stored, one for what travels (states and cursors). In each the first
/// key seals and all open.
pub struct KeyRing {
    pub(crate) storage: Vec<Key>,
    pub(crate) state: Vec<Key>,
}

/// A named key. What it encrypts with is derived from it, per purpose.
pub(crate) struct Key {
    pub(crate) id: KeyId,
    material: Zeroizing<[u8; KEY_LENGTH]>,
}

/// Why a key file was refused.
#[derive(Debug, thiserror::Error)]
pub enum KeyRingError {
    /// It cannot be read.
    #[error("the key file cannot be read")]
    Unreadable(#[from] std::io::Error),
    /// It is no TOML of the form that [`new_key_file`] writes.
    #[error(
        "the key file is not in the expected form: it needs [[storage]] and [[state]] tables, \
        each with id and key"
    )]
    Malformed,
    /// A ring has no key.
    #[error("the key file has no [[{0}]] key")]
    Empty(&'static str),
    /// A key is unusable.
    #[error("key {id:?} of the key file {problem}")]
    BadKey {
        /// Its id.
        id: String,
        /// What is wrong with it.
        problem: &'static str,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct KeyFile {
    #[serde(default)]
    storage: Vec<KeyEntry>,
    #[serde(default)]
    state: Vec<KeyEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct KeyEntry {
    id: String,
    key: SecretString,
}

impl KeyRing {
    /// Reads a key file.
    pub fn read(path: &Path) -> Result<Self, KeyRingError> {
        Self::parse(&Zeroizing::new(std::fs::read_to_string(path)?))
    }

    /// Reads the text of a key file.
    pub fn parse(text: &str) -> Result<Self, KeyRingError> {
        // The parser's own error would quote the line, and the line may hold a key.
        let file: KeyFile = toml::from_str(text).map_err(|_| KeyRingError::Malformed)?;
        Ok(Self {
            storage: ring("storage", file.storage)?,
            state: ring("state", file.state)?,
        })
    }

    /// The ids of the keys for what is stored; the first one seals.
    pub fn storage_ids(&self) -> impl Iterator<Item = &str> {
        self.storage.iter().map(|key| key.id.as_str())
    }

    /// The ids of the keys for what travels; the first one seals.
    pub fn state_ids(&self) -> impl Iterator<Item = &str> {
        self.state.iter().map(|key| key.id.as_str())
    }
}

fn ring(name: &'static str, entries: Vec<KeyEntry>) -> Result<Vec<Key>, KeyRingError> {
    if entries.is_empty() {
        return Err(KeyRingError::Empty(name));
    }
    let mut keys: Vec<Key> = Vec::with_capacity(entries.len());
    for entry in entries {
        let key = Key::try_from(entry)?;
        if keys.iter().any(|other| other.id == key.id) {
            return Err(KeyRingError::BadKey {
                id: key.id.into(),
                problem: "stands there twice",
            });
        }
        keys.push(key);
    }
    Ok(keys)
}

impl TryFrom<KeyEntry> for Key {
    type Error = KeyRingError;

    fn try_from(entry: KeyEntry) -> Result<Self, Self::Error> {
        let id = KeyId::parse(&*entry.id).map_err(|_| KeyRingError::BadKey {
            id: entry.id.clone(),
            problem: "needs an id of 1 to 32 letters and digits",
        })?;
        let decoded = STANDARD
            .decode(entry.key.expose_secret())
            .map(Zeroizing::new);
        let material = decoded
            .ok()
            .and_then(|bytes| <[u8; KEY_LENGTH]>::try_from(&bytes[..]).ok());
        match material {
            Some(material) => Ok(Self {
                id,
                material: Zeroizing::new(material),
            }),
            None => Err(KeyRingError::BadKey {
                id: id.into(),
                problem: "must be 32 bytes in base64",
            }),
        }
    }
}

impl Key {
    /// The cipher that this key gives for one purpose.
    pub(crate) fn cipher(&self, purpose: &str) -> Cipher {
        Cipher::new(&self.derive(purpose, &[]))
    }

    /// 32 bytes for one purpose and subject (HKDF-SHA256, RFC 5869).
    pub(crate) fn derive(&self, purpose: &str, subject: &[u8]) -> Zeroizing<[u8; 32]> {
        let mut derived = Zeroizing::new([0; 32]);
        hkdf::Hkdf::<sha2::Sha256>::new(None, &self.material[..])
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

/// The text of a key file with fresh random keys.
#[must_use]
pub fn new_key_file() -> Zeroizing<String> {
    let fresh = || Zeroizing::new(STANDARD.encode(&random::<KEY_LENGTH>()[..]));
    Zeroizing::new(format!(
        "# Tieline's sealing keys. With this file and the database one has every token; without\n\
         # it the database is worth nothing. Keep a copy apart from the database's backups.\n\
         # The first key of each ring seals, all of them open.\n\
         \n\
         [[storage]]\nid = \"s1\"\nkey = \"{}\"\n\
         \n\
         [[state]]\nid = \"f1\"\nkey = \"{}\"\n",
        *fresh(),
        *fresh(),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_key_file_is_read_back() {
        let ring = KeyRing::parse(&new_key_file()).unwrap();
        assert_eq!(ring.storage_ids().collect::<Vec<_>>(), ["s1"]);
        assert_eq!(ring.state_ids().collect::<Vec<_>>(), ["f1"]);
    }

    #[test]
    fn bad_files_are_refused_without_quoting_a_key() {
        let good = "[[storage]]\nid=\"a\"\nkey=\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\"\n";
        for (text, told) in [
            (String::new(), "no [[storage]] key"),
            (good.to_owned(), "no [[state]] key"),
            ("canary".to_owned(), "expected form"),
            (good.replace("AAA=", "canary"), "32 bytes"),
            (format!("{good}{good}"), "twice"),
            (good.replace("\"a\"", "\"\""), "needs an id"),
        ] {
            let error = KeyRing::parse(&text).unwrap_err().to_string();
            assert!(error.contains(told), "{error}");
            assert!(!error.contains("canary"), "{error}");
        }
    }
}
