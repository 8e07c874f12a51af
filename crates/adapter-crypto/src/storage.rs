//! Secrets at rest.

use secrecy::SecretSlice;
use tieline_domain::{
    key_check::KeyCheck,
    ports::{KeyCheckStore, OpenError, Sealer, StoreError},
    sealed::{Sealed, SealedPlace},
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

/// Makes sure that the ring holds the key with which this database's secrets were sealed, before
/// anything is written: a fresh database is marked with the ring's first key. `Ok(Err(_))` says why
/// the ring is the wrong one.
pub async fn check_keys(
    sealer: &dyn Sealer,
    checks: &dyn KeyCheckStore,
) -> Result<Result<(), OpenError>, StoreError> {
    let stored = match checks.find().await? {
        Some(stored) => stored,
        None => {
            checks
                .insert(&KeyCheck { since: None }.seal(sealer))
                .await?
        }
    };
    Ok(KeyCheck::open(&stored, sealer).map(drop))
}
