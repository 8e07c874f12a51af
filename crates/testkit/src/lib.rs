//! What tests share: fixtures, fakes for the ports that are cheap to fake, and the contract suites
//! that an adapter of a storage port passes. A dev-dependency; never shipped.
#![expect(clippy::unwrap_used, reason = "the whole crate is for tests")]

pub mod broker;
pub mod clock;
pub mod contract;
pub mod fixtures;
pub mod harness;
pub mod ids;
pub mod journal;
pub mod memory;
pub mod policies;
pub mod port_harness;
pub mod sealers;
pub mod secrets;
pub mod vault;

pub use broker::{broker, providers, sample_providers};
pub use clock::FixedClock;
pub use harness::{Outage, StorageHarness, TestStores};
pub use ids::SequentialIds;
pub use journal::MemoryJournal;
pub use memory::MemoryStorage;
pub use port_harness::{
    ChangeFeedHarness, Heard, LookupsHarness, News, PortHarness, SharedHarness,
};
pub use sealers::{FakeCursorSealer, FakeFlowSealer, FakeSealer};
pub use secrets::{sealed_values, store_secrets};
