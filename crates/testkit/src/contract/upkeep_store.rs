//! The contract of [`tieline_domain::ports::UpkeepStore`].

use tieline_domain::connection::{ChannelConnection, Lease};

use crate::{
    TestStores,
    contract::connection_store,
    fixtures::{self, NOON, seconds_later, subscriber_owner},
    harness::Tenant,
};

mod due;
mod hasten;
mod lease;
mod mark;
mod settle;

pub use due::*;
pub use hasten::*;
pub use lease::*;
pub use mark::*;
pub use settle::*;

/// Puts an adapter through the contract of `UpkeepStore`.
#[macro_export]
macro_rules! upkeep_store_contract {
    ($($harness:tt)*) => {
        $crate::contract_cases! { upkeep_store [
            what_is_due_is_listed_longest_due_first,
            what_is_not_due_yet_is_not_listed,
            what_somebody_has_in_hand_is_not_listed,
            connections_of_paused_integrations_are_not_listed,
            due_connections_have_their_own_credentials,
            a_lease_begins_an_epoch,
            a_lease_that_runs_out_makes_the_connection_due,
            of_many_leases_exactly_one_is_given,
            a_lease_is_taken_at_its_very_end_only,
            of_many_who_take_an_old_lease_exactly_one_gets_it,
            what_is_not_as_it_was_read_is_not_leased,
            a_lease_that_is_abandoned_is_there_or_not,
            what_is_settled_keeps_its_tokens,
            new_tokens_are_settled_with_all_that_belongs_to_them,
            a_lease_that_ran_out_settles_while_nobody_took_it,
            a_lease_of_an_earlier_epoch_settles_nothing,
            a_lease_of_an_earlier_generation_settles_nothing,
            a_lease_of_another_connection_settles_nothing,
            a_deleted_connection_is_not_settled,
            of_many_settlements_with_new_tokens_exactly_one_happens,
            a_settlement_that_is_abandoned_is_whole_or_absent,
            a_mark_writes_health_and_due_time,
            a_mark_ends_a_lease,
            a_mark_on_what_moved_on_writes_nothing,
            of_many_marks_exactly_one_is_made,
            connections_are_hastened_for_their_integration,
            ended_connections_are_not_hastened,
            a_connection_in_hand_is_hastened_and_settled_all_the_same,
        ] $($harness)* }
    };
}

/// Stores a connection of Ada's that is due at noon.
async fn due(stores: &TestStores, tenant: &Tenant) -> ChannelConnection {
    let mut connection = fixtures::connection(&tenant.slack, subscriber_owner("ada"));
    connection.upkeep.due_at = Some(NOON);
    stores.connections.insert(&connection).await.unwrap();
    connection
}

/// Takes a connection in hand for a minute from noon on. Answers it as it is then.
async fn leased(stores: &TestStores, read: &ChannelConnection) -> (ChannelConnection, Lease) {
    let lease = stores.upkeep.lease(read, NOON, seconds_later(60)).await;
    (get(stores, read).await, lease.unwrap().unwrap())
}

/// The connection as it is stored.
async fn get(stores: &TestStores, connection: &ChannelConnection) -> ChannelConnection {
    find(stores, connection).await.unwrap()
}

async fn find(stores: &TestStores, connection: &ChannelConnection) -> Option<ChannelConnection> {
    let (environment, identifier) = (connection.environment_id, &connection.identifier);
    let found = stores.connections.find(environment, identifier);
    found.await.unwrap()
}

/// The connection with new tokens, as whoever has it in hand settles it.
fn refreshed(leased: &ChannelConnection, token: &str) -> ChannelConnection {
    let mut refreshed = connection_store::renewed(leased, token);
    refreshed.upkeep.epoch = leased.upkeep.epoch;
    refreshed
}
