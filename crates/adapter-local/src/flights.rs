//! One asks, the others wait for the same answer.

use std::{
    collections::{HashMap, hash_map::Entry},
    hash::Hash,
    sync::{Mutex, MutexGuard, PoisonError},
};

use tokio::sync::watch;

/// The questions that are being asked at this moment.
pub(crate) struct Flights<K, A>(Mutex<HashMap<K, watch::Receiver<Option<A>>>>);

/// What somebody with a question is to do.
pub(crate) enum Seat<'a, K: Hash + Eq, A> {
    /// To ask it.
    Pilot(Pilot<'a, K, A>),
    /// To wait for who is asking.
    Passenger(Passenger<A>),
}

/// Who asks. Gone without an answer, as a request may at any moment, somebody else has to ask.
pub(crate) struct Pilot<'a, K: Hash + Eq, A> {
    flights: &'a Flights<K, A>,
    key: K,
    answer: watch::Sender<Option<A>>,
}

/// Who waits.
pub(crate) struct Passenger<A>(watch::Receiver<Option<A>>);

impl<K: Hash + Eq + Clone, A> Flights<K, A> {
    pub(crate) fn join(&self, key: &K) -> Seat<'_, K, A> {
        match self.lock().entry(key.clone()) {
            Entry::Occupied(flight) => Seat::Passenger(Passenger(flight.get().clone())),
            Entry::Vacant(free) => {
                let (answer, receiver) = watch::channel(None);
                free.insert(receiver);
                Seat::Pilot(Pilot {
                    flights: self,
                    key: key.clone(),
                    answer,
                })
            }
        }
    }
}

impl<K: Hash + Eq, A> Flights<K, A> {
    fn lock(&self) -> MutexGuard<'_, HashMap<K, watch::Receiver<Option<A>>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K, A> Default for Flights<K, A> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: Hash + Eq, A> Pilot<'_, K, A> {
    /// Answers all who wait.
    pub(crate) fn land(self, answer: A) {
        self.answer.send_replace(Some(answer));
    }
}

impl<K: Hash + Eq, A> Drop for Pilot<'_, K, A> {
    fn drop(&mut self) {
        self.flights.lock().remove(&self.key);
    }
}

impl<A: Clone> Passenger<A> {
    /// The answer; none where whoever asked is gone.
    pub(crate) async fn arrive(mut self) -> Option<A> {
        let landed = self.0.wait_for(Option::is_some).await.ok()?;
        landed.clone()
    }
}
