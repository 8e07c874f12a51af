//! Deleting a connection ends it at its provider too, and the receipt tells what became of that.

use std::{sync::Arc, time::Duration};

use axum::{body::Body, http::Method};
use serde_json::{Value, json};
use tieline_domain::{
    attempt::Failure,
    connection::{ChannelConnection, CredentialKind},
    ports::MockProviderClient,
    reason::Reason,
    revocation::{RevocationItem, RevocationOutcome, RevocationSubject},
};
use tokio::sync::Notify;

use crate::{
    bench::{Answer, Bench},
    patience::Slow,
};

fn path(connection: &ChannelConnection) -> String {
    format!("/v1/channel-connections/{}", connection.identifier)
}

/// What a provider says of the app and of its bot's token.
fn items(outcome: RevocationOutcome, reason: Option<Reason>) -> Vec<RevocationItem> {
    let subjects = [RevocationSubject::App, RevocationSubject::BotToken];
    let item = |subject| RevocationItem {
        subject,
        outcome,
        failure: reason.map(|reason| Failure {
            reason,
            provider_error: Some("told".to_owned()),
        }),
    };
    subjects.map(item).to_vec()
}

/// A provider that says this, once.
fn says(items: Vec<RevocationItem>) -> MockProviderClient {
    let mut client = MockProviderClient::new();
    client
        .expect_disconnect()
        .times(1)
        .return_once(move |_, _, _| items);
    client
}

async fn stored(bench: &Bench) -> ChannelConnection {
    let connection = bench.connection();
    bench.store(&connection, Vec::new()).await;
    connection
}

/// Deletes a connection, and asks for the receipt.
async fn delete_preferring(bench: &Bench, connection: &ChannelConnection, prefer: &str) -> Answer {
    let request = bench.request(Method::DELETE, &path(connection));
    let request = request.header("prefer", prefer);
    bench.send(request.body(Body::empty()).unwrap()).await
}

async fn receipt(bench: &Bench, deleted: &Answer) -> Value {
    let id = deleted.header("revocation-id").unwrap();
    let shown = bench.get(&format!("/v1/revocations/{id}")).await;
    shown.assert_is(200);
    shown.json()
}

#[tokio::test]
async fn a_connection_is_gone_and_its_receipt_is_named() {
    let bench = Bench::start().await;
    let bench = bench.with(says(items(RevocationOutcome::Revoked, None)));
    let connection = stored(&bench).await;
    let deleted = bench.delete(&path(&connection)).await;
    deleted.assert_is(204);
    assert!(deleted.body.is_empty());
    assert_eq!(deleted.header("preference-applied"), None);
    let item = |subject| {
        json!({
            "subject": subject, "outcome": "revoked", "reason": null, "message": null,
            "remedy": null, "providerError": null,
        })
    };
    let expected = json!({
        "id": deleted.header("revocation-id").unwrap(),
        "connectionIdentifier": connection.identifier.as_str(),
        "integrationIdentifier": "slack",
        "providerId": "slack",
        "workspace": {
            "id": connection.workspace.id, "name": "Acme Corp", "botUserId": "U0BOT",
        },
        "status": "completed",
        "items": [item("app"), item("bot_token")],
        "nextAttemptAt": null,
        "createdAt": "2026-01-02T12:00:00.000Z",
        "updatedAt": "2026-01-02T12:00:00.000Z",
    });
    assert_eq!(receipt(&bench, &deleted).await, expected);
    bench.get(&path(&connection)).await.assert_is(404);
    bench.delete(&path(&connection)).await.assert_is(404);
}

#[tokio::test]
async fn whoever_prefers_it_is_answered_the_receipt() {
    for (prefer, status) in [
        ("return=representation", 200),
        ("respond-async, Return=\"representation\"; x=y", 200),
        ("return=minimal", 204),
        ("nonsense", 204),
    ] {
        let bench = Bench::start().await;
        let bench = bench.with(says(items(RevocationOutcome::Revoked, None)));
        let connection = stored(&bench).await;
        let deleted = delete_preferring(&bench, &connection, prefer).await;
        deleted.assert_is(status);
        let shown = receipt(&bench, &deleted).await;
        if status == 200 {
            assert_eq!(deleted.json(), shown);
            let applied = deleted.header("preference-applied");
            assert_eq!(applied, Some("return=representation"));
        } else {
            assert_eq!(deleted.header("preference-applied"), None);
        }
    }
}

/// What is told with it is what a person has to do about it.
#[tokio::test]
async fn what_is_left_at_the_provider_is_named_with_its_reason() {
    for (outcome, name, status, is_due) in [
        (RevocationOutcome::Pending, "pending", "pending", true),
        (
            RevocationOutcome::Impossible,
            "impossible",
            "incomplete",
            false,
        ),
        (RevocationOutcome::Failed, "failed", "incomplete", false),
        (RevocationOutcome::Kept, "kept", "completed", false),
        (
            RevocationOutcome::AlreadyGone,
            "already_gone",
            "completed",
            false,
        ),
    ] {
        let reason = Reason::ProviderUnreachable;
        let bench = Bench::start().await;
        let bench = bench.with(says(items(outcome, Some(reason))));
        let connection = stored(&bench).await;
        let deleted = bench.delete(&path(&connection)).await;
        deleted.assert_is(204);
        let shown = receipt(&bench, &deleted).await;
        assert_eq!(shown["status"], status);
        assert_eq!(shown["nextAttemptAt"].is_string(), is_due, "{name}");
        for item in shown["items"].as_array().unwrap() {
            assert_eq!(item["outcome"], name);
            assert_eq!(item["reason"], reason.code());
            assert_eq!(item["message"], reason.what());
            assert_eq!(item["remedy"], reason.remedy());
            assert_eq!(item["providerError"], "told");
        }
    }
}

/// The answer comes in time, and says what is true by then.
#[tokio::test(start_paused = true)]
async fn a_slow_provider_is_not_waited_for() {
    let mut bench = Bench::start().await;
    let go = Arc::new(Notify::new());
    let provider = says(items(RevocationOutcome::Revoked, None));
    let slow = Slow {
        provider,
        go: go.clone(),
    };
    slow.behind(&mut bench);
    let connection = stored(&bench).await;
    let deleted = delete_preferring(&bench, &connection, "return=representation").await;
    deleted.assert_is(200);
    assert_eq!(deleted.json()["status"], "pending");
    assert_eq!(deleted.json()["items"][0]["outcome"], "pending");
    go.notify_one();
    bench.api.tasks.close();
    bench.api.tasks.wait().await;
    assert_eq!(receipt(&bench, &deleted).await["status"], "completed");
}

#[tokio::test(start_paused = true)]
async fn a_caller_who_goes_away_does_not_stop_it() {
    let mut bench = Bench::start().await;
    let go = Arc::new(Notify::new());
    let provider = says(items(RevocationOutcome::Revoked, None));
    let slow = Slow {
        provider,
        go: go.clone(),
    };
    slow.behind(&mut bench);
    let connection = stored(&bench).await;
    let path = path(&connection);
    let gone = tokio::time::timeout(Duration::from_secs(1), bench.delete(&path)).await;
    assert!(gone.is_err());
    go.notify_one();
    bench.api.tasks.close();
    bench.api.tasks.wait().await;
    let listed = bench.get("/v1/revocations").await;
    assert_eq!(listed.each("status"), ["completed"]);
}

#[tokio::test]
async fn receipts_are_listed_newest_first_and_outlive_their_owners() {
    let bench = Bench::start().await;
    let bench = bench.with(says(items(RevocationOutcome::Revoked, None)));
    let (first, second) = (stored(&bench).await, stored(&bench).await);
    bench.delete(&path(&first)).await.assert_is(204);
    bench.delete("/v2/subscribers/ada").await.assert_is(200);
    let listed = bench.get("/v1/revocations").await;
    listed.assert_is(200);
    let expected = [second, first].map(|c| Value::from(c.identifier.as_str()));
    assert_eq!(listed.each("connectionIdentifier"), expected);
    assert_eq!(listed.each("status"), ["pending", "completed"]);
    let page = bench.get("/v1/revocations?limit=1").await.json();
    assert_eq!(page["totalCount"], 2);
    let next = format!(
        "/v1/revocations?limit=1&after={}",
        page["next"].as_str().unwrap()
    );
    assert_eq!(
        bench.get(&next).await.each("connectionIdentifier"),
        expected[1..]
    );
}

#[tokio::test]
async fn an_unknown_receipt_is_a_404() {
    let bench = Bench::start().await;
    for id in ["nothing", "0198f3a2-7c11-7d7e-b0a4-5a3d5c6f7e80"] {
        let unknown = bench.get(&format!("/v1/revocations/{id}")).await;
        assert_eq!(unknown.refusal(), (404, "not_found".to_owned()));
        assert_eq!(unknown.message(), format!("Revocation not found: {id}"));
    }
}

/// What cannot be opened cannot be taken back, and is said to be left there.
#[tokio::test]
async fn a_connection_whose_token_does_not_open_can_be_deleted() {
    let bench = Bench::start().await;
    let mut connection = bench.connection();
    connection.generation = 2;
    connection.credentials = vec![bench.sealed(&connection, CredentialKind::Bot, "xoxb-first")];
    connection.generation = 1;
    bench.store(&connection, Vec::new()).await;
    let deleted = bench.delete(&path(&connection)).await;
    deleted.assert_is(204);
    let shown = receipt(&bench, &deleted).await;
    assert_eq!(shown["status"], "incomplete");
    assert_eq!(shown["items"][0]["outcome"], "failed");
    assert_eq!(shown["items"][0]["reason"], "internal");
    let noted = bench
        .get("/v1/audit-events?action=connection.revoked")
        .await;
    assert_eq!(noted.each("details"), [json!({ "status": "incomplete" })]);
    bench.get(&path(&connection)).await.assert_is(404);
}
