//! A connection of which nothing was heard is asked about.

use std::sync::atomic::Ordering;

use jiff::SignedDuration;
use tieline_domain::{
    connection::{ConnectionStatus, CredentialKind, Standing},
    ports::{Clock, GrantedScopes},
    reason::Reason,
};

use super::{Bench, connected};
use crate::{bench::for_ada, grants, provider};

/// I12
#[tokio::test]
async fn a_connection_is_asked_about_before_a_day_has_passed() {
    let mut client = provider::grants(grants::slack());
    client
        .expect_verify()
        .times(1)
        .returning(|_, _, _| Ok(GrantedScopes::new()));
    let bench = Bench::start().await.with(client);
    bench.connect(for_ada("slack")).await;
    let made_at = bench.clock.now();
    bench.until_due().await;
    assert!(bench.clock.now().duration_since(made_at) < SignedDuration::from_hours(24));
    assert_eq!(bench.status().await, ConnectionStatus::Active);
    bench.look_after_all().await;
    let health = bench.only_connection().await.health;
    assert_eq!(health.proved_at, Some(bench.clock.now()));
}

#[tokio::test]
async fn one_that_nobody_could_ask_about_for_a_day_is_unverified() {
    let mut client = provider::grants(grants::slack());
    client
        .expect_verify()
        .returning(|_, _, _| Err(Reason::ProviderUnreachable.into()));
    let bench = Bench::start().await.with(client);
    bench.connect(for_ada("slack")).await;
    for _ in 0..60 {
        bench.until_due().await;
        bench.look_after_all().await;
    }
    assert_eq!(bench.status().await, ConnectionStatus::Unverified);
    assert!(bench.changes_of_status().await.is_empty());
}

/// E11: nobody tells that a consent was withdrawn.
#[tokio::test]
async fn a_consent_that_was_withdrawn_is_found_and_told_once() {
    let mut client = provider::grants(grants::slack());
    client
        .expect_verify()
        .times(1)
        .returning(|_, _, _| Err(Reason::ConsentNotGranted.into()));
    let bench = Bench::start().await.with(client);
    bench.connect(for_ada("slack")).await;
    bench.until_due().await;
    bench.look_after_all().await;
    assert_eq!(bench.status().await, ConnectionStatus::Revoked);
    bench.later(SignedDuration::from_hours(100));
    assert_eq!(bench.look_after_all().await, 0);
    assert_eq!(bench.changes_of_status().await, ["revoked"]);
}

/// G09: the person's token is gone, and the app's is good.
#[tokio::test]
async fn one_dead_token_of_two_goes_alone() {
    let mut grant = grants::slack();
    grant.credentials = vec![
        grants::token(CredentialKind::Bot, "xoxb-1"),
        grants::token(CredentialKind::User, "xoxp-1"),
    ];
    let mut client = provider::grants(grant);
    client.expect_verify().times(2).returning(|_, _, tokens| {
        let dead = tokens[0].kind == CredentialKind::User;
        if dead {
            Err(Reason::TokenRevoked.into())
        } else {
            Ok(GrantedScopes::new())
        }
    });
    let bench = Bench::start().await.with(client);
    bench.connect(for_ada("slack")).await;
    bench.until_due().await;
    bench.look_after_all().await;
    let connection = bench.only_connection().await;
    let kinds: Vec<_> = bench.tokens(&connection).iter().map(|t| t.kind).collect();
    assert_eq!(kinds, [CredentialKind::Bot]);
    assert_eq!(bench.status().await, ConnectionStatus::Active);
}

#[tokio::test]
async fn scopes_that_a_token_has_by_now_are_kept() {
    let mut client = provider::grants(grants::slack());
    client.expect_verify().times(1).returning(|_, _, tokens| {
        let scopes = vec!["chat:write".to_owned(), "team:read".to_owned()];
        Ok(GrantedScopes::from([(tokens[0].kind, scopes)]))
    });
    let bench = Bench::start().await.with(client);
    bench.connect(for_ada("slack")).await;
    bench.until_due().await;
    bench.look_after_all().await;
    let connection = bench.only_connection().await;
    assert_eq!(
        connection.credentials[0].scopes,
        ["chat:write", "team:read"]
    );
    assert_eq!(bench.tokens(&connection).len(), 1);
}

/// An access token that is dead beside a refresh token is for the refresh to judge.
#[tokio::test]
async fn a_dead_token_that_rotates_is_refreshed() {
    let (bench, provider) = connected().await;
    provider.kill_access("T1");
    let connection = bench.only_connection().await;
    let verified = bench
        .broker
        .verify_connection(bench.environment, &connection.identifier);
    assert_eq!(verified.await.unwrap_err().reason(), Reason::TokenRevoked);
    assert_eq!(
        bench.only_connection().await.health.standing,
        Standing::Good
    );
    assert_eq!(bench.look_after_all().await, 1);
    assert_eq!(provider.refreshes.load(Ordering::Relaxed), 1);
    assert_eq!(bench.number().await, 2);
    assert!(bench.changes_of_status().await.is_empty());
}

/// An app that nobody can be asked about is left alone.
#[tokio::test]
async fn nobody_is_asked_where_there_is_nobody() {
    let bench = Bench::start().await.with(provider::grants(grants::slack()));
    bench.connect(for_ada("slack")).await;
    let bench = bench.unconnected();
    bench.until_due().await;
    bench.look_after_all().await;
    assert_eq!(bench.only_connection().await.upkeep.due_at, None);
}
