//! Sealers that seal nothing, yet refuse all that a real one refuses: another place, a missing
//! key, an altered bit.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use secrecy::{SecretSlice, SecretString};
use tieline_domain::{
    flow::{Flow, FlowSecrets},
    id::EnvironmentId,
    page::Position,
    ports::{CursorSealer, FlowSealer, OpenError, OpenedFlow, Sealer, SealingKeys},
    sealed::{KeyId, Sealed, SealedPlace},
};

mod token;

/// A fake [`Sealer`]: the header of its key, place and a counter in front of the secret, whose bits
/// are turned over so that a test finds no plain secret in a dump.
#[derive(Debug)]
pub struct FakeSealer {
    keys: Vec<KeyId>,
    sealing: AtomicUsize,
    sealed: AtomicU64,
}

impl FakeSealer {
    /// A sealer whose ring holds the key of this name only.
    #[must_use]
    pub fn with_key(key: &str) -> Self {
        Self::with_keys(&[key])
    }

    /// A sealer whose ring holds these keys, of which the first one seals.
    #[must_use]
    pub fn with_keys(keys: &[&str]) -> Self {
        Self {
            keys: keys.iter().map(|key| KeyId::parse(*key).unwrap()).collect(),
            sealing: AtomicUsize::new(0),
            sealed: AtomicU64::new(0),
        }
    }
}

impl Default for FakeSealer {
    fn default() -> Self {
        Self::with_key("test")
    }
}

impl Sealer for FakeSealer {
    fn seal(&self, secret: &[u8], place: &SealedPlace) -> Sealed {
        let number = self.sealed.fetch_add(1, Ordering::Relaxed);
        let mut bytes = self.sealing().header();
        bytes.extend(format!("{}\n{number}\n", place_name(place)).bytes());
        bytes.extend(secret.iter().map(|byte| !byte));
        Sealed(bytes)
    }

    fn open(&self, sealed: &Sealed, place: &SealedPlace) -> Result<SecretSlice<u8>, OpenError> {
        let (key, rest) = KeyId::split(&sealed.0).ok_or(OpenError::Refused)?;
        if !self.keys.contains(&key) {
            return Err(OpenError::UnknownKey(key.into()));
        }
        let parts: Vec<&[u8]> = rest.splitn(3, |byte| *byte == b'\n').collect();
        match parts[..] {
            [stored, _, turned] if stored == place_name(place).as_bytes() => {
                Ok(turned.iter().map(|byte| !byte).collect::<Vec<u8>>().into())
            }
            _ => Err(OpenError::Refused),
        }
    }
}

impl SealingKeys for FakeSealer {
    fn ids(&self) -> Vec<KeyId> {
        self.keys.clone()
    }

    fn sealing(&self) -> KeyId {
        self.keys[self.sealing.load(Ordering::SeqCst)].clone()
    }

    fn seal_with(&self, id: &KeyId) -> bool {
        let Some(index) = self.keys.iter().position(|key| key == id) else {
            return false;
        };
        self.sealing.store(index, Ordering::SeqCst);
        true
    }
}

fn place_name(place: &SealedPlace) -> String {
    let SealedPlace {
        environment_id,
        row,
        column,
        generation,
    } = place;
    format!("{environment_id}/{row}/{}/{generation}", column.as_str())
}

/// A fake [`FlowSealer`]: the flow as JSON in hexadecimal, with a check sum. Any number of them
/// open one another's states, as the nodes of one installation do.
#[derive(Clone, Copy, Debug, Default)]
pub struct FakeFlowSealer;

impl FlowSealer for FakeFlowSealer {
    fn seal(&self, flow: &Flow) -> String {
        token::write(&serde_json::to_vec(flow).unwrap())
    }

    fn secrets(&self, flow: &Flow) -> FlowSecrets {
        secrets_of(flow)
    }

    fn open(&self, state: &str) -> Result<OpenedFlow, OpenError> {
        let json = token::read(state).ok_or(OpenError::Refused)?;
        let flow: Flow = serde_json::from_slice(&json).map_err(|_| OpenError::Refused)?;
        Ok(OpenedFlow {
            secrets: secrets_of(&flow),
            flow,
        })
    }
}

fn secrets_of(flow: &Flow) -> FlowSecrets {
    let id = flow.id.0.simple();
    FlowSecrets {
        // 43 characters, as a verifier has to have.
        pkce_verifier: SecretString::from(format!("verifier-of{id}")),
        nonce: format!("nonce-of-{id}"),
    }
}

/// A fake [`CursorSealer`].
#[derive(Clone, Copy, Debug, Default)]
pub struct FakeCursorSealer;

impl CursorSealer for FakeCursorSealer {
    fn seal(&self, environment: EnvironmentId, list: &str, position: Position) -> String {
        let Position { created_at, id } = position;
        token::write(format!("{environment}\n{list}\n{created_at}\n{id}").as_bytes())
    }

    fn open(&self, environment: EnvironmentId, list: &str, cursor: &str) -> Option<Position> {
        let text = String::from_utf8(token::read(cursor)?).ok()?;
        let mut parts = text.split('\n');
        let belongs = parts.next()? == environment.to_string() && parts.next()? == list;
        let created_at = parts.next()?.parse().ok()?;
        let id = parts.next()?.parse().ok()?;
        belongs.then_some(Position { created_at, id })
    }
}

#[cfg(test)]
mod tests;
