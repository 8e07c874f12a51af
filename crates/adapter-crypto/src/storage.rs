//! Secrets at rest.

use secrecy::SecretSlice;
use tieline_domain::{
    ports::{OpenError, Sealer, SealingKeys},
    sealed::{KeyId, Sealed, SealedPlace},
};

use crate::{envelope::Envelopes, key_ring::KeyRing};

/// Seals secrets for storage with the storage keys of a ring.
#[derive(Debug)]
pub struct KeyRingSealer(Envelopes);

impl KeyRingSealer {
    /// A sealer with these keys.
    #[must_use]
    pub fn new(ring: &KeyRing) -> Self {
        Self(Envelopes::new(&ring.storage, "tieline storage v1"))
    }
}

impl Sealer for KeyRingSealer {
    fn seal(&self, secret: &[u8], place: &SealedPlace) -> Sealed {
        Sealed(self.0.seal(secret, &encode(place)))
    }

    fn open(&self, sealed: &Sealed, place: &SealedPlace) -> Result<SecretSlice<u8>, OpenError> {
        self.0
            .open(&sealed.0, &encode(place))
            .map(|(secret, _)| secret.into())
    }
}

impl SealingKeys for KeyRingSealer {
    fn ids(&self) -> Vec<KeyId> {
        self.0.ids().cloned().collect()
    }

    fn sealing(&self) -> KeyId {
        self.0.sealing().0.clone()
    }

    fn seal_with(&self, id: &KeyId) -> bool {
        self.0.seal_with(id)
    }
}

/// A place as bytes: the parts before the column have fixed lengths, so no two places look alike.
fn encode(place: &SealedPlace) -> Vec<u8> {
    [
        &place.environment_id.0.as_bytes()[..],
        place.row.as_bytes(),
        &place.generation.to_be_bytes(),
        place.column.as_str().as_bytes(),
    ]
    .concat()
}
