//! The storage ports on Postgres: many nodes on one database, directly or through a pooler.
//!
//! [`PgDatabase`] opens the database and hands out the stores. The ports say what is promised;
//! what stands here are only the reasons for how it is kept.

#[macro_use]
mod keyset;
#[macro_use]
mod connection_store;

mod api_key_store;
mod attempt_store;
mod audit_store;
mod change_feed;
mod column;
mod context_store;
mod database;
mod endpoint_store;
mod environment_store;
mod error;
mod idempotency_store;
mod integration_store;
mod key_check_store;
mod revocation_store;
mod sealed_values;
mod subscriber_store;
mod upkeep_store;

pub use api_key_store::PgApiKeyStore;
pub use attempt_store::PgAttemptStore;
pub use audit_store::PgAuditStore;
pub use change_feed::PgChangeFeed;
pub use connection_store::PgConnectionStore;
pub use context_store::PgContextStore;
pub use database::{
    AppliedMigration, MigrateDatabaseError, MigrationReport, MigrationState, OpenDatabaseError,
    PgDatabase, PgExamination, PgSettings, PgTransactions,
};
pub use endpoint_store::PgEndpointStore;
pub use environment_store::PgEnvironmentStore;
pub use idempotency_store::PgIdempotencyStore;
pub use integration_store::PgIntegrationStore;
pub use key_check_store::PgKeyCheckStore;
pub use revocation_store::PgRevocationStore;
pub use sealed_values::PgSealedValues;
pub use subscriber_store::PgSubscriberStore;
pub use upkeep_store::PgUpkeepStore;
