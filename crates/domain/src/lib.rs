//! Tieline's domain: what a channel connection is, what each provider allows, and the use cases
//! that make one. Pure: whatever it needs of the world it asks for through [`ports`].
#![deny(missing_docs)]

pub mod api_key;
pub mod attempt;
pub mod audit;
pub mod broker;
pub mod connection;
pub mod context;
pub mod endpoint;
pub mod environment;
mod failpoint;
pub mod flow;
pub mod id;
pub mod idempotency;
pub mod integration;
pub mod key_check;
pub mod page;
pub mod patch;
pub mod ports;
pub mod provider;
pub mod reason;
pub mod revocation;
pub mod sealed;
pub mod subscriber;
pub mod text;
pub mod usecase;
