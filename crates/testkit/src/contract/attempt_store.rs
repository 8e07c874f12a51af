//! The contract of [`tieline_domain::ports::AttemptStore`].

mod list;
mod once;
mod stale;

pub use list::*;
pub use once::*;
pub use stale::*;

/// Puts an adapter through the contract of `AttemptStore`.
#[macro_export]
macro_rules! attempt_store_contract {
    ($($harness:tt)*) => {
        $crate::contract_cases! { attempt_store [
            an_absent_attempt_is_none,
            attempts_come_back_as_they_were_claimed,
            every_reason_comes_back,
            the_second_claim_gets_the_first_attempt_back,
            of_many_claims_exactly_one_wins,
            an_attempt_advances_from_the_given_status_only,
            of_many_advances_exactly_one_wins,
            an_attempt_is_found_and_advanced_in_its_own_environment_only,
            a_claim_that_is_abandoned_leaves_the_store_usable,
            attempts_are_listed_by_each_filter,
            filters_of_attempts_add_up,
            attempts_are_listed_for_their_environment,
            attempts_come_in_pages,
            an_attempt_made_between_pages_disturbs_neither,
            counting_attempts_stops_at_the_cap,
            stale_attempts_fail,
            fresh_and_other_attempts_do_not_fail,
            very_many_stale_attempts_fail,
            an_attempt_that_failed_stale_advances_no_more,
            old_attempts_that_ended_are_deleted_up_to_the_limit,
        ] $($harness)* }
    };
}
