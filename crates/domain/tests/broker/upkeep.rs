//! Tokens are refreshed before they die, once, and what went wrong is told.

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use jiff::SignedDuration;
use secrecy::ExposeSecret;
use tieline_domain::{
    audit::AuditAction,
    connection::{ChannelConnection, ConnectionStatus},
    ports::{AuditFilter, Clock},
    provider::{GrantedCredential, Providers},
    reason::Reason,
};

use crate::{
    bench::{ALL, Bench, for_ada},
    strict::{Fault, LIFE, StrictProvider, read},
};

mod herd;
mod journal;
mod model;
mod probe;
mod vend;

/// A bench with one connection of `ada`, whose tokens rotate.
pub(crate) async fn connected() -> (Bench, Arc<StrictProvider>) {
    let mut bench = Bench::start().await;
    let provider = StrictProvider::new(&bench.clock);
    bench.broker.providers = provider.providers();
    bench.connect(for_ada("slack")).await;
    (bench, provider)
}

impl Bench {
    /// One round of the upkeep.
    pub(crate) async fn look_after_all(&self) -> usize {
        self.broker.recover_journal().await.unwrap();
        let due = self.broker.plan_upkeep(100).await.unwrap();
        let count = due.len();
        for connection in due {
            self.broker.look_after(connection).await.unwrap();
        }
        count
    }

    pub(crate) async fn only_connection(&self) -> ChannelConnection {
        let mut connections = self.connections().await;
        assert_eq!(connections.len(), 1);
        connections.remove(0)
    }

    pub(crate) async fn status(&self) -> ConnectionStatus {
        self.only_connection().await.status(self.clock.now())
    }

    /// Until the connection is due again.
    pub(crate) async fn until_due(&self) {
        let due_at = self.only_connection().await.upkeep.due_at.unwrap();
        self.clock.set(due_at);
    }

    pub(crate) fn tokens(&self, connection: &ChannelConnection) -> Vec<GrantedCredential> {
        self.broker.open_credentials_of(connection).unwrap()
    }

    /// The number of the refresh token that is stored.
    pub(crate) async fn number(&self) -> u32 {
        let connection = self.only_connection().await;
        let tokens = self.tokens(&connection);
        read(tokens[0].refresh_token.as_ref().unwrap().expose_secret()).1
    }

    /// How often the log says that a connection stands otherwise than before.
    pub(crate) async fn changes_of_status(&self) -> Vec<String> {
        let filter = AuditFilter {
            action: Some(AuditAction::ConnectionStatusChanged),
            ..AuditFilter::default()
        };
        let log = &self.broker.stores.audit;
        let page = log.list(self.environment, &filter, &ALL).await.unwrap();
        let standing = |details: &std::collections::BTreeMap<String, String>| {
            details.get("standing").cloned().unwrap_or_default()
        };
        page.items
            .iter()
            .map(|e| standing(&e.entry.details))
            .collect()
    }
}

/// F01
#[tokio::test]
async fn a_token_is_refreshed_before_it_dies_and_not_much_earlier() {
    let (bench, provider) = connected().await;
    let made_at = bench.clock.now();
    assert_eq!(bench.look_after_all().await, 0);
    bench.until_due().await;
    let age = bench.clock.now().duration_since(made_at);
    assert!(age >= LIFE * 6 / 10 && age <= LIFE * 8 / 10, "{age:?}");

    assert_eq!(bench.look_after_all().await, 1);
    assert_eq!(provider.refreshes.load(Ordering::Relaxed), 1);
    let connection = bench.only_connection().await;
    assert_eq!(bench.number().await, 2);
    assert_eq!(connection.generation, 2);
    assert_eq!(
        connection.credentials[0].expires_at,
        Some(bench.clock.now() + LIFE)
    );
    assert_eq!(bench.status().await, ConnectionStatus::Active);
    assert_eq!(bench.look_after_all().await, 0);
}

/// F05, R6: a token that is dead is asked about once more, and no further.
#[tokio::test]
async fn a_dead_refresh_token_ends_the_connection_and_is_told_once() {
    let (bench, provider) = connected().await;
    provider.uninstall("T1");
    bench.until_due().await;
    bench.look_after_all().await;
    assert_eq!(provider.refreshes.load(Ordering::Relaxed), 2);
    let connection = bench.only_connection().await;
    assert_eq!(bench.status().await, ConnectionStatus::Revoked);
    assert_eq!(
        connection.health.failure.unwrap().reason,
        Reason::TokenRevoked
    );
    assert_eq!(connection.upkeep.due_at, None);
    assert_eq!(bench.changes_of_status().await, ["revoked"]);
}

/// F06, F07: what passes by itself is tried again, later each time, and the token serves on.
#[tokio::test]
async fn a_refresh_that_did_not_happen_is_tried_again() {
    let (bench, provider) = connected().await;
    bench.until_due().await;
    let mut pauses = Vec::new();
    for _ in 0..4 {
        provider.fault(Fault::Unsent);
        let before = bench.clock.now();
        bench.look_after_all().await;
        assert_eq!(bench.status().await, ConnectionStatus::Active);
        bench.until_due().await;
        pauses.push(bench.clock.now().duration_since(before));
    }
    assert!(
        pauses.is_sorted() && pauses[3] > pauses[0] * 4,
        "{pauses:?}"
    );
    bench.look_after_all().await;
    let connection = bench.only_connection().await;
    assert_eq!((bench.number().await, connection.upkeep.failures), (2, 0));
    assert!(bench.changes_of_status().await.is_empty());
}

/// F07, T57
#[tokio::test]
async fn a_provider_that_asks_to_be_left_alone_is_by_all_connections_of_the_app() {
    let (bench, provider) = connected().await;
    provider.next_is("T2");
    bench.connect(for_ada("slack")).await;
    provider.fault(Fault::TooMany(Duration::from_mins(5)));
    bench.later(SignedDuration::from_hours(10));
    let due = bench.broker.plan_upkeep(1).await.unwrap();
    bench
        .broker
        .look_after(due.into_iter().next().unwrap())
        .await
        .unwrap();
    assert!(bench.broker.plan_upkeep(10).await.unwrap().is_empty());
    bench.later(SignedDuration::from_secs(299));
    assert!(bench.broker.plan_upkeep(10).await.unwrap().is_empty());
    bench.later(SignedDuration::from_secs(60));
    assert_eq!(bench.broker.plan_upkeep(10).await.unwrap().len(), 2);
}

/// Step 7: the answer was lost, and with it the next refresh token.
#[tokio::test]
async fn a_refresh_whose_answer_was_lost_is_in_doubt_then_ends_with_its_reason() {
    let (bench, provider) = connected().await;
    provider.fault(Fault::ReplyLost);
    bench.until_due().await;
    bench.look_after_all().await;
    assert_eq!(bench.status().await, ConnectionStatus::InDoubt);
    bench.until_due().await;
    bench.look_after_all().await;
    assert_eq!(bench.status().await, ConnectionStatus::ReauthRequired);
    let failure = bench.only_connection().await.health.failure.unwrap();
    assert_eq!(failure.reason, Reason::RefreshLost);
    let told = ["in_doubt", "reauth_required"];
    assert_eq!(bench.changes_of_status().await, told);
}

#[tokio::test]
async fn a_refresh_that_never_arrived_is_in_doubt_then_good() {
    let (bench, provider) = connected().await;
    provider.fault(Fault::RequestLost);
    bench.until_due().await;
    bench.look_after_all().await;
    assert_eq!(bench.status().await, ConnectionStatus::InDoubt);
    bench.until_due().await;
    bench.look_after_all().await;
    assert_eq!(bench.status().await, ConnectionStatus::Active);
    assert_eq!(provider.chain("T1").spent_again, 0);
    assert_eq!(bench.changes_of_status().await, ["in_doubt", "good"]);
}

/// RFC 9700 section 4.14: such a provider would end what may still be good.
#[tokio::test]
async fn a_provider_that_punishes_reuse_is_not_asked_a_second_time() {
    let (mut bench, provider) = connected().await;
    let mild = provider.providers();
    let punishing = mild.iter().map(|known| {
        let mut policy = (*known.policy).clone();
        policy.connect.as_mut().unwrap().reuse_revokes_family = true;
        tieline_domain::provider::Provider {
            policy: Arc::new(policy),
            client: known.client.clone(),
            events: None,
        }
    });
    bench.broker.providers = punishing.collect::<Providers>();
    provider.fault(Fault::ReplyLost);
    bench.until_due().await;
    bench.look_after_all().await;
    assert_eq!(bench.status().await, ConnectionStatus::ReauthRequired);
    assert_eq!(provider.refreshes.load(Ordering::Relaxed), 1);
}

/// Without a journal: however long the storage is away after the answer, nobody believes in a token
/// that is spent.
#[tokio::test]
async fn a_token_that_could_not_be_stored_is_not_taken_for_good() {
    for calls in 1..20 {
        let (mut bench, provider) = connected().await;
        bench.broker.journal = Arc::new(());
        bench.until_due().await;
        let due = bench.broker.plan_upkeep(1).await.unwrap().remove(0);
        let mut looking = Box::pin(bench.broker.look_after(due));
        while provider.refreshes.load(Ordering::Relaxed) == 0 {
            assert!(futures_poll(&mut looking).is_none());
        }
        bench.storage.fail(calls);
        let looked = looking.await;
        bench.storage.fail(0);
        if looked.is_err() {
            bench.later(SignedDuration::from_secs(91));
            assert_eq!(bench.status().await, ConnectionStatus::InDoubt, "{calls}");
        } else {
            assert_eq!(bench.number().await, 2, "{calls}");
        }
    }
}

/// F13: what is issued for a connection that was deleted meanwhile goes back.
#[tokio::test]
async fn a_connection_that_is_deleted_in_the_middle_of_its_refresh_stays_deleted() {
    let (bench, provider) = connected().await;
    bench.until_due().await;
    let due = bench.broker.plan_upkeep(1).await.unwrap().remove(0);
    let mut looking = Box::pin(bench.broker.look_after(due.clone()));
    // As far as into the provider's answer.
    assert!(futures_poll(&mut looking).is_none());
    let connections = &bench.broker.stores.connections;
    assert!(
        connections
            .delete(bench.environment, &due.identifier)
            .await
            .unwrap()
    );
    looking.await.unwrap();
    assert!(bench.connections().await.is_empty());
    assert_eq!(*provider.revoked.lock().unwrap(), ["at/T1/2"]);
}

/// Polls once.
fn futures_poll<T>(future: &mut std::pin::Pin<Box<impl Future<Output = T>>>) -> Option<T> {
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    match future.as_mut().poll(&mut context) {
        std::task::Poll::Ready(output) => Some(output),
        std::task::Poll::Pending => None,
    }
}
