//! Many nodes: real server processes on one Postgres and one Redis, and what becomes of promises
//! while these fail. `cargo xtask test` provides the servers.

// `cargo xtask test --no-services` leaves out what is in this module, by its name.
mod many_nodes;
