//! The contract of [`tieline_domain::ports::IntegrationStore`].

mod delete;
mod find;
mod replace;

pub use delete::*;
pub use find::*;
pub use replace::*;

/// Puts an adapter through the contract of `IntegrationStore`.
#[macro_export]
macro_rules! integration_store_contract {
    ($($harness:tt)*) => {
        $crate::contract_cases! { integration_store [
            an_absent_integration_is_none,
            integrations_come_back_as_they_were_stored,
            an_identifier_is_taken_once_in_its_environment,
            an_integration_is_found_in_its_own_environment_only,
            integrations_are_listed_oldest_first,
            integrations_are_found_by_provider_and_name_in_every_environment,
            the_next_generation_replaces_all_but_id_and_provider,
            the_identifier_of_another_replaces_nothing,
            a_new_identifier_is_seen_in_connections_and_endpoints,
            a_stale_generation_replaces_nothing,
            of_many_replacements_exactly_one_happens,
            an_integration_is_replaced_in_its_own_environment_only,
            a_deleted_integration_takes_along_what_hangs_on_it,
            an_integration_is_deleted_in_its_own_environment_only,
            a_deleted_integration_can_be_made_again,
            what_goes_through_a_deleted_integration_is_raced,
        ] $($harness)* }
    };
}
