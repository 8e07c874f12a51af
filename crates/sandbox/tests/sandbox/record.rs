//! What the record tells about a request besides its bytes.

use serde_json::{Value, json as value};
use tieline_sandbox::{Endpoint, Fault, RecordedRequest, TokenKind};

use crate::support::{BAKERY, Bench, ENTRA, FENNEL, JONAS, ROTATING, SLACK, SignIn, json, text};

const ACCESS: Endpoint = Endpoint::SlackOauthV2Access;
const SCOPE: (&str, &str) = ("scope", "chat:write");

#[tokio::test]
async fn calls_are_counted_by_token() {
    let bench = Bench::start().await;
    let first = bench.slack_install(ROTATING, &[SCOPE]).await;
    let second = bench
        .slack_refresh(ROTATING, text(&first, "refresh_token"))
        .await;
    for _ in 0..2 {
        bench
            .slack_refresh(ROTATING, text(&second, "refresh_token"))
            .await;
    }
    bench.slack_refresh(ROTATING, "made-up").await;
    let calls = bench.control.calls_by_token(ACCESS);
    let calls: Vec<_> = calls
        .iter()
        .map(|(token, calls)| (token.kind, token.place.as_str(), token.number, *calls))
        .collect();
    assert_eq!(
        calls,
        [
            (TokenKind::SlackCode, BAKERY, 1, 1),
            (TokenKind::SlackBotRefresh, BAKERY, 1, 1),
            (TokenKind::SlackBotRefresh, BAKERY, 2, 2),
            (TokenKind::Unknown, "", 0, 1),
        ]
    );
}

#[tokio::test]
async fn a_token_is_told_from_its_value_to_whose_it_is() {
    let bench = Bench::start().await;
    let installed = bench
        .slack_install(SLACK, &[SCOPE, ("user_scope", "search:read")])
        .await;
    let mark = |value| bench.control.mark_of(value).expect("issued here");
    let bot = mark(text(&installed, "access_token"));
    assert_eq!(
        (bot.kind, bot.client_id.as_str(), bot.user.as_str()),
        (
            TokenKind::SlackBot,
            SLACK.0,
            text(&installed, "bot_user_id")
        )
    );
    let person = mark(text(&installed["authed_user"], "access_token"));
    assert_eq!(
        (person.kind, person.user.as_str(), person.number),
        (TokenKind::SlackUser, "U0MARALIND", 1)
    );
    let scope = "openid offline_access User.Read";
    let person = Some(JONAS);
    let signed_in = bench
        .sign_in(SignIn {
            scope,
            person,
            ..SignIn::default()
        })
        .await;
    for (name, kind) in [
        ("access_token", TokenKind::EntraUser),
        ("refresh_token", TokenKind::EntraRefresh),
    ] {
        let mark = mark(text(&signed_in, name));
        assert_eq!(
            (mark.kind, mark.place.as_str(), mark.user.as_str()),
            (kind, FENNEL, JONAS)
        );
    }
    assert_eq!(bench.control.mark_of("made-up"), None);
}

#[tokio::test]
async fn a_request_names_its_app_even_when_only_a_token_comes() {
    let bench = Bench::start().await;
    let installed = bench.slack_install(SLACK, &[SCOPE]).await;
    bench.slack_standing(text(&installed, "access_token")).await;
    for request in bench.control.requests() {
        assert_eq!(request.client_id.as_deref(), Some(SLACK.0), "{request:?}");
    }
    let url = bench.url("slack/api/oauth.v2.access", &[]);
    let basic = bench.http.post(url).basic_auth(ROTATING.0, Some("x"));
    crate::support::send(basic).await;
    let last = bench.control.requests().pop().expect("a request");
    assert_eq!(last.client_id.as_deref(), Some(ROTATING.0));
}

#[tokio::test]
async fn a_request_tells_what_became_of_it() {
    let bench = Bench::start().await;
    let installed = bench.slack_install(SLACK, &[SCOPE]).await;
    let token = text(&installed, "access_token");
    bench.slack_standing(token).await;
    bench.slack_standing("made-up").await;
    for fault in [Fault::LoseReply, Fault::Disconnect] {
        bench.control.fault_once(Endpoint::SlackAuthTest, fault);
        let url = bench.url("slack/api/auth.test", &[]);
        assert!(
            bench
                .http
                .post(url)
                .bearer_auth(token)
                .send()
                .await
                .is_err()
        );
    }
    bench.app_token(FENNEL).await;
    let requests = bench.control.requests_of(Endpoint::SlackAuthTest);
    let outcomes: Vec<_> = requests
        .iter()
        .map(|request| request.outcome.clone().map(|it| (it.status, it.error)))
        .collect();
    assert_eq!(
        outcomes,
        [
            Some((200, None)),
            Some((200, Some("invalid_auth".to_owned()))),
            Some((200, None)),
            None,
        ]
    );
    let succeeded: Vec<_> = requests.iter().map(RecordedRequest::succeeded).collect();
    assert_eq!(succeeded, [true, false, true, false]);
    let entra = bench.control.requests_of(Endpoint::EntraToken);
    let outcome = entra[0].outcome.as_ref().expect("it was at work");
    assert_eq!(outcome.error.as_deref(), Some("AADSTS700016"));
}

#[tokio::test]
async fn an_app_only_token_is_the_apps_own() {
    let bench = Bench::start().await;
    bench.control.give_admin_consent(ENTRA.0, FENNEL);
    let reply = json(bench.app_token(FENNEL).await).await;
    let mark = bench.control.mark_of(text(&reply, "access_token"));
    let mark = mark.expect("issued here");
    assert_eq!(
        (mark.kind, mark.place.as_str(), mark.user.as_str()),
        (TokenKind::EntraApp, FENNEL, "")
    );
}

#[tokio::test]
async fn the_live_tokens_of_an_installation_are_listed() {
    let bench = Bench::start().await;
    let installed = bench.slack_install(ROTATING, &[SCOPE]).await;
    let live = || {
        let live = bench.control.live_slack_tokens(ROTATING.0, BAKERY);
        let told: Vec<_> = live.iter().map(|mark| (mark.kind, mark.number)).collect();
        told
    };
    let (bot, refresh) = (TokenKind::SlackBot, TokenKind::SlackBotRefresh);
    assert_eq!(live(), [(bot, 1), (refresh, 1)]);
    bench
        .slack_refresh(ROTATING, text(&installed, "refresh_token"))
        .await;
    assert_eq!(live(), [(bot, 1), (bot, 2), (refresh, 2)]);
    bench.control.uninstall_slack_app(ROTATING.0, BAKERY);
    assert_eq!(live(), []);
}

#[tokio::test]
async fn a_test_can_wait_for_requests() {
    let bench = Bench::start().await;
    let control = bench.control.clone();
    let waiting = tokio::spawn(async move {
        control.wait_for_requests(Endpoint::SlackAuthTest, 2).await;
        control.count(Endpoint::SlackAuthTest)
    });
    for _ in 0..2 {
        assert!(!waiting.is_finished());
        bench.slack_standing("made-up").await;
    }
    assert_eq!(waiting.await.unwrap(), 2);
}

#[tokio::test]
async fn tokens_are_counted_over_http_without_their_values() {
    let bench = Bench::start().await;
    let installed = bench.slack_install(ROTATING, &[SCOPE]).await;
    let query = [("endpoint", "slack_oauth_v2_access")];
    let calls = json(bench.get("control/tokens", &query).await).await;
    let expected: Value = value!([{
        "token": {
            "kind": "slack_code",
            "client_id": ROTATING.0,
            "place": BAKERY,
            "user": "U0MARALIND",
            "number": 1,
        },
        "calls": 1,
    }]);
    assert_eq!(calls, expected);
    let query = [("client_id", ROTATING.0), ("owner", BAKERY)];
    let live = json(bench.get("control/live_slack_tokens", &query).await).await;
    assert_eq!(live.as_array().map(Vec::len), Some(2));
    let token = text(&installed, "access_token");
    assert!(!live.to_string().contains(token));
    let query = [("endpoint", "slack_oauth_v2_access"), ("requests", "1")];
    let waited = bench.get("control/wait_for_requests", &query).await;
    assert_eq!(waited.status(), 204);
}
