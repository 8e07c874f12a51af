//! The contract of [`tieline_domain::ports::EndpointStore`].

use tieline_domain::{
    connection::ChannelConnection,
    endpoint::ChannelEndpoint,
    integration::Integration,
    ports::{ConnectionWrite, RecordConnection, RecordError},
};

use crate::{
    TestStores,
    contract::connection_store::{completion, renewed},
    fixtures,
};

mod change;
mod find;
mod insert;
mod list;
mod record;
mod write;

pub use change::*;
pub use find::*;
pub use insert::*;
pub use list::*;
pub use record::*;
pub use write::*;

/// Puts an adapter through the contract of `EndpointStore`.
#[macro_export]
macro_rules! endpoint_store_contract {
    ($($harness:tt)*) => {
        $crate::contract_cases! { endpoint_store [
            an_absent_endpoint_is_none,
            endpoints_come_back_as_they_were_recorded,
            an_endpoint_is_found_in_its_own_environment_only,
            the_same_endpoint_has_the_same_subscriber_kind_and_key,
            endpoints_are_listed_by_each_filter,
            endpoints_are_listed_for_their_environment,
            endpoints_come_in_pages,
            endpoints_at_a_provider_come_in_pages_across_its_integrations,
            an_endpoint_that_is_there_gets_the_new_address_and_secret,
            an_endpoint_of_another_connection_stays_as_it_is,
            an_endpoint_in_no_connection_stays_as_it_is,
            the_same_address_twice_is_raced,
            an_endpoint_identifier_is_taken_once_in_its_environment,
            endpoints_come_back_as_they_were_inserted,
            the_identifier_of_another_endpoint_is_taken,
            an_address_is_taken_once_in_a_connection_and_once_in_none,
            an_endpoint_needs_what_it_names,
            of_many_at_one_address_exactly_one_is_inserted,
            a_replacement_keeps_all_but_address_and_secret,
            a_replacement_onto_another_endpoint_is_raced,
            an_endpoint_that_is_gone_is_not_replaced,
            a_deleted_endpoint_leaves_its_address_and_identifier,
            a_link_writes_endpoint_and_attempt,
            a_link_of_a_known_endpoint_keeps_all_but_address_and_secret,
            a_link_that_is_refused_leaves_nothing_behind,
            a_link_without_its_attempt_leaves_nothing_behind,
            a_link_that_is_abandoned_is_whole_or_absent,
        ] $($harness)* }
    };
}

/// Records a new connection with these endpoints.
async fn insert(
    stores: &TestStores,
    integration: &Integration,
    connection: &ChannelConnection,
    endpoints: &[ChannelEndpoint],
) {
    let record = record(stores, integration, connection, endpoints).await;
    stores.connections.record(&record).await.unwrap();
}

/// Replaces a connection that was inserted, along with these endpoints.
async fn replace(
    stores: &TestStores,
    integration: &Integration,
    connection: &ChannelConnection,
    endpoints: &[ChannelEndpoint],
) -> Result<(), RecordError> {
    let renewed = renewed(connection, "xoxb-renewed");
    let record = record(stores, integration, &renewed, endpoints).await;
    let record = RecordConnection {
        write: ConnectionWrite::Replace,
        ..record
    };
    stores.connections.record(&record).await
}

async fn record(
    stores: &TestStores,
    integration: &Integration,
    connection: &ChannelConnection,
    endpoints: &[ChannelEndpoint],
) -> RecordConnection {
    let attempt = fixtures::attempt(integration);
    stores.attempts.claim(&attempt).await.unwrap();
    completion(
        &attempt,
        ConnectionWrite::Insert,
        connection,
        endpoints.to_vec(),
    )
}
