//! What a mint refuses because of what is, or is not, in the environment.

use tieline_domain::{
    connection::ConnectionMode,
    integration::{Credentials, Integration},
    provider::{ProviderId, ProviderPolicy},
    reason::Reason,
    usecase::{MintConnectUrl, UseCaseError},
};
use tieline_testkit::{fixtures, policies};

use crate::bench::{Bench, contexts, for_ada, refusal, shared};

#[tokio::test]
async fn an_unknown_subscriber_is_named() {
    let bench = Bench::start().await;
    let request = MintConnectUrl {
        subscriber_id: Some(fixtures::subscriber_id("eve")),
        ..for_ada("slack")
    };
    let expected = (
        Reason::SubscriberNotFound,
        "Subscriber not found: eve".to_owned(),
    );
    assert_eq!(refusal(bench.mint(request).await), expected);
}

#[tokio::test]
async fn a_subscriber_that_is_only_to_be_linked_must_exist_too() {
    let bench = Bench::start().await;
    let request = MintConnectUrl {
        subscriber_id: Some(fixtures::subscriber_id("eve")),
        ..shared("slack", &["tenant:acme"])
    };
    assert_eq!(
        refusal(bench.mint(request).await).0,
        Reason::SubscriberNotFound
    );
}

/// A12
#[tokio::test]
async fn an_integration_that_is_unknown_or_switched_off_is_not_found() {
    let bench = Bench::start().await;
    bench.switch("slack", false).await;
    for identifier in ["slack", "nothing", "SLACK"] {
        let message = format!(
            "Integration not found: {identifier} in environment {}",
            bench.environment
        );
        let refused = bench.mint(for_ada(identifier)).await;
        assert_eq!(refusal(refused), (Reason::IntegrationNotFound, message));
    }
    bench.switch("slack", true).await;
    bench.mint(for_ada("slack")).await.unwrap();
}

/// I02
#[tokio::test]
async fn another_environment_sees_neither_integration_nor_subscriber() {
    let bench = Bench::start().await;
    let other = bench.broker.create_environment("Production").await.unwrap();
    let mint = bench.broker.mint_connect_url(other.id, for_ada("slack"));
    assert_eq!(refusal(mint.await).0, Reason::IntegrationNotFound);
    let other = Bench {
        environment: other.id,
        ..bench
    };
    other.integrate("slack", "slack", &[]).await;
    let refused = other.mint(for_ada("slack")).await;
    assert_eq!(refusal(refused).0, Reason::SubscriberNotFound);
}

#[tokio::test]
async fn an_integration_without_credentials_is_told_what_is_missing() {
    let bench = Bench::start().await;
    for (identifier, held, missing) in [
        ("bare", &[][..], "clientId and secretKey"),
        ("half", &[("clientId", "c")], "secretKey"),
        ("other", &[("secretKey", "s")], "clientId"),
    ] {
        store(&bench, "slack", identifier, held).await;
        let expected = (
            Reason::CredentialsMissing,
            format!("Integration {identifier} lacks credentials: {missing}"),
        );
        assert_eq!(refusal(bench.mint(for_ada(identifier)).await), expected);
    }
}

/// Stores an integration past all checks, as an older version might have.
async fn store(bench: &Bench, provider: &str, identifier: &str, held: &[(&str, &str)]) {
    let held = held.iter();
    let credentials: Credentials = held
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    let mut integration = Integration {
        identifier: identifier.to_owned(),
        provider: ProviderId::parse(provider).unwrap(),
        ..fixtures::integration(bench.environment)
    };
    let place = integration.credentials_place();
    integration.credentials = bench.broker.sealer.seal(&credentials.to_json(), &place);
    bench
        .broker
        .stores
        .integrations
        .insert(&integration)
        .await
        .unwrap();
}

#[tokio::test]
async fn a_provider_without_oauth_is_refused() {
    let email = ProviderPolicy {
        id: ProviderId::parse("email").unwrap(),
        connect: None,
        ..policies::slack_like()
    };
    let bench = Bench::start().await.under([email]);
    store(&bench, "email", "email", &[]).await;
    store(&bench, "gone", "gone", &[]).await;
    for provider in ["email", "gone"] {
        let message = format!("OAuth not supported for provider: {provider}");
        let refused = refusal(bench.mint(for_ada(provider)).await);
        assert_eq!(refused, (Reason::OauthNotSupported, message));
    }
}

#[tokio::test]
async fn a_mode_that_the_provider_cannot_serve_is_refused() {
    let mut policy = policies::slack_like();
    policy.connect.as_mut().unwrap().modes = &[ConnectionMode::Shared];
    let bench = Bench::start().await.under([policy]);
    let message = "Slack does not allow connectionMode subscriber".to_owned();
    let refused = refusal(bench.mint(for_ada("slack")).await);
    assert_eq!(refused, (Reason::OauthNotSupported, message));
    let shared = shared("slack", &["tenant:acme"]);
    bench.mint(shared).await.unwrap();
}

#[tokio::test]
async fn credentials_that_do_not_open_are_our_own_fault() {
    let bench = Bench::start().await;
    let stranger = Integration {
        identifier: "stranger".to_owned(),
        ..fixtures::integration(bench.environment)
    };
    bench
        .broker
        .stores
        .integrations
        .insert(&stranger)
        .await
        .unwrap();
    let error = bench.mint(for_ada("stranger")).await.unwrap_err();
    assert!(matches!(error, UseCaseError::Open(_)), "{error:?}");
    assert_eq!(error.reason(), Reason::Internal);
}

/// M4
#[tokio::test]
async fn an_outage_is_told_as_one_and_passes() {
    let bench = Bench::start().await;
    let request = MintConnectUrl {
        contexts: contexts(&["tenant:acme"]),
        connection_identifier: Some(crate::bench::identifier_of("mine")),
        ..for_ada("slack")
    };
    bench.storage.fail(u32::MAX);
    let error = bench.mint(request.clone()).await.unwrap_err();
    assert_eq!(error.reason(), Reason::Unavailable);
    bench.storage.fail(0);
    bench.mint(request).await.unwrap();
}
