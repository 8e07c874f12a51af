//! Slack tokens that expire, and how they are renewed.

use std::time::Duration;

use serde_json::Value;

use crate::support::{
    BAKERY, Bench, Pairs, RAIL_GROUP, ROTATING, SLACK, location, param, text, user_token,
};

const SCOPE: (&str, &str) = ("scope", "chat:write");
const USER_SCOPE: (&str, &str) = ("user_scope", "search:read");

#[tokio::test]
async fn rotating_tokens_expire_after_twelve_hours() {
    let bench = Bench::start().await;
    let installed = bench.slack_install(ROTATING, &[SCOPE]).await;
    let token = text(&installed, "access_token");
    bench.control.advance(Duration::from_secs(43_100));
    assert_eq!(bench.slack_standing(token).await, "ok");
    bench.control.advance(Duration::from_secs(101));
    assert_eq!(bench.slack_standing(token).await, "token_expired");
}

#[tokio::test]
async fn a_refresh_token_works_once() {
    let bench = Bench::start().await;
    let installed = bench.slack_install(ROTATING, &[SCOPE]).await;
    let old = text(&installed, "refresh_token");
    let reply = bench.slack_refresh(ROTATING, old).await;
    assert_eq!(
        (&reply["ok"], &reply["token_type"], &reply["expires_in"]),
        (&true.into(), &"bot".into(), &43_200.into())
    );
    assert_eq!(reply["scope"], installed["scope"]);
    assert_ne!(reply["refresh_token"], installed["refresh_token"]);
    let again = bench.slack_refresh(ROTATING, old).await;
    assert_eq!(again["error"], "invalid_refresh_token");
    let next = bench
        .slack_refresh(ROTATING, text(&reply, "refresh_token"))
        .await;
    assert_eq!(next["ok"], true, "the family lives on: {next}");
}

#[tokio::test]
async fn a_grace_lets_a_spent_refresh_token_work_for_a_while() {
    let bench = Bench::start().await;
    bench
        .control
        .set_slack_refresh_grace(Duration::from_mins(1));
    let installed = bench.slack_install(ROTATING, &[SCOPE]).await;
    let old = text(&installed, "refresh_token");
    for _ in 0..2 {
        assert_eq!(bench.slack_refresh(ROTATING, old).await["ok"], true);
    }
    bench.control.advance(Duration::from_mins(1));
    let late = bench.slack_refresh(ROTATING, old).await;
    assert_eq!(late["error"], "invalid_refresh_token");
}

#[tokio::test]
async fn a_refresh_token_of_another_client_is_invalid_and_stays_unspent() {
    let bench = Bench::start().await;
    let installed = bench.slack_install(ROTATING, &[SCOPE]).await;
    let token = text(&installed, "refresh_token");
    let reply = bench.slack_refresh(SLACK, token).await;
    assert_eq!(reply["error"], "invalid_refresh_token");
    let wrong = (ROTATING.0, "wrong");
    let reply = bench.slack_refresh(wrong, token).await;
    assert_eq!(reply["error"], "bad_client_secret");
    assert_eq!(bench.slack_refresh(ROTATING, token).await["ok"], true);
}

#[tokio::test]
async fn a_refreshed_user_token_is_at_the_top() {
    let bench = Bench::start().await;
    let installed = bench.slack_install(ROTATING, &[SCOPE, USER_SCOPE]).await;
    let person = &installed["authed_user"];
    let reply = bench
        .slack_refresh(ROTATING, text(person, "refresh_token"))
        .await;
    assert_eq!(
        (&reply["token_type"], &reply["user_id"]),
        (&"user".into(), &person["id"])
    );
    assert!(text(&reply, "access_token").starts_with("xoxe.xoxp-1-"));
    assert!(reply.get("authed_user").is_none());
    assert_eq!(reply["team"]["id"], BAKERY);
}

#[tokio::test]
async fn bot_and_person_are_refreshed_apart() {
    let bench = Bench::start().await;
    let installed = bench.slack_install(ROTATING, &[SCOPE, USER_SCOPE]).await;
    for _ in 0..2 {
        let person = text(&installed["authed_user"], "refresh_token");
        bench.slack_refresh(ROTATING, person).await;
    }
    let bot = bench
        .slack_refresh(ROTATING, text(&installed, "refresh_token"))
        .await;
    assert_eq!(bot["token_type"], "bot", "{bot}");
}

#[tokio::test]
async fn a_refresh_for_a_whole_organization_names_it() {
    let bench = Bench::start().await;
    let form = bench.slack_page(ROTATING.0, &[SCOPE]).await;
    let response = form.with("workspace", RAIL_GROUP).allow(&bench).await;
    let code = param(&location(&response), "code").expect("a code");
    let installed = bench.slack_exchange(ROTATING, &code).await;
    let reply = bench
        .slack_refresh(ROTATING, text(&installed, "refresh_token"))
        .await;
    assert_eq!(
        (&reply["team"], &reply["enterprise"]["id"]),
        (&Value::Null, &RAIL_GROUP.into())
    );
    assert_eq!(reply["is_enterprise_install"], true);
}

#[tokio::test]
async fn a_third_token_kills_the_oldest() {
    let bench = Bench::start().await;
    let first = bench.slack_install(ROTATING, &[SCOPE]).await;
    let second = bench
        .slack_refresh(ROTATING, text(&first, "refresh_token"))
        .await;
    assert_eq!(
        bench.slack_standing(text(&first, "access_token")).await,
        "ok"
    );
    let third = bench
        .slack_refresh(ROTATING, text(&second, "refresh_token"))
        .await;
    assert_eq!(
        bench.slack_standing(text(&first, "access_token")).await,
        "token_revoked"
    );
    for live in [second, third] {
        assert_eq!(
            bench.slack_standing(text(&live, "access_token")).await,
            "ok"
        );
    }
}

#[tokio::test]
async fn an_expired_token_is_not_one_of_the_two() {
    let bench = Bench::start().await;
    let first = bench.slack_install(ROTATING, &[SCOPE]).await;
    bench.control.advance(Duration::from_secs(43_201));
    let second = bench
        .slack_refresh(ROTATING, text(&first, "refresh_token"))
        .await;
    bench
        .slack_refresh(ROTATING, text(&second, "refresh_token"))
        .await;
    assert_eq!(
        bench.slack_standing(text(&first, "access_token")).await,
        "token_expired"
    );
    assert_eq!(
        bench.slack_standing(text(&second, "access_token")).await,
        "ok"
    );
}

#[tokio::test]
async fn a_refresh_token_dies_with_the_installation() {
    let bench = Bench::start().await;
    let installed = bench.slack_install(ROTATING, &[SCOPE]).await;
    bench.control.uninstall_slack_app(ROTATING.0, BAKERY);
    let reply = bench
        .slack_refresh(ROTATING, text(&installed, "refresh_token"))
        .await;
    assert_eq!(reply["error"], "invalid_refresh_token");
}

#[tokio::test]
async fn rotation_is_switched_on_for_what_is_granted_later() {
    let bench = Bench::start().await;
    let before = bench.slack_install(SLACK, &[SCOPE]).await;
    bench.control.enable_slack_rotation(SLACK.0);
    let after = bench.slack_install(SLACK, &[SCOPE]).await;
    assert!(before.get("expires_in").is_none());
    assert_eq!(after["expires_in"], 43_200);
    bench.control.advance(Duration::from_hours(13));
    for (installed, standing) in [(before, "ok"), (after, "token_expired")] {
        let token = text(&installed, "access_token");
        assert_eq!(bench.slack_standing(token).await, standing);
    }
}

#[tokio::test]
async fn a_long_lived_token_is_exchanged_once() {
    let bench = Bench::start().await;
    let installed = bench.slack_install(SLACK, &[SCOPE, USER_SCOPE]).await;
    bench.control.enable_slack_rotation(SLACK.0);
    let tokens = [
        (text(&installed, "access_token"), "bot", "xoxe.xoxb-1-"),
        (user_token(&installed), "user", "xoxe.xoxp-1-"),
    ];
    for (old, kind, prefix) in tokens {
        let reply = exchange(&bench, SLACK, &[("token", old)]).await;
        assert_eq!(reply["token_type"], kind, "{reply}");
        assert!(text(&reply, "access_token").starts_with(prefix));
        assert!(text(&reply, "refresh_token").starts_with("xoxe-1-"));
        assert_eq!(reply["expires_in"], 43_200);
        assert_eq!(bench.slack_standing(old).await, "ok", "it lives on");
        let again = exchange(&bench, SLACK, &[("token", old)]).await;
        assert_eq!(again["error"], "token_already_exchanged");
    }
}

#[tokio::test]
async fn a_long_lived_token_dies_with_the_first_refresh_after_its_exchange() {
    let bench = Bench::start().await;
    let installed = bench.slack_install(SLACK, &[SCOPE, USER_SCOPE]).await;
    bench.control.enable_slack_rotation(SLACK.0);
    let old = text(&installed, "access_token");
    let pair = exchange(&bench, SLACK, &[("token", old)]).await;
    let refreshed = bench
        .slack_refresh(SLACK, text(&pair, "refresh_token"))
        .await;
    assert_eq!(bench.slack_standing(old).await, "token_revoked");
    assert_eq!(bench.slack_standing(user_token(&installed)).await, "ok");
    for live in [pair, refreshed] {
        assert_eq!(
            bench.slack_standing(text(&live, "access_token")).await,
            "ok"
        );
    }
    let again = exchange(&bench, SLACK, &[("token", old)]).await;
    assert_eq!(again["error"], "token_already_exchanged");
}

#[tokio::test]
async fn an_exchange_says_why_not() {
    let bench = Bench::start().await;
    let installed = bench.slack_install(SLACK, &[SCOPE]).await;
    let rotating = bench.slack_install(ROTATING, &[SCOPE]).await;
    let old = text(&installed, "access_token");
    let refusal = async |app, form: Pairs<'_>| exchange(&bench, app, form).await["error"].clone();
    let ours = [("token", old)];
    assert_eq!(refusal(SLACK, &ours).await, "token_rotation_not_enabled");
    assert_eq!(refusal(ROTATING, &ours).await, "invalid_token");
    bench.control.enable_slack_rotation(SLACK.0);
    for (app, token, error) in [
        (SLACK, "xoxb-unknown", "invalid_token"),
        (ROTATING, text(&rotating, "access_token"), "invalid_token"),
        ((SLACK.0, "wrong"), old, "bad_client_secret"),
        (("9.9", "wrong"), old, "invalid_client_id"),
    ] {
        assert_eq!(refusal(app, &[("token", token)]).await, error);
    }
    assert_eq!(refusal(SLACK, &[]).await, "invalid_token");
    bench.control.revoke_slack_tokens(SLACK.0, BAKERY);
    assert_eq!(refusal(SLACK, &ours).await, "authorization_not_found");
}

async fn exchange(bench: &Bench, app: (&str, &str), form: Pairs<'_>) -> Value {
    let mut fields = vec![("client_id", app.0), ("client_secret", app.1)];
    fields.extend(form);
    let response = bench.post("slack/api/oauth.v2.exchange", &fields).await;
    crate::support::json(response).await
}
