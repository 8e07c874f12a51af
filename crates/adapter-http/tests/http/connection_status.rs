//! How connections fare, as it stands in every body that shows one.

use jiff::SignedDuration;
use serde_json::{Value, json};
use tieline_domain::{
    attempt::Failure,
    connection::{ChannelConnection, Health, Standing},
    reason::Reason,
};
use tieline_testkit::fixtures::NOON;

use crate::bench::{Bench, TENANT};

const PATH: &str = "/v1/channel-connections";

async fn shown(bench: &Bench, connection: &ChannelConnection) -> Value {
    let path = format!("{PATH}/{}", connection.identifier);
    let one = bench.get(&path).await;
    one.assert_is(200);
    one.json()
}

/// Stores a connection that stands like this since noon.
async fn standing(bench: &Bench, standing: Standing, reason: Option<Reason>) -> ChannelConnection {
    let connection = ChannelConnection {
        health: Health {
            standing,
            failure: reason.map(Failure::from),
            since: NOON,
            proved_at: Some(NOON),
        },
        ..bench.connection()
    };
    bench.store(&connection, Vec::new()).await;
    connection
}

#[tokio::test]
async fn each_status_says_why_and_what_helps() {
    let bench = Bench::start().await;
    for (stands, reason, status) in [
        (Standing::Good, None, "active"),
        // A refresh failed, and the token lives on.
        (Standing::Good, Some(Reason::ProviderUnreachable), "active"),
        (Standing::InDoubt, Some(Reason::InvalidResponse), "in_doubt"),
        (
            Standing::ReauthRequired,
            Some(Reason::RefreshLost),
            "reauth_required",
        ),
        (Standing::Revoked, Some(Reason::AppRemoved), "revoked"),
    ] {
        let connection = standing(&bench, stands, reason).await;
        let one = shown(&bench, &connection).await;
        assert_eq!(one["status"], status);
        assert_eq!(one["statusReason"], json!(reason.map(Reason::code)));
        assert_eq!(one["statusMessage"], json!(reason.map(Reason::what)));
        assert_eq!(one["statusRemedy"], json!(reason.map(Reason::remedy)));
        assert_eq!(one["statusSince"], "2026-01-02T12:00:00.000Z");
        assert_eq!(one["provedAt"], "2026-01-02T12:00:00.000Z");
    }
}

/// A lease that ran out is a refresh of which nobody knows how it ended.
#[tokio::test]
async fn a_status_is_that_of_the_moment() {
    let bench = Bench::start().await;
    let connection = standing(&bench, Standing::Good, None).await;
    let status = async || shown(&bench, &connection).await["status"].clone();
    assert_eq!(status().await, "active");
    bench.clock.advance(SignedDuration::from_hours(24));
    assert_eq!(status().await, "unverified");
    let now = tieline_domain::ports::Clock::now(&*bench.clock);
    let until = now + SignedDuration::from_secs(90);
    let stores = &bench.api.broker.stores;
    let stored = stores
        .connections
        .find(bench.environment, &connection.identifier);
    let stored = stored.await.unwrap().unwrap();
    let leased = stores.upkeep.lease(&stored, now, until).await.unwrap();
    assert!(leased.is_some());
    assert_eq!(status().await, "refreshing");
    bench.clock.advance(SignedDuration::from_secs(90));
    assert_eq!(status().await, "in_doubt");
}

#[tokio::test]
async fn a_list_shows_what_the_objects_show() {
    let bench = Bench::start().await;
    let mut connections = Vec::new();
    for stands in [Standing::Good, Standing::Revoked] {
        connections.push(standing(&bench, stands, None).await);
    }
    let list = bench.get(&format!("{PATH}?orderDirection=ASC")).await;
    for (number, connection) in connections.iter().enumerate() {
        assert_eq!(list.json()["data"][number], shown(&bench, connection).await);
    }
    assert_eq!(list.each("status"), ["active", "revoked"]);
}

#[tokio::test]
async fn scopes_that_were_granted_and_that_are_missing_are_named() {
    let bench = Bench::start().await;
    for (granted, missing) in [
        (vec!["chat:write", "channels:read"], vec![]),
        (vec!["chat:write", "files:read"], vec!["channels:read"]),
        // Nobody knows what was granted.
        (vec![], vec![]),
    ] {
        let mut connection = bench.connection();
        connection.credentials[0].scopes = granted.iter().map(ToString::to_string).collect();
        bench.store(&connection, Vec::new()).await;
        let one = shown(&bench, &connection).await;
        assert_eq!(one["scopes"], json!(granted));
        assert_eq!(one["missingScopes"], json!(missing));
    }
}

/// An integration may ask for scopes of its own, and for others later.
#[tokio::test]
async fn what_is_missing_is_held_against_what_the_integration_asks_for_today() {
    let bench = Bench::start().await;
    let own = bench
        .integrate("slack", "own", &[("scopes", "chat:write, users:read")])
        .await;
    let mut connection = bench.connection();
    connection.integration_id = own.id;
    connection
        .integration_identifier
        .clone_from(&own.identifier);
    connection.credentials[0].scopes = vec!["chat:write".to_owned()];
    bench.store(&connection, Vec::new()).await;
    let one = shown(&bench, &connection).await;
    assert_eq!(one["missingScopes"], json!(["users:read"]));
    let credentials = json!({
        "clientId": "the-client-id", "secretKey": "the-secret", "scopes": "chat:write",
    });
    let path = format!("/v1/integrations/{}", own.id);
    let changed = bench
        .put(&path, &json!({ "credentials": credentials }))
        .await;
    changed.assert_is(200);
    let one = shown(&bench, &connection).await;
    assert_eq!(one["missingScopes"], json!([]));
}

#[tokio::test]
async fn where_the_app_fixes_the_scopes_none_are_missing() {
    let bench = Bench::start().await;
    let body = json!({
        "integrationIdentifier": "msteams", "subscriberId": "ada",
        "workspace": { "id": TENANT }, "auth": { "accessToken": "app-only" },
    });
    let made = bench.post(PATH, &body).await;
    made.assert_is(201);
    assert_eq!(made.json()["scopes"], json!([]));
    assert_eq!(made.json()["missingScopes"], json!([]));
}

/// What is kept for a repetition is what was answered then.
#[tokio::test]
async fn a_connection_that_is_written_is_shown_with_its_status() {
    let bench = Bench::start().await;
    let connection = standing(&bench, Standing::Revoked, Some(Reason::AppRemoved)).await;
    let path = format!("{PATH}/{}", connection.identifier);
    let change = json!({ "workspace": { "id": "T2" }, "auth": { "accessToken": "xoxb-new" } });
    let changed = bench.patch(&path, &change).await;
    changed.assert_is(200);
    assert_eq!(changed.json()["status"], "unverified");
    assert_eq!(changed.json()["statusReason"], Value::Null);
    assert_eq!(changed.json(), bench.get(&path).await.json());
}
