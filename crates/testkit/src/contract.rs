//! The contract suites of the storage ports. An adapter passes them by providing a
//! [`crate::StorageHarness`] and saying, in a test of its own crate:
//!
//! ```text
//! tieline_testkit::storage_contract!(SqliteHarness);
//! ```
//!
//! Each case becomes one test, named after port and case. Attributes before the harness are put on
//! every test, such as `#[ignore = "needs a database"]`. One suite alone is run by its own macro,
//! such as [`crate::connection_store_contract!`]. The adapter's crate needs `tokio`, with its
//! macros and the multi-threaded runtime, as a dev-dependency.

pub mod api_key_store;
pub mod attempt_store;
pub mod audit_store;
pub mod change_feed;
pub mod connection_store;
pub mod context_store;
pub mod endpoint_store;
pub mod environment_store;
pub mod idempotency_store;
pub mod integration_store;
pub mod key_check_store;
pub mod lookups;
pub mod outage;
pub mod rate_limiter;
pub mod recent_checks;
pub mod replay_store;
pub mod revocation_store;
pub mod sealed_values;
pub mod subscriber_store;
pub mod transactions;
pub mod upkeep_store;

mod cascade;
mod concurrency;
mod pages;

/// Puts an adapter through the contract suites of all storage ports.
#[macro_export]
macro_rules! storage_contract {
    ($($harness:tt)*) => {
        $crate::environment_store_contract!($($harness)*);
        $crate::api_key_store_contract!($($harness)*);
        $crate::integration_store_contract!($($harness)*);
        $crate::subscriber_store_contract!($($harness)*);
        $crate::context_store_contract!($($harness)*);
        $crate::attempt_store_contract!($($harness)*);
        $crate::connection_store_contract!($($harness)*);
        $crate::upkeep_store_contract!($($harness)*);
        $crate::revocation_store_contract!($($harness)*);
        $crate::audit_store_contract!($($harness)*);
        $crate::endpoint_store_contract!($($harness)*);
        $crate::idempotency_store_contract!($($harness)*);
        $crate::key_check_store_contract!($($harness)*);
        $crate::sealed_values_contract!($($harness)*);
        $crate::transactions_contract!($($harness)*);
        $crate::outage_contract!($($harness)*);
    };
}

/// Makes a module of tests out of the cases of one suite.
#[doc(hidden)]
#[macro_export]
macro_rules! contract_cases {
    ($suite:ident [$($case:ident,)*] $($harness:tt)*) => {
        $crate::contract_cases! { @start start $suite [$($case,)*] $($harness)* }
    };
    (@start $start:ident $suite:ident [$($case:ident,)*] $(#[$attribute:meta])* $harness:ty) => {
        $crate::contract_cases! { @module $start $suite [$($case,)*] [$(#[$attribute])*] $harness }
    };
    (@module $start:ident $suite:ident [$($case:ident,)*] $attributes:tt $harness:ty) => {
        mod $suite {
            use super::*;
            $($crate::contract_cases! { @test $start $suite $case $attributes $harness })*
        }
    };
    (@test $start:ident $suite:ident $case:ident [$(#[$attribute:meta])*] $harness:ty) => {
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        $(#[$attribute])*
        async fn $case() {
            let harness = <$harness as $crate::StorageHarness>::$start().await;
            $crate::contract::$suite::$case(&harness).await;
        }
    };
}

/// The same for a port that stands on memory, with a [`crate::PortHarness`].
#[doc(hidden)]
#[macro_export]
macro_rules! port_cases {
    ($suite:ident $harness:ty [$($case:ident,)*]) => {
        mod $suite {
            use super::*;
            $($crate::port_cases! { @test $suite $case $harness })*
        }
    };
    (@test $suite:ident $case:ident $harness:ty) => {
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $case() {
            let clock = ::std::sync::Arc::new($crate::FixedClock::default());
            let harness = <$harness as $crate::PortHarness>::start(clock.clone()).await;
            let port = $crate::PortHarness::port(&harness);
            $crate::contract::$suite::$case(port, &clock).await;
        }
    };
}

/// The same for a port on a server that nodes share, with a [`crate::SharedHarness`].
#[doc(hidden)]
#[macro_export]
macro_rules! shared_cases {
    ($suite:ident $module:ident $harness:ty [$($case:ident,)*]) => {
        mod $module {
            use super::*;
            $($crate::shared_cases! { @test $suite $case $harness })*
        }
    };
    (@test $suite:ident $case:ident $harness:ty) => {
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $case() {
            let clock = ::std::sync::Arc::new($crate::FixedClock::default());
            let harness = <$harness as $crate::SharedHarness>::start(clock).await;
            $crate::contract::$suite::$case(&harness).await;
        }
    };
}
