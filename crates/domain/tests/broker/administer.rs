//! What an operator sets up.

use std::collections::BTreeSet;

use secrecy::ExposeSecret;
use tieline_domain::{
    api_key::{API_KEY_PREFIX, ApiKey, ApiKeyRole, PresentedKey},
    environment::Environment,
    id::ApiKeyId,
    integration::Credentials,
    provider::ProviderId,
    reason::Reason,
    usecase::{NewApiKey, NewIntegration, UseCaseError},
};
use tieline_testkit::fixtures;

use crate::bench::{Bench, credentials, refusal};

fn key(text: &str) -> PresentedKey {
    PresentedKey::parse(text).unwrap()
}

fn new_key(role: ApiKeyRole) -> NewApiKey {
    NewApiKey {
        name: "back end".to_owned(),
        role,
        rights: BTreeSet::new(),
    }
}

#[tokio::test]
async fn the_first_environment_is_made_once() {
    let bench = Bench::start().await;
    let first: Environment = bench.broker.first_environment().await.unwrap();
    assert_eq!(first.id, bench.environment);
    assert_eq!(first.name, "Development");
    assert_eq!(
        bench.broker.stores.environments.list().await.unwrap(),
        [first]
    );
    let organizations = bench.broker.stores.environments.list_organizations().await;
    assert_eq!(organizations.unwrap().len(), 1);
}

#[tokio::test]
async fn environments_share_the_organization_and_not_a_name() {
    let bench = Bench::start().await;
    let production = bench.broker.create_environment("Production").await.unwrap();
    let first = bench.broker.first_environment().await.unwrap();
    assert_eq!(production.organization_id, first.organization_id);
    let again = bench.broker.create_environment("Production").await;
    let message = "an environment \"Production\" exists already".to_owned();
    assert_eq!(refusal(again), (Reason::AlreadyExists, message));
}

#[tokio::test]
async fn a_name_is_printable_text() {
    let bench = Bench::start().await;
    for name in ["", " ", "a\nb", "a ", &"x".repeat(101)] {
        let refused = bench.broker.create_environment(name).await;
        let (reason, message) = refusal(refused);
        assert_eq!(reason, Reason::ValidationFailed);
        assert!(
            message.starts_with("name must be 1 to 100 characters"),
            "{message}"
        );
    }
}

#[tokio::test]
async fn a_bootstrap_key_is_made_once() {
    let bench = Bench::start().await;
    let presented = key("bootstrap-key");
    for _ in 0..3 {
        let made = bench
            .broker
            .bootstrap_api_key(bench.environment, &presented);
        made.await.unwrap();
    }
    let keys = bench
        .broker
        .stores
        .api_keys
        .list(bench.environment)
        .await
        .unwrap();
    let [stored] = keys.try_into().unwrap();
    assert_eq!(
        (stored.role, stored.name.as_str()),
        (ApiKeyRole::Admin, "bootstrap")
    );
    let found = bench
        .broker
        .authenticate(Some(&presented), ApiKeyRole::Admin);
    assert_eq!(found.await.unwrap().id, stored.id);
}

const NOT_YOURS: &str = "the bootstrap API key belongs to another environment or was revoked";

#[tokio::test]
async fn a_bootstrap_key_that_was_revoked_stays_so() {
    let bench = Bench::start().await;
    let presented = key("bootstrap-key");
    let bootstrap = || {
        bench
            .broker
            .bootstrap_api_key(bench.environment, &presented)
    };
    bootstrap().await.unwrap();
    let keys = bench
        .broker
        .stores
        .api_keys
        .list(bench.environment)
        .await
        .unwrap();
    let revoked = bench.broker.revoke_api_key(bench.environment, keys[0].id);
    revoked.await.unwrap();
    let expected = (Reason::ValidationFailed, NOT_YOURS.to_owned());
    assert_eq!(refusal(bootstrap().await), expected);
}

#[tokio::test]
async fn a_bootstrap_key_of_another_environment_is_refused() {
    let bench = Bench::start().await;
    let presented = key("bootstrap-key");
    let other = bench.broker.create_environment("Production").await.unwrap();
    let made = bench.broker.bootstrap_api_key(other.id, &presented);
    made.await.unwrap();
    let refused = bench
        .broker
        .bootstrap_api_key(bench.environment, &presented);
    let expected = (Reason::ValidationFailed, NOT_YOURS.to_owned());
    assert_eq!(refusal(refused.await), expected);
}

#[tokio::test]
async fn a_key_is_shown_once_and_kept_as_a_hash() {
    let bench = Bench::start().await;
    let new = new_key(ApiKeyRole::Connect);
    let made = bench
        .broker
        .create_api_key(bench.environment, new, None)
        .await;
    let (record, text): (ApiKey, String) = made.unwrap();
    assert!(text.starts_with(API_KEY_PREFIX));
    assert_eq!(record.hash, key(&text).hash());
    assert!(!format!("{record:?}").contains(&text));
    assert!(text.starts_with(record.hint.trim_end_matches('…')));
    let presented = key(&text);
    let found = bench
        .broker
        .authenticate(Some(&presented), ApiKeyRole::Connect);
    assert_eq!(*found.await.unwrap(), record);
}

#[tokio::test]
async fn a_role_includes_the_ones_below_it() {
    let bench = Bench::start().await;
    for role in ApiKeyRole::ALL {
        let made = bench
            .broker
            .create_api_key(bench.environment, new_key(role), None)
            .await;
        let presented = key(&made.unwrap().1);
        for needed in ApiKeyRole::ALL {
            let asked = bench.broker.authenticate(Some(&presented), needed).await;
            let reason = asked.err().map(|error| error.reason());
            let expected = (role < needed).then_some(Reason::Forbidden);
            assert_eq!(reason, expected, "{role} for {needed}");
        }
    }
}

#[tokio::test]
async fn missing_unknown_and_revoked_keys_are_refused_alike() {
    let bench = Bench::start().await;
    let made = bench
        .broker
        .create_api_key(bench.environment, new_key(ApiKeyRole::Admin), None)
        .await;
    let (record, text) = made.unwrap();
    bench
        .broker
        .revoke_api_key(bench.environment, record.id)
        .await
        .unwrap();
    let mut told = Vec::new();
    for presented in [None, Some(key("unknown-key")), Some(key(&text))] {
        let refused = bench
            .broker
            .authenticate(presented.as_ref(), ApiKeyRole::Read);
        told.push(refusal(refused.await));
    }
    assert_eq!(told[0].0, Reason::Unauthorized);
    assert!(told.iter().all(|each| *each == told[0]), "{told:?}");
}

#[tokio::test]
async fn a_key_of_another_environment_cannot_be_revoked() {
    let bench = Bench::start().await;
    let made = bench
        .broker
        .create_api_key(bench.environment, new_key(ApiKeyRole::Admin), None)
        .await;
    let (record, text) = made.unwrap();
    let other = bench.broker.create_environment("Production").await.unwrap();
    for (environment, id) in [
        (other.id, record.id),
        (bench.environment, ApiKeyId(fixtures::uuid())),
    ] {
        let refused = bench.broker.revoke_api_key(environment, id).await;
        assert_eq!(refusal(refused).0, Reason::NotFound);
    }
    let presented = key(&text);
    let found = bench
        .broker
        .authenticate(Some(&presented), ApiKeyRole::Admin);
    found.await.unwrap();
}

fn slack(identifier: &str, credentials: Credentials) -> NewIntegration {
    NewIntegration {
        provider: ProviderId::parse("slack").unwrap(),
        identifier: Some(identifier.to_owned()),
        name: None,
        credentials,
        active: true,
    }
}

#[tokio::test]
async fn an_integration_gets_its_providers_name_and_sealed_credentials() {
    let bench = Bench::start().await;
    let new = slack("second", credentials(&[]));
    let made = bench
        .broker
        .create_integration(bench.environment, new)
        .await;
    let integration = made.unwrap();
    assert_eq!(integration.name, "Slack");
    assert!(!String::from_utf8_lossy(&integration.credentials.0).contains("the-secret"));
    let place = integration.credentials_place();
    let opened = bench
        .broker
        .sealer
        .open(&integration.credentials, &place)
        .unwrap();
    let opened = Credentials::from_json(opened.expose_secret()).unwrap();
    assert_eq!(opened.get("secretKey"), Some("the-secret"));
}

#[tokio::test]
async fn every_problem_of_the_credentials_is_named() {
    let bench = Bench::start().await;
    let bad = [
        ("secretKey", " blank"),
        ("redirectUrl", "http://evil.test/"),
        ("colour", "red"),
    ];
    let bad = bad.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let new = slack("second", bad.into_iter().collect());
    let made = bench
        .broker
        .create_integration(bench.environment, new)
        .await;
    let (reason, message) = refusal(made);
    assert_eq!(reason, Reason::ValidationFailed);
    for told in [
        "credentials.clientId is required",
        "secretKey must be 1 to 4096 characters",
        "redirectUrl must be an absolute https URL",
        "colour is not a credential of this provider; \
         it has clientId, secretKey, tenantId, redirectUrl, hmac and scopes",
    ] {
        assert!(message.contains(told), "{told} in {message}");
    }
}

#[tokio::test]
async fn an_unknown_provider_is_told_which_ones_there_are() {
    let bench = Bench::start().await;
    let new = NewIntegration {
        provider: ProviderId::parse("icq").unwrap(),
        ..slack("icq", credentials(&[]))
    };
    let made = bench
        .broker
        .create_integration(bench.environment, new)
        .await;
    let message = "providerId icq is not known; there are msteams and slack".to_owned();
    assert_eq!(refusal(made), (Reason::ValidationFailed, message));
}

#[tokio::test]
async fn an_identifier_is_a_slug_that_is_free() {
    let bench = Bench::start().await;
    let malformed = (
        Reason::ValidationFailed,
        "identifier must be 1 to 128 characters",
    );
    let taken = "Integration with identifier slack already exists";
    for (identifier, (expected, told)) in [
        ("", malformed),
        ("a/b", malformed),
        ("slack", (Reason::AlreadyExists, taken)),
    ] {
        let new = slack(identifier, credentials(&[]));
        let made = bench
            .broker
            .create_integration(bench.environment, new)
            .await;
        let (reason, message) = refusal(made);
        assert_eq!(reason, expected);
        assert!(message.starts_with(told), "{message}");
    }
}

#[tokio::test]
async fn a_subscriber_is_new_once() {
    let bench = Bench::start().await;
    for new in [true, false, false] {
        let id = fixtures::subscriber_id("eve");
        assert_eq!(bench.create_subscriber(id).await.unwrap(), new);
    }
}

#[tokio::test]
async fn an_outage_is_told_as_one() {
    let bench = Bench::start().await;
    bench.storage.fail(u32::MAX);
    let (broker, environment) = (&bench.broker, bench.environment);
    let results: [Result<(), UseCaseError>; 5] = [
        broker.first_environment().await.map(drop),
        broker.create_environment("Production").await.map(drop),
        broker
            .bootstrap_api_key(environment, &key("bootstrap-key"))
            .await,
        broker
            .create_integration(environment, slack("x", credentials(&[])))
            .await
            .map(drop),
        bench
            .create_subscriber(fixtures::subscriber_id("eve"))
            .await
            .map(drop),
    ];
    for result in results {
        assert_eq!(result.unwrap_err().reason(), Reason::Unavailable);
    }
}
