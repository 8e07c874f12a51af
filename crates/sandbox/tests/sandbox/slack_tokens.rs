//! What happens to Slack tokens after they were issued.

use std::time::Duration;

use tieline_sandbox::Uninstallers;

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
async fn revoking_a_token_that_never_expires_ends_the_authorization() {
    let bench = Bench::start().await;
    let first = bench.slack_install(SLACK, &[SCOPE]).await;
    let second = bench.slack_install(SLACK, &[SCOPE, USER_SCOPE]).await;
    let (old, new) = (text(&first, "access_token"), text(&second, "access_token"));
    bench.slack_method("auth.revoke", old, &[]).await;
    assert_eq!(bench.slack_standing(new).await, "token_revoked");
    let person = user_token(&second);
    assert_eq!(
        bench.slack_standing(person).await,
        "ok",
        "an authorization of its own"
    );
    let again = bench.slack_install(SLACK, &[("scope", "users:read")]).await;
    assert_eq!(
        again["scope"], "users:read",
        "nothing is left of the old grant"
    );
}

#[tokio::test]
async fn revoking_a_token_that_rotates_ends_that_one_only() {
    let bench = Bench::start().await;
    let first = bench.slack_install(ROTATING, &[SCOPE]).await;
    let second = bench
        .slack_refresh(ROTATING, text(&first, "refresh_token"))
        .await;
    let (old, new) = (text(&first, "access_token"), text(&second, "access_token"));
    let revoked = bench.slack_method("auth.revoke", new, &[]).await;
    assert_eq!(revoked["revoked"], true);
    assert_eq!(bench.slack_standing(new).await, "token_revoked");
    assert_eq!(bench.slack_standing(old).await, "ok");
    let third = bench
        .slack_refresh(ROTATING, text(&second, "refresh_token"))
        .await;
    assert_eq!(third["ok"], true, "the installation lives on: {third}");
}

#[tokio::test]
async fn revoke_says_what_a_token_already_is() {
    let bench = Bench::start().await;
    let plain = bench.slack_install(SLACK, &[SCOPE]).await;
    let rotating = bench.slack_install(ROTATING, &[SCOPE]).await;
    bench.control.uninstall_slack_app(SLACK.0, BAKERY);
    bench.control.advance(Duration::from_hours(13));
    for (token, error) in [
        (text(&plain, "access_token"), "account_inactive"),
        (text(&rotating, "access_token"), "token_expired"),
        ("xoxb-unknown", "invalid_auth"),
    ] {
        let reply = bench.slack_method("auth.revoke", token, &[]).await;
        assert_eq!(reply["error"], error);
    }
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
async fn uninstall_checks_the_client_and_ends_refresh_tokens_too() {
    let bench = Bench::start().await;
    let installed = bench.slack_install(ROTATING, &[SCOPE]).await;
    let token = text(&installed, "access_token");
    let refused = |id, secret| [("client_id", id), ("client_secret", secret)];
    for (form, error) in [
        (refused(ROTATING.0, "wrong"), "bad_client_secret"),
        (refused("9.9", ROTATING.1), "invalid_client_id"),
    ] {
        let reply = bench.slack_method("apps.uninstall", token, &form).await;
        assert_eq!(reply["error"], error);
    }
    let own = refused(ROTATING.0, ROTATING.1);
    bench.slack_method("apps.uninstall", token, &own).await;
    let refreshed = bench
        .slack_refresh(ROTATING, text(&installed, "refresh_token"))
        .await;
    assert_eq!(refreshed["error"], "invalid_refresh_token");
}

#[tokio::test]
async fn an_app_may_be_kept_from_uninstalling_itself() {
    let bench = Bench::start().await;
    let installed = bench.slack_install(SLACK, &[SCOPE, USER_SCOPE]).await;
    let (bot, user) = (text(&installed, "access_token"), user_token(&installed));
    let own = [("client_id", SLACK.0), ("client_secret", SLACK.1)];
    let attempt = async |by, token| {
        bench.control.allow_slack_uninstall(SLACK.0, by);
        bench.slack_method("apps.uninstall", token, &own).await
    };
    for (by, token) in [
        (Uninstallers::Nobody, bot),
        (Uninstallers::Nobody, user),
        (Uninstallers::Users, bot),
    ] {
        assert_eq!(attempt(by, token).await["error"], "no_permission");
        assert_eq!(bench.slack_standing(token).await, "ok");
    }
    assert_eq!(attempt(Uninstallers::Users, user).await["ok"], true);
    assert_eq!(bench.slack_standing(bot).await, "account_inactive");
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
