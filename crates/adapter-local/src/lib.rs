//! What one node remembers for itself: what it looked up, how often somebody did something, what a
//! provider said. All of it is bounded, and may be lost at any moment; but for the journal, which
//! lies on the disk. And what it writes together: claims of idempotency keys.

mod change_feed;
mod flights;
mod forgotten;
mod gcra;
mod grouped_idempotency_store;
mod lookups;
mod memory;
mod rate_limiter;
mod recent_checks;
mod refresh_journal;

pub use change_feed::LocalChangeFeed;
pub use grouped_idempotency_store::GroupedIdempotencyStore;
pub use lookups::{Capacities, MAX_AGE, RememberedLookups};
pub use rate_limiter::LocalRateLimiter;
pub use recent_checks::LocalRecentChecks;
pub use refresh_journal::FileRefreshJournal;
