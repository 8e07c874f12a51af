//! The two parts of a key file.

use std::{fmt, str::FromStr};

use tieline_domain::sealed::KeyId;

/// What keys of a file are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyPart {
    /// What lies in the database.
    Storage,
    /// What travels: states and cursors.
    State,
}

impl KeyPart {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Storage, Self::State];

    /// Its name in the file.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Storage => "storage",
            Self::State => "state",
        }
    }

    /// What names of its keys begin with that are made here: `f` is for flows.
    pub(super) fn letter(self) -> char {
        match self {
            Self::Storage => 's',
            Self::State => 'f',
        }
    }

    /// What a key is called to whoever wraps it.
    pub(crate) fn name_of(self, id: &KeyId) -> String {
        format!("{self}/{id}")
    }
}

impl fmt::Display for KeyPart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// It is neither of the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be storage or state")]
pub struct NoKeyPart;

impl FromStr for KeyPart {
    type Err = NoKeyPart;

    fn from_str(text: &str) -> Result<Self, NoKeyPart> {
        let mut all = Self::ALL.into_iter();
        all.find(|part| part.as_str() == text).ok_or(NoKeyPart)
    }
}
