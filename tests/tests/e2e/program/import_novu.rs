//! `tieline import novu`.

use serde_json::{Value, json};
use tieline_tests::{Api, Finished, Home, Server};

const TOKEN: &str = "xoxe.xoxb-canary-imported-7a31";
const REFRESH: &str = "xoxe-1-canary-imported-7a31";
const HOOK: &str = "https://hooks.slack.com/services/T1/B1/canary7a31";
const TENANT: &str = "9f2b1c6e-0d5a-4f43-9a51-6f0f6ed0a1c2";

/// The files of an export and what is in them: each a page as Novu answers it.
fn export() -> [(&'static str, String); 4] {
    [
        (
            "endpoints.json",
            page(&[endpoint("person"), endpoint("hook")]),
        ),
        ("connections.json", page(&[slack(), teams()])),
        ("subscribers.json", page(&[subscriber()])),
        ("contexts.json", page(&[context()])),
    ]
}

fn page(items: &[Value]) -> String {
    let page = json!({
        "data": items, "next": null, "previous": null,
        "totalCount": items.len(), "totalCountCapped": false,
    });
    page.to_string()
}

fn slack() -> Value {
    json!({
        "identifier": "slack-acme", "channel": "chat", "providerId": "slack",
        "integrationIdentifier": "slack", "subscriberId": "ada", "contextKeys": ["tenant:acme"],
        "workspace": { "id": "T1", "name": "Acme", "botUserId": "U9" },
        "auth": {
            "accessToken": TOKEN, "refreshToken": REFRESH, "expiresAt": "2026-11-23T12:00:00.000Z",
        },
        "createdAt": "2026-03-01T09:00:00.000Z", "updatedAt": "2026-03-01T09:00:00.000Z",
    })
}

fn teams() -> Value {
    json!({
        "identifier": "teams-acme", "channel": "chat", "providerId": "msteams",
        "integrationIdentifier": "msteams", "subscriberId": null, "contextKeys": ["tenant:acme"],
        "workspace": { "id": TENANT }, "auth": { "accessToken": "app-only" },
        "createdAt": "2026-03-01T09:00:00.000Z", "updatedAt": "2026-03-01T09:00:00.000Z",
    })
}

fn endpoint(identifier: &str) -> Value {
    let (connection, kind, address) = match identifier {
        "hook" => (
            Value::Null,
            "webhook",
            json!({ "url": HOOK, "channel": "#general" }),
        ),
        _ => ("slack-acme".into(), "slack_user", json!({ "userId": "U1" })),
    };
    json!({
        "identifier": identifier, "channel": "chat", "providerId": "slack",
        "integrationIdentifier": "slack", "connectionIdentifier": connection,
        "subscriberId": "ada", "contextKeys": [], "type": kind, "endpoint": address,
        "createdAt": "2026-03-01T09:00:00.000Z", "updatedAt": "2026-03-01T09:00:00.000Z",
    })
}

fn subscriber() -> Value {
    json!({
        "_id": "65a1", "_organizationId": "65a2", "_environmentId": "65a3",
        "subscriberId": "ada", "firstName": "Ada", "lastName": null, "email": "ada@example.com",
        "data": { "team": "blue" }, "deleted": false, "channels": [], "__v": 0,
        "createdAt": "2026-03-01T09:00:00.000Z", "updatedAt": "2026-03-01T09:00:00.000Z",
    })
}

fn context() -> Value {
    json!({
        "type": "tenant", "id": "acme", "data": { "plan": "pro" },
        "createdAt": "2026-03-01T09:00:00.000Z", "updatedAt": "2026-03-01T09:00:00.000Z",
    })
}

fn write(home: &Home, name: &str, content: &str) {
    std::fs::write(home.path().join(name), content).expect("room for a file");
}

async fn import(home: &Home, arguments: &[&str]) -> Finished {
    let finished = home.run(&[&["import", "novu"], arguments].concat()).await;
    for secret in ["canary", "T1/B1"] {
        let told = [&finished.stdout, &finished.stderr];
        assert!(!told.iter().any(|text| text.contains(secret)), "{told:?}");
    }
    finished
}

/// The numbers of a row of the table: made, updated, already here, skipped, refused.
fn row(finished: &Finished, kind: &str) -> Vec<usize> {
    let mut rows = finished
        .stdout
        .lines()
        .filter(|line| line.starts_with(kind));
    let row = rows.next().unwrap_or_else(|| panic!("{}", finished.stdout));
    let cells = row.split_whitespace().skip(1);
    cells.map(|cell| cell.parse().expect("a number")).collect()
}

const FILES: [&str; 4] = [
    "endpoints.json",
    "connections.json",
    "subscribers.json",
    "contexts.json",
];

#[tokio::test]
async fn an_export_goes_in_beside_a_server_and_is_served() {
    let mut home = Home::prepared().await;
    home.set("LOG", "trace");
    for (name, content) in export() {
        write(&home, name, &content);
    }
    let server = Server::start(home).await;
    let api = Api::of(&server);

    let rehearsed = import(&server.home, &[&["--dry-run"], &FILES[..]].concat()).await;
    assert_eq!(rehearsed.status.code(), Some(0), "{}", rehearsed.stderr);
    assert!(
        rehearsed
            .stdout
            .contains("make     connection slack-acme (connections.json, entry 1)")
    );
    assert!(
        rehearsed
            .stdout
            .ends_with("This was a dry run: nothing was changed.\n")
    );
    assert!(api.list("/v1/channel-connections").await.is_empty());

    let done = import(&server.home, &FILES).await;
    assert_eq!(done.status.code(), Some(0), "{}", done.stderr);
    for (kind, count) in [
        ("contexts", 1),
        ("subscribers", 1),
        ("connections", 2),
        ("endpoints", 2),
    ] {
        assert_eq!(row(&done, kind), [count, 0, 0, 0, 0]);
        assert_eq!(row(&rehearsed, kind), [count, 0, 0, 0, 0]);
    }
    let again = import(&server.home, &FILES).await;
    assert_eq!(again.status.code(), Some(0));
    assert_eq!(row(&again, "connections"), [0, 0, 2, 0, 0]);
    assert!(!again.stdout.contains("slack-acme"), "{}", again.stdout);

    let served = api.read("/v1/channel-connections/slack-acme").await;
    for (name, value) in slack().as_object().into_iter().flatten() {
        let is_kept = !["auth", "createdAt", "updatedAt"].contains(&name.as_str());
        assert!(!is_kept || served[name] == *value, "{name}: {served}");
    }
    assert_eq!(served["status"], "unverified");
    assert_eq!(served["auth"]["expiresAt"], "2026-11-23T12:00:00.000Z");
    let served = api.read("/v1/channel-connections/teams-acme").await;
    assert_eq!(served["auth"], json!({ "accessToken": "app-only" }));
    let served = api.read("/v1/channel-endpoints/person").await;
    assert_eq!(served["connectionIdentifier"], "slack-acme");
    assert_eq!(
        api.read("/v2/contexts/tenant/acme").await["data"],
        json!({ "plan": "pro" })
    );
    assert_eq!(api.read("/v2/subscribers/ada").await["firstName"], "Ada");
}

#[tokio::test]
async fn what_this_api_answers_can_be_read_back() {
    let home = Home::prepared().await;
    for (name, content) in export() {
        write(&home, name, &content);
    }
    let server = Server::start(home).await;
    assert_eq!(import(&server.home, &FILES).await.status.code(), Some(0));
    let api = Api::of(&server);
    let mut pages = String::new();
    for path in [
        "/v1/channel-connections",
        "/v1/channel-endpoints",
        "/v2/contexts",
        "/v2/subscribers",
    ] {
        pages += &api.get(path).await.text;
    }
    let command = ["import", "novu", "-"];
    let finished = server.home.run_with_input(&command, &pages).await;
    // The sealing keeps what is masked: a token, and the webhook's address.
    assert_eq!(finished.status.code(), Some(2), "{}", finished.stdout);
    assert_eq!(row(&finished, "contexts"), [0, 0, 1, 0, 0]);
    assert_eq!(row(&finished, "subscribers"), [0, 0, 2, 0, 0]);
    assert_eq!(row(&finished, "connections"), [0, 0, 1, 0, 1]);
    assert_eq!(row(&finished, "endpoints"), [0, 0, 1, 0, 1]);
    let told = "auth.accessToken is a mask: the secret itself is needed";
    assert!(finished.stdout.contains(told), "{}", finished.stdout);
    assert!(!finished.stdout.contains("others"), "{}", finished.stdout);
}

#[tokio::test]
async fn what_is_refused_is_told_with_its_place_and_its_mend() {
    let home = Home::prepared().await;
    let mut elsewhere = slack();
    elsewhere["identifier"] = "elsewhere".into();
    elsewhere["integrationIdentifier"] = "slack-eu".into();
    let mut tokenless = slack();
    tokenless["identifier"] = "tokenless".into();
    tokenless["auth"] = json!({});
    let error = json!({ "statusCode": 401, "message": "canary", "path": "/", "timestamp": "" });
    let objects = [elsewhere, tokenless, teams(), error];
    let lines: Vec<_> = objects.iter().map(ToString::to_string).collect();
    write(&home, "export.jsonl", &lines.join("\n"));
    for arguments in [&["--dry-run", "export.jsonl"][..], &["export.jsonl"]] {
        let finished = import(&home, arguments).await;
        assert_eq!(finished.status.code(), Some(2), "{}", finished.stderr);
        for told in [
            "connection elsewhere (export.jsonl, entry 1): integrationIdentifier slack-eu is no \
             integration here. Make it with `tieline integrations create`, or name another one \
             with --map-integration.",
            "connection tokenless (export.jsonl, entry 2): auth.accessToken is required. Mend the \
             entry in the file, or export it again.",
            "refuse",
            "(export.jsonl, entry 4): it is an error that was answered: 401",
            "with context tenant:acme, of which the id alone is known",
        ] {
            assert!(
                finished.stdout.contains(told),
                "{told}: {}",
                finished.stdout
            );
        }
        assert_eq!(row(&finished, "connections"), [1, 0, 0, 0, 2]);
        assert_eq!(row(&finished, "others"), [1]);
    }
    let arguments = ["--map-integration", "slack-eu=slack", "export.jsonl"];
    let finished = import(&home, &arguments).await;
    assert_eq!(row(&finished, "connections"), [1, 0, 1, 0, 1]);
    let slip = import(
        &home,
        &["--map-integration", "slack-ue=slack", "export.jsonl"],
    )
    .await;
    assert_eq!(slip.status.code(), Some(1));
    let told = "--map-integration slack-ue: no entry names an integration slack-ue";
    assert!(slip.stderr.contains(told), "{}", slip.stderr);
}

#[tokio::test]
async fn what_has_changed_is_changed_on_demand() {
    let home = Home::prepared().await;
    write(&home, "connections.json", &page(&[slack()]));
    assert_eq!(
        import(&home, &["connections.json"]).await.status.code(),
        Some(0)
    );
    let mut renewed = slack();
    renewed["auth"]["accessToken"] = "xoxe.xoxb-canary-imported-next".into();
    write(&home, "connections.json", &page(&[renewed]));
    let refused = import(&home, &["connections.json"]).await;
    assert_eq!(refused.status.code(), Some(2));
    let told = "identifier slack-acme is here already and differs in auth.accessToken. With \
                --update it is changed to what was exported.";
    assert!(refused.stdout.contains(told), "{}", refused.stdout);
    let updated = import(&home, &["--update", "connections.json"]).await;
    assert_eq!(updated.status.code(), Some(0));
    assert_eq!(row(&updated, "connections"), [0, 1, 0, 0, 0]);
}

#[tokio::test]
async fn an_export_that_cannot_be_read_changes_nothing() {
    let home = Home::prepared().await;
    write(&home, "connections.json", &page(&[slack()]));
    let cut = page(&[teams()]).replace("app-only", "canary");
    write(&home, "cut.json", &cut[..200]);
    write(&home, "empty.json", "");
    for (file, told) in [
        ("cut.json", "cut.json is no JSON from line 1, column 200 on"),
        ("empty.json", "empty.json is empty"),
        ("absent.json", "absent.json cannot be read"),
    ] {
        let finished = import(&home, &["connections.json", file]).await;
        assert_eq!(finished.status.code(), Some(1), "{}", finished.stdout);
        assert!(
            finished.stderr.contains(told),
            "{told}: {}",
            finished.stderr
        );
        assert_eq!(finished.stdout, "");
    }
    let first = import(&home, &["connections.json"]).await;
    assert_eq!(row(&first, "connections"), [1, 0, 0, 0, 0]);
}

#[tokio::test]
async fn pages_that_are_missing_are_noticed() {
    let home = Home::prepared().await;
    let page = page(&[slack()]).replace("\"totalCount\":1", "\"totalCount\":12");
    write(&home, "connections.json", &page);
    let finished = import(&home, &["connections.json"]).await;
    assert_eq!(finished.status.code(), Some(0));
    let note = "note: connections.json has 1 of 12 connections: pages are missing";
    assert!(finished.stderr.contains(note), "{}", finished.stderr);
}
