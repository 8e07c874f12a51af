//! Whether the app's own credentials are right, without anybody's workspace.

use tieline_domain::{
    integration::Credentials, ports::ProviderError, provider::CredentialProblem, reason::Reason,
};
use tieline_sandbox::{Endpoint, Fault};

use crate::harness::{CLIENT_ID, OTHER_TENANT, SECRET, TENANT, World, credentials};

async fn ask(
    world: &World,
    provider: &str,
    app: &Credentials,
) -> Result<Vec<CredentialProblem>, ProviderError> {
    world.client(provider).check_credentials(app).await
}

/// The one credential that is wrong.
async fn wrong(world: &World, provider: &str, app: &Credentials) -> String {
    let problems = ask(world, provider, app).await.unwrap();
    let [problem] = problems.try_into().unwrap();
    assert!(!problem.problem.contains(SECRET), "{}", problem.problem);
    problem.name
}

/// The app with this secret, in this tenant.
fn teams(secret: &str, tenant: &str) -> Credentials {
    credentials(&[
        ("clientId", CLIENT_ID),
        ("secretKey", secret),
        ("tenantId", tenant),
    ])
}

#[tokio::test]
async fn slack_tells_by_a_code_that_cannot_be() {
    let world = World::new().await;
    assert_eq!(ask(&world, "slack", &world.app).await, Ok(Vec::new()));
    let sent = &world.control().requests_of(Endpoint::SlackOauthV2Access)[0];
    let form = sent.form();
    let names: Vec<_> = form.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["code", "client_id", "client_secret"]);

    let app = credentials(&[("clientId", CLIENT_ID), ("secretKey", "wrong")]);
    assert_eq!(wrong(&world, "slack", &app).await, "secretKey");
    let app = credentials(&[("clientId", "1.2"), ("secretKey", SECRET)]);
    assert_eq!(wrong(&world, "slack", &app).await, "clientId");
}

/// E10
#[tokio::test]
async fn entra_tells_by_a_token_in_the_apps_own_tenant() {
    let world = World::new().await;
    let right = teams(SECRET, TENANT);
    assert_eq!(wrong(&world, "msteams", &right).await, "clientId");
    // Where it was registered an app is known, consent or none.
    world.control().set_entra_home(CLIENT_ID, TENANT);
    assert_eq!(ask(&world, "msteams", &right).await, Ok(Vec::new()));

    let secret = teams("wrong", TENANT);
    assert_eq!(wrong(&world, "msteams", &secret).await, "secretKey");
    let elsewhere = teams(SECRET, OTHER_TENANT);
    assert_eq!(wrong(&world, "msteams", &elsewhere).await, "clientId");
    let nowhere = teams(SECRET, "00000000-0000-4000-8000-000000000000");
    assert_eq!(wrong(&world, "msteams", &nowhere).await, "tenantId");
    world.control().expire_entra_secret(CLIENT_ID);
    let problems = ask(&world, "msteams", &right).await.unwrap();
    assert_eq!(problems[0].name, "secretKey");
    assert_eq!(problems[0].problem, "has expired: make a new client secret");
}

#[tokio::test]
async fn without_a_tenant_there_is_nothing_to_ask_entra() {
    let world = World::new().await;
    assert_eq!(ask(&world, "msteams", &world.app).await, Ok(Vec::new()));
    assert_eq!(world.control().count(Endpoint::EntraToken), 0);
}

/// A provider in trouble says nothing about the credentials, neither good nor bad.
#[tokio::test]
async fn a_provider_in_trouble_leaves_the_question_open() {
    let world = World::new().await;
    world.control().set_entra_home(CLIENT_ID, TENANT);
    for (provider, endpoint) in [
        ("slack", Endpoint::SlackOauthV2Access),
        ("msteams", Endpoint::EntraToken),
    ] {
        let app = teams(SECRET, TENANT);
        for (fault, reason) in [
            (Fault::Status(503, String::new()), Reason::ProviderError),
            (
                Fault::Status(429, String::new()),
                Reason::ProviderRateLimited,
            ),
            (Fault::Status(404, String::new()), Reason::ProviderError),
            (json(r#"{"ok":true}"#), Reason::InvalidResponse),
            (
                json(r#"{"ok":false,"error":"brand_new_error"}"#),
                Reason::ProviderError,
            ),
            (Fault::Cut { after_bytes: 10 }, Reason::InvalidResponse),
        ] {
            world.control().fault_once(endpoint, fault);
            let error = ask(&world, provider, &app).await.unwrap_err();
            assert_eq!(error.reason, reason, "{provider}");
        }
        assert_eq!(ask(&world, provider, &app).await, Ok(Vec::new()));
    }
}

#[tokio::test]
async fn without_a_secret_nothing_is_sent() {
    let world = World::new().await;
    let app = credentials(&[("clientId", CLIENT_ID), ("tenantId", TENANT)]);
    for provider in ["slack", "msteams"] {
        let error = ask(&world, provider, &app).await.unwrap_err();
        assert_eq!(error.reason, Reason::CredentialsMissing);
    }
    assert!(world.control().requests().is_empty());
}

fn json(body: &str) -> Fault {
    Fault::Reply {
        status: 200,
        headers: vec![("content-type".to_owned(), "application/json".to_owned())],
        body: body.into(),
    }
}
