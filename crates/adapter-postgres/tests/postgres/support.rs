//! What the tests share.

pub(crate) mod relay;

mod database;

pub(crate) use database::TestDatabase;
