//! The URL that is minted.

use std::collections::HashSet;

use serde_json::{Value, json};
use tieline_tests::{ENTRA, FENNEL, SLACK, SUBSCRIBER, Stage, param};
use url::Url;

const REDIRECT: &str =
    "https%3A%2F%2Fconnect.example%2Fv1%2Fintegrations%2Fchat%2Foauth%2Fcallback";

/// A stage whose URLs lead to the real providers. Minting calls nobody.
async fn at_the_real_providers() -> Stage {
    Stage::start_with(|setup| {
        setup.home.set("PUBLIC_URL", "https://connect.example/");
        setup.home.set("SLACK_BASE_URL", "https://slack.com");
        setup
            .home
            .set("ENTRA_BASE_URL", "https://login.microsoftonline.com");
        setup
            .home
            .set("GRAPH_BASE_URL", "https://graph.microsoft.com");
    })
    .await
}

/// A01, A06, A07
#[tokio::test]
async fn slacks_is_as_slack_wants_it() {
    let stage = at_the_real_providers().await;
    let minted = stage.mint("slack").await;
    let state = param(&minted.url, "state").expect("a state");
    let expected = format!(
        "https://slack.com/oauth/v2/authorize?client_id={}&scope=chat%3Awrite%2C\
         chat%3Awrite.public%2Cchannels%3Aread%2Cgroups%3Aread%2Cusers%3Aread%2C\
         users%3Aread.email&redirect_uri={REDIRECT}&state={state}",
        SLACK.0
    );
    assert_eq!(minted.url.as_str(), expected);
}

/// A01
#[tokio::test]
async fn slacks_scopes_are_joined_by_commas_each_once_in_the_order_given() {
    let stage = at_the_real_providers().await;
    let scope = json!([
        "users:read",
        "chat:write",
        "users:read",
        "conversations.connect:write"
    ]);
    let minted = stage.mint_with("slack", &json!({ "scope": scope })).await;
    let scope = param(&minted.url, "scope");
    assert_eq!(
        scope.as_deref(),
        Some("users:read,chat:write,conversations.connect:write")
    );
    assert!(
        minted
            .url
            .as_str()
            .contains("users%3Aread%2Cchat%3Awrite%2Cconversations")
    );
}

/// E01
#[tokio::test]
async fn teams_is_as_microsoft_wants_it() {
    let stage = at_the_real_providers().await;
    let home = &stage.server.home;
    home.integration("msteams", "single", ENTRA, &[("tenantId", FENNEL)])
        .await;
    for (integration, authority) in [("msteams", "organizations"), ("single", FENNEL)] {
        let minted = stage.mint(integration).await;
        let state = param(&minted.url, "state").expect("a state");
        let expected = format!(
            "https://login.microsoftonline.com/{authority}/v2.0/adminconsent?client_id={}\
             &redirect_uri={REDIRECT}&scope=https%3A%2F%2Fgraph.microsoft.com%2F.default\
             &state={state}",
            ENTRA.0
        );
        assert_eq!(minted.url.as_str(), expected);
    }
}

/// A01
#[tokio::test]
async fn a_state_is_long_and_opaque_and_no_url_has_a_secret() {
    let stage = at_the_real_providers().await;
    for (integration, secret) in [("slack", SLACK.1), ("msteams", ENTRA.1)] {
        let minted = stage.mint(integration).await;
        let state = param(&minted.url, "state").expect("a state");
        let is_base64url = |c: char| c.is_ascii_alphanumeric() || "-_".contains(c);
        assert!(
            state.len() >= 22 && state.chars().all(is_base64url),
            "{state}"
        );
        for hidden in [secret, SUBSCRIBER, minted.attempt.as_str()] {
            assert!(
                !minted.url.as_str().contains(hidden),
                "{hidden}: {}",
                minted.url
            );
        }
    }
}

/// A02
#[tokio::test]
async fn no_two_states_are_the_same() {
    let stage = at_the_real_providers().await;
    let mut states = HashSet::new();
    for _ in 0..200 {
        states.insert(param(&stage.mint("slack").await.url, "state"));
    }
    assert_eq!(states.len(), 200);
}

/// The path of a configured base stays in front.
#[tokio::test]
async fn a_public_url_below_a_path_keeps_it() {
    let stage = Stage::start_with(|setup| {
        setup
            .home
            .set("PUBLIC_URL", "https://tools.example/connect/");
    })
    .await;
    let minted = stage.mint("slack").await;
    let redirect = param(&minted.url, "redirect_uri").expect("a callback");
    let expected = "https://tools.example/connect/v1/integrations/chat/oauth/callback";
    assert_eq!(redirect, expected);
}

#[tokio::test]
async fn five_typical_contexts_fit_into_a_url() {
    let stage = at_the_real_providers().await;
    let context = json!({
        "tenant": "org-acme-inc-0d9c4f5e",
        "workspace": "3f6c1a52-8d0b-4e57-9a41-6b2f0c7d9e10",
        "project": { "id": "website-relaunch-2026", "data": { "name": "Website", "n": [1, 2] } },
        "region": "eu-central-1",
        "plan": "enterprise",
    });
    let subscriber = "mara.lindqvist+alerts@harbourlane.example";
    stage
        .server
        .home
        .tell(&["subscribers", "create", subscriber])
        .await;
    let more = json!({
        "subscriberId": subscriber, "context": context,
        "connectionIdentifier": "slack-connection-abc123",
    });
    for integration in ["slack", "msteams"] {
        let minted = stage.mint_with(integration, &more).await;
        assert!(minted.url.as_str().len() < 2000, "{}", minted.url);
    }
}

#[tokio::test]
async fn what_does_not_fit_into_a_url_is_refused_with_its_length() {
    let stage = at_the_real_providers().await;
    let huge: Value = (0..5)
        .map(|n| (format!("{n}{}", "t".repeat(99)), json!("i".repeat(100))))
        .collect();
    for integration in ["slack", "msteams"] {
        let body = json!({
            "integrationIdentifier": integration, "context": huge,
            "connectionIdentifier": "c".repeat(128),
        });
        let reply = stage.api.mint(&body).await;
        assert_eq!(reply.status, 400, "{}", reply.text);
        assert_eq!(reply.json()["code"], "url_too_long");
        let told = reply.json()["message"].as_str().expect("a text").to_owned();
        assert!(told.contains("must stay under"), "{told}");
    }
}

#[tokio::test]
async fn the_answer_is_the_url_and_nothing_else() {
    let stage = at_the_real_providers().await;
    let body = json!({ "integrationIdentifier": "slack", "subscriberId": SUBSCRIBER });
    let reply = stage.api.mint(&body).await;
    assert_eq!(reply.status, 201);
    assert_eq!(reply.header("content-type"), Some("application/json"));
    let body = reply.json();
    let url = body["url"].as_str().expect("a text");
    assert_eq!(body, json!({ "url": url }));
    assert!(Url::parse(url).is_ok());
}
