//! Clients that others wrote, or that others' generators make of our API document, against the real
//! program. Their scripts are in `tests/clients`; `cargo xtask test` prepares what they need.

// `cargo xtask test --no-clients` leaves out what is in this module, by its name.
mod real_clients;
