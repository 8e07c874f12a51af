//! `/v1/connect-attempts`: what became of each URL.

use std::time::Duration;

use serde_json::{Value, json};
use tieline_sandbox::{Endpoint, Fault};
use tieline_tests::{Browser, SUBSCRIBER, Stage, until};

fn ids(items: &[Value]) -> Vec<String> {
    let id = |item: &Value| item["id"].as_str().expect("an id").to_owned();
    items.iter().map(id).collect()
}

/// So many declined flows, oldest first.
async fn declined(stage: &Stage, count: usize) -> Vec<String> {
    let mut made = Vec::new();
    for _ in 0..count {
        let minted = stage.mint("slack").await;
        stage.deny(&minted).await;
        made.push(minted.attempt);
    }
    made
}

#[tokio::test]
async fn an_attempt_is_there_from_the_callback_on() {
    let stage = Stage::start().await;
    let minted = stage.mint("slack").await;
    let path = format!("/v1/connect-attempts/{}", minted.attempt);
    let reply = stage.api.get(&path).await;
    reply.refused(404, "not_found", "Connect attempt not found");
    stage.deny(&minted).await;

    let attempt = stage.api.read(&path).await;
    assert_eq!(attempt["id"], minted.attempt);
    assert_eq!(attempt["integrationIdentifier"], "slack");
    assert_eq!(attempt["providerId"], "slack");
    assert_eq!(attempt["subscriberId"], SUBSCRIBER);
    assert_eq!(attempt["connectionIdentifier"], json!(null));
    for told in ["message", "remedy", "createdAt", "updatedAt"] {
        assert!(attempt[told].is_string(), "{told}: {attempt}");
    }
    for odd in ["nonsense", "0198f3a2-7c11-7d7e-b0a4-5a3d5c6f7e80", "%00"] {
        let reply = stage.api.get(&format!("/v1/connect-attempts/{odd}")).await;
        assert_eq!(reply.status, 404, "{odd}");
    }
}

const DAY: Duration = Duration::from_hours(24);

#[tokio::test]
async fn an_attempt_is_deleted_after_its_days_and_its_connection_stays() {
    let mut stage = Stage::start_with(|setup| setup.home.set("CONNECT_ATTEMPT_DAYS", "2")).await;
    declined(&stage, 1).await;
    let minted = stage.mint("slack").await;
    stage.allow(&minted, Browser::new()).await;
    for (passes, left) in [(DAY, 2), (DAY, 0)] {
        stage.server.kill().await;
        stage.server.home.pass_time(passes);
        stage.server.start_again().await;
        until("the sweep was there", async || {
            let attempts = stage.api.read("/v1/connect-attempts").await;
            (attempts["totalCount"] == left).then_some(())
        })
        .await;
    }
    stage.api.only_connection().await;
}

#[tokio::test]
async fn a_list_is_walked_in_both_directions() {
    let stage = Stage::start().await;
    let mut newest_first = declined(&stage, 7).await;
    newest_first.reverse();
    let all = stage.api.read("/v1/connect-attempts").await;
    assert_eq!(ids(all["data"].as_array().expect("a list")), newest_first);
    assert_eq!(
        (&all["totalCount"], &all["totalCountCapped"]),
        (&json!(7), &json!(false))
    );
    assert_eq!(
        (&all["next"], &all["previous"]),
        (&json!(null), &json!(null))
    );

    for (direction, expected) in [
        ("DESC", newest_first.clone()),
        ("ASC", newest_first.iter().rev().cloned().collect()),
    ] {
        let list = format!("/v1/connect-attempts?limit=3&orderDirection={direction}");
        let pages = walk(&stage, &list, "after", "next", stage.api.read(&list).await).await;
        assert_eq!(pages.concat(), expected);
        assert_eq!(pages.iter().map(Vec::len).collect::<Vec<_>>(), [3, 3, 1]);

        let last = last_page(&stage, &list).await;
        let mut back = walk(&stage, &list, "before", "previous", last).await;
        back.reverse();
        assert_eq!(back.concat(), expected, "{direction}, backwards");
    }
}

/// From this page on, the ids of each, for as long as there is a further one.
async fn walk(stage: &Stage, list: &str, by: &str, cursor: &str, first: Value) -> Vec<Vec<String>> {
    let mut pages = Vec::new();
    let mut page = first;
    loop {
        assert_eq!(page["totalCount"], 7);
        pages.push(ids(page["data"].as_array().expect("a list")));
        let Some(next) = page[cursor].as_str() else {
            return pages;
        };
        page = stage.api.read(&format!("{list}&{by}={next}")).await;
    }
}

async fn last_page(stage: &Stage, list: &str) -> Value {
    let mut page = stage.api.read(list).await;
    while let Some(next) = page["next"].as_str() {
        page = stage.api.read(&format!("{list}&after={next}")).await;
    }
    page
}

#[tokio::test]
async fn a_list_is_filtered() {
    let stage = Stage::start().await;
    stage
        .server
        .home
        .tell(&["subscribers", "create", "other"])
        .await;
    let denied = declined(&stage, 1).await.remove(0);
    let named = json!({ "connectionIdentifier": "main", "subscriberId": "other" });
    let (_, completed) = stage.connect_slack(&named).await;
    stage.control.fault_once(
        Endpoint::SlackOauthV2Access,
        Fault::Status(500, String::new()),
    );
    let (_, failed) = stage.connect_slack(&json!({})).await;
    let teams = stage.mint("msteams").await;
    stage.deny(&teams).await;

    let text = |attempt: &Value| attempt["id"].as_str().expect("an id").to_owned();
    let (completed, failed, teams) = (text(&completed), text(&failed), teams.attempt);
    for (filter, expected) in [
        ("status=completed", vec![&completed]),
        ("status=denied", vec![&teams, &denied]),
        ("status=denied&integrationIdentifier=slack", vec![&denied]),
        ("status=exchanging", vec![]),
        ("code=provider_error", vec![&failed]),
        ("code=access_denied", vec![&teams, &denied]),
        ("subscriberId=other", vec![&completed]),
        ("integrationIdentifier=msteams", vec![&teams]),
        ("connectionIdentifier=main", vec![&completed]),
        ("connectionIdentifier=nothing", vec![]),
    ] {
        let found = stage
            .api
            .list(&format!("/v1/connect-attempts?{filter}"))
            .await;
        assert_eq!(ids(&found).iter().collect::<Vec<_>>(), expected, "{filter}");
    }
}

#[tokio::test]
async fn a_query_that_makes_no_sense_is_refused_by_name() {
    let stage = Stage::start().await;
    for (query, field) in [
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("limit=5.5", "limit"),
        ("limit=many", "limit"),
        ("limit=5&limit=6", "limit"),
        ("orderDirection=up", "orderDirection"),
        ("orderBy=name", "orderBy"),
        ("status=lost", "status"),
        ("code=nonsense", "code"),
    ] {
        let reply = stage
            .api
            .get(&format!("/v1/connect-attempts?{query}"))
            .await;
        reply.refused_field(field);
    }
    let both = stage.api.get("/v1/connect-attempts?after=a&before=b").await;
    both.refused(400, "cursor_conflict", "Both after and before were given.");
}

#[tokio::test]
async fn a_limit_may_be_written_as_some_clients_do() {
    let stage = Stage::start().await;
    declined(&stage, 2).await;
    for limit in ["1", "1.0"] {
        let found = stage
            .api
            .list(&format!("/v1/connect-attempts?limit={limit}"))
            .await;
        assert_eq!(found.len(), 1);
    }
}

#[tokio::test]
async fn a_cursor_that_is_none_of_this_list_leads_to_an_empty_page() {
    let stage = Stage::start().await;
    declined(&stage, 3).await;
    let page = stage.api.read("/v1/connect-attempts?limit=1").await;
    let cursor = page["next"].as_str().expect("a cursor");
    let altered = format!("{}x", &cursor[..cursor.len() - 1]);
    let elsewhere = format!("/v1/channel-connections?after={cursor}");
    for path in [
        "/v1/connect-attempts?after=nonsense",
        &format!("/v1/connect-attempts?after={altered}"),
        &elsewhere,
    ] {
        let page = stage.api.read(path).await;
        let expected = json!({
            "data": [], "next": null, "previous": null, "totalCount": 0, "totalCountCapped": false,
        });
        assert_eq!(page, expected, "{path}");
    }
}
