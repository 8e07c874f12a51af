//! An app's own credentials are asked about before they are stored.

use tieline_domain::{
    id::{EnvironmentId, IntegrationId},
    integration::Credentials,
    ports::{MockProviderClient, ProviderError},
    provider::{CredentialProblem, ProviderId},
    reason::Reason,
    usecase::UseCaseError,
};
use tieline_testkit::fixtures;

use crate::{
    bench::{Bench, credentials, refusal},
    provider,
};

/// What a provider answers to the question.
type Answer = Result<Vec<CredentialProblem>, ProviderError>;

/// Answers one question about credentials with this secret.
fn answers(secret: &'static str, answer: Answer) -> MockProviderClient {
    let mut client = MockProviderClient::new();
    client
        .expect_check_credentials()
        .times(1)
        .withf(move |app| app.get(Credentials::SECRET_KEY) == Some(secret))
        .returning(move |_| answer.clone());
    client
}

/// Asks about credentials for an integration of Slack that is to be made.
async fn ask(bench: &Bench, app: &Credentials) -> Result<(), UseCaseError> {
    ask_of(bench, "slack", app).await
}

async fn ask_of(bench: &Bench, provider: &str, app: &Credentials) -> Result<(), UseCaseError> {
    let provider = ProviderId::parse(provider).unwrap();
    bench.broker.check_credentials(&provider, app).await
}

fn with_secret(secret: &str) -> Credentials {
    credentials(&[("secretKey", secret)])
}

fn problem(name: &str, told: &str) -> CredentialProblem {
    CredentialProblem {
        name: name.to_owned(),
        problem: told.to_owned(),
    }
}

#[tokio::test]
async fn credentials_that_the_provider_takes_pass() {
    let bench = Bench::start().await.with(answers("new", Ok(Vec::new())));
    ask(&bench, &with_secret("new")).await.unwrap();
}

#[tokio::test]
async fn what_the_provider_finds_wrong_is_named_by_field() {
    let found = vec![
        problem("clientId", "is not known"),
        problem("secretKey", "has expired"),
    ];
    let bench = Bench::start().await.with(answers("new", Ok(found)));
    let asked = ask(&bench, &with_secret("new")).await;
    let UseCaseError::Refused(refused) = asked.unwrap_err() else {
        panic!("a refusal")
    };
    assert_eq!(refused.reason, Reason::ValidationFailed);
    let expected = [
        ("credentials.clientId", "is not known"),
        ("credentials.secretKey", "has expired"),
    ];
    let expected = expected.map(|(name, told)| (name.to_owned(), told.to_owned()));
    assert_eq!(refused.fields, expected);
}

#[tokio::test]
async fn a_provider_that_gives_no_answer_is_told_as_such() {
    let error = provider::error(Reason::ProviderUnreachable, "connection refused");
    let bench = Bench::start()
        .await
        .with(answers("new", Err(error.clone())));
    let asked = ask(&bench, &with_secret("new")).await;
    let UseCaseError::Provider(told) = asked.unwrap_err() else {
        panic!("the provider's error")
    };
    assert_eq!(told, error);
}

/// What the policy forbids, or nobody knows, need not be sent anywhere.
#[tokio::test]
async fn malformed_credentials_and_unknown_providers_are_not_asked_about() {
    let bench = Bench::start().await.with(MockProviderClient::new());
    let malformed = ask(&bench, &with_secret(" blank")).await;
    let (reason, message) = refusal(malformed);
    assert_eq!(reason, Reason::ValidationFailed);
    assert!(
        message.starts_with("credentials.secretKey must be"),
        "{message}"
    );
    let unknown = ask_of(&bench, "icq", &credentials(&[])).await;
    assert_eq!(refusal(unknown).0, Reason::ValidationFailed);
}

#[tokio::test]
async fn where_nobody_can_be_asked_credentials_pass() {
    let bench = Bench::start().await.unconnected();
    ask(&bench, &credentials(&[])).await.unwrap();
}

#[tokio::test]
async fn of_an_integration_the_new_credentials_are_asked_about_or_else_the_stored_ones() {
    for (new, asked_about) in [(Some("new"), "new"), (None, "the-secret")] {
        let found = vec![problem("secretKey", "is wrong")];
        let bench = Bench::start().await.with(answers(asked_about, Ok(found)));
        let id = bench.integrate("slack", "second", &[]).await.id;
        let new = new.map(with_secret);
        let asked = bench
            .broker
            .check_credentials_of(bench.environment, id, new.as_ref())
            .await;
        let told = "credentials.secretKey is wrong".to_owned();
        assert_eq!(refusal(asked), (Reason::ValidationFailed, told));
    }
}

#[tokio::test]
async fn an_integration_that_is_not_there_is_not_found() {
    let bench = Bench::start().await.with(MockProviderClient::new());
    let id = bench.integrate("slack", "second", &[]).await.id;
    for (environment, id) in [
        (bench.environment, IntegrationId(fixtures::uuid())),
        (EnvironmentId(fixtures::uuid()), id),
    ] {
        let asked = bench.broker.check_credentials_of(environment, id, None);
        assert_eq!(refusal(asked.await).0, Reason::NotFound);
    }
}
