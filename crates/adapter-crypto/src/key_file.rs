//! The key file: which keys there are, as they lie there, wrapped or plain.

use std::fmt::{self, Write};

use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString, zeroize::Zeroizing};
use serde::Deserialize;
use tieline_domain::{
    ports::{KeyWrapper, WrapError},
    sealed::KeyId,
};

use crate::{cipher::random, key_ring::KEY_LENGTH};

mod part;

pub use part::KeyPart;

/// What every key file begins with.
const HEAD: &str = "\
# Tieline's sealing keys. With this file and the database one has every token; without
# it the database is worth nothing. Keep a copy apart from the database's backups.
# All keys open. Which of [[storage]] seals, the database says; of [[state]] the first.
# Change it with `tieline sealing-keys`, which writes it anew.
";

/// Why a key file was refused.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    /// It is no TOML of the form that [`KeyFile::render`] writes.
    #[error(
        "the key file is not in the expected form: it needs [[storage]] and [[state]] tables, \
        each with id and key"
    )]
    Malformed,
    /// A part has no key.
    #[error("the key file has no [[{0}]] key")]
    Empty(KeyPart),
    /// A key is unusable.
    #[error("key {id:?} of the key file {problem}")]
    BadKey {
        /// Its id.
        id: String,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// A key cannot be unwrapped.
    #[error("key {id:?} of the key file cannot be unwrapped: {problem}")]
    Wrapped {
        /// Its id.
        id: String,
        /// Why not.
        problem: WrapError,
    },
}

/// The content of a key file.
#[derive(Clone, Debug)]
pub struct KeyFile {
    storage: Vec<KeyEntry>,
    state: Vec<KeyEntry>,
}

/// A key as it lies in its file.
#[derive(Clone)]
pub struct KeyEntry {
    /// Its name.
    pub id: KeyId,
    /// When it was made, where that is known.
    pub made: Option<Timestamp>,
    key: SecretString,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    #[serde(default)]
    storage: Vec<WrittenKey>,
    #[serde(default)]
    state: Vec<WrittenKey>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenKey {
    id: String,
    key: SecretString,
    made: Option<Timestamp>,
}

impl KeyFile {
    /// Reads the text of a key file. The keys themselves are looked at when they are used.
    pub fn parse(text: &str) -> Result<Self, KeyFileError> {
        // The parser's own error would quote the line, and the line may hold a key.
        let written: Written = toml::from_str(text).map_err(|_| KeyFileError::Malformed)?;
        Ok(Self {
            storage: entries(KeyPart::Storage, written.storage)?,
            state: entries(KeyPart::State, written.state)?,
        })
    }

    /// A file with one fresh key in each part.
    pub async fn generate(wrapper: &dyn KeyWrapper, now: Timestamp) -> Result<Self, WrapError> {
        let mut file = Self {
            storage: Vec::new(),
            state: Vec::new(),
        };
        for part in KeyPart::ALL {
            file.add(part, wrapper, now).await?;
        }
        Ok(file)
    }

    /// The keys of a part, in the order of the file.
    #[must_use]
    pub fn keys(&self, part: KeyPart) -> &[KeyEntry] {
        match part {
            KeyPart::Storage => &self.storage,
            KeyPart::State => &self.state,
        }
    }

    /// A key of a part.
    #[must_use]
    pub fn find(&self, part: KeyPart, id: &KeyId) -> Option<&KeyEntry> {
        self.keys(part).iter().find(|key| key.id == *id)
    }

    /// Adds a fresh key as the last one of a part; answers its name, which no other has.
    pub async fn add(
        &mut self,
        part: KeyPart,
        wrapper: &dyn KeyWrapper,
        now: Timestamp,
    ) -> Result<KeyId, WrapError> {
        let id = self.next_id(part);
        let fresh = random::<KEY_LENGTH>().to_vec().into();
        let key = wrapper.wrap(&part.name_of(&id), &fresh).await?;
        let made = Some(now);
        let entry = KeyEntry { id, made, key };
        let id = entry.id.clone();
        self.part_mut(part).push(entry);
        Ok(id)
    }

    /// Puts a key before all others of its part; answers whether it is there.
    pub fn promote(&mut self, part: KeyPart, id: &KeyId) -> bool {
        let keys = self.part_mut(part);
        let index = keys.iter().position(|key| key.id == *id);
        if let Some(index) = index {
            keys[..=index].rotate_right(1);
        }
        index.is_some()
    }

    /// Takes a key out, unless it is the last of its part; answers whether it was taken.
    pub fn remove(&mut self, part: KeyPart, id: &KeyId) -> bool {
        let keys = self.part_mut(part);
        let before = keys.len();
        if before > 1 {
            keys.retain(|key| key.id != *id);
        }
        keys.len() < before
    }

    /// Wraps all keys anew: wrapped ones with the newest version of the key that wraps, plain ones
    /// for the first time. Answers how many.
    pub async fn wrap(&mut self, wrapper: &dyn KeyWrapper) -> Result<usize, KeyFileError> {
        let mut wrapped = 0;
        for part in KeyPart::ALL {
            for entry in self.part_mut(part) {
                let rewrapped = entry.rewrapped(part, wrapper).await;
                entry.key = rewrapped?;
                wrapped += 1;
            }
        }
        Ok(wrapped)
    }

    /// The text of the file.
    #[must_use]
    pub fn render(&self) -> Zeroizing<String> {
        // Enough that no piece with a key in it is left behind where the text had to grow.
        let keys = self.storage.len() + self.state.len();
        let mut text = Zeroizing::new(String::with_capacity(HEAD.len() + keys * 1024));
        text.push_str(HEAD);
        for part in KeyPart::ALL {
            for KeyEntry { id, made, key } in self.keys(part) {
                let key = key.expose_secret();
                let _ = write!(text, "\n[[{part}]]\nid = \"{id}\"\nkey = \"{key}\"\n");
                if let Some(made) = made {
                    let _ = writeln!(text, "made = \"{made}\"");
                }
            }
        }
        text
    }

    fn part_mut(&mut self, part: KeyPart) -> &mut Vec<KeyEntry> {
        match part {
            KeyPart::Storage => &mut self.storage,
            KeyPart::State => &mut self.state,
        }
    }

    /// The part's letter with the next number.
    fn next_id(&self, part: KeyPart) -> KeyId {
        let letter = part.letter();
        let number = |key: &KeyEntry| key.id.as_str().strip_prefix(letter)?.parse::<u32>().ok();
        let last = self.keys(part).iter().filter_map(number).max();
        let next = u64::from(last.unwrap_or_default()) + 1;
        KeyId::parse(format!("{letter}{next}")).expect("a letter and a number make a name")
    }
}

impl KeyEntry {
    /// Whether somebody else has to unwrap it: base64 has no colon.
    #[must_use]
    pub fn is_wrapped(&self) -> bool {
        self.key.expose_secret().contains(':')
    }

    pub(crate) fn text(&self) -> &SecretString {
        &self.key
    }

    async fn rewrapped(
        &self,
        part: KeyPart,
        wrapper: &dyn KeyWrapper,
    ) -> Result<SecretString, KeyFileError> {
        let name = part.name_of(&self.id);
        let rewrapped = if self.is_wrapped() {
            wrapper.rewrap(&name, &self.key).await
        } else {
            let material = crate::plain::decode(&self.key);
            let material = material.ok_or_else(|| bad_length(&self.id))?;
            wrapper.wrap(&name, &material.to_vec().into()).await
        };
        rewrapped.map_err(|problem| KeyFileError::Wrapped {
            id: self.id.as_str().to_owned(),
            problem,
        })
    }
}

/// The name and the time: the key is a secret, even wrapped.
impl fmt::Debug for KeyEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (id, made) = (&self.id, &self.made);
        f.debug_struct("KeyEntry")
            .field("id", id)
            .field("made", made)
            .finish_non_exhaustive()
    }
}

pub(crate) fn bad_length(id: &KeyId) -> KeyFileError {
    KeyFileError::BadKey {
        id: id.as_str().to_owned(),
        problem: "must be 32 bytes in base64, or wrapped",
    }
}

fn entries(part: KeyPart, written: Vec<WrittenKey>) -> Result<Vec<KeyEntry>, KeyFileError> {
    if written.is_empty() {
        return Err(KeyFileError::Empty(part));
    }
    let mut keys: Vec<KeyEntry> = Vec::with_capacity(written.len());
    for WrittenKey { id, key, made } in written {
        let bad = |problem| KeyFileError::BadKey {
            id: id.clone(),
            problem,
        };
        let parsed = KeyId::parse(&*id);
        let id = parsed.map_err(|_| bad("needs an id of 1 to 32 letters and digits"))?;
        if keys.iter().any(|other| other.id == id) {
            return Err(bad("stands there twice"));
        }
        if !is_plain_text(key.expose_secret()) {
            return Err(bad_length(&id));
        }
        keys.push(KeyEntry { id, made, key });
    }
    Ok(keys)
}

/// Whether a text can be written between quotes as it is.
fn is_plain_text(text: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\\');
    text.bytes().all(fits)
}

#[cfg(test)]
mod tests;
