//! How much is worked on at once. What comes beyond it is refused at once rather than kept waiting
//! with all the others.

mod room;

use std::sync::{Arc, Mutex, PoisonError};

use axum::{
    extract::Request,
    http::Method,
    response::{IntoResponse, Response},
};
use jiff::{SignedDuration, Timestamp};
use tieline_domain::reason::Reason;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use self::room::Room;
use crate::{
    error::ApiError,
    page::{self, Fault},
    routes::{callback, health},
};

/// How many requests may be worked on at once.
#[derive(Clone, Debug)]
pub struct WorkLimit {
    requests: Arc<Room>,
    /// These wait for providers, as callbacks do: with one that hangs, nothing else must stand
    /// still.
    calls: Arc<Semaphore>,
    pages: Arc<Semaphore>,
    refusals: Arc<Mutex<Refusals>>,
}

/// How many requests were refused, and when that was told last.
#[derive(Debug, Default)]
struct Refusals {
    untold: u64,
    told_at: Option<Timestamp>,
}

/// How often they are told.
const TELLING: SignedDuration = SignedDuration::from_secs(1);

/// A place among what is worked on, held as long as one of these is there.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    _permit: Option<Arc<OwnedSemaphorePermit>>,
}

/// Marks the answer to a request for which there was no place, for whoever serves the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refused;

/// Marks a request that comes before the time that the refusals before it have named
/// ([`RETRY_AFTER`](crate::RETRY_AFTER)). Whoever serves the connection knows.
#[derive(Clone, Copy, Debug)]
pub struct TooSoon;

/// What is asked for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Probe,
    Page,
    /// What may ask a provider before it is answered.
    Call,
    Other,
}

/// All of the API that is a [`Kind::Call`].
const CALLS: [(Method, &str); 7] = [
    (Method::DELETE, "/v1/channel-connections/{identifier}"),
    (Method::POST, "/v1/channel-connections/{identifier}/token"),
    (Method::POST, "/v1/channel-connections/{identifier}/verify"),
    (Method::POST, "/v1/integrations"),
    (Method::PUT, "/v1/integrations/{integrationId}"),
    (
        Method::POST,
        "/v1/providers/msteams/{integrationIdentifier}/activities",
    ),
    (
        Method::POST,
        "/v1/providers/slack/{integrationIdentifier}/events",
    ),
];

impl WorkLimit {
    /// So many requests to the API at once; beside them as many that may ask a provider, and as
    /// many callbacks and pages.
    #[must_use]
    pub fn of(number: usize) -> Self {
        let places = || Arc::new(Semaphore::new(number.min(Semaphore::MAX_PERMITS)));
        Self {
            requests: Arc::new(Room::of(number)),
            calls: places(),
            pages: places(),
            refusals: Arc::default(),
        }
    }

    /// Counts a refusal; answers how many there were since this answered last, at most once a
    /// second.
    pub(crate) fn untold(&self, now: Timestamp) -> Option<u64> {
        let mut refusals = self.refusals.lock().unwrap_or_else(PoisonError::into_inner);
        refusals.untold += 1;
        let told_at = refusals.told_at;
        if told_at.is_some_and(|at| now.duration_since(at) < TELLING) {
            return None;
        }
        refusals.told_at = Some(now);
        Some(std::mem::take(&mut refusals.untold))
    }

    /// A place for a request to this route, if there is one; probes need none.
    pub(crate) fn admit(
        &self,
        request: &Request,
        route: Option<&str>,
        now: Timestamp,
    ) -> Option<Place> {
        let one_of = |places: &Arc<Semaphore>| Arc::clone(places).try_acquire_owned().ok();
        let permit = match kind(request.method(), route) {
            Kind::Probe => return Some(Place { _permit: None }),
            Kind::Page => one_of(&self.pages)?,
            Kind::Call => one_of(&self.calls)?,
            Kind::Other => {
                let is_too_soon = request.extensions().get::<TooSoon>().is_some();
                self.requests.enter(now, is_too_soon)?
            }
        };
        Some(Place {
            _permit: Some(Arc::new(permit)),
        })
    }
}

/// The answer where there was no place.
pub(crate) fn refusal(method: &Method, route: Option<&str>, request_id: &str) -> Response {
    let reason = Reason::Overloaded;
    if kind(method, route) == Kind::Page {
        let reference = request_id.to_owned();
        return page::fault(&Fault { reason, reference });
    }
    ApiError::from(reason).into_response()
}

fn kind(method: &Method, route: Option<&str>) -> Kind {
    match route {
        Some(health::LIVE | health::READY) => Kind::Probe,
        Some(crate::CALLBACK_PATH | callback::SHOW_PATH) => Kind::Page,
        Some(route) if may_call(method, route) => Kind::Call,
        _ => Kind::Other,
    }
}

fn may_call(method: &Method, route: &str) -> bool {
    let mut calls = CALLS.iter();
    calls.any(|(with, to)| *to == route && with == method)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_are_told_once_a_second_and_all_of_them() {
        let (limit, began) = (WorkLimit::of(1), Timestamp::UNIX_EPOCH);
        let after = |milliseconds| began + SignedDuration::from_millis(milliseconds);
        assert_eq!(limit.untold(after(0)), Some(1));
        assert_eq!(limit.untold(after(1)), None);
        assert_eq!(limit.clone().untold(after(999)), None);
        assert_eq!(limit.untold(after(1000)), Some(3));
        assert_eq!(limit.untold(after(1999)), None);
        assert_eq!(limit.untold(after(7000)), Some(2));
    }
}
