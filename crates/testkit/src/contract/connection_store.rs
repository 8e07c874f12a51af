//! The contract of [`tieline_domain::ports::ConnectionStore`].

use tieline_domain::{
    attempt::ConnectAttempt,
    connection::{ChannelConnection, Health},
    endpoint::ChannelEndpoint,
    integration::Integration,
    ports::{ConnectionWrite, RecordConnection},
};

use crate::{
    TestStores,
    fixtures::{self, seconds_later},
};

mod delete;
mod find;
mod health;
mod list;
mod race;
mod record;
mod write;

pub use delete::*;
pub use find::*;
pub use health::*;
pub use list::*;
pub use race::*;
pub use record::*;
pub use write::*;

/// Puts an adapter through the contract of `ConnectionStore`.
#[macro_export]
macro_rules! connection_store_contract {
    ($($harness:tt)*) => {
        $crate::contract_cases! { connection_store [
            an_absent_connection_is_none,
            connections_come_back_as_they_were_recorded,
            a_connection_is_found_in_its_own_environment_only,
            the_same_connection_has_the_same_owner,
            an_account_is_led_to_from_whichever_environment,
            connections_are_listed_by_each_filter,
            connections_are_listed_for_their_environment,
            connections_come_in_pages,
            connections_at_a_provider_come_in_pages_across_its_integrations,
            listed_connections_have_their_own_credentials,
            counting_connections_sees_the_whole_list,
            a_record_writes_connection_endpoints_and_attempt,
            a_record_ends_an_attempt_of_any_status,
            a_replacement_keeps_all_but_workspace_and_credentials,
            a_stale_replacement_is_raced,
            a_replacement_in_another_environment_is_raced,
            a_replacement_onto_another_connection_is_raced,
            the_same_owner_and_workspace_twice_is_raced,
            the_identifier_of_another_owner_is_taken,
            an_identifier_is_free_in_another_environment,
            a_missing_owner_is_noticed,
            a_failing_endpoint_leaves_nothing_behind,
            a_missing_attempt_leaves_nothing_behind,
            a_stale_replacement_leaves_nothing_behind,
            of_many_inserts_exactly_one_is_recorded,
            of_many_replacements_exactly_one_is_recorded,
            a_record_that_is_abandoned_is_whole_or_absent,
            connections_come_back_as_they_were_inserted,
            an_insert_that_is_refused_leaves_nothing_behind,
            a_replacement_alone_keeps_all_but_workspace_and_credentials,
            a_replacement_alone_that_is_refused_changes_nothing,
            of_many_replacements_alone_exactly_one_happens,
            a_replacement_alone_that_is_abandoned_is_whole_or_absent,
            a_deleted_connection_takes_along_what_hangs_on_it,
            a_connection_is_deleted_in_its_own_environment_only,
            a_deleted_connection_can_be_made_again,
            a_deleted_connection_is_not_replaced,
            of_many_deletions_exactly_one_happens,
            health_and_upkeep_come_back_as_they_were_given,
            every_failure_of_a_connection_comes_back,
            a_replacement_begins_an_epoch_in_nobodys_hands,
            a_replacement_that_is_refused_leaves_health_and_upkeep,
            of_a_replacement_and_a_settlement_exactly_one_happens,
        ] $($harness)* }
    };
}

/// What is needed to insert a connection: a claimed attempt, and a record that completes it.
pub(super) async fn insertion(
    stores: &TestStores,
    integration: &Integration,
    connection: &ChannelConnection,
) -> RecordConnection {
    let attempt = fixtures::attempt(integration);
    stores.attempts.claim(&attempt).await.unwrap();
    completion(&attempt, ConnectionWrite::Insert, connection, Vec::new())
}

/// A record that completes an attempt.
pub(super) fn completion(
    attempt: &ConnectAttempt,
    write: ConnectionWrite,
    connection: &ChannelConnection,
    endpoints: Vec<ChannelEndpoint>,
) -> RecordConnection {
    RecordConnection {
        write,
        connection: connection.clone(),
        endpoints,
        attempt: fixtures::completed_attempt(attempt, connection, seconds_later(5)),
    }
}

/// Records a new connection.
pub(super) async fn insert(
    stores: &TestStores,
    integration: &Integration,
    connection: &ChannelConnection,
) {
    let record = insertion(stores, integration, connection).await;
    stores.connections.record(&record).await.unwrap();
}

/// The connection with other credentials, one generation and one epoch on.
pub(super) fn renewed(connection: &ChannelConnection, token: &str) -> ChannelConnection {
    let mut renewed = ChannelConnection {
        credentials: vec![fixtures::bot_credential(token)],
        generation: connection.generation + 1,
        health: Health::issued(seconds_later(7)),
        updated_at: seconds_later(7),
        ..connection.clone()
    }
    .scheduled(seconds_later(7));
    renewed.upkeep.epoch += 1;
    renewed
}
