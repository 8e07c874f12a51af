//! What many nodes share and may lose at any moment, on Redis or Valkey: rate limits, the answers
//! of mints, what changed, what providers said.
//!
//! Nothing here is the only home of a promise. Each command has 50 ms; with the server away or
//! slow, each port falls back to what works without it. Every key begins with the prefix and has a
//! time to live, and no value holds a secret in the clear.

mod change_feed;
mod examination;
mod link;
mod presence;
mod rate_limiter;
mod recent_checks;
mod replay_store;
mod url;

pub use change_feed::RedisChangeFeed;
pub use examination::RedisExamination;
pub use link::{InvalidCertificates, RedisMemory, RedisSettings};
pub use rate_limiter::RedisRateLimiter;
pub use recent_checks::RedisRecentChecks;
pub use replay_store::RedisReplayStore;
pub use url::{InvalidRedisUrl, RedisUrl};
