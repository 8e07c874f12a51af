//! What happens to Slack tokens after they were issued.

use crate::support::{
    BAKERY, Bench, RAIL_GROUP, ROTATING, SLACK, json, location, param, send, text, user_token,
};

const SCOPE: (&str, &str) = ("scope", "chat:write");
const USER_SCOPE: (&str, &str) = ("user_scope", "search:read");

#[tokio::test]
async fn auth_test_names_the_workspace_and_the_scopes() {
    let bench = Bench::start().await;
    let installed = bench.slack_install(SLACK, &[SCOPE]).await;
    let url = bench.url("slack/api/auth.test", &[]);
    let response = send(
        bench
            .http
            .get(url)
            .bearer_auth(text(&installed, "access_token")),
    )
    .await;
    assert_eq!(response.headers()["x-oauth-scopes"], "chat:write");
    let reply = json(response).await;
    assert_eq!(
        (&reply["team_id"], &reply["user_id"]),
        (&BAKERY.into(), &installed["bot_user_id"])
    );
}

#[tokio::test]
async fn a_token_of_a_whole_organization_names_it() {
    let bench = Bench::start().await;
    let form = bench.slack_page(SLACK.0, &[SCOPE]).await;
    let response = form.with("workspace", RAIL_GROUP).allow(&bench).await;
    let code = param(&location(&response), "code").expect("a code");
    let installed = bench.slack_exchange(SLACK, &code).await;
    let token = text(&installed, "access_token");
    let reply = bench.slack_method("auth.test", token, &[]).await;
    assert_eq!(reply["is_enterprise_install"], true, "{reply}");
    for name in ["enterprise_id", "team_id"] {
        assert_eq!(reply[name], RAIL_GROUP, "{reply}");
    }
}

#[tokio::test]
async fn a_token_is_taken_from_header_or_form_but_not_from_the_query() {
    let bench = Bench::start().await;
    let installed = bench.slack_install(SLACK, &[SCOPE]).await;
    let token = [("token", text(&installed, "access_token"))];
    assert_eq!(
        json(bench.post("slack/api/auth.test", &token).await).await["ok"],
        true
    );
    let query = json(bench.get("slack/api/auth.test", &token).await).await;
    assert_eq!(query["error"], "not_authed");
    assert_eq!(bench.slack_standing("xoxb-unknown").await, "invalid_auth");
}

#[tokio::test]
async fn revoke_tries_first_and_then_kills_one_token() {
    let bench = Bench::start().await;
    let installed = bench.slack_install(SLACK, &[SCOPE, USER_SCOPE]).await;
    let (bot, user) = (text(&installed, "access_token"), user_token(&installed));
    let tried = bench
        .slack_method("auth.revoke", bot, &[("test", "1")])
        .await;
    assert_eq!(
        (&tried["ok"], &tried["revoked"]),
        (&true.into(), &false.into())
    );
    assert_eq!(bench.slack_standing(bot).await, "ok");
    assert_eq!(
        bench.slack_method("auth.revoke", bot, &[]).await["revoked"],
        true
    );
    assert_eq!(bench.slack_standing(bot).await, "token_revoked");
    assert_eq!(bench.slack_standing(user).await, "ok");
    assert_eq!(
        bench.slack_method("auth.revoke", bot, &[]).await["error"],
        "token_revoked"
    );
}

#[tokio::test]
async fn uninstall_kills_every_token_of_the_installation() {
    let bench = Bench::start().await;
    let installed = bench.slack_install(SLACK, &[SCOPE, USER_SCOPE]).await;
    let (bot, user) = (text(&installed, "access_token"), user_token(&installed));
    let other = [("client_id", ROTATING.0), ("client_secret", ROTATING.1)];
    let own = [("client_id", SLACK.0), ("client_secret", SLACK.1)];
    let mismatch = bench.slack_method("apps.uninstall", bot, &other).await;
    assert_eq!(mismatch["error"], "client_id_token_mismatch");
    assert_eq!(
        bench.slack_method("apps.uninstall", bot, &own).await["ok"],
        true
    );
    assert_eq!(bench.slack_standing(bot).await, "account_inactive");
    assert_eq!(bench.slack_standing(user).await, "token_revoked");
}

#[tokio::test]
async fn an_admin_can_remove_the_app() {
    let bench = Bench::start().await;
    let installed = bench.slack_install(SLACK, &[SCOPE]).await;
    bench.control.uninstall_slack_app(SLACK.0, BAKERY);
    assert_eq!(
        bench.slack_standing(text(&installed, "access_token")).await,
        "account_inactive"
    );
}

#[tokio::test]
async fn tokens_can_be_revoked_from_outside() {
    let bench = Bench::start().await;
    let installed = bench.slack_install(SLACK, &[SCOPE, USER_SCOPE]).await;
    let rotating = bench.slack_install(ROTATING, &[SCOPE]).await;
    bench.control.revoke_slack_tokens(SLACK.0, BAKERY);
    for token in [text(&installed, "access_token"), user_token(&installed)] {
        assert_eq!(bench.slack_standing(token).await, "token_revoked");
    }
    let other = text(&rotating, "access_token");
    assert_eq!(bench.slack_standing(other).await, "ok");
}

#[tokio::test]
async fn an_unknown_method_says_so() {
    let bench = Bench::start().await;
    let reply = bench.slack_method("chat.unknown", "xoxb-1", &[]).await;
    assert_eq!(reply["error"], "unknown_method");
}
