//! `/v1/api-keys` and `/v1/environments`, and what a key with the right to read tokens sees.

use crate::bench::Bench;
use jiff::SignedDuration;
use serde_json::{Value, json};

const PATH: &str = "/v1/api-keys";

async fn made(bench: &Bench, body: &Value) -> Value {
    let answer = bench.post(PATH, body).await;
    answer.assert_is(201);
    answer.json()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

#[tokio::test]
async fn a_key_is_made_listed_used_and_revoked() {
    let bench = Bench::start().await;
    let made = made(&bench, &json!({ "name": "Back end", "role": "connect" })).await;
    let key = text(&made["key"]);
    assert!(key.starts_with("tl_"));
    let holder = bench.holding(key);
    holder.get("/v1/channel-connections").await.assert_is(200);
    assert_eq!(
        holder.get(PATH).await.refusal(),
        (403, "forbidden".to_owned())
    );

    let listed = bench.get(PATH).await.json();
    let mut expected = made.clone();
    expected.as_object_mut().unwrap().remove("key");
    expected["lastUsedAt"] = "2026-01-02T12:00:00.000Z".into();
    assert_eq!(listed[1], expected);
    assert_eq!(listed[0]["name"], "admin");
    assert!(!listed.to_string().contains(key));

    let path = format!("{PATH}/{}", text(&made["id"]));
    for _ in 0..2 {
        bench.delete(&path).await.assert_is(204);
    }
    let answer = holder.get("/v1/channel-connections").await;
    assert_eq!(answer.refusal(), (401, "unauthorized".to_owned()));
    let revoked = &bench.get(PATH).await.json()[1]["revokedAt"];
    assert_eq!(*revoked, "2026-01-02T12:00:00.000Z");
}

#[tokio::test]
async fn a_key_is_replaced_and_lives_on_as_long_as_it_is_said() {
    let bench = Bench::start().await;
    for (body, overlap) in [
        (json!({}), SignedDuration::from_hours(24)),
        (
            json!({ "overlapSeconds": 60 }),
            SignedDuration::from_mins(1),
        ),
        (json!({ "overlapSeconds": 0 }), SignedDuration::ZERO),
    ] {
        let old = made(&bench, &json!({ "name": "Back end", "role": "read" })).await;
        let path = format!("{PATH}/{}/rotate", text(&old["id"]));
        let answer = bench.post(&path, &body).await;
        answer.assert_is(201);
        let new = answer.json();
        assert_eq!((&new["name"], &new["role"]), (&old["name"], &old["role"]));
        let opens = async |key: &Value| {
            let answer = bench.holding(text(key)).get("/v1/connect-attempts").await;
            answer.status == 200
        };
        if overlap > SignedDuration::ZERO {
            bench
                .clock
                .advance(overlap - SignedDuration::from_micros(1));
            assert!(opens(&old["key"]).await && opens(&new["key"]).await);
            bench.clock.advance(SignedDuration::from_micros(1));
        }
        assert!(!opens(&old["key"]).await && opens(&new["key"]).await);
        bench.post(&path, &body).await.assert_is(404);
    }
}

#[tokio::test]
async fn what_cannot_be_is_told_by_field() {
    let bench = Bench::start().await;
    for (body, field) in [
        (json!({ "role": "read" }), "name"),
        (json!({ "name": "", "role": "read" }), "name"),
        (json!({ "name": "x", "role": "owner" }), "role"),
        (
            json!({ "name": "x", "role": "read", "rights": ["tokens:write"] }),
            "rights[0]",
        ),
        (json!({ "name": "x", "role": "read", "right": [] }), "right"),
    ] {
        let answer = bench.post(PATH, &body).await;
        assert_eq!(answer.refusal(), (422, "validation_failed".to_owned()));
        assert!(
            answer.json()["errors"][field].is_object(),
            "{field}: {}",
            answer.message()
        );
    }
    let made = made(&bench, &json!({ "name": "x", "role": "read" })).await;
    let path = format!("{PATH}/{}/rotate", text(&made["id"]));
    for overlap in [json!(2_592_001), json!(-1), json!("60")] {
        let answer = bench
            .post(&path, &json!({ "overlapSeconds": overlap }))
            .await;
        answer.assert_is(422);
        assert!(answer.json()["errors"]["overlapSeconds"].is_object());
    }
    bench
        .delete(&format!("{PATH}/nothing"))
        .await
        .assert_is(404);
}

#[tokio::test]
async fn the_right_to_read_tokens_is_given_by_those_who_have_it() {
    let bench = Bench::start().await;
    let wanted = json!({ "name": "x", "role": "admin", "rights": ["tokens:read"] });
    let answer = bench.post(PATH, &wanted).await;
    assert_eq!(answer.refusal(), (403, "forbidden".to_owned()));
    let seeing = bench.seeing().await;
    let given = made(&seeing, &wanted).await;
    assert_eq!(given["rights"], json!(["tokens:read"]));
    let path = format!("{PATH}/{}/rotate", text(&given["id"]));
    bench.post(&path, &json!({})).await.assert_is(403);
    seeing.post(&path, &json!({})).await.assert_is(201);
}

/// D11
#[tokio::test]
async fn tokens_are_shown_to_a_key_with_the_right_alone() {
    let bench = Bench::start().await;
    let seeing = bench.seeing().await;
    let body = json!({
        "integrationIdentifier": "slack", "subscriberId": "ada", "identifier": "mine",
        "workspace": { "id": "T1" },
        "auth": { "accessToken": "canary-1", "refreshToken": "canary-2" },
    });
    let shown = json!({
        "accessToken": "canary-1", "refreshToken": "canary-2",
        "expiresAt": "2026-01-02T12:00:00.000Z",
    });
    let masked = json!({
        "accessToken": "********", "refreshToken": "********",
        "expiresAt": "2026-01-02T12:00:00.000Z",
    });
    // Whoever writes a token knows it; what is kept for a repetition must not hold it.
    let made = seeing.post("/v1/channel-connections", &body).await.json();
    assert_eq!(made["auth"], masked);
    for (bench, auth) in [(&bench, &masked), (&seeing, &shown)] {
        let one = bench.get("/v1/channel-connections/mine").await.json();
        assert_eq!(one["auth"], *auth);
        let all = bench.get("/v1/channel-connections").await.json();
        assert_eq!(all["data"][0]["auth"], *auth);
    }
    let app_only = json!({
        "workspace": { "id": "T1" }, "auth": { "accessToken": "app-only" },
    });
    bench
        .patch("/v1/channel-connections/mine", &app_only)
        .await
        .assert_is(200);
    let one = seeing.get("/v1/channel-connections/mine").await.json();
    assert_eq!(one["auth"], json!({ "accessToken": "app-only" }));
}

#[tokio::test]
async fn an_environment_comes_with_a_key_of_its_own() {
    let bench = Bench::start().await;
    let path = "/v1/environments";
    let answer = bench.post(path, &json!({ "name": "Production" })).await;
    answer.assert_is(201);
    let made = answer.json();
    let there = bench.holding(text(&made["apiKey"]["key"]));
    assert_eq!(there.get("/v1/integrations").await.json(), json!([]));
    for bench in [&bench, &there] {
        let listed = bench.get(path).await.json();
        let names: Vec<_> = listed
            .as_array()
            .unwrap()
            .iter()
            .map(|e| &e["name"])
            .collect();
        assert_eq!(names, ["Development", "Production"]);
        assert_eq!(listed[1]["id"], made["id"]);
    }
    let again = bench.post(path, &json!({ "name": "Production" })).await;
    assert_eq!(again.refusal(), (409, "already_exists".to_owned()));
    let nameless = bench.post(path, &json!({ "name": "" })).await;
    assert!(nameless.json()["errors"]["name"].is_object());
}

#[tokio::test]
async fn an_environment_whose_key_cannot_be_written_is_not_made() {
    let bench = Bench::start().await;
    let mut outages = 1;
    loop {
        bench.storage.fail_after(outages);
        let answer = bench
            .post("/v1/environments", &json!({ "name": "Production" }))
            .await;
        bench.storage.fail(0);
        if answer.status == 201 {
            break;
        }
        answer.assert_is(503);
        let listed = bench.get("/v1/environments").await.json();
        assert_eq!(listed.as_array().unwrap().len(), 1);
        outages += 1;
    }
    assert!(outages >= 5, "{outages}");
}
