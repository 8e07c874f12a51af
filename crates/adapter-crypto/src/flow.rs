//! Flows in OAuth `state` parameters.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use secrecy::SecretString;
use tieline_domain::{
    flow::{Flow, FlowSecrets},
    id::FlowId,
    ports::{FlowSealer, OpenError, OpenedFlow},
};

use crate::{
    envelope::Envelopes,
    key_ring::{Key, KeyRing},
};

/// What a state is bound to besides its key.
const PLACE: &[u8] = b"oauth state";

/// About what a flow takes before it is sealed.
const ROOM: usize = 512;

/// Seals flows with the state keys of a ring.
#[derive(Debug)]
pub struct KeyRingFlowSealer {
    envelopes: Envelopes,
    ring: KeyRing,
}

impl KeyRingFlowSealer {
    /// A sealer with these keys.
    #[must_use]
    pub fn new(ring: KeyRing) -> Self {
        Self {
            envelopes: Envelopes::new(&ring.state, "tieline state v1"),
            ring,
        }
    }
}

impl FlowSealer for KeyRingFlowSealer {
    fn seal(&self, flow: &Flow) -> String {
        let plaintext = Vec::with_capacity(ROOM);
        let plaintext = postcard::to_extend(flow, plaintext).expect("a flow is plain data");
        URL_SAFE_NO_PAD.encode(self.envelopes.seal(&plaintext, PLACE))
    }

    fn secrets(&self, flow: &Flow) -> FlowSecrets {
        secrets(&self.ring.state[0], flow.id)
    }

    fn open(&self, state: &str) -> Result<OpenedFlow, OpenError> {
        let sealed = URL_SAFE_NO_PAD
            .decode(state)
            .map_err(|_| OpenError::Refused)?;
        let (plaintext, key) = self.envelopes.open(&sealed, PLACE)?;
        let flow: Flow = postcard::from_bytes(&plaintext).map_err(|_| OpenError::Refused)?;
        Ok(OpenedFlow {
            secrets: secrets(&self.ring.state[key], flow.id),
            flow,
        })
    }
}

/// The flow's secrets: 256 bits each, which make 43 characters.
fn secrets(key: &Key, id: FlowId) -> FlowSecrets {
    let derived = |purpose| URL_SAFE_NO_PAD.encode(&key.derive(purpose, id.0.as_bytes())[..]);
    FlowSecrets {
        pkce_verifier: SecretString::from(derived("tieline pkce v1")),
        nonce: derived("tieline nonce v1"),
    }
}
