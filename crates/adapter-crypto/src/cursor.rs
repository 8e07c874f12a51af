//! Positions in lists as opaque cursors.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::Timestamp;
use tieline_domain::{id::EnvironmentId, page::Position, ports::CursorSealer};
use uuid::Uuid;

use crate::{envelope::Envelopes, key_ring::KeyRing};

/// Seals cursors with the state keys of a ring.
#[derive(Debug)]
pub struct KeyRingCursorSealer(Envelopes);

impl KeyRingCursorSealer {
    /// A sealer with these keys.
    #[must_use]
    pub fn new(ring: &KeyRing) -> Self {
        Self(Envelopes::new(&ring.state, "tieline cursor v1"))
    }
}

impl CursorSealer for KeyRingCursorSealer {
    fn seal(&self, environment: EnvironmentId, list: &str, position: Position) -> String {
        let micros = position.created_at.as_microsecond().to_be_bytes();
        let plaintext = [&micros[..], position.id.as_bytes()].concat();
        URL_SAFE_NO_PAD.encode(self.0.seal(&plaintext, &place(environment, list)))
    }

    fn open(&self, environment: EnvironmentId, list: &str, cursor: &str) -> Option<Position> {
        let sealed = URL_SAFE_NO_PAD.decode(cursor).ok()?;
        let (plaintext, _) = self.0.open(&sealed, &place(environment, list)).ok()?;
        let (micros, id) = plaintext.split_first_chunk()?;
        Some(Position {
            created_at: Timestamp::from_microsecond(i64::from_be_bytes(*micros)).ok()?,
            id: Uuid::from_slice(id).ok()?,
        })
    }
}

fn place(environment: EnvironmentId, list: &str) -> Vec<u8> {
    [environment.0.as_bytes(), list.as_bytes()].concat()
}
