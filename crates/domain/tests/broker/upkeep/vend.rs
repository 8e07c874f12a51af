//! Tokens are handed out good, and it is written down to whom.

use std::sync::atomic::Ordering;

use jiff::SignedDuration;
use secrecy::ExposeSecret;
use tieline_domain::{
    audit::{Actor, AuditAction},
    connection::{ConnectionStatus, CredentialKind},
    id::ApiKeyId,
    ports::AuditFilter,
    provider::GrantedCredential,
    reason::Reason,
    usecase::{TokenRequest, UseCaseError},
};
use tieline_testkit::fixtures;

use super::{Bench, connected};
use crate::{
    bench::ALL,
    strict::{Fault, LIFE},
};

impl Bench {
    async fn vend(&self, min_valid_for: SignedDuration) -> Result<GrantedCredential, UseCaseError> {
        let request = TokenRequest {
            identifier: self.only_connection().await.identifier,
            kind: None,
            min_valid_for,
        };
        self.broker.vend_token(self.environment, request).await
    }
}

fn minutes(minutes: i64) -> SignedDuration {
    SignedDuration::from_mins(minutes)
}

#[tokio::test]
async fn a_token_that_lives_long_enough_is_handed_out_as_it_is() {
    let (bench, provider) = connected().await;
    let token = bench.vend(minutes(60)).await.unwrap();
    assert_eq!(token.access_token.expose_secret(), "at/T1/1");
    assert!(token.refresh_token.is_none());
    assert_eq!(provider.refreshes.load(Ordering::Relaxed), 0);
}

#[tokio::test]
async fn one_that_does_not_is_refreshed_first() {
    let (bench, provider) = connected().await;
    bench.later(LIFE - minutes(30));
    let token = bench.vend(minutes(60)).await.unwrap();
    assert_eq!(token.access_token.expose_secret(), "at/T1/2");
    assert_eq!(provider.refreshes.load(Ordering::Relaxed), 1);
}

/// Asked for longer than any token lives, one refresh is enough.
#[tokio::test]
async fn nobody_is_kept_waiting_for_a_token_that_lives_longer_than_tokens_do() {
    let (bench, provider) = connected().await;
    let token = bench.vend(LIFE + minutes(1)).await.unwrap();
    assert_eq!(token.access_token.expose_secret(), "at/T1/2");
    assert_eq!(provider.refreshes.load(Ordering::Relaxed), 1);
}

/// R7: they wait for one another.
#[tokio::test]
async fn a_hundred_who_want_one_at_once_cost_one_refresh() {
    let (bench, provider) = connected().await;
    bench.later(LIFE - minutes(1));
    let identifier = bench.only_connection().await.identifier;
    let mut waiting = tokio::task::JoinSet::new();
    for _ in 0..100 {
        let (broker, environment) = (bench.broker.clone(), bench.environment);
        let request = TokenRequest {
            identifier: identifier.clone(),
            kind: Some(CredentialKind::Bot),
            min_valid_for: minutes(60),
        };
        waiting.spawn(async move { broker.vend_token(environment, request).await.unwrap() });
    }
    let tokens = waiting.join_all().await;
    assert_eq!(provider.refreshes.load(Ordering::Relaxed), 1);
    for token in tokens {
        assert_eq!(token.access_token.expose_secret(), "at/T1/2");
    }
}

#[tokio::test]
async fn a_token_that_still_lives_serves_while_the_provider_is_away() {
    let (bench, provider) = connected().await;
    bench.later(LIFE - minutes(30));
    provider.fault(Fault::Unsent);
    let token = bench.vend(minutes(60)).await.unwrap();
    assert_eq!(token.access_token.expose_secret(), "at/T1/1");
    bench.later(minutes(31));
    provider.fault(Fault::Unsent);
    let error = bench.vend(minutes(1)).await.unwrap_err();
    assert_eq!(error.reason(), Reason::ProviderUnreachable);
}

#[tokio::test]
async fn an_ended_connection_has_no_token_to_hand_out() {
    let (bench, provider) = connected().await;
    provider.uninstall("T1");
    bench.later(LIFE);
    let error = bench.vend(minutes(1)).await.unwrap_err();
    assert_eq!(error.reason(), Reason::TokenRevoked);
    assert_eq!(bench.status().await, ConnectionStatus::Revoked);
    assert_eq!(
        bench.vend(minutes(1)).await.unwrap_err().reason(),
        Reason::TokenRevoked
    );
}

#[tokio::test]
async fn a_kind_of_token_that_is_not_there_is_said_to_be_missing() {
    let (bench, _provider) = connected().await;
    let request = TokenRequest {
        identifier: bench.only_connection().await.identifier,
        kind: Some(CredentialKind::User),
        min_valid_for: minutes(1),
    };
    let vended = bench.broker.vend_token(bench.environment, request).await;
    assert_eq!(vended.unwrap_err().reason(), Reason::TokenUnavailable);
}

#[tokio::test]
async fn who_took_which_token_is_written_down() {
    let (mut bench, _provider) = connected().await;
    let key = Actor::ApiKey(ApiKeyId(fixtures::uuid()));
    bench.broker = bench.broker.acting_as(key);
    bench.vend(minutes(1)).await.unwrap();
    let filter = AuditFilter {
        action: Some(AuditAction::TokenRead),
        ..AuditFilter::default()
    };
    let log = &bench.broker.stores.audit;
    let page = log.list(bench.environment, &filter, &ALL).await.unwrap();
    assert_eq!(page.items.len(), 1);
    let entry = &page.items[0].entry;
    assert_eq!(entry.actor, key);
    assert_eq!(
        entry.subject,
        bench.only_connection().await.identifier.as_str()
    );
    assert_eq!(entry.details["kind"], "bot");
}

/// Who is not written down gets nothing.
#[tokio::test]
async fn without_the_log_there_is_no_token() {
    let (bench, _provider) = connected().await;
    let identifier = bench.only_connection().await.identifier;
    let request = TokenRequest {
        identifier,
        kind: None,
        min_valid_for: minutes(1),
    };
    // To find the connection is allowed.
    bench.storage.fail_after(1);
    let vended = bench.broker.vend_token(bench.environment, request).await;
    assert_eq!(vended.unwrap_err().reason(), Reason::Unavailable);
}
