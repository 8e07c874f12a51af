//! The contract of [`tieline_domain::ports::ContextStore`].

mod change;
mod find;
mod insert;
mod list;

pub use change::*;
pub use find::*;
pub use insert::*;
pub use list::*;

/// Puts an adapter through the contract of `ContextStore`.
#[macro_export]
macro_rules! context_store_contract {
    ($($harness:tt)*) => {
        $crate::contract_cases! { context_store [
            an_absent_context_is_none,
            contexts_come_back_as_they_were_stored,
            a_context_is_found_in_its_own_environment_only,
            a_key_is_taken_once_in_its_environment,
            a_context_that_is_there_stays_as_it_is,
            a_key_that_is_named_twice_is_stored_once,
            either_all_missing_contexts_are_stored_or_none,
            of_many_who_insert_nobody_fails,
            contexts_are_listed_by_each_filter,
            a_search_is_taken_letter_by_letter,
            a_search_finds_each_part_of_a_key,
            what_a_search_finds_does_not_depend_on_the_total_that_is_known,
            a_context_that_is_gone_is_found_no_more,
            contexts_are_listed_for_their_environment,
            contexts_come_in_pages,
            an_update_replaces_what_a_product_can_change,
            a_context_is_updated_in_its_own_environment_only,
            a_deleted_context_is_gone_from_its_environment_only,
            what_names_a_deleted_context_stays_as_it_is,
        ] $($harness)* }
    };
}
