//! The adapter on a real server, a database for each test.
//!
//! `cargo xtask test` provides the server and names it in `TIELINE_TEST_POSTGRES_URL`.
#![expect(clippy::unwrap_used, reason = "all of it is a test")]

mod audit;
mod change_feed;
mod contract;
mod corruption;
mod database;
mod examination;
mod plans;
mod pooler;
mod sealed_values;
mod support;
mod text;
mod tls;
