//! `/v1/channel-connections/{identifier}/token`: tokens are handed out good, to those who may.

use std::{sync::Arc, time::Duration};

use axum::{
    body::Body,
    http::{Method, header},
};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use tieline_domain::{
    api_key::{ApiKeyRight, ApiKeyRole},
    attempt::Failure,
    connection::{ChannelConnection, CredentialKind, Health, Standing},
    ports::{MockProviderClient, ProviderError, RefreshError},
    provider::GrantedCredential,
    reason::Reason,
};
use tieline_testkit::fixtures::{self, NOON};
use tokio::sync::Notify;

use crate::{
    bench::{Answer, Bench, TENANT},
    patience::Slow,
};

fn path(connection: &ChannelConnection) -> String {
    format!("/v1/channel-connections/{}/token", connection.identifier)
}

async fn ask(bench: &Bench, connection: &ChannelConnection, body: &Value) -> Answer {
    bench.post(&path(connection), body).await
}

/// Asks without a body.
async fn ask_plainly(bench: &Bench, connection: &ChannelConnection) -> Answer {
    let request = bench.request(Method::POST, &path(connection));
    bench.send(request.body(Body::empty()).unwrap()).await
}

/// Stores a connection of a bot whose token dies then, and a person's whose token does not.
async fn stored(bench: &Bench, expires_at: Option<Timestamp>) -> ChannelConnection {
    let mut connection = bench.connection();
    let kind = CredentialKind::Bot;
    connection.credentials[0].expires_at = expires_at;
    connection.credentials[0].refresh_token =
        expires_at.map(|_| bench.seal(&connection, kind.refresh_token_column(), "xoxe-1"));
    let person = bench.sealed(&connection, CredentialKind::User, "xoxp-first");
    connection.credentials.push(person);
    bench.store(&connection, Vec::new()).await;
    connection
}

fn issued(token: &str, expires_at: Timestamp) -> GrantedCredential {
    GrantedCredential {
        kind: CredentialKind::Bot,
        access_token: token.into(),
        refresh_token: Some("xoxe-2".into()),
        scopes: vec!["chat:write".to_owned()],
        expires_at: Some(expires_at),
    }
}

/// A provider that answers this to a refresh, once.
fn refreshing(answer: Result<GrantedCredential, RefreshError>) -> MockProviderClient {
    let mut client = MockProviderClient::new();
    client
        .expect_refresh()
        .times(1)
        .return_once(move |_, _, _| answer);
    client
}

#[tokio::test]
async fn a_token_is_answered_with_all_that_is_known_of_it() {
    let bench = Bench::start().await.seeing().await;
    let connection = stored(&bench, Some(fixtures::seconds_later(7200))).await;
    let expected = json!({
        "accessToken": "xoxb-first", "tokenType": "Bearer", "kind": "bot",
        "scopes": ["chat:write", "channels:read"], "expiresAt": "2026-01-02T14:00:00.000Z",
    });
    for answer in [
        ask_plainly(&bench, &connection).await,
        ask(&bench, &connection, &json!({})).await,
        ask(&bench, &connection, &json!({ "minValidFor": 7200 })).await,
        ask(
            &bench,
            &connection,
            &json!({ "kind": "bot", "minValidFor": 0 }),
        )
        .await,
        ask(
            &bench,
            &connection,
            &json!({ "kind": null, "minValidFor": null }),
        )
        .await,
    ] {
        answer.assert_is(200);
        assert_eq!(answer.json(), expected);
        assert_eq!(answer.header("cache-control"), Some("no-store"));
    }
    let person = ask(&bench, &connection, &json!({ "kind": "user" })).await;
    assert_eq!(person.json()["accessToken"], "xoxp-first");
    assert_eq!(person.json()["kind"], "user");
    assert_eq!(person.json()["expiresAt"], Value::Null);
}

#[tokio::test]
async fn a_key_without_the_right_gets_none_whatever_its_role() {
    let bench = Bench::start().await;
    let connection = stored(&bench, None).await;
    for role in ApiKeyRole::ALL {
        let without = bench.holding(&bench.key_of(role).await);
        let refused = ask(&without, &connection, &json!({})).await;
        assert_eq!(refused.refusal(), (403, "forbidden".to_owned()));
        assert_eq!(
            refused.message(),
            "This needs an API key with the right tokens:read."
        );
        let key = bench.key_with(role, &[ApiKeyRight::ReadTokens]).await;
        let with = bench.holding(&key);
        ask(&with, &connection, &json!({})).await.assert_is(200);
    }
}

#[tokio::test]
async fn what_cannot_be_is_told_by_field() {
    let bench = Bench::start().await.seeing().await;
    let connection = stored(&bench, None).await;
    for (body, field) in [
        (json!({ "minValidFor": -1 }), "minValidFor"),
        (json!({ "minValidFor": 43_201 }), "minValidFor"),
        (
            json!({ "minValidFor": 9_000_000_000_000_000_000_u64 }),
            "minValidFor",
        ),
        (json!({ "minValidFor": "60" }), "minValidFor"),
        (json!({ "minValidFor": 1.5 }), "minValidFor"),
        (json!({ "kind": "app" }), "kind"),
        (json!({ "scope": [] }), "scope"),
    ] {
        let refused = ask(&bench, &connection, &body).await;
        assert_eq!(refused.fields(), [field], "{body}");
    }
    let refused = ask(&bench, &connection, &json!({ "minValidFor": 43_201 })).await;
    assert_eq!(
        refused.message(),
        "minValidFor must be a whole number of seconds from 0 to 43200"
    );
    let refused = ask(&bench, &connection, &json!([])).await;
    assert_eq!(refused.refusal(), (400, "malformed_json".to_owned()));
    let untyped = bench.request(Method::POST, &path(&connection));
    let refused = bench.send(untyped.body(Body::from("{}")).unwrap()).await;
    assert_eq!(
        refused.refusal(),
        (415, "unsupported_media_type".to_owned())
    );
}

#[tokio::test]
async fn a_token_that_does_not_live_long_enough_is_refreshed_first() {
    let later = fixtures::seconds_later(43_200);
    let bench = Bench::start().await.seeing().await;
    let bench = bench.with(refreshing(Ok(issued("xoxb-second", later))));
    let connection = stored(&bench, Some(fixtures::seconds_later(299))).await;
    for _ in 0..2 {
        let answer = ask(&bench, &connection, &json!({ "minValidFor": 300 })).await;
        answer.assert_is(200);
        assert_eq!(answer.json()["accessToken"], "xoxb-second");
        assert_eq!(answer.json()["expiresAt"], "2026-01-03T00:00:00.000Z");
    }
}

/// A minute is what one can do without asking.
#[tokio::test]
async fn without_being_told_a_token_lives_for_a_minute() {
    for (seconds, token) in [(60, "xoxb-first"), (59, "xoxb-second")] {
        let mut client = MockProviderClient::new();
        client
            .expect_refresh()
            .returning(|_, _, _| Ok(issued("xoxb-second", fixtures::seconds_later(43_200))));
        let bench = Bench::start().await.seeing().await.with(client);
        let connection = stored(&bench, Some(fixtures::seconds_later(seconds))).await;
        let answer = ask_plainly(&bench, &connection).await;
        assert_eq!(answer.json()["accessToken"], token, "{seconds}");
    }
}

#[tokio::test]
async fn a_provider_that_does_not_refresh_is_a_502_unless_the_token_lives_on() {
    let error = ProviderError {
        provider_error: Some("connection refused".to_owned()),
        ..Reason::ProviderUnreachable.into()
    };
    for (lives_for, status) in [(0, 502), (61, 200)] {
        let refused = Err(RefreshError::Refused(error.clone()));
        let bench = Bench::start()
            .await
            .seeing()
            .await
            .with(refreshing(refused));
        let connection = stored(&bench, Some(fixtures::seconds_later(lives_for))).await;
        let answer = ask(&bench, &connection, &json!({ "minValidFor": 300 })).await;
        answer.assert_is(status);
        if status == 502 {
            assert_eq!(answer.code(), "provider_unreachable");
            let told = "The provider could not be reached. (connection refused)";
            assert_eq!(answer.message(), told);
        } else {
            assert_eq!(answer.json()["accessToken"], "xoxb-first");
        }
    }
}

/// Whatever ended it.
#[tokio::test]
async fn a_connection_that_has_ended_is_a_409_that_says_why() {
    let bench = Bench::start().await.seeing().await;
    for (standing, reason, told) in [
        (Standing::Revoked, Reason::TokenRevoked, "is revoked: "),
        (Standing::Revoked, Reason::ConsentNotGranted, "is revoked: "),
        (
            Standing::ReauthRequired,
            Reason::RefreshLost,
            "is reauth_required: ",
        ),
    ] {
        let connection = ChannelConnection {
            health: Health::issued(NOON).failed(standing, Failure::from(reason), NOON),
            ..bench.connection()
        };
        bench.store(&connection, Vec::new()).await;
        let refused = ask(&bench, &connection, &json!({})).await;
        assert_eq!(refused.refusal(), (409, reason.code().to_owned()));
        let message = refused.message();
        assert!(
            message.contains(told) && message.ends_with(reason.what()),
            "{message}"
        );
    }
}

#[tokio::test]
async fn a_dead_token_that_cannot_be_refreshed_is_a_409() {
    let bench = Bench::start().await.seeing().await;
    let mut connection = bench.connection();
    connection.credentials[0].expires_at = Some(NOON);
    bench.store(&connection, Vec::new()).await;
    let refused = ask(&bench, &connection, &json!({})).await;
    assert_eq!(refused.refusal(), (409, "token_expired".to_owned()));
}

#[tokio::test]
async fn a_token_that_is_not_there_is_a_404() {
    let bench = Bench::start().await.seeing().await;
    let connection = bench.connection();
    bench.store(&connection, Vec::new()).await;
    let refused = ask(&bench, &connection, &json!({ "kind": "user" })).await;
    assert_eq!(refused.refusal(), (404, "token_unavailable".to_owned()));
    assert_eq!(refused.message(), "The connection has no user token");
    let unknown = bench
        .post("/v1/channel-connections/nothing/token", &json!({}))
        .await;
    assert_eq!(unknown.refusal(), (404, "not_found".to_owned()));
}

#[tokio::test]
async fn an_app_that_authenticates_by_itself_gets_a_token_of_its_own() {
    let mut client = MockProviderClient::new();
    client.expect_app_token().times(1).returning(|_, tenant| {
        assert_eq!(tenant, TENANT);
        let token = issued("graph", fixtures::seconds_later(3599));
        Ok(Some(GrantedCredential {
            refresh_token: None,
            scopes: Vec::new(),
            ..token
        }))
    });
    let bench = Bench::start().await.with(client).seeing().await;
    let body = json!({
        "identifier": "teams", "integrationIdentifier": "msteams", "subscriberId": "ada",
        "workspace": { "id": TENANT }, "auth": { "accessToken": "app-only" },
    });
    let made = bench.post("/v1/channel-connections", &body).await;
    made.assert_is(201);
    let path = "/v1/channel-connections/teams/token";
    for _ in 0..2 {
        let answer = bench.post(path, &json!({})).await;
        answer.assert_is(200);
        let expected = json!({
            "accessToken": "graph", "tokenType": "Bearer", "kind": "bot", "scopes": [],
            "expiresAt": "2026-01-02T12:59:59.000Z",
        });
        assert_eq!(answer.json(), expected);
    }
    let person = bench.post(path, &json!({ "kind": "user" })).await;
    assert_eq!(person.refusal(), (404, "token_unavailable".to_owned()));
}

/// What the app is told when it asks is the connection's end, or the provider's moment.
#[tokio::test]
async fn an_app_that_gets_no_token_is_told_whose_fault_that_is() {
    for (reason, status) in [
        (Reason::ConsentNotGranted, 409),
        (Reason::ClientRejected, 502),
        (Reason::ProviderUnreachable, 502),
    ] {
        let mut client = MockProviderClient::new();
        client
            .expect_app_token()
            .returning(move |_, _| Err(reason.into()));
        // Whoever was refused for good is asked about again.
        client
            .expect_verify()
            .returning(move |_, _, _| Err(reason.into()));
        let bench = Bench::start().await.with(client).seeing().await;
        let body = json!({
            "identifier": "teams", "integrationIdentifier": "msteams", "subscriberId": "ada",
            "workspace": { "id": TENANT }, "auth": { "accessToken": "app-only" },
        });
        let made = bench.post("/v1/channel-connections", &body).await;
        made.assert_is(201);
        for _ in 0..2 {
            let path = "/v1/channel-connections/teams/token";
            let refused = bench.post(path, &json!({})).await;
            assert_eq!(refused.refusal(), (status, reason.code().to_owned()));
        }
    }
}

/// The refresh token is spent by then: what came of it must be kept.
#[tokio::test(start_paused = true)]
async fn a_caller_who_goes_away_does_not_stop_a_refresh() {
    let mut bench = Bench::start().await.seeing().await;
    let (go, later) = (Arc::new(Notify::new()), fixtures::seconds_later(43_200));
    let provider = refreshing(Ok(issued("xoxb-second", later)));
    let slow = Slow {
        provider,
        go: go.clone(),
    };
    slow.behind(&mut bench);
    let connection = stored(&bench, Some(NOON)).await;
    let body = json!({});
    let asking = ask(&bench, &connection, &body);
    let gone = tokio::time::timeout(Duration::from_secs(1), asking).await;
    assert!(gone.is_err());
    go.notify_one();
    bench.api.tasks.close();
    bench.api.tasks.wait().await;
    let answer = ask_plainly(&bench, &connection).await;
    assert_eq!(answer.json()["accessToken"], "xoxb-second");
}

/// The same token for as long as it is good; and nothing is kept under the key.
#[tokio::test]
async fn an_idempotency_key_is_not_looked_at() {
    let bench = Bench::start().await.seeing().await;
    let connection = stored(&bench, None).await;
    for body in ["{}", "{\"kind\":\"user\"}"] {
        let request = bench.request(Method::POST, &path(&connection));
        let request = request
            .header("idempotency-key", "k1")
            .header(header::CONTENT_TYPE, "application/json");
        let answer = bench.send(request.body(Body::from(body)).unwrap()).await;
        answer.assert_is(200);
        assert_eq!(answer.header("idempotency-key"), None);
    }
}

/// A refresh of an hour ago says nothing of a token that is good.
#[tokio::test]
async fn a_good_token_costs_no_call() {
    let bench = Bench::start().await.seeing().await;
    let connection = stored(&bench, Some(fixtures::seconds_later(7200))).await;
    bench.clock.advance(SignedDuration::from_mins(118));
    ask(&bench, &connection, &json!({ "minValidFor": 120 }))
        .await
        .assert_is(200);
}
