//! `/v1/channel-connections`: connections that came about elsewhere.

use serde_json::{Value, json};

use crate::bench::{Bench, TENANT};

const PATH: &str = "/v1/channel-connections";

/// A request to import a connection of `ada`, with a member more or in another's place.
fn import(member: &str, value: impl Into<Value>) -> Value {
    let mut body = json!({
        "integrationIdentifier": "slack",
        "subscriberId": "ada",
        "workspace": { "id": "T1", "name": "Acme", "botUserId": "U1" },
        "auth": { "accessToken": "canary-token" },
    });
    body[member] = value.into();
    body
}

#[tokio::test]
async fn a_connection_is_imported_changed_and_deleted() {
    let bench = Bench::start().await;
    let made = bench.post(PATH, &import("identifier", "mine")).await;
    made.assert_is(201);
    let mut expected = json!({
        "identifier": "mine",
        "channel": "chat",
        "providerId": "slack",
        "integrationIdentifier": "slack",
        "subscriberId": "ada",
        "contextKeys": [],
        "workspace": { "id": "T1", "name": "Acme", "botUserId": "U1" },
        "auth": { "accessToken": "********" },
        // Nobody has asked the provider.
        "status": "unverified",
        "statusReason": null,
        "statusMessage": null,
        "statusRemedy": null,
        "statusSince": "2026-01-02T12:00:00.000Z",
        "provedAt": null,
        "scopes": [],
        "missingScopes": [],
        "createdAt": "2026-01-02T12:00:00.000Z",
        "updatedAt": "2026-01-02T12:00:00.000Z",
    });
    assert_eq!(made.json(), expected);
    let path = format!("{PATH}/mine");
    assert_eq!(bench.get(&path).await.json(), expected);

    let change = json!({
        "workspace": { "id": "T2" },
        "auth": { "accessToken": "canary-2", "refreshToken": "canary-3" },
    });
    let changed = bench.patch(&path, &change).await;
    changed.assert_is(200);
    expected["workspace"] = json!({ "id": "T2" });
    // A refresh token without an expiry is used before the first use.
    expected["auth"]["refreshToken"] = "********".into();
    expected["auth"]["expiresAt"] = "2026-01-02T12:00:00.000Z".into();
    assert_eq!(changed.json(), expected);

    let gone = bench.delete(&path).await;
    gone.assert_is(204);
    assert!(gone.body.is_empty());
    for answer in [
        bench.get(&path).await,
        bench.delete(&path).await,
        bench.patch(&path, &change).await,
    ] {
        assert_eq!(answer.refusal(), (404, "not_found".to_owned()));
        assert_eq!(answer.message(), "Channel connection not found: mine");
    }
}

#[tokio::test]
async fn the_mode_says_to_whom_it_belongs() {
    let bench = Bench::start().await;
    let context = json!({ "tenant": "acme" });
    for (subscriber, context, mode, outcome) in [
        (Some("ada"), None, None, Ok((json!("ada"), json!([])))),
        (
            None,
            Some(&context),
            None,
            Ok((Value::Null, json!(["tenant:acme"]))),
        ),
        (
            Some("ada"),
            Some(&context),
            Some("subscriber"),
            Ok((json!("ada"), json!(["tenant:acme"]))),
        ),
        (
            Some("ada"),
            Some(&context),
            Some("shared"),
            Ok((Value::Null, json!(["tenant:acme"]))),
        ),
        (None, None, None, Err("owner_required")),
        (Some("ada"), None, Some("shared"), Err("context_required")),
        (
            None,
            Some(&context),
            Some("subscriber"),
            Err("subscriber_required"),
        ),
    ] {
        let mut body = import("subscriberId", subscriber);
        body["context"] = json!(context);
        body["connectionMode"] = json!(mode);
        let answer = bench.post(PATH, &body).await;
        match outcome {
            Ok((owner, keys)) => {
                answer.assert_is(201);
                let made = answer.json();
                assert_eq!(
                    (&made["subscriberId"], &made["contextKeys"]),
                    (&owner, &keys)
                );
                let identifier = made["identifier"].as_str().unwrap();
                assert!(identifier.starts_with("chconn-"), "{identifier}");
                bench
                    .delete(&format!("{PATH}/{identifier}"))
                    .await
                    .assert_is(204);
            }
            Err(code) => assert_eq!(answer.refusal(), (400, code.to_owned())),
        }
    }
}

#[tokio::test]
async fn what_the_environment_lacks_is_a_404() {
    let bench = Bench::start().await;
    for (member, code, message) in [
        (
            "subscriberId",
            "subscriber_not_found",
            "Subscriber not found: eve",
        ),
        (
            "integrationIdentifier",
            "integration_not_found",
            "Integration not found: eve in environment",
        ),
    ] {
        let answer = bench.post(PATH, &import(member, "eve")).await;
        assert_eq!(answer.refusal(), (404, code.to_owned()));
        assert!(answer.message().starts_with(message));
    }
}

/// The owner's connection to a workspace is one; an owner may have several workspaces.
#[tokio::test]
async fn the_same_owner_and_workspace_is_a_409_that_names_the_other() {
    let bench = Bench::start().await;
    bench.subscribe("bob").await;
    bench
        .post(PATH, &import("identifier", "first"))
        .await
        .assert_is(201);
    let answer = bench.post(PATH, &import("identifier", "second")).await;
    assert_eq!(answer.refusal(), (409, "already_exists".to_owned()));
    assert!(
        answer.message().ends_with(": first"),
        "{}",
        answer.message()
    );
    let elsewhere = import("workspace", json!({ "id": "T2" }));
    let second = bench.post(PATH, &elsewhere).await.json()["identifier"].clone();
    bench
        .post(PATH, &import("subscriberId", "bob"))
        .await
        .assert_is(201);
    for owner in ["ada", "bob"] {
        let mut taken = import("identifier", "first");
        taken["workspace"] = json!({ "id": "T3" });
        taken["subscriberId"] = owner.into();
        let answer = bench.post(PATH, &taken).await;
        assert_eq!(answer.refusal(), (409, "already_exists".to_owned()));
        let told = match owner {
            "ada" => "A connection already exists for this integration and owner: first",
            _ => "A connection with identifier first already exists",
        };
        assert_eq!(answer.message(), told);
    }
    // Nor does a change make two of them.
    let path = format!("{PATH}/{}", second.as_str().unwrap());
    let change = json!({ "workspace": { "id": "T1" }, "auth": { "accessToken": "t" } });
    let answer = bench.patch(&path, &change).await;
    assert_eq!(answer.refusal(), (409, "already_exists".to_owned()));
    assert!(
        answer.message().ends_with(": first"),
        "{}",
        answer.message()
    );
}

#[tokio::test]
async fn a_refresh_token_is_taken_where_the_provider_rotates() {
    let bench = Bench::start().await;
    let rotating = json!({ "accessToken": "canary-1", "refreshToken": "canary-2" });
    let mut teams = import("auth", rotating.clone());
    teams["integrationIdentifier"] = "msteams".into();
    let answer = bench.post(PATH, &teams).await;
    let refusal = (400, "rotation_not_supported".to_owned());
    assert_eq!(answer.refusal(), refusal);
    assert_eq!(
        answer.message(),
        "Token rotation is not supported for provider msteams"
    );
    teams["auth"] = json!({ "accessToken": "app-only" });
    let made = bench.post(PATH, &teams).await;
    made.assert_is(201);
    assert_eq!(made.json()["auth"], json!({ "accessToken": "app-only" }));
    let path = format!("{PATH}/{}", made.json()["identifier"].as_str().unwrap());
    let change = json!({ "workspace": { "id": "T1" }, "auth": rotating });
    assert_eq!(bench.patch(&path, &change).await.refusal(), refusal);

    let now = "2026-01-02T12:00:00.000Z";
    let later = "2026-01-02T13:00:00.000Z";
    for (number, (given, shown)) in [
        (json!(null), json!(now)),
        (json!(later), json!(later)),
        (json!("2026-01-02T14:00:00+01:00"), json!(later)),
    ]
    .into_iter()
    .enumerate()
    {
        let mut auth = rotating.clone();
        auth["expiresAt"] = given;
        let mut body = import("auth", auth);
        body["workspace"]["id"] = format!("T{number}").into();
        let made = bench.post(PATH, &body).await;
        made.assert_is(201);
        let mask = "********";
        let expected = json!({ "accessToken": mask, "refreshToken": mask, "expiresAt": shown });
        assert_eq!(made.json()["auth"], expected);
    }
}

#[tokio::test]
async fn a_token_is_never_shown() {
    let bench = Bench::start().await;
    let made = bench.post(PATH, &import("identifier", "mine")).await;
    let path = format!("{PATH}/mine");
    let change = json!({ "workspace": { "id": "T1" }, "auth": { "accessToken": "canary-2" } });
    for answer in [
        made,
        bench.get(&path).await,
        bench.get(PATH).await,
        bench.patch(&path, &change).await,
    ] {
        assert!(!answer.text().contains("canary"), "{}", answer.text());
    }
}

#[tokio::test]
async fn problems_are_named_by_field() {
    let bench = Bench::start().await;
    bench
        .post(PATH, &import("identifier", "mine"))
        .await
        .assert_is(201);
    let long = "x".repeat(256);
    for (member, value, field) in [
        ("nonsense", json!(1), "nonsense"),
        ("identifier", json!("no blanks"), "identifier"),
        ("subscriberId", json!("a\nb"), "subscriberId"),
        ("connectionMode", json!("both"), "connectionMode"),
        ("context", json!({}), "context"),
        ("context", json!({ "a b": "c" }), "context.a b"),
    ] {
        let answer = bench.post(PATH, &import(member, value)).await;
        assert_eq!(answer.fields(), [field], "{}", answer.text());
    }
    for (member, value, field) in [
        ("workspace", json!({}), "workspace.id"),
        ("workspace", json!({ "id": "" }), "workspace.id"),
        ("workspace", json!({ "id": long }), "workspace.id"),
        (
            "workspace",
            json!({ "id": "T", "name": "" }),
            "workspace.name",
        ),
        ("workspace", json!({ "id": "T", "x": 1 }), "workspace.x"),
        ("auth", json!({}), "auth.accessToken"),
        ("auth", json!({ "accessToken": "" }), "auth.accessToken"),
        (
            "auth",
            json!({ "accessToken": "canary", "refreshToken": "" }),
            "auth.refreshToken",
        ),
        (
            "auth",
            json!({ "accessToken": "canary", "expiresAt": "soon" }),
            "auth.expiresAt",
        ),
        (
            "auth",
            json!({ "accessToken": "canary", "refreshTokenExpiresAt": "later" }),
            "auth.refreshTokenExpiresAt",
        ),
        ("auth", json!({ "accessToken": "canary", "x": 1 }), "auth.x"),
        ("workspace", json!(null), "workspace"),
        ("auth", json!("canary"), "auth"),
    ] {
        let made = bench.post(PATH, &import(member, value.clone())).await;
        let mut change = json!({ "workspace": { "id": "T1" }, "auth": { "accessToken": "t" } });
        change[member] = value;
        let changed = bench.patch(&format!("{PATH}/mine"), &change).await;
        for answer in [made, changed] {
            assert_eq!(answer.fields(), [field], "{}", answer.text());
            assert!(!answer.text().contains("canary"), "{}", answer.text());
        }
    }
    for lacking in ["workspace", "auth"] {
        let mut change = json!({ "workspace": { "id": "T1" }, "auth": { "accessToken": "t" } });
        change.as_object_mut().unwrap().remove(lacking);
        let answer = bench.patch(&format!("{PATH}/mine"), &change).await;
        assert_eq!(answer.fields(), [lacking]);
    }
}

/// A GUID is the same in any case, so a tenant is one workspace however it is written.
#[tokio::test]
async fn a_tenant_in_capitals_is_the_same_tenant() {
    let bench = Bench::start().await;
    for (tenant, status) in [(TENANT.to_uppercase(), 201), (TENANT.to_owned(), 409)] {
        let mut body = import("workspace", json!({ "id": tenant }));
        body["integrationIdentifier"] = "msteams".into();
        body["auth"]["accessToken"] = "app-only".into();
        let answer = bench.post(PATH, &body).await;
        answer.assert_is(status);
    }
    let kept = bench.get(PATH).await.json();
    assert_eq!(kept["data"][0]["workspace"]["id"], TENANT);
}

#[tokio::test]
async fn what_has_no_token_has_no_refresh_token() {
    let bench = Bench::start().await;
    let auth = json!({ "accessToken": "app-only", "refreshToken": "canary" });
    let answer = bench.post(PATH, &import("auth", auth)).await;
    assert_eq!(answer.refusal(), (400, "rotation_not_supported".to_owned()));
}

#[tokio::test]
async fn a_workspace_without_clean_text_is_refused_by_member() {
    let bench = Bench::start().await;
    let workspace = json!({ "id": "T1", "name": "a\u{0}b" });
    let answer = bench.post(PATH, &import("workspace", workspace)).await;
    answer.assert_is(422);
    assert!(answer.json()["errors"]["workspace.name"].is_object());
}
