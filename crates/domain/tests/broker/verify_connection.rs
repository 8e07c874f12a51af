//! Whether a connection is good is the provider's to say.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicBool, Ordering},
};

use async_trait::async_trait;
use jiff::SignedDuration;
use secrecy::{ExposeSecret, SecretString};
use tieline_domain::{
    connection::{
        ChannelConnection, ConnectionIdentifier, ConnectionStatus, CredentialKind, Workspace,
    },
    id::EnvironmentId,
    ports::{
        CheckOutcome, Checked, Clock, GrantedScopes, MockProviderClient, ProviderCheck,
        ProviderError, RecentChecks,
    },
    provider::{Grant, GrantedCredential},
    reason::Reason,
    usecase::{APP_ONLY, ImportedAuth, NewConnection, TokenRequest, UseCaseError},
};
use tieline_testkit::fixtures;

use crate::{
    bench::{Bench, TENANT, credentials, for_ada, identifier_of, refusal},
    grants, provider,
};

impl Bench {
    async fn verify(
        &self,
        identifier: &ConnectionIdentifier,
    ) -> Result<ChannelConnection, UseCaseError> {
        let verified = self.broker.verify_connection(self.environment, identifier);
        verified.await
    }

    /// Imports a connection of `ada`, at a provider that nobody asks.
    async fn import(&self, integration: &str, workspace: &str, token: &str) -> ChannelConnection {
        let new = NewConnection {
            integration_identifier: integration.to_owned(),
            identifier: None,
            subscriber_id: Some(fixtures::subscriber_id("ada")),
            contexts: Vec::new(),
            mode: None,
            workspace: Workspace {
                id: workspace.to_owned(),
                name: None,
                bot_user_id: None,
            },
            auth: ImportedAuth {
                access_token: SecretString::from(token),
                refresh_token: None,
                expires_at: None,
            },
        };
        let made = self.broker.create_connection(self.environment, new).await;
        made.unwrap()
    }
}

/// Says this of one connection, having seen all that it was asked with.
fn says(outcome: Result<(), ProviderError>) -> MockProviderClient {
    let mut client = MockProviderClient::new();
    client
        .expect_verify()
        .times(1)
        .returning(move |_, _, _| outcome.clone().map(|()| GrantedScopes::new()));
    client
}

/// A grant with a bot's and a person's tokens, the bot's rotating.
fn two_tokens() -> Grant {
    let bot = GrantedCredential {
        refresh_token: Some(SecretString::from("the-refresh-token")),
        ..grants::token(CredentialKind::Bot, "xoxb-1")
    };
    Grant {
        credentials: vec![bot, grants::token(CredentialKind::User, "xoxp-1")],
        ..grants::slack()
    }
}

#[tokio::test]
async fn the_provider_is_asked_with_the_app_the_workspace_and_each_access_token() {
    let mut client = provider::grants(two_tokens());
    client
        .expect_verify()
        .times(1)
        .returning(|app, workspace, tokens| {
            assert_eq!(app.to_json(), credentials(&[]).to_json());
            assert_eq!(workspace, "T1");
            let told = |token: &GrantedCredential| {
                let access = token.access_token.expose_secret().to_owned();
                (token.kind, access, token.refresh_token.is_some())
            };
            let expected = [
                (CredentialKind::Bot, "xoxb-1".to_owned(), false),
                (CredentialKind::User, "xoxp-1".to_owned(), false),
            ];
            assert_eq!(tokens.iter().map(told).collect::<Vec<_>>(), expected);
            Ok(GrantedScopes::new())
        });
    let bench = Bench::start().await.with(client);
    bench.connect(for_ada("slack")).await;
    let [stored] = bench.connections().await.try_into().unwrap();
    bench.later(SignedDuration::from_mins(1));
    assert_eq!(bench.verify(&stored.identifier).await.unwrap(), stored);
    assert_eq!(bench.connections().await, [stored]);
}

#[tokio::test]
async fn a_connection_without_a_token_is_asked_about_by_its_workspace() {
    let mut client = MockProviderClient::new();
    client
        .expect_verify()
        .times(1)
        .withf(|_, workspace, tokens| workspace == TENANT && tokens.is_empty())
        .returning(|_, _, _| Ok(GrantedScopes::new()));
    let bench = Bench::start().await.with(client);
    let stored = bench.import("msteams", TENANT, APP_ONLY).await;
    bench.verify(&stored.identifier).await.unwrap();
}

/// An integration's mistyped clientId looks like a consent that was withdrawn. Once it is mended, or
/// the consent given again, the next who wants a token gets one.
#[tokio::test]
async fn a_connection_without_a_token_is_good_again_as_soon_as_the_provider_says_so() {
    let consented = Arc::new(AtomicBool::new(false));
    let mut client = MockProviderClient::new();
    let known = consented.clone();
    client.expect_verify().returning(move |_, _, _| {
        let is_known = known.load(Ordering::Relaxed);
        let refused = || Reason::ConsentNotGranted.into();
        is_known.then(GrantedScopes::new).ok_or_else(refused)
    });
    client
        .expect_app_token()
        .times(1)
        .returning(|_, _| Ok(Some(grants::token(CredentialKind::Bot, "of-the-app"))));
    let bench = Bench::start().await.with(client);
    let stored = bench.import("msteams", TENANT, APP_ONLY).await;
    bench.verify(&stored.identifier).await.unwrap_err();
    let request = TokenRequest {
        identifier: stored.identifier,
        kind: None,
        min_valid_for: SignedDuration::ZERO,
    };
    let vend = || bench.broker.vend_token(bench.environment, request.clone());
    let refused = vend().await.unwrap_err();
    assert!(matches!(refused, UseCaseError::Ended(_)), "{refused:?}");
    assert_eq!(refused.reason(), Reason::ConsentNotGranted);

    consented.store(true, Ordering::Relaxed);
    let token = vend().await.unwrap();
    assert_eq!(token.access_token.expose_secret(), "of-the-app");
    let [kept] = bench.connections().await.try_into().unwrap();
    assert_eq!(kept.status(bench.clock.now()), ConnectionStatus::Active);
}

/// What the provider says is passed on, and what lasts of it is written down.
#[tokio::test]
async fn what_the_provider_says_decides_how_a_connection_stands() {
    for (reason, status) in [
        (Reason::TokenRevoked, ConnectionStatus::Revoked),
        (Reason::AppRemoved, ConnectionStatus::Revoked),
        (Reason::ConsentNotGranted, ConnectionStatus::Revoked),
        (Reason::TokenExpired, ConnectionStatus::ReauthRequired),
        (Reason::ProviderUnreachable, ConnectionStatus::Unverified),
        (Reason::ClientRejected, ConnectionStatus::Unverified),
    ] {
        let error = provider::error(reason, "its_own_word");
        let bench = Bench::start().await.with(says(Err(error.clone())));
        let stored = bench.import("slack", "T1", "xoxb-1").await;
        bench.later(SignedDuration::from_mins(1));
        let failed = bench.verify(&stored.identifier).await.unwrap_err();
        assert_eq!(failed.reason(), reason);
        let UseCaseError::Provider(told) = failed else {
            panic!("{failed:?}")
        };
        assert_eq!(told, error);
        let kept = bench.connections().await.remove(0);
        assert_eq!(kept.status(bench.clock.now()), status, "{reason}");
        assert_eq!(kept.credentials, stored.credentials);
    }
}

#[tokio::test]
async fn an_unknown_connection_is_not_found_and_nobody_is_asked() {
    let bench = Bench::start().await.with(MockProviderClient::new());
    let stored = bench.import("slack", "T1", "xoxb-1").await;
    let unknown = bench.verify(&identifier_of("nothing")).await;
    let message = "Channel connection not found: nothing".to_owned();
    assert_eq!(refusal(unknown), (Reason::NotFound, message));
    let elsewhere = EnvironmentId(fixtures::uuid());
    let foreign = bench
        .broker
        .verify_connection(elsewhere, &stored.identifier)
        .await;
    assert_eq!(refusal(foreign).0, Reason::NotFound);
}

#[tokio::test]
async fn where_nobody_can_be_asked_a_connection_is_good() {
    let bench = Bench::start().await.unconnected();
    let stored = bench.import("slack", "T1", "xoxb-1").await;
    assert_eq!(bench.verify(&stored.identifier).await.unwrap(), stored);
}

/// An integration that is switched off mints nothing; its connections can still be asked about.
#[tokio::test]
async fn a_connection_of_an_integration_that_is_switched_off_is_asked_about_too() {
    let bench = Bench::start().await.with(says(Ok(())));
    let stored = bench.import("slack", "T1", "xoxb-1").await;
    bench.switch("slack", false).await;
    bench.verify(&stored.identifier).await.unwrap();
}

#[tokio::test]
async fn a_token_that_does_not_open_is_told_as_our_failure() {
    let bench = Bench::start().await.with(MockProviderClient::new());
    let mut stored = bench.import("slack", "T1", "xoxb-1").await;
    stored.credentials = vec![fixtures::bot_credential("xoxb-elsewhere")];
    stored.generation += 1;
    let replaced = bench.broker.stores.connections.replace(&stored).await;
    replaced.unwrap();
    let failed = bench.verify(&stored.identifier).await.unwrap_err();
    assert!(matches!(failed, UseCaseError::Open(_)), "{failed:?}");
    assert_eq!(failed.reason(), Reason::Internal);
}

#[tokio::test]
async fn an_outage_is_told_as_one() {
    let bench = Bench::start().await.with(MockProviderClient::new());
    let stored = bench.import("slack", "T1", "xoxb-1").await;
    bench.storage.fail(u32::MAX);
    let failed = bench.verify(&stored.identifier).await.unwrap_err();
    assert_eq!(failed.reason(), Reason::Unavailable);
}

/// Answers in the provider's place, and notes what was to be asked.
struct Remembers(CheckOutcome, Mutex<Vec<Checked>>);

#[async_trait]
impl RecentChecks for Remembers {
    async fn check(&self, checked: &Checked, _: ProviderCheck<'_>) -> CheckOutcome {
        self.1.lock().unwrap().push(*checked);
        self.0.clone()
    }
}

#[tokio::test]
async fn what_the_provider_said_a_moment_ago_may_stand() {
    let refused = provider::error(Reason::TokenRevoked, "its_own_word");
    for outcome in [Ok(()), Err(refused)] {
        let mut bench = Bench::start().await;
        let stored = bench.import("slack", "T1", "xoxb-1").await;
        let remembers = Arc::new(Remembers(outcome.clone(), Mutex::default()));
        bench.broker.checks = remembers.clone();
        let verified = bench.verify(&stored.identifier).await;
        assert_eq!(verified.is_ok(), outcome.is_ok());
        let expected = Checked {
            connection: stored.id,
            generation: stored.generation,
            app_generation: 1,
        };
        assert_eq!(*remembers.1.lock().unwrap(), [expected]);
    }
}
