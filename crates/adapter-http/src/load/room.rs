//! Places, of which fewer are given for a while after all of them were taken.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use jiff::Timestamp;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// After all places were taken, for so many milliseconds only one in [`PART`] is given: the fewer
/// requests are worked on at once, the less each of them costs, and then it counts. Short bursts
/// have them all.
const NARROW_MS: i64 = 1_000;
const PART: usize = 4;

/// Meanwhile whoever comes [`TooSoon`](super::TooSoon) has to do with fewer: else they would drive
/// out those that are being served, whose connections are still in the processor's caches.
const PART_TOO_SOON: usize = 32;

/// Places for what is worked on with this machine's own processor above all.
#[derive(Debug)]
pub(super) struct Room {
    places: Arc<Semaphore>,
    number: usize,
    /// When all of them were taken, last: milliseconds since the epoch.
    full_at: AtomicI64,
}

impl Room {
    pub(super) fn of(number: usize) -> Self {
        let number = number.min(Semaphore::MAX_PERMITS);
        Self {
            places: Arc::new(Semaphore::new(number)),
            number,
            full_at: AtomicI64::new(i64::MIN),
        }
    }

    /// A place, if one is given now to somebody who comes in time or too soon.
    pub(super) fn enter(&self, now: Timestamp, is_too_soon: bool) -> Option<OwnedSemaphorePermit> {
        let now = now.as_millisecond();
        let Ok(place) = Arc::clone(&self.places).try_acquire_owned() else {
            self.full_at.store(now, Ordering::Relaxed);
            return None;
        };
        let taken = self.number - self.places.available_permits();
        let part = if is_too_soon { PART_TOO_SOON } else { PART };
        let is_given = taken <= (self.number / part).max(1) || !self.is_narrow(now);
        is_given.then_some(place)
    }

    fn is_narrow(&self, now: i64) -> bool {
        let since = now.saturating_sub(self.full_at.load(Ordering::Relaxed));
        // A clock that was put back says nothing.
        (0..NARROW_MS).contains(&since)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(milliseconds: i64) -> Timestamp {
        Timestamp::from_millisecond(milliseconds).unwrap()
    }

    #[test]
    fn a_burst_has_all_places() {
        let room = Room::of(8);
        let taken: Vec<_> = (0..9)
            .map_while(|number| room.enter(at(0), number % 2 == 0))
            .collect();
        assert_eq!(taken.len(), 8);
    }

    #[test]
    fn after_all_were_taken_a_part_of_them_is_given_for_a_second() {
        let room = Room::of(8);
        let given = |milliseconds| {
            let places = (0..8).map_while(|_| room.enter(at(milliseconds), false));
            places.collect::<Vec<_>>().len()
        };
        let all: Vec<_> = (0..8).map_while(|_| room.enter(at(0), false)).collect();
        assert_eq!((all.len(), given(500)), (8, 0));
        drop(all);
        assert_eq!(given(501), 2);
        // What was refused for want of that part makes the time no longer.
        assert_eq!(given(1499), 2);
        assert_eq!(given(1500), 8);
    }

    #[test]
    fn meanwhile_who_comes_too_soon_has_what_the_others_leave() {
        let room = Room::of(64);
        let all: Vec<_> = (0..65).map_while(|_| room.enter(at(0), false)).collect();
        drop(all);
        let given = |is_too_soon| {
            let places = (0..64).map_while(|_| room.enter(at(1), is_too_soon));
            places.collect::<Vec<_>>()
        };
        assert_eq!(given(true).len(), 2);
        let others = given(false);
        assert_eq!((others.len(), given(true).len()), (16, 0));
    }

    #[test]
    fn of_few_places_one_is_given_at_least() {
        let room = Room::of(1);
        let only = room.enter(at(0), true);
        assert!(only.is_some() && room.enter(at(0), false).is_none());
        drop(only);
        assert!(room.enter(at(0), true).is_some());
    }

    #[test]
    fn a_clock_that_was_put_back_takes_no_place_away() {
        let room = Room::of(8);
        let all: Vec<_> = (0..9).map_while(|_| room.enter(at(5000), false)).collect();
        drop(all);
        let places: Vec<_> = (0..8).map_while(|_| room.enter(at(4000), false)).collect();
        assert_eq!(places.len(), 8);
    }
}
