//! `oauth.v2.access`.

use std::time::Duration;

use serde_json::Value;

use crate::support::{
    BAKERY, Bench, CALLBACK, Pairs, RAIL, RAIL_GROUP, ROTATING, SLACK, VERIFIER, challenge, json,
    location, param, send,
};

const SCOPE: (&str, &str) = ("scope", "chat:write,channels:read");
const USER_SCOPE: (&str, &str) = ("user_scope", "search:read");

#[tokio::test]
async fn a_bot_install_answers_with_a_bot_token() {
    let bench = Bench::start().await;
    let reply = bench.slack_install(SLACK, &[SCOPE]).await;
    assert!(reply["access_token"].as_str().unwrap().starts_with("xoxb-"));
    assert_eq!(
        (&reply["token_type"], &reply["scope"]),
        (&"bot".into(), &SCOPE.1.into())
    );
    assert_eq!(reply["team"]["id"], BAKERY);
    assert_eq!(reply["enterprise"], Value::Null);
    assert_eq!(reply["is_enterprise_install"], false);
    assert_eq!(
        reply["authed_user"],
        serde_json::json!({ "id": "U0MARALIND" })
    );
    assert!(reply["bot_user_id"].is_string() && reply["app_id"].is_string());
    assert!(reply.get("expires_in").is_none() && reply.get("refresh_token").is_none());
}

#[tokio::test]
async fn a_bot_and_user_install_answers_with_two_tokens() {
    let bench = Bench::start().await;
    let reply = bench.slack_install(SLACK, &[SCOPE, USER_SCOPE]).await;
    assert!(reply["access_token"].as_str().unwrap().starts_with("xoxb-"));
    let user = &reply["authed_user"];
    assert!(user["access_token"].as_str().unwrap().starts_with("xoxp-"));
    assert_eq!(
        (&user["token_type"], &user["scope"]),
        (&"user".into(), &"search:read".into())
    );
}

#[tokio::test]
async fn a_user_install_has_nothing_of_a_bot() {
    let bench = Bench::start().await;
    let reply = bench.slack_install(SLACK, &[USER_SCOPE]).await;
    for name in ["access_token", "scope", "token_type", "bot_user_id"] {
        assert!(reply.get(name).is_none(), "{name}");
    }
    assert_eq!(reply["team"], serde_json::json!({ "id": BAKERY }));
    assert_eq!(reply["authed_user"]["token_type"], "user");
}

#[tokio::test]
async fn an_organization_install_has_no_team() {
    let bench = Bench::start().await;
    let reply = install_to(&bench, RAIL_GROUP, &[SCOPE]).await;
    assert_eq!(reply["team"], Value::Null);
    assert_eq!(reply["enterprise"]["id"], RAIL_GROUP);
    assert_eq!(reply["is_enterprise_install"], true);
    assert_eq!(reply["authed_user"]["id"], "W0ADAOKORO");
}

#[tokio::test]
async fn a_workspace_inside_an_organization_has_both() {
    let bench = Bench::start().await;
    let reply = install_to(&bench, RAIL, &[SCOPE]).await;
    assert_eq!(
        (&reply["team"]["id"], &reply["enterprise"]["id"]),
        (&RAIL.into(), &RAIL_GROUP.into())
    );
    assert_eq!(reply["is_enterprise_install"], false);
}

#[tokio::test]
async fn an_incoming_webhook_comes_with_its_url_and_works() {
    let bench = Bench::start().await;
    let reply = bench
        .slack_install(SLACK, &[("scope", "incoming-webhook")])
        .await;
    let hook = &reply["incoming_webhook"];
    assert_eq!(hook["channel"], "#general");
    let url = hook["url"].as_str().unwrap();
    assert!(
        url.starts_with(
            bench
                .sandbox
                .slack_base_url()
                .join("slack/services/T")
                .unwrap()
                .as_str()
        )
    );
    let posted = send(bench.http.post(url).body(r#"{"text":"hello"}"#)).await;
    assert_eq!(
        (
            posted.status().as_u16(),
            posted.text().await.unwrap().as_str()
        ),
        (200, "ok")
    );
    let lost = send(
        bench
            .http
            .post(format!("{url}x"))
            .body(r#"{"text":"hello"}"#),
    )
    .await;
    assert_eq!(lost.status(), 404);
}

#[tokio::test]
async fn rotation_adds_expiry_and_refresh_token_to_both_tokens() {
    let bench = Bench::start().await;
    let reply = bench.slack_install(ROTATING, &[SCOPE, USER_SCOPE]).await;
    for (part, prefix) in [
        (&reply, "xoxe.xoxb-1-"),
        (&reply["authed_user"], "xoxe.xoxp-1-"),
    ] {
        assert!(part["access_token"].as_str().unwrap().starts_with(prefix));
        assert!(
            part["refresh_token"]
                .as_str()
                .unwrap()
                .starts_with("xoxe-1-")
        );
        assert_eq!(part["expires_in"], 43_200);
    }
}

#[tokio::test]
async fn unticked_scopes_are_not_granted_and_scopes_add_up() {
    let bench = Bench::start().await;
    bench.control.slack_untick(["channels:read"]);
    assert_eq!(
        bench.slack_install(SLACK, &[SCOPE]).await["scope"],
        "chat:write"
    );
    bench.control.slack_untick(Vec::<String>::new());
    let more = bench.slack_install(SLACK, &[("scope", "users:read")]).await;
    assert_eq!(more["scope"], "chat:write,users:read");
}

#[tokio::test]
async fn a_code_works_once_and_a_second_use_kills_its_tokens() {
    let bench = Bench::start().await;
    let code = bench.slack_code(SLACK.0, &[SCOPE]).await;
    let reply = bench.slack_exchange(SLACK, &code).await;
    let token = reply["access_token"].as_str().unwrap();
    assert_eq!(bench.slack_standing(token).await, "ok");
    assert_eq!(
        bench.slack_exchange(SLACK, &code).await["error"],
        "code_already_used"
    );
    assert_eq!(bench.slack_standing(token).await, "token_revoked");
}

#[tokio::test]
async fn a_code_lives_ten_minutes() {
    let bench = Bench::start().await;
    let (early, late) = (
        bench.slack_code(SLACK.0, &[SCOPE]).await,
        bench.slack_code(SLACK.0, &[SCOPE]).await,
    );
    bench.control.advance(Duration::from_secs(590));
    assert_eq!(bench.slack_exchange(SLACK, &early).await["ok"], true);
    bench.control.advance(Duration::from_secs(20));
    assert_eq!(
        bench.slack_exchange(SLACK, &late).await["error"],
        "invalid_code"
    );
}

#[tokio::test]
async fn a_code_of_another_client_or_of_nobody_is_invalid() {
    let bench = Bench::start().await;
    let code = bench.slack_code(SLACK.0, &[SCOPE]).await;
    assert_eq!(
        bench.slack_exchange(ROTATING, &code).await["error"],
        "invalid_code"
    );
    assert_eq!(
        bench.slack_exchange(SLACK, "made-up").await["error"],
        "invalid_code"
    );
    assert_eq!(bench.slack_exchange(SLACK, &code).await["ok"], true);
}

#[tokio::test]
async fn the_redirect_uri_has_to_be_the_same() {
    let bench = Bench::start().await;
    let code = bench.slack_code(SLACK.0, &[SCOPE]).await;
    let other = [
        ("code", code.as_str()),
        ("redirect_uri", "https://app.test/callback/other"),
    ];
    assert_eq!(
        bench.slack_access(SLACK, &other).await["error"],
        "bad_redirect_uri"
    );
    assert_eq!(
        bench.slack_access(SLACK, &other[..1]).await["error"],
        "bad_redirect_uri"
    );
}

#[tokio::test]
async fn client_credentials_are_checked() {
    let bench = Bench::start().await;
    let code = bench.slack_code(SLACK.0, &[SCOPE]).await;
    for (app, error) in [
        ((SLACK.0, "wrong"), "bad_client_secret"),
        ((SLACK.0, ""), "bad_client_secret"),
        (("9.9", SLACK.1), "invalid_client_id"),
        (("", ""), "invalid_client_id"),
    ] {
        assert_eq!(bench.slack_exchange(app, &code).await["error"], error);
        // The client is looked at first, whatever the code.
        let made_up = bench.slack_exchange(app, "made-up").await;
        assert_eq!(made_up["error"], error);
    }
    let made_up = bench.slack_exchange(SLACK, "made-up").await;
    assert_eq!(made_up["error"], "invalid_code");
}

#[tokio::test]
async fn basic_credentials_are_form_decoded() {
    let bench = Bench::start().await;
    let (id, secret) = ("55.66", "p:a+s %é");
    bench.control.register_slack_app(tieline_sandbox::SlackApp {
        client_id: id.to_owned(),
        client_secret: secret.to_owned(),
        redirect_uris: vec![CALLBACK.to_owned()],
        rotation: false,
    });
    let encoded = url::form_urlencoded::byte_serialize(secret.as_bytes()).collect::<String>();
    let code = bench.slack_code(id, &[SCOPE]).await;
    let exchange = |secret: &str| {
        let url = bench.url("slack/api/oauth.v2.access", &[]);
        let form = [("code", code.as_str()), ("redirect_uri", CALLBACK)];
        send(
            bench
                .http
                .post(url)
                .basic_auth(id, Some(secret))
                .form(&form),
        )
    };
    assert_eq!(json(exchange(secret).await).await["ok"], false);
    assert_eq!(json(exchange(&encoded).await).await["ok"], true);
}

#[tokio::test]
async fn only_post_works_and_json_is_taken() {
    let bench = Bench::start().await;
    let code = bench.slack_code(SLACK.0, &[SCOPE]).await;
    let fields = [
        ("client_id", SLACK.0),
        ("client_secret", SLACK.1),
        ("code", &code),
        ("redirect_uri", CALLBACK),
    ];
    let get = json(bench.get("slack/api/oauth.v2.access", &fields).await).await;
    assert_eq!(get["ok"], false);
    let body = Value::Object(
        fields
            .iter()
            .map(|(k, v)| ((*k).to_owned(), (*v).into()))
            .collect(),
    );
    let post = |kind: &str| {
        let url = bench.url("slack/api/oauth.v2.access", &[]);
        send(
            bench
                .http
                .post(url)
                .header("content-type", kind)
                .body(body.to_string()),
        )
    };
    assert_eq!(
        json(post("text/plain").await).await["error"],
        "invalid_post_type"
    );
    assert_eq!(
        json(post("application/json; charset=utf-8").await).await["ok"],
        true
    );
}

#[tokio::test]
async fn pkce_is_refused_unless_it_is_switched_on_and_then_checked() {
    let bench = Bench::start().await;
    let asked = challenge(VERIFIER);
    let asked = [
        SCOPE,
        ("code_challenge", asked.as_str()),
        ("code_challenge_method", "S256"),
    ];
    let code = bench.slack_code(SLACK.0, &asked).await;
    let exchange = async |verifier| {
        let form = [
            ("code", code.as_str()),
            ("redirect_uri", CALLBACK),
            ("code_verifier", verifier),
        ];
        bench.slack_access(SLACK, &form).await
    };
    assert_eq!(exchange(VERIFIER).await["error"], "pkce_not_allowed");
    bench.control.enable_slack_pkce(SLACK.0);
    assert_eq!(exchange("wrong").await["error"], "invalid_code_verifier");
    assert_eq!(exchange("").await["error"], "invalid_code_verifier");
    assert_eq!(exchange(VERIFIER).await["ok"], true);
}

async fn install_to(bench: &Bench, owner: &str, extra: Pairs<'_>) -> Value {
    let form = bench
        .slack_page(SLACK.0, extra)
        .await
        .with("workspace", owner);
    let code = param(&location(&form.allow(bench).await), "code").expect("a code");
    bench.slack_exchange(SLACK, &code).await
}
