//! What the domain asks of the world. A port is a role; adapters fill it. All of them are
//! object-safe and shared between tasks.
//!
//! Storage ports have contract suites in the testkit: an adapter is right when it passes them.

pub mod api_key_store;
pub mod attempt_store;
pub mod audit_store;
pub mod change_feed;
pub mod clock;
pub mod connection_store;
pub mod context_store;
pub mod endpoint_store;
pub mod environment_store;
pub mod event_reader;
pub mod id_generator;
pub mod idempotency_store;
pub mod integration_store;
pub mod key_check_store;
pub mod key_wrapper;
pub mod lookups;
pub mod provider_client;
pub mod rate_limiter;
pub mod recent_checks;
pub mod refresh_journal;
pub mod replay_store;
pub mod revocation_store;
pub mod sealed_values;
pub mod sealer;
pub mod store_error;
pub mod stores;
pub mod subscriber_store;
pub mod transactions;
pub mod upkeep_store;

pub use api_key_store::ApiKeyStore;
pub use attempt_store::{AttemptFilter, AttemptStore, Claim};
pub use audit_store::{AuditFilter, AuditStore};
pub use change_feed::{Change, ChangeFeed, ChangeListener};
pub use clock::{Clock, Timer};
pub use connection_store::{
    ConnectionFilter, ConnectionStore, ConnectionWrite, LeadingConnection, RecordConnection,
    RecordError,
};
pub use context_store::{ContextFilter, ContextStore, PIECE_LETTERS};
pub use endpoint_store::{EndpointFilter, EndpointStore};
pub use environment_store::EnvironmentStore;
pub use event_reader::{Delivery, EventReader, EventRefusal, ProviderEvent, ProviderEventKind};
pub use id_generator::IdGenerator;
pub use idempotency_store::{Deletion, IdempotencyClaim, IdempotencyStore};
pub use integration_store::IntegrationStore;
pub use key_check_store::KeyCheckStore;
pub use key_wrapper::{KeyWrapper, WrapError};
pub use lookups::Lookups;
pub use provider_client::{
    CodeExchange, GrantedScopes, ProviderClient, ProviderError, RefreshError,
};
pub use rate_limiter::{Allowance, RateLimit, RateLimiter};
pub use recent_checks::{CheckOutcome, Checked, ProviderCheck, RecentChecks};
pub use refresh_journal::{JournalEntry, RefreshJournal};
pub use replay_store::ReplayStore;
pub use revocation_store::RevocationStore;
pub use sealed_values::{ResealedValue, SealedRow, SealedValues, StoredValue};
pub use sealer::{CursorSealer, FlowSealer, OpenError, OpenedFlow, Sealer, SealingKeys};
pub use store_error::{InsertError, StoreError};
pub use stores::Stores;
pub use subscriber_store::{SubscriberFilter, SubscriberStore};
pub use transactions::{Transaction, Transactions};
pub use upkeep_store::UpkeepStore;

#[cfg(feature = "test-support")]
pub use provider_client::MockProviderClient;
