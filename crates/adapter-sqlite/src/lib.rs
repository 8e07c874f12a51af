//! The storage ports on SQLite: one file, one process that serves from it, one writer at a time.
//!
//! [`SqliteDatabase`] opens the file and hands out one store for each port. The ports say what is
//! promised; what stands here are only the reasons for how it is kept.

mod api_key_store;
mod attempt_store;
mod audit_store;
mod column;
mod connection_store;
mod context_store;
mod database;
mod endpoint_store;
mod environment_store;
mod error;
mod idempotency_store;
mod integration_store;
mod key_check_store;
mod keyset;
mod revocation_store;
mod sealed_values;
mod subscriber_store;
mod upkeep_store;

pub use api_key_store::SqliteApiKeyStore;
pub use attempt_store::SqliteAttemptStore;
pub use audit_store::SqliteAuditStore;
pub use connection_store::SqliteConnectionStore;
pub use context_store::SqliteContextStore;
pub use database::{
    AppliedMigration, MigrateDatabaseError, MigrationReport, MigrationState, OpenDatabaseError,
    SqliteDatabase, SqliteSettings, SqliteTransactions,
};
pub use endpoint_store::SqliteEndpointStore;
pub use environment_store::SqliteEnvironmentStore;
pub use idempotency_store::SqliteIdempotencyStore;
pub use integration_store::SqliteIntegrationStore;
pub use key_check_store::SqliteKeyCheckStore;
pub use revocation_store::SqliteRevocationStore;
pub use sealed_values::SqliteSealedValues;
pub use subscriber_store::SqliteSubscriberStore;
pub use upkeep_store::SqliteUpkeepStore;
