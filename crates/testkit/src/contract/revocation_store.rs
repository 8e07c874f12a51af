//! The contract of [`tieline_domain::ports::RevocationStore`].

use tieline_domain::revocation::Revocation;

use crate::{
    TestStores,
    fixtures::{self, subscriber_owner},
    harness::Tenant,
};

mod due;
mod keep;

pub use due::*;
pub use keep::*;

/// Puts an adapter through the contract of `RevocationStore`.
#[macro_export]
macro_rules! revocation_store_contract {
    ($($harness:tt)*) => {
        $crate::contract_cases! { revocation_store [
            an_absent_revocation_is_none,
            revocations_come_back_as_they_were_inserted,
            a_revocation_is_inserted_once,
            a_revocation_is_found_in_its_own_environment_only,
            revocations_are_listed_for_their_environment,
            revocations_come_in_pages,
            a_revocation_outlives_what_it_names,
            an_update_writes_what_moves,
            an_update_of_what_somebody_took_writes_nothing,
            ended_revocations_are_deleted_up_to_the_limit,
            due_revocations_are_claimed_longest_due_first,
            what_is_not_due_is_not_claimed,
            a_claimed_revocation_is_due_again_later,
            of_many_claims_each_gets_others,
            a_claim_that_is_abandoned_loses_nothing,
        ] $($harness)* }
    };
}

/// A revocation of a connection through Slack, which has never been stored.
fn revocation(tenant: &Tenant) -> Revocation {
    fixtures::revocation(&fixtures::connection(
        &tenant.slack,
        subscriber_owner("ada"),
    ))
}

async fn find(stores: &TestStores, revocation: &Revocation) -> Option<Revocation> {
    let (environment, id) = (revocation.environment_id, revocation.id);
    stores.revocations.find(environment, id).await.unwrap()
}
