//! The adapter on real servers.
//!
//! `cargo xtask test` provides one and names it in `TIELINE_TEST_REDIS_URL`; the tests of faults
//! start their own, which they may kill.
#![expect(clippy::unwrap_used, reason = "all of it is a test")]

mod cluster;
mod contract;
mod examination;
mod faults;
mod keys;
mod logs;
mod outage;
mod server;
mod shares;
mod support;
mod tls;
