//! The key check: one stored value that says which sealing key seals.

use jiff::Timestamp;
use secrecy::ExposeSecret;
use uuid::Uuid;

use crate::{
    id::EnvironmentId,
    ports::{OpenError, Sealer},
    sealed::{Sealed, SealedColumn, SealedPlace},
};

/// What every key check says.
const WORD: &str = "tieline";

/// A value that is stored once, sealed with the key that seals everything else. Whoever cannot open
/// it has the wrong keys; whoever can seals with the key that it names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyCheck {
    /// Since when its key seals, where it took the place of another.
    pub since: Option<Timestamp>,
}

impl KeyCheck {
    /// Where it belongs.
    pub const PLACE: SealedPlace = SealedPlace {
        environment_id: EnvironmentId(Uuid::nil()),
        row: Uuid::nil(),
        column: SealedColumn::KeyCheck,
        generation: 1,
    };

    /// Seals it with the key that seals.
    pub fn seal(self, sealer: &dyn Sealer) -> Sealed {
        let text = match self.since {
            Some(at) => format!("{WORD} {}", at.as_microsecond()),
            None => WORD.to_owned(),
        };
        sealer.seal(text.as_bytes(), &Self::PLACE)
    }

    /// Opens the one that is stored.
    pub fn open(sealed: &Sealed, sealer: &dyn Sealer) -> Result<Self, OpenError> {
        let opened = sealer.open(sealed, &Self::PLACE)?;
        let text = std::str::from_utf8(opened.expose_secret()).ok();
        let rest = text.and_then(|text| text.strip_prefix(WORD));
        let since = rest.ok_or(OpenError::Refused)?.trim_start().parse().ok();
        Ok(Self {
            since: since.and_then(|micros| Timestamp::from_microsecond(micros).ok()),
        })
    }
}
