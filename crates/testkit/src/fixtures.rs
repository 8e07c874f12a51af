//! One of everything. A function gives an entity that is whole and plausible; a test says what
//! matters to it with `..`:
//!
//! ```
//! use tieline_domain::integration::Integration;
//! use tieline_testkit::fixtures;
//!
//! let environment = fixtures::environment();
//! let dormant = Integration { active: false, ..fixtures::integration(environment.id) };
//! ```
//!
//! Ids are counted, so that no two entities of one process share one.

use std::sync::atomic::{AtomicU64, Ordering};

use jiff::{SignedDuration, Timestamp};
use tieline_domain::sealed::{KeyId, Sealed};
use uuid::Uuid;

use crate::ids::numbered_uuid;

mod account;
mod connection;
mod flow;
mod record;

pub use account::{
    api_key, context, environment, integration, organization, profile, subscriber, subscriber_id,
    teams_integration,
};
pub use connection::{
    bot_credential, connection, context_keys, endpoint, loose_endpoint, person, shared_by,
    subscriber_owner, webhook,
};
pub use flow::{attempt, completed_attempt, flow, idempotency_record};
pub use record::{audit_entry, revocation};

/// When everything was made unless a test says otherwise: noon on 2 January 2026, UTC.
pub const NOON: Timestamp = Timestamp::constant(1_767_355_200, 0);

/// So many seconds after [`NOON`].
#[must_use]
pub fn seconds_later(seconds: i64) -> Timestamp {
    NOON + SignedDuration::from_secs(seconds)
}

/// An id that nothing else in this process has.
#[must_use]
pub fn uuid() -> Uuid {
    numbered_uuid(number())
}

/// A number that nothing else in this process has.
#[must_use]
pub fn number() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

/// Bytes that stand for a sealed value: all kinds of them, none of them text.
#[must_use]
pub fn sealed(name: &str) -> Sealed {
    Sealed(
        (0..=u8::MAX)
            .chain(name.bytes().map(|byte| !byte))
            .collect(),
    )
}

/// The same as of a value that the sealing key of this name sealed.
#[must_use]
pub fn sealed_by(key: &str, name: &str) -> Sealed {
    let header = KeyId::parse(key).unwrap().header();
    Sealed([header, sealed(name).0].concat())
}
