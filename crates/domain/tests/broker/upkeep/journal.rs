//! A crash between the provider's answer and its being stored.

use std::sync::Arc;

use jiff::SignedDuration;
use secrecy::ExposeSecret;
use tieline_domain::{
    broker::{Broker, Ports},
    connection::{ConnectionStatus, CredentialKind},
    ports::Stores,
    usecase::TokenRequest,
};

use super::{Bench, StrictProvider, connected, futures_poll};
use crate::{bench::for_ada, steps::Stepwise, strict::LIFE};

/// Begins the refresh and lets it come so far that the token is in the journal, and no further:
/// the database is away, and then the process.
async fn crash_after_the_journal(bench: &Bench) {
    bench.until_due().await;
    let due = bench.broker.plan_upkeep(1).await.unwrap().remove(0);
    let broker = Broker::from(Ports {
        transactions: Arc::new(Stepwise(bench.broker.transactions.clone())),
        stores: Stores {
            upkeep: Arc::new(Stepwise(bench.broker.stores.upkeep.clone())),
            ..bench.broker.stores.clone()
        },
        ..Ports::clone(&bench.broker)
    });
    let mut looking = Box::pin(broker.look_after(due));
    while bench.broker.journal.list().await.unwrap().is_empty() {
        assert!(futures_poll(&mut looking).is_none());
    }
    drop(looking);
    assert_eq!(bench.number().await, 1);
}

/// R3
#[tokio::test]
async fn what_lies_in_the_journal_is_stored_when_the_lease_has_run_out() {
    let (bench, provider) = connected().await;
    crash_after_the_journal(&bench).await;
    assert_eq!(bench.broker.recover_journal().await.unwrap(), 0);
    bench.later(SignedDuration::from_secs(91));
    assert_eq!(bench.status().await, ConnectionStatus::InDoubt);
    bench.look_after_all().await;
    assert_eq!(bench.number().await, 2);
    assert_eq!(bench.status().await, ConnectionStatus::Active);
    assert!(bench.broker.journal.list().await.unwrap().is_empty());
    assert_eq!(provider.chain("T1").spent_again, 0);
}

/// R5: a node that stood still for longer than its lease finds that somebody declared the
/// connection dead, and brings it back.
#[tokio::test]
async fn a_connection_that_another_node_gave_up_is_brought_back_by_what_the_first_one_got() {
    let (bench, _provider) = connected().await;
    crash_after_the_journal(&bench).await;
    let mut other = Bench {
        broker: bench.broker.clone(),
        storage: bench.storage.clone(),
        clock: bench.clock.clone(),
        environment: bench.environment,
    };
    other.broker.journal = Arc::new(());
    bench.later(SignedDuration::from_secs(91));
    other.look_after_all().await;
    assert_eq!(other.status().await, ConnectionStatus::ReauthRequired);
    assert_eq!(bench.broker.recover_journal().await.unwrap(), 1);
    assert_eq!(bench.number().await, 2);
    assert_eq!(bench.status().await, ConnectionStatus::Active);
}

/// The person connected again meanwhile: both sets work, and the newer one stays.
#[tokio::test]
async fn what_a_person_brought_meanwhile_stays() {
    let (bench, provider) = connected().await;
    crash_after_the_journal(&bench).await;
    bench.connect(for_ada("slack")).await;
    assert_eq!(bench.number().await, 3);
    assert_eq!(bench.broker.recover_journal().await.unwrap(), 1);
    assert_eq!(bench.number().await, 3);
    assert_eq!(*provider.revoked.lock().unwrap(), ["at/T1/2"]);
}

/// The journal of a connection that is gone leads nowhere.
#[tokio::test]
async fn an_entry_of_a_deleted_connection_is_removed() {
    let (bench, _provider) = connected().await;
    crash_after_the_journal(&bench).await;
    let connection = bench.only_connection().await;
    let connections = &bench.broker.stores.connections;
    let deleted = connections.delete(bench.environment, &connection.identifier);
    assert!(deleted.await.unwrap());
    assert_eq!(bench.broker.recover_journal().await.unwrap(), 1);
    assert!(bench.broker.journal.list().await.unwrap().is_empty());
}

/// Another token of the connection was replaced meanwhile: that says nothing of this one, which is
/// the only one that can go on.
#[tokio::test]
async fn a_token_in_the_journal_is_not_given_up_for_the_one_that_it_replaces() {
    let mut bench = Bench::start().await;
    let provider = StrictProvider::new(&bench.clock);
    bench.broker.providers = provider.providers();
    provider.grant_to_people();
    bench.connect(for_ada("slack")).await;
    crash_after_the_journal(&bench).await;
    bench.later(SignedDuration::from_secs(91));
    let request = TokenRequest {
        identifier: bench.only_connection().await.identifier,
        kind: Some(CredentialKind::User),
        min_valid_for: LIFE,
    };
    let vended = bench.broker.vend_token(bench.environment, request).await;
    assert_eq!(
        vended.unwrap().access_token.expose_secret(),
        "at/T1+person/2"
    );
    assert_eq!(bench.number().await, 1);

    assert_eq!(bench.broker.recover_journal().await.unwrap(), 1);
    assert_eq!(bench.number().await, 2);
    assert!(provider.revoked.lock().unwrap().is_empty());
}
