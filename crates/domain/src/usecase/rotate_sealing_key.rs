//! Another key takes the place of the one that seals.

use jiff::Timestamp;
use secrecy::ExposeSecret;

use crate::{
    key_check::KeyCheck,
    ports::{OpenError, ResealedValue, SealedRow, SealingKeys, StoreError, StoredValue, Stores},
    sealed::{KeyId, SealedColumn, SealedPlace},
};

/// How often all is gone through while others write values that were looked at already.
const PASSES: u32 = 3;

/// How often the key check is tried for while others change it.
const TRIES: u32 = 8;

/// How far a rotation has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RotationStep {
    /// From now on everybody seals with the new key, as soon as they look at the key check.
    Chosen,
    /// So many values of a column were looked at.
    Resealed {
        /// Of which column.
        column: SealedColumn,
        /// All that were looked at in this pass.
        seen: u64,
        /// How many there were when the pass began.
        of: u64,
        /// Those that were sealed anew just now.
        resealed: u64,
    },
    /// A value does not open, and was left as it is.
    Closed {
        /// Where it belongs.
        place: SealedPlace,
        /// Why it does not open.
        error: OpenError,
    },
}

/// What a rotation did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rotation {
    /// So many values were sealed anew.
    pub resealed: u64,
    /// So many do not open, and were left as they are.
    pub closed: u64,
    /// So many were sealed with another key meanwhile.
    pub left: u64,
}

/// Why a rotation stopped. What was sealed anew stays so, and one that is run again goes on.
#[derive(Debug, thiserror::Error)]
pub enum RotateError {
    /// The storage failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The new key is not in the ring.
    #[error("there is no key {0:?} for what is stored")]
    UnknownKey(String),
    /// The keys are not those of this database.
    #[error("the keys are not those of this database")]
    WrongKeys(#[from] OpenError),
    /// Somebody else chooses keys just now.
    #[error("another rotation is under way")]
    Outrun,
}

/// A rotation of the key that seals what is stored. Others go on reading and writing meanwhile, and
/// what they write stays. It can be stopped at any moment and run again, and two at once to the same
/// key do no harm.
#[expect(missing_debug_implementations, reason = "ports have none")]
pub struct RotateSealingKey<'a> {
    /// The stores.
    pub stores: &'a Stores,
    /// The keys, the new one among them. It seals from here on.
    pub keys: &'a dyn SealingKeys,
    /// The new key.
    pub to: &'a KeyId,
    /// How many values are read, sealed anew and committed at a time.
    pub batch: u32,
    /// The time.
    pub now: Timestamp,
    /// Is told how far it has come.
    pub tell: &'a mut (dyn FnMut(RotationStep) + Send),
}

impl RotateSealingKey<'_> {
    /// Chooses the new key for all who seal, and seals anew what others sealed.
    pub async fn run(mut self) -> Result<Rotation, RotateError> {
        self.choose().await?;
        let mut done = Rotation::default();
        for pass in 0..PASSES {
            let (resealed, closed, missed) = self.pass(pass == 0).await?;
            done.resealed += resealed;
            done.closed = closed;
            if missed == 0 {
                break;
            }
        }
        done.left = self.left().await?.saturating_sub(done.closed);
        Ok(done)
    }

    /// Has the key check name the new key. It comes before all else: a process without the new key
    /// then does not start any more, and one that goes on without it finds out.
    async fn choose(&mut self) -> Result<(), RotateError> {
        let unknown = || RotateError::UnknownKey(self.to.as_str().to_owned());
        for _ in 0..TRIES {
            let stored = self.stores.key_checks.find().await?;
            let old = stored.as_ref().map(|it| KeyCheck::open(it, self.keys));
            old.transpose()?;
            if !self.keys.seal_with(self.to) {
                return Err(unknown());
            }
            let since = Some(self.now);
            let value = KeyCheck { since }.seal(self.keys);
            let chosen = match stored {
                Some(stored) if stored.key_id().as_ref() == Some(self.to) => return Ok(()),
                Some(value_now) => {
                    let stored = StoredValue {
                        row: SealedRow::Only,
                        place: KeyCheck::PLACE,
                        value: value_now,
                    };
                    let change = ResealedValue { stored, value };
                    self.stores.sealed_values.replace(&[change]).await? == 1
                }
                None => self.stores.key_checks.insert(&value).await? == value,
            };
            if chosen {
                (self.tell)(RotationStep::Chosen);
                return Ok(());
            }
        }
        Err(RotateError::Outrun)
    }

    /// Goes through everything once; answers how many values were sealed anew, how many do not
    /// open, and how many somebody else was quicker with.
    async fn pass(&mut self, is_first: bool) -> Result<(u64, u64, u64), RotateError> {
        let (mut resealed, mut closed, mut missed) = (0, 0, 0);
        for column in SealedColumn::ALL {
            let of = self.stores.sealed_values.count(column, None).await?;
            let (mut seen, mut after) = (0, None);
            loop {
                let values = &self.stores.sealed_values;
                let batch = values.list(column, after.as_ref(), self.batch).await?;
                let Some(last) = batch.last() else { break };
                after = Some(last.row.clone());
                seen += batch.len() as u64;
                let (changes, unopened) = self.reseal(batch, is_first);
                closed += unopened;
                let replaced = match &changes[..] {
                    [] => 0,
                    changes => self.stores.sealed_values.replace(changes).await?,
                };
                resealed += replaced;
                missed += changes.len() as u64 - replaced;
                (self.tell)(RotationStep::Resealed {
                    column,
                    seen,
                    of,
                    resealed: replaced,
                });
            }
        }
        Ok((resealed, closed, missed))
    }

    /// Seals anew those values that another key sealed; answers, too, how many do not open.
    fn reseal(&mut self, batch: Vec<StoredValue>, is_first: bool) -> (Vec<ResealedValue>, u64) {
        let mut closed = 0;
        let mut changes = Vec::new();
        for stored in batch {
            if stored.value.key_id().as_ref() == Some(self.to) {
                continue;
            }
            match self.keys.open(&stored.value, &stored.place) {
                Ok(secret) => changes.push(ResealedValue {
                    value: self.keys.seal(secret.expose_secret(), &stored.place),
                    stored,
                }),
                Err(error) => {
                    closed += 1;
                    if is_first {
                        let place = stored.place;
                        (self.tell)(RotationStep::Closed { place, error });
                    }
                }
            }
        }
        (changes, closed)
    }

    /// How many values another key sealed.
    async fn left(&self) -> Result<u64, StoreError> {
        let mut left = 0;
        for column in SealedColumn::ALL {
            let values = &self.stores.sealed_values;
            // In this order: what comes in between is counted rather than not.
            let own = values.count(column, Some(self.to)).await?;
            left += values.count(column, None).await?.saturating_sub(own);
        }
        Ok(left)
    }
}
