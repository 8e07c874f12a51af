//! Linking a person: a URL of its own, a callback that makes an endpoint and connects nothing.

use serde_json::{Value, json};
use tieline_domain::ports::MockProviderClient;
use url::Url;

use crate::bench::{Answer, Bench, for_ada, grants, state_of, with};

const LINK: &str = "/v1/integrations/channel-endpoints/oauth";
const CHAT: &str = "/v1/integrations/chat/oauth";

fn url_of(answer: &Answer) -> Url {
    answer.assert_is(201);
    answer.json()["url"].as_str().unwrap().parse().unwrap()
}

fn parameter(url: &Url, name: &str) -> Option<String> {
    let mut pairs = url.query_pairs();
    let found = pairs.find(|(key, _)| key == name);
    found.map(|(_, value)| value.into_owned())
}

/// Links whoever the provider says it was; answers the attempt.
async fn link(bench: &Bench, body: &Value) -> Value {
    let url = url_of(&bench.post(LINK, body).await);
    let state = state_of(url.as_str());
    let query = [("state", &*state), ("code", "the-code")];
    bench.call_back(&query).await.assert_is(303);
    bench.attempts().await.remove(0)
}

#[tokio::test]
async fn a_url_asks_the_person_and_not_for_the_app() {
    let bench = Bench::start().await;
    for path in [LINK, CHAT] {
        let ask = async |mut body: Value| {
            if path == CHAT {
                body["mode"] = "link_user".into();
            }
            url_of(&bench.post(path, &body).await)
        };
        let slack = ask(for_ada()).await;
        assert_eq!(parameter(&slack, "scope"), None);
        let scope = parameter(&slack, "user_scope").unwrap();
        assert_eq!(scope, "identity.basic");
        let scopes = json!(["identity.basic", "identity.email"]);
        let slack = ask(with("userScope", scopes)).await;
        let scope = parameter(&slack, "user_scope").unwrap();
        assert_eq!(scope, "identity.basic,identity.email");
        let teams = ask(with("integrationIdentifier", "msteams")).await;
        assert_eq!(teams.path(), "/organizations/oauth2/v2.0/authorize");
        assert_eq!(parameter(&teams, "response_type").unwrap(), "code");
    }
}

/// The older route does the other job unless told otherwise.
#[tokio::test]
async fn the_older_route_connects_by_default() {
    let bench = Bench::start().await;
    for mode in [Value::Null, json!("connect")] {
        let url = url_of(&bench.post(CHAT, &with("mode", mode)).await);
        assert_eq!(parameter(&url, "user_scope"), None);
        assert_eq!(
            parameter(&url, "scope").unwrap(),
            "chat:write,channels:read"
        );
    }
}

#[tokio::test]
async fn a_link_makes_an_endpoint_and_no_connection_and_never_a_second_one() {
    let mut bench = Bench::start().await;
    for _ in 0..2 {
        bench = bench.with(grants("Acme"));
        let attempt = link(&bench, &with("context", json!({ "tenant": "acme" }))).await;
        assert_eq!(attempt["status"], "completed");
        assert_eq!(attempt["mode"], "link_user");
        assert_eq!(attempt["connectionIdentifier"], Value::Null);
        let endpoints = bench.get("/v1/channel-endpoints").await.json();
        assert_eq!(endpoints["totalCount"], 1);
        let endpoint = &endpoints["data"][0];
        for (member, value) in [
            ("type", json!("slack_user")),
            ("endpoint", json!({ "userId": "U1" })),
            ("subscriberId", json!("ada")),
            ("contextKeys", json!(["tenant:acme"])),
            ("connectionIdentifier", Value::Null),
        ] {
            assert_eq!(endpoint[member], value, "{member}");
        }
        let connections = bench.get("/v1/channel-connections").await.json();
        assert_eq!(connections["totalCount"], 0);
    }
}

#[tokio::test]
async fn a_link_to_a_connection_lies_in_it() {
    let bench = Bench::start().await.with(grants("Acme"));
    let mut connection = bench.connection();
    connection.workspace.id = "T1".to_owned();
    bench.store(&connection, Vec::new()).await;
    let identifier = connection.identifier.as_str();
    link(&bench, &with("connectionIdentifier", identifier)).await;
    let linked = bench.get("/v1/channel-endpoints").await;
    assert_eq!(linked.each("connectionIdentifier"), [identifier]);
}

#[tokio::test]
async fn a_person_of_another_workspace_is_refused() {
    let mut client = grants("Acme");
    client.expect_revoke().returning(|_, _| Ok(()));
    let bench = Bench::start().await.with(client);
    let connection = bench.connection();
    bench.store(&connection, Vec::new()).await;
    let identifier = connection.identifier.as_str();
    link(&bench, &with("connectionIdentifier", identifier)).await;
    let codes: Vec<_> = bench
        .attempts()
        .await
        .iter()
        .map(|a| a["code"].clone())
        .collect();
    assert!(codes.contains(&json!("account_mismatch")), "{codes:?}");
    let endpoints = bench.get("/v1/channel-endpoints").await.json();
    assert_eq!(endpoints["totalCount"], 0);
}

#[tokio::test]
async fn what_the_environment_lacks_is_a_404() {
    let bench = Bench::start().await.with(MockProviderClient::new());
    bench.subscribe("bob").await;
    let other = bench.integrate("slack", "other", &[]).await;
    let owner = tieline_testkit::fixtures::subscriber_owner("ada");
    let elsewhere = tieline_testkit::fixtures::connection(&other, owner);
    bench.store(&elsewhere, Vec::new()).await;
    for (member, value, code) in [
        ("subscriberId", "eve", "subscriber_not_found"),
        ("integrationIdentifier", "eve", "integration_not_found"),
        ("connectionIdentifier", "eve", "connection_not_found"),
        (
            "connectionIdentifier",
            elsewhere.identifier.as_str(),
            "connection_not_found",
        ),
    ] {
        let mut body = with(member, value);
        assert_eq!(
            bench.post(LINK, &body).await.refusal(),
            (404, code.to_owned())
        );
        body["mode"] = "link_user".into();
        assert_eq!(
            bench.post(CHAT, &body).await.refusal(),
            (404, code.to_owned())
        );
    }
}

#[tokio::test]
async fn problems_are_named_by_field() {
    let bench = Bench::start().await;
    for (member, value) in [
        ("nonsense", json!(1)),
        ("subscriberId", json!("a\nb")),
        ("integrationIdentifier", json!("")),
        ("connectionIdentifier", json!("no blanks")),
        ("context", json!({})),
        ("userScope", json!(vec!["identity.basic"; 101])),
    ] {
        let mut body = with(member, value);
        let answer = bench.post(LINK, &body).await;
        assert_eq!(answer.fields(), [member], "{}", answer.text());
        body["mode"] = "link_user".into();
        let answer = bench.post(CHAT, &body).await;
        assert_eq!(answer.fields(), [member], "{}", answer.text());
    }
    let connects = bench
        .post(LINK, &with("scope", json!(["chat:write"])))
        .await;
    assert_eq!(connects.fields(), ["scope"]);
    let neither = bench.post(CHAT, &with("mode", "both")).await;
    assert_eq!(neither.fields(), ["mode"]);
    let hashed = bench.post(CHAT, &with("contextHash", "x")).await;
    assert_eq!(hashed.fields(), ["contextHash"]);
    let scope = bench
        .post(LINK, &with("userScope", json!(["nonsense"])))
        .await;
    assert_eq!(scope.refusal(), (400, "scope_invalid".to_owned()));
}

#[tokio::test]
async fn a_link_needs_a_subscriber() {
    let bench = Bench::start().await;
    let mut body = json!({ "integrationIdentifier": "slack" });
    let answer = bench.post(LINK, &body).await;
    assert_eq!(answer.fields(), ["subscriberId"]);
    body["mode"] = "link_user".into();
    let answer = bench.post(CHAT, &body).await;
    assert_eq!(answer.refusal(), (400, "subscriber_required".to_owned()));
}
