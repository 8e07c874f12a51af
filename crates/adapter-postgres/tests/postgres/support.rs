//! What the tests share.

pub(crate) mod relay;

mod cable;
mod database;

pub(crate) use cable::Cable;
pub(crate) use database::{TestDatabase, server_address};
