//! Sealing: authenticated encryption bound to where a value belongs.

use secrecy::SecretSlice;

use crate::{
    flow::{Flow, FlowSecrets},
    id::EnvironmentId,
    page::Position,
    sealed::{KeyId, Sealed, SealedPlace},
};

/// A sealed value did not open: it was altered, belongs elsewhere, or its key is not in the ring.
/// Which of them is nobody's business but the log's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// The key that it names is not in the ring.
    #[error("the sealing key {0:?} is not in the key ring")]
    UnknownKey(String),
    /// It is no sealed value, was altered, or belongs elsewhere.
    #[error("the sealed value does not open here")]
    Refused,
}

/// Seals secrets for storage.
pub trait Sealer: Send + Sync {
    /// Seals a secret for one place. Sealing the same twice gives two different values.
    fn seal(&self, secret: &[u8], place: &SealedPlace) -> Sealed;

    /// Opens what was sealed for this very place.
    fn open(&self, sealed: &Sealed, place: &SealedPlace) -> Result<SecretSlice<u8>, OpenError>;
}

/// The keys with which secrets are sealed for storage, and which of them seals. Which one that is,
/// the database says ([`crate::key_check::KeyCheck`]): so all nodes on it seal with the same.
pub trait SealingKeys: Sealer {
    /// The keys that there are.
    fn ids(&self) -> Vec<KeyId>;

    /// The one that seals.
    fn sealing(&self) -> KeyId;

    /// Seals with this one from now on. Answers whether it is there; if it is not, nothing changes.
    fn seal_with(&self, id: &KeyId) -> bool;
}

/// A flow whose state came back.
#[derive(Clone, Debug)]
pub struct OpenedFlow {
    /// The flow.
    pub flow: Flow,
    /// Its secrets, the same as when it was sealed.
    pub secrets: FlowSecrets,
}

/// Seals flows into OAuth `state` parameters, with a key ring of its own.
pub trait FlowSealer: Send + Sync {
    /// The `state` parameter for a flow: characters out of `A–Z a–z 0–9 _ -` only.
    fn seal(&self, flow: &Flow) -> String;

    /// The secrets of a flow that is sealed now, the same as when it will be opened.
    fn secrets(&self, flow: &Flow) -> FlowSecrets;

    /// Opens a state; one that differs in a single bit is refused. The time of issue is not
    /// checked here.
    fn open(&self, state: &str) -> Result<OpenedFlow, OpenError>;
}

/// Seals positions in lists into opaque cursors.
pub trait CursorSealer: Send + Sync {
    /// Seals a position in one environment's list of that name.
    fn seal(&self, environment: EnvironmentId, list: &str, position: Position) -> String;

    /// Opens a cursor of that very list; `None` for anything else.
    fn open(&self, environment: EnvironmentId, list: &str, cursor: &str) -> Option<Position>;
}
