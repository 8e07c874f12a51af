//! The contract of [`tieline_domain::ports::AuditStore`].

use tieline_domain::{
    audit::{AuditEntry, AuditEvent, AuditHead},
    id::EnvironmentId,
};

use crate::TestStores;

mod append;
mod list;

pub use append::*;
pub use list::*;

/// Puts an adapter through the contract of `AuditStore`.
#[macro_export]
macro_rules! audit_store_contract {
    ($($harness:tt)*) => {
        $crate::contract_cases! { audit_store [
            an_empty_log_has_no_events,
            events_come_back_as_they_were_appended,
            every_actor_and_every_action_comes_back,
            events_follow_each_other,
            environments_have_logs_of_their_own,
            an_entry_of_an_environment_that_is_not_there_is_refused,
            an_entry_is_appended_once,
            of_many_who_append_nobody_leaves_a_gap_or_a_fork,
            logs_of_many_environments_grow_at_once,
            an_append_that_is_abandoned_leaves_no_gap,
            a_log_outlives_what_it_is_about,
            events_are_listed_after_a_place,
            events_are_listed_by_each_filter,
            filters_of_events_add_up,
            events_are_listed_for_their_environment,
            events_come_in_pages,
        ] $($harness)* }
    };
}

async fn append(stores: &TestStores, entry: AuditEntry) -> AuditEvent {
    stores.audit.append(entry).await.unwrap()
}

/// Reads a whole log by threes, and checks that it is a chain from its beginning.
pub(super) async fn check_log(stores: &TestStores, environment: EnvironmentId) -> Vec<AuditEvent> {
    let (mut events, mut head) = (Vec::new(), AuditHead::default());
    loop {
        let read = stores.audit.list_after(environment, head.sequence, 3);
        let read = read.await.unwrap();
        if read.is_empty() {
            return events;
        }
        for event in read {
            assert!(event.follows(head), "{event:?} does not follow {head:?}");
            assert_eq!(event.sequence, events.len() as u64 + 1);
            head = event.head();
            events.push(event);
        }
    }
}
