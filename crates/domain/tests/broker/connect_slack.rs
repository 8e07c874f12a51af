//! From a code to a stored connection, at a provider like Slack.

use std::sync::{Arc, Mutex};

use secrecy::ExposeSecret;
use tieline_domain::{
    attempt::{AttemptStatus, StepKind},
    connection::{CONNECTION_IDENTIFIER_PREFIX, ConnectionMode, CredentialKind, Owner},
    endpoint::ENDPOINT_IDENTIFIER_PREFIX,
    flow::Purpose,
    ports::MockProviderClient,
    provider::Grant,
    usecase::MintConnectUrl,
};
use tieline_testkit::fixtures;

use crate::{
    bench::{Bench, REDIRECT_URI, code, contexts, for_ada, named, shared},
    grants, provider,
};

/// B01
#[tokio::test]
async fn a_code_becomes_a_connection() {
    let bench = Bench::start().await.with(provider::grants(grants::slack()));
    let request = MintConnectUrl {
        contexts: contexts(&["tenant:acme"]),
        ..for_ada("slack")
    };
    let attempt = bench.connect(request).await;
    let [connection] = bench.connections().await.try_into().unwrap();
    assert_eq!(connection.workspace, grants::slack().workspace);
    assert_eq!(connection.integration_identifier, "slack");
    assert_eq!(connection.generation, 1);
    let owner = Owner {
        context_keys: fixtures::context_keys(&["tenant:acme"]),
        ..fixtures::subscriber_owner("ada")
    };
    assert_eq!(connection.owner, owner);
    let identifier = connection.identifier.as_str();
    assert!(identifier.starts_with(CONNECTION_IDENTIFIER_PREFIX));
    assert_eq!(attempt.connection_identifier, Some(connection.identifier));
}

/// B01
#[tokio::test]
async fn the_attempt_tells_the_whole_story() {
    let bench = Bench::start().await.with(provider::grants(grants::slack()));
    let state = bench.state(for_ada("slack")).await;
    bench.later(jiff::SignedDuration::from_secs(40));
    let attempt = bench.answer(code(&state)).await;
    assert_eq!(bench.stored_attempt(&attempt).await, attempt);
    assert_eq!(attempt.status, AttemptStatus::Completed);
    assert_eq!((attempt.reason, &attempt.provider_error), (None, &None));
    assert_eq!(attempt.workspace_name.as_deref(), Some("Acme"));
    assert_eq!(attempt.mode, ConnectionMode::Subscriber);
    let steps: Vec<_> = attempt.steps.iter().map(|s| (s.kind, s.at)).collect();
    let back = fixtures::seconds_later(40);
    assert_eq!(
        steps,
        [
            (StepKind::Minted, fixtures::NOON),
            (StepKind::Returned, back),
            (StepKind::Exchanged, back),
            (StepKind::Connected, back),
        ]
    );
}

#[tokio::test]
async fn the_exchange_has_the_code_the_callback_and_the_apps_credentials() {
    let seen = Arc::new(Mutex::new(None));
    let (mut client, kept) = (MockProviderClient::new(), seen.clone());
    client
        .expect_exchange_code()
        .times(1)
        .returning(move |app, exchange| {
            *kept.lock().unwrap() = Some((app.clone(), exchange.clone()));
            Ok(grants::slack())
        });
    let bench = Bench::start().await.with(client);
    let attempt = bench.connect(for_ada("slack")).await;
    let (app, exchange) = seen.lock().unwrap().take().unwrap();
    assert_eq!(app.get("clientId"), Some("the-client-id"));
    assert_eq!(app.get("secretKey"), Some("the-secret"));
    assert_eq!(exchange.code.expose_secret(), "the-code");
    assert_eq!(exchange.redirect_uri, REDIRECT_URI);
    assert_eq!(exchange.scopes, ["chat:write", "channels:read"]);
    assert_eq!(exchange.purpose, Purpose::Connect);
    assert_eq!(exchange.tenant, None);
    assert_eq!(exchange.now, fixtures::NOON);
    let verifier = exchange.pkce_verifier.expose_secret();
    assert_eq!(verifier, format!("verifier-of{}", attempt.id.0.simple()));
}

#[tokio::test]
async fn a_shared_connection_belongs_to_no_subscriber() {
    let bench = Bench::start().await.with(provider::grants(grants::slack()));
    let request = MintConnectUrl {
        subscriber_id: for_ada("slack").subscriber_id,
        ..shared("slack", &["tenant:acme"])
    };
    bench.connect(request).await;
    let connection = &bench.connections().await[0];
    assert_eq!(connection.owner, fixtures::shared_by(&["tenant:acme"]));
}

#[tokio::test]
async fn the_identifier_that_was_asked_for_is_given() {
    let bench = Bench::start().await.with(provider::grants(grants::slack()));
    bench.connect(named("mine")).await;
    assert_eq!(bench.connections().await[0].identifier.as_str(), "mine");
}

#[tokio::test]
async fn the_workspaces_id_stands_in_for_a_name_that_is_not_told() {
    let mut grant = grants::slack();
    grant.workspace.name = None;
    let bench = Bench::start().await.with(provider::grants(grant));
    let attempt = bench.connect(for_ada("slack")).await;
    assert_eq!(attempt.workspace_name.as_deref(), Some("T1"));
}

/// C24
#[tokio::test]
async fn a_bot_and_a_person_give_two_credentials_with_their_own_scopes_and_ends() {
    let mut user = grants::token(CredentialKind::User, "xoxp-1");
    user.scopes = vec!["search:read".to_owned()];
    user.expires_at = Some(fixtures::seconds_later(43_200));
    let grant = Grant {
        credentials: vec![grants::token(CredentialKind::Bot, "xoxb-1"), user],
        ..grants::slack()
    };
    let bench = Bench::start().await.with(provider::grants(grant));
    bench.connect(for_ada("slack")).await;
    let [connection] = bench.connections().await.try_into().unwrap();
    let [bot, user] = connection.credentials.try_into().unwrap();
    assert_eq!((bot.kind, bot.expires_at), (CredentialKind::Bot, None));
    assert_eq!(user.kind, CredentialKind::User);
    assert_eq!(user.scopes, ["search:read"]);
    assert_eq!(user.expires_at, Some(fixtures::seconds_later(43_200)));
}

/// C25
#[tokio::test]
async fn a_person_who_is_not_told_is_not_linked() {
    let grant = Grant {
        person: None,
        ..grants::slack()
    };
    let bench = Bench::start().await.with(provider::grants(grant));
    let attempt = bench.connect(for_ada("slack")).await;
    assert_eq!(attempt.status, AttemptStatus::Completed);
    assert!(bench.endpoints().await.is_empty());
}

/// C29
#[tokio::test]
async fn more_scopes_than_were_asked_for_are_recorded() {
    let mut grant = grants::slack();
    grant.credentials[0].scopes.push("files:write".to_owned());
    let bench = Bench::start().await.with(provider::grants(grant));
    bench.connect(for_ada("slack")).await;
    let connection = &bench.connections().await[0];
    let scopes = ["chat:write", "channels:read", "files:write"];
    assert_eq!(connection.credentials[0].scopes, scopes);
}

/// C28: only a required scope matters.
#[tokio::test]
async fn an_optional_scope_may_be_withheld() {
    let mut grant = grants::slack();
    grant.credentials[0].scopes = vec!["chat:write".to_owned()];
    let bench = Bench::start().await.with(provider::grants(grant));
    let attempt = bench.connect(for_ada("slack")).await;
    assert_eq!(attempt.status, AttemptStatus::Completed);
}

/// C28: what was not asked for cannot be missing.
#[tokio::test]
async fn a_required_scope_that_was_not_asked_for_may_be_missing() {
    let mut grant = grants::slack();
    grant.credentials[0].scopes = vec!["users:read".to_owned()];
    let bench = Bench::start().await.with(provider::grants(grant));
    let request = MintConnectUrl {
        scopes: Some(vec!["users:read".to_owned()]),
        ..for_ada("slack")
    };
    let attempt = bench.connect(request).await;
    assert_eq!(attempt.status, AttemptStatus::Completed);
}

/// B23: nothing of a flow is in the process.
#[tokio::test]
async fn a_process_that_was_restarted_ends_the_flow() {
    let bench = Bench::start().await;
    let state = bench.state(for_ada("slack")).await;
    let restarted = bench.restarted().with(provider::grants(grants::slack()));
    let attempt = restarted.answer(code(&state)).await;
    assert_eq!(attempt.status, AttemptStatus::Completed);
}

#[tokio::test]
async fn generated_identifiers_of_endpoints_have_their_prefix() {
    let bench = Bench::start().await.with(provider::grants(grants::slack()));
    bench.connect(for_ada("slack")).await;
    let identifier = &bench.endpoints().await[0].identifier;
    assert!(
        identifier.starts_with(ENDPOINT_IDENTIFIER_PREFIX),
        "{identifier}"
    );
    assert_eq!(identifier.len(), ENDPOINT_IDENTIFIER_PREFIX.len() + 12);
}
