//! The contract of [`tieline_domain::ports::SubscriberStore`].

mod delete;
mod find;
mod list;
mod update;

pub use delete::*;
pub use find::*;
pub use list::*;
pub use update::*;

/// Puts an adapter through the contract of `SubscriberStore`.
#[macro_export]
macro_rules! subscriber_store_contract {
    ($($harness:tt)*) => {
        $crate::contract_cases! { subscriber_store [
            an_absent_subscriber_is_none,
            subscribers_come_back_as_they_were_stored,
            profiles_come_back_as_they_were_stored,
            ids_that_look_alike_are_different,
            an_id_is_taken_once_in_its_environment,
            subscribers_are_listed_by_each_filter,
            a_name_is_the_first_the_last_or_both,
            subscribers_are_listed_for_their_environment,
            subscribers_come_in_pages,
            an_update_replaces_profile_and_time_of_change_only,
            a_subscriber_is_updated_in_its_own_environment_only,
            a_deleted_subscriber_takes_along_what_hangs_on_it,
            a_subscriber_is_deleted_in_its_own_environment_only,
            a_deleted_subscriber_can_be_made_again,
            a_deletion_that_is_abandoned_is_whole_or_absent,
            nothing_is_left_of_a_subscriber_that_was_deleted_meanwhile,
        ] $($harness)* }
    };
}
