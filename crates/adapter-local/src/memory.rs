//! One kind of thing that was looked up.

use std::{error::Error, future::Future, hash::Hash, iter::successors, sync::Arc};

use quick_cache::sync::Cache;
use tieline_domain::ports::{Change, StoreError};

use crate::{
    flights::{Flights, Pilot, Seat},
    forgotten::{Forgotten, Moment},
};

/// A bounded memory of what was found.
pub(crate) struct Memory<K, V> {
    found: Cache<K, Arc<Found<V>>>,
    flights: Flights<K, Landed<V>>,
    forgotten: Arc<Forgotten>,
    /// What ends the truth of a value.
    ended_by: fn(&K, &V) -> Change,
}

struct Found<V> {
    value: V,
    read: Moment,
    ended_by: Change,
}

/// What became of a question that others wait for.
#[derive(Clone)]
enum Landed<V> {
    Found(Arc<Found<V>>),
    Nothing,
    Failed(Arc<StoreError>),
}

impl<K: Hash + Eq + Clone, V: Clone> Memory<K, V> {
    pub(crate) fn new(
        capacity: usize,
        forgotten: Arc<Forgotten>,
        ended_by: fn(&K, &V) -> Change,
    ) -> Self {
        Self {
            found: Cache::new(capacity),
            flights: Flights::default(),
            forgotten,
            ended_by,
        }
    }

    /// What is remembered, or else what `load` finds. Of many who miss the same, one loads.
    pub(crate) async fn get<F>(&self, key: K, load: impl Fn() -> F) -> Result<Option<V>, StoreError>
    where
        F: Future<Output = Result<Option<V>, StoreError>>,
    {
        loop {
            if let Some(value) = self.recall(&key) {
                return Ok(Some(value));
            }
            let passenger = match self.flights.join(&key) {
                Seat::Pilot(pilot) => return self.fly(pilot, &key, load()).await,
                Seat::Passenger(passenger) => passenger,
            };
            match passenger.arrive().await {
                Some(Landed::Found(found)) if self.is_fresh(&found) => {
                    return Ok(Some(found.value.clone()));
                }
                // It may have been made since that question was asked.
                Some(Landed::Nothing) => return load().await,
                Some(Landed::Failed(error)) => return Err(same(&error)),
                Some(Landed::Found(_)) | None => {}
            }
        }
    }

    pub(crate) fn recall(&self, key: &K) -> Option<V> {
        let found = self.found.get(key)?;
        self.is_fresh(&found).then(|| found.value.clone())
    }

    /// Remembers what was read, by a question that was asked no earlier than `read`.
    pub(crate) fn remember(&self, key: &K, value: V, read: Moment) {
        self.found
            .insert(key.clone(), self.as_found(key, value, read));
    }

    async fn fly(
        &self,
        pilot: Pilot<'_, K, Landed<V>>,
        key: &K,
        load: impl Future<Output = Result<Option<V>, StoreError>>,
    ) -> Result<Option<V>, StoreError> {
        // The flight before may have landed since we looked.
        if let Some(found) = self.found.get(key).filter(|found| self.is_fresh(found)) {
            let value = found.value.clone();
            pilot.land(Landed::Found(found));
            return Ok(Some(value));
        }
        let read = self.forgotten.now();
        match load.await {
            Ok(Some(value)) => {
                let found = self.as_found(key, value.clone(), read);
                self.found.insert(key.clone(), Arc::clone(&found));
                pilot.land(Landed::Found(found));
                Ok(Some(value))
            }
            Ok(None) => {
                pilot.land(Landed::Nothing);
                Ok(None)
            }
            Err(error) => {
                let error = Arc::new(error);
                pilot.land(Landed::Failed(Arc::clone(&error)));
                Err(same(&error))
            }
        }
    }

    fn as_found(&self, key: &K, value: V, read: Moment) -> Arc<Found<V>> {
        let ended_by = (self.ended_by)(key, &value);
        Arc::new(Found {
            value,
            read,
            ended_by,
        })
    }

    fn is_fresh(&self, found: &Found<V>) -> bool {
        self.forgotten.is_fresh(found.read, &found.ended_by)
    }
}

/// The same error for everyone who waited for the same answer.
fn same(error: &StoreError) -> StoreError {
    match error {
        StoreError::Unavailable(cause) => {
            let first: &dyn Error = cause.as_ref();
            let causes = successors(Some(first), |cause| (*cause).source());
            let causes: Vec<String> = causes.map(ToString::to_string).collect();
            StoreError::Unavailable(causes.join(": ").into())
        }
        StoreError::Corrupt {
            table,
            column,
            problem,
        } => StoreError::Corrupt {
            table,
            column,
            problem: problem.clone(),
        },
    }
}
