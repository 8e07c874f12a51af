//! To whom a connection will belong, and through what it is made.

use serde_json::{Value, json};
use tieline_tests::{Browser, ENTRA, Reply, SUBSCRIBER, Stage};

async fn mint(stage: &Stage, body: &Value) -> Reply {
    stage.api.mint(body).await
}

#[tokio::test]
async fn without_a_mode_a_subscriber_decides_then_a_context() {
    let stage = Stage::start().await;
    let context = json!({ "tenant": "org-acme" });
    for (body, mode) in [
        (json!({ "subscriberId": SUBSCRIBER }), "subscriber"),
        (
            json!({ "subscriberId": SUBSCRIBER, "context": context }),
            "subscriber",
        ),
        (json!({ "context": context }), "shared"),
        (
            json!({ "subscriberId": null, "context": context }),
            "shared",
        ),
        (
            json!({ "subscriberId": SUBSCRIBER, "context": context, "connectionMode": "shared" }),
            "shared",
        ),
    ] {
        let mut body = body;
        body["integrationIdentifier"] = json!("slack");
        let minted = mint(&stage, &body).await.minted();
        stage.deny(&minted).await;
        let attempt = stage.api.attempt(&minted.attempt).await;
        assert_eq!(attempt["connectionMode"], mode, "{body}");
    }
}

#[tokio::test]
async fn a_mode_needs_its_owner() {
    let stage = Stage::start().await;
    let context = json!({ "tenant": "org-acme" });
    for (more, code, message) in [
        (
            json!({}),
            "owner_required",
            "Either subscriberId or context must be provided",
        ),
        (
            json!({ "connectionMode": "shared", "subscriberId": SUBSCRIBER }),
            "context_required",
            "context is required when connectionMode is \"shared\"",
        ),
        (
            json!({ "connectionMode": "subscriber", "context": context }),
            "subscriber_required",
            "subscriberId is required when connectionMode is \"subscriber\"",
        ),
    ] {
        let mut body = more;
        body["integrationIdentifier"] = json!("slack");
        mint(&stage, &body).await.refused(400, code, message);
    }
}

#[tokio::test]
async fn an_unknown_subscriber_is_not_found() {
    let stage = Stage::start().await;
    let body = json!({ "integrationIdentifier": "slack", "subscriberId": "nobody" });
    let reply = mint(&stage, &body).await;
    reply.refused(404, "subscriber_not_found", "Subscriber not found: nobody");
}

/// A12
#[tokio::test]
async fn an_unknown_or_inactive_integration_is_not_found() {
    let stage = Stage::start().await;
    let create = [
        "integrations",
        "create",
        "--provider",
        "slack",
        "--identifier",
        "asleep",
    ];
    let credentials = json!({ "clientId": "1.2", "secretKey": "s" }).to_string();
    let arguments = [&create[..], &["--inactive"]].concat();
    let made = stage
        .server
        .home
        .run_with_input(&arguments, &credentials)
        .await;
    drop(made.succeeded());

    let environments = stage.server.home.tell(&["environments", "list"]).await;
    let id = environments.split_whitespace().next().expect("its id");
    for identifier in ["nothing", "asleep"] {
        let body = json!({ "integrationIdentifier": identifier, "subscriberId": SUBSCRIBER });
        let told = format!("Integration not found: {identifier} in environment {id}");
        mint(&stage, &body)
            .await
            .refused(404, "integration_not_found", &told);
    }
}

#[tokio::test]
async fn a_provider_without_oauth_is_refused_by_its_name() {
    let stage = Stage::start().await;
    let create = ["integrations", "create", "--provider", "discord"];
    drop(
        stage
            .server
            .home
            .run_with_input(&create, "{}")
            .await
            .succeeded(),
    );
    let body = json!({ "integrationIdentifier": "discord", "subscriberId": SUBSCRIBER });
    let reply = mint(&stage, &body).await;
    reply.refused(
        400,
        "oauth_not_supported",
        "OAuth not supported for provider: discord",
    );
}

#[tokio::test]
async fn an_incoming_webhook_needs_a_subscriber() {
    let stage = Stage::start().await;
    let body = json!({
        "integrationIdentifier": "slack",
        "context": { "tenant": "org-acme" },
        "scope": ["incoming-webhook"],
    });
    let told = "subscriberId is required for incoming webhook";
    mint(&stage, &body)
        .await
        .refused(400, "subscriber_required", told);
}

#[tokio::test]
async fn scopes_that_slack_does_not_know_are_refused_by_name() {
    let stage = Stage::start().await;
    for (scope, told) in [
        (
            json!(["chat:write", "chat:wright", "a b"]),
            "scope has \"chat:wright\" and \"a b\", which this provider does not know",
        ),
        (
            json!(["chat:write,users:read"]),
            "scope has \"chat:write,users:read\", which this provider does not know",
        ),
        (
            json!([]),
            "scope must name at least one scope; leave it out to ask for the default ones",
        ),
    ] {
        let body = json!({
            "integrationIdentifier": "slack", "subscriberId": SUBSCRIBER, "scope": scope,
        });
        mint(&stage, &body)
            .await
            .refused(400, "scope_invalid", told);
    }
}

#[tokio::test]
async fn teams_ignores_scopes() {
    let stage = Stage::start().await;
    let minted = stage
        .mint_with("msteams", &json!({ "scope": ["whatever"] }))
        .await;
    let scope = tieline_tests::param(&minted.url, "scope");
    assert_eq!(
        scope.as_deref(),
        Some("https://graph.microsoft.com/.default")
    );
}

#[tokio::test]
async fn an_identifier_of_another_owner_or_integration_is_taken() {
    let stage = Stage::start().await;
    let home = &stage.server.home;
    home.tell(&["subscribers", "create", "other"]).await;
    home.integration("msteams", "teams-2", ENTRA, &[]).await;
    let named = json!({ "connectionIdentifier": "acme.main_1" });
    stage.connect_slack(&named).await;
    assert_eq!(
        stage.api.only_connection().await["identifier"],
        "acme.main_1"
    );

    let told = "connectionIdentifier acme.main_1 belongs to another owner or integration";
    for (integration, subscriber, context) in [
        ("slack", Some("other"), None),
        ("slack", None, Some(json!({ "tenant": "a" }))),
        ("slack", Some(SUBSCRIBER), Some(json!({ "tenant": "a" }))),
        ("msteams", Some(SUBSCRIBER), None),
        ("teams-2", Some(SUBSCRIBER), None),
    ] {
        let body = json!({
            "integrationIdentifier": integration, "subscriberId": subscriber,
            "context": context, "connectionIdentifier": "acme.main_1",
        });
        let reply = mint(&stage, &body).await;
        reply.refused(409, "connection_identifier_taken", told);
    }
    stage.mint_with("slack", &named).await;
}

#[tokio::test]
async fn a_generated_identifier_says_what_it_is() {
    let stage = Stage::start().await;
    let minted = stage.mint("slack").await;
    stage.allow(&minted, Browser::new()).await;
    let connection = stage.api.only_connection().await;
    let identifier = connection["identifier"].as_str().expect("a text");
    assert!(
        identifier.starts_with("chconn-") && identifier.len() > 12,
        "{identifier}"
    );
}

#[tokio::test]
async fn many_who_name_a_new_context_at_once_are_all_served() {
    let stage = Stage::start().await;
    let body = json!({
        "integrationIdentifier": "slack",
        "context": { "tenant": { "id": "new", "data": { "n": 1 } }, "region": "eu" },
    });
    let mut asking = tokio::task::JoinSet::new();
    for _ in 0..20 {
        asking.spawn(Reply::of(stage.api.mint_request().json(&body)));
    }
    let replies = asking.join_all().await;
    assert!(
        replies.iter().all(|reply| reply.status == 201),
        "{replies:?}"
    );
}

/// A subscriber's id is the product's own; whatever it is, it comes back as it was.
#[tokio::test]
async fn an_id_in_any_script_stays_as_it_is() {
    let stage = Stage::start().await;
    let id = "Łukasz / 例え@harbour.example?x=1&y='\"<b>%20+";
    stage.server.home.tell(&["subscribers", "create", id]).await;
    let (page, attempt) = stage.connect_slack(&json!({ "subscriberId": id })).await;
    assert_eq!(page.status, 200);
    assert_eq!(attempt["subscriberId"], id);
    assert_eq!(stage.api.only_connection().await["subscriberId"], id);
    let mut url = stage.api.url("/v1/channel-endpoints");
    url.query_pairs_mut().append_pair("subscriberId", id);
    let path = format!("{}?{}", url.path(), url.query().unwrap_or_default());
    assert_eq!(stage.api.list(&path).await.len(), 1);
}
