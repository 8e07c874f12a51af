//! What is deleted here is taken back at the provider, and there is a receipt.

use jiff::SignedDuration;
use tieline_domain::{
    ports::AuditFilter,
    revocation::{Revocation, RevocationOutcome, RevocationStatus},
};
use tieline_testkit::fixtures;

use crate::{
    bench::{ALL, Bench, for_ada, for_bob},
    strict::{Fault, StrictProvider},
    upkeep::connected,
};

impl Bench {
    async fn delete(&self) -> Revocation {
        let begun = self.begin_to_delete().await;
        self.broker.try_revocation(begun).await.unwrap()
    }

    async fn begin_to_delete(&self) -> Revocation {
        let connection = self.connections().await.remove(0);
        let deleted = self
            .broker
            .delete_connection(self.environment, &connection.identifier);
        deleted.await.unwrap()
    }

    async fn stored_revocation(&self, revocation: &Revocation) -> Revocation {
        let stored = self
            .broker
            .get_revocation(self.environment, revocation.id)
            .await;
        stored.unwrap()
    }

    async fn log(&self) -> Vec<String> {
        let log = &self.broker.stores.audit;
        let filter = AuditFilter::default();
        let page = log.list(self.environment, &filter, &ALL).await;
        let events = page.unwrap().items.into_iter();
        events.map(|e| e.entry.action.as_str().to_owned()).collect()
    }
}

fn outcomes(revocation: &Revocation) -> Vec<RevocationOutcome> {
    revocation.items.iter().map(|item| item.outcome).collect()
}

/// G01
#[tokio::test]
async fn a_deleted_connection_is_taken_back_and_its_secrets_are_destroyed() {
    let (bench, provider) = connected().await;
    let receipt = bench.delete().await;
    assert_eq!(receipt.status(), RevocationStatus::Completed);
    assert_eq!(outcomes(&receipt), [RevocationOutcome::Revoked; 2]);
    assert!(provider.chain("T1").revoked);
    assert!(bench.connections().await.is_empty());
    let stored = bench.stored_revocation(&receipt).await;
    assert_eq!(stored, receipt);
    assert_eq!((stored.secrets, stored.due_at), (None, None));
    let log = bench.log().await;
    assert!(log.ends_with(&[
        "connection.deleted".to_owned(),
        "connection.revoked".to_owned()
    ]));
}

/// G03: it is gone here at once, and there as soon as that works.
#[tokio::test]
async fn what_could_not_be_taken_back_is_tried_again() {
    let (bench, provider) = connected().await;
    provider.fault(Fault::Unsent);
    let receipt = bench.delete().await;
    assert_eq!(receipt.status(), RevocationStatus::Pending);
    assert!(bench.connections().await.is_empty());
    assert!(!provider.chain("T1").revoked);
    assert_eq!(bench.broker.sweep_revocations().await.unwrap(), 0);
    bench.later(SignedDuration::from_secs(30));
    assert_eq!(bench.broker.sweep_revocations().await.unwrap(), 1);
    assert!(provider.chain("T1").revoked);
    let stored = bench.stored_revocation(&receipt).await;
    assert_eq!(stored.status(), RevocationStatus::Completed);
    assert_eq!((stored.tries, stored.secrets), (2, None));
}

/// G03: bounded. What is left then is said, and no secret is kept for it.
#[tokio::test]
async fn in_the_end_it_is_given_up_and_nothing_is_kept() {
    let (bench, provider) = connected().await;
    (0..20).for_each(|_| provider.fault(Fault::Unsent));
    let receipt = bench.delete().await;
    let mut tries = 1;
    for _ in 0..20 {
        bench.later(SignedDuration::from_hours(31));
        tries += bench.broker.sweep_revocations().await.unwrap();
    }
    let stored = bench.stored_revocation(&receipt).await;
    assert_eq!((stored.tries, tries), (10, 10));
    assert_eq!(stored.status(), RevocationStatus::Incomplete);
    assert_eq!(outcomes(&stored), [RevocationOutcome::Failed; 2]);
    assert_eq!(stored.secrets, None);
}

/// A crash between the deletion and the provider's answer.
#[tokio::test]
async fn a_revocation_that_nobody_finished_is_finished_by_somebody_else() {
    let (bench, provider) = connected().await;
    let begun = bench.begin_to_delete().await;
    assert_eq!(begun.status(), RevocationStatus::Pending);
    provider.hold();
    let mut trying = Box::pin(bench.broker.try_revocation(begun));
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    assert!(trying.as_mut().poll(&mut context).is_pending());
    drop(trying);
    provider.let_go();
    assert!(bench.connections().await.is_empty());
    assert_eq!(bench.broker.sweep_revocations().await.unwrap(), 0);
    bench.later(SignedDuration::from_secs(91));
    assert_eq!(bench.broker.sweep_revocations().await.unwrap(), 1);
    assert!(provider.chain("T1").revoked);
}

/// Two subscribers in one workspace: the app is still needed there.
#[tokio::test]
async fn what_another_connection_lives_on_is_kept() {
    let (bench, provider) = connected().await;
    bench.connect(for_bob("slack")).await;
    let receipt = bench.delete().await;
    assert_eq!(receipt.status(), RevocationStatus::Completed);
    assert_eq!(outcomes(&receipt), [RevocationOutcome::Kept; 2]);
    assert!(!provider.chain("T1").revoked);
    let last = bench.delete().await;
    assert_eq!(outcomes(&last), [RevocationOutcome::Revoked; 2]);
}

/// Another app in the same workspace is another matter.
#[tokio::test]
async fn a_connection_of_another_app_keeps_nothing_alive() {
    let (bench, provider) = connected().await;
    bench
        .integrate("slack", "other", &[("clientId", "another-app")])
        .await;
    bench.connect(for_ada("other")).await;
    let receipt = bench.delete().await;
    assert_eq!(outcomes(&receipt), [RevocationOutcome::Revoked; 2]);
    assert!(provider.chain("T1").revoked);
}

#[tokio::test]
async fn where_nobody_can_be_asked_somebody_else_has_to_do_it() {
    let bench = Bench::start().await;
    let provider = StrictProvider::new(&bench.clock);
    let mut bench = bench;
    bench.broker.providers = provider.providers();
    bench.connect(for_ada("slack")).await;
    let bench = bench.unconnected();
    let receipt = bench.delete().await;
    assert_eq!(receipt.status(), RevocationStatus::Incomplete);
    assert_eq!(outcomes(&receipt), [RevocationOutcome::Impossible; 2]);
}

/// The connections of a subscriber or an integration go along, and are taken back as well.
#[tokio::test]
async fn what_goes_along_is_taken_back_too() {
    for of_a_subscriber in [true, false] {
        let (bench, provider) = connected().await;
        if of_a_subscriber {
            let ada = fixtures::subscriber_id("ada");
            let deleted = bench.broker.delete_subscriber(bench.environment, &ada);
            deleted.await.unwrap();
        } else {
            let slack = bench
                .broker
                .stores
                .integrations
                .find(bench.environment, "slack");
            let slack = slack.await.unwrap().unwrap();
            let deleted = bench.broker.delete_integration(bench.environment, slack.id);
            deleted.await.unwrap();
        }
        assert!(bench.connections().await.is_empty());
        assert!(!provider.chain("T1").revoked);
        assert_eq!(bench.broker.sweep_revocations().await.unwrap(), 1);
        assert!(provider.chain("T1").revoked);
        assert!(bench.log().await.contains(&"connection.deleted".to_owned()));
    }
}

/// Receipts do not stay for ever.
#[tokio::test]
async fn a_receipt_goes_after_three_months() {
    let (bench, _provider) = connected().await;
    let receipt = bench.delete().await;
    bench.later(SignedDuration::from_hours(24 * 89));
    bench.broker.sweep_revocations().await.unwrap();
    bench.stored_revocation(&receipt).await;
    bench.later(SignedDuration::from_hours(24 * 2));
    bench.broker.sweep_revocations().await.unwrap();
    let gone = bench.broker.get_revocation(bench.environment, receipt.id);
    assert!(gone.await.is_err());
}
