//! Lists, page by page.

use jiff::SignedDuration;
use serde_json::{Value, json};
use tieline_domain::connection::ChannelConnection;
use tieline_testkit::fixtures;

use crate::bench::{Answer, Bench};

const LISTS: [&str; 3] = [
    "/v1/channel-connections",
    "/v1/channel-endpoints",
    "/v1/connect-attempts",
];

/// A bench with so many connections, an endpoint and an attempt for each, a second apart.
async fn bench(count: i64) -> Bench {
    let bench = Bench::start().await;
    for second in 0..count {
        let created_at = fixtures::seconds_later(second);
        let connection = ChannelConnection {
            created_at,
            ..bench.connection()
        };
        let mut endpoint = fixtures::endpoint(&connection, &fixtures::subscriber_id("ada"));
        endpoint.created_at = created_at;
        bench.store(&connection, vec![endpoint]).await;
    }
    bench
}

fn key(item: &Value) -> String {
    let name = if item["identifier"].is_null() {
        "id"
    } else {
        "identifier"
    };
    item[name].as_str().unwrap().to_owned()
}

fn keys(page: &Value) -> Vec<String> {
    page["data"].as_array().unwrap().iter().map(key).collect()
}

async fn page(bench: &Bench, list: &str, query: &str) -> Value {
    let answer = bench.get(&format!("{list}?{query}")).await;
    answer.assert_is(200);
    answer.json()
}

#[tokio::test]
async fn the_first_page_has_ten_of_the_newest() {
    let bench = bench(12).await;
    for list in LISTS {
        let page = page(&bench, list, "").await;
        assert_eq!(keys(&page).len(), 10);
        assert_eq!(page["totalCount"], 12);
        assert_eq!(page["totalCountCapped"], false);
        assert_eq!(page["previous"], Value::Null);
        assert!(page["next"].is_string());
        let times: Vec<_> = page["data"]
            .as_array()
            .unwrap()
            .iter()
            .map(|i| i["createdAt"].as_str())
            .collect();
        assert!(times.is_sorted_by(|a, b| a >= b), "{times:?}");
    }
}

#[tokio::test]
async fn following_the_cursors_sees_everything_once_forth_and_back() {
    let bench = bench(7).await;
    for list in LISTS {
        for order in ["ASC", "DESC"] {
            let base = format!("limit=3&orderDirection={order}");
            let whole =
                keys(&page(&bench, list, &format!("limit=100&orderDirection={order}")).await);
            let (mut forth, mut pages) = (Vec::new(), Vec::new());
            let mut next = page(&bench, list, &base).await;
            loop {
                forth.extend(keys(&next));
                pages.push(keys(&next));
                let Some(cursor) = next["next"].as_str() else {
                    break;
                };
                next = page(&bench, list, &format!("{base}&after={cursor}")).await;
            }
            assert_eq!(forth, whole, "{list} {order}");
            let mut back = next;
            for expected in pages.iter().rev().skip(1) {
                let cursor = back["previous"].as_str().unwrap().to_owned();
                back = page(&bench, list, &format!("{base}&before={cursor}")).await;
                assert_eq!(&keys(&back), expected, "{list} {order}");
            }
            assert_eq!(back["previous"], Value::Null);
        }
    }
}

#[tokio::test]
async fn the_order_is_descending_unless_said_otherwise() {
    let bench = bench(3).await;
    for list in &LISTS[..2] {
        let mut down = keys(&page(&bench, list, "").await);
        assert_eq!(keys(&page(&bench, list, "orderDirection=DESC").await), down);
        assert_eq!(keys(&page(&bench, list, "orderBy=createdAt").await), down);
        down.reverse();
        assert_eq!(keys(&page(&bench, list, "orderDirection=ASC").await), down);
    }
}

#[tokio::test]
async fn a_limit_is_a_whole_number_from_1_to_100() {
    let bench = bench(7).await;
    for (limit, count) in [
        ("1", 1),
        ("5", 5),
        ("5.0", 5),
        ("100", 7),
        ("100.0", 7),
        ("", 7),
    ] {
        let page = page(&bench, LISTS[0], &format!("limit={limit}")).await;
        assert_eq!(keys(&page).len(), count, "{limit}");
    }
    for limit in [
        "0",
        "101",
        "-1",
        "5.5",
        "1e1",
        "five",
        "0x5",
        "5.0.0",
        "99999999999",
        "%20",
    ] {
        let answer = bench.get(&format!("{}?limit={limit}", LISTS[0])).await;
        let told = json!({ "limit": { "messages": ["must be a whole number from 1 to 100"] } });
        assert_eq!(answer.json()["errors"], told, "{limit}");
        answer.assert_is(422);
    }
}

fn assert_empty(answer: &Answer) {
    answer.assert_is(200);
    let empty = json!({
        "data": [], "next": null, "previous": null, "totalCount": 0, "totalCountCapped": false,
    });
    assert_eq!(answer.json(), empty);
}

#[tokio::test]
async fn an_unknown_cursor_leads_to_an_empty_page() {
    let bench = bench(1).await;
    for list in LISTS {
        for cursor in ["nonsense", "%00", "%ff", "..%2F", &"x".repeat(5_000)] {
            assert_empty(&bench.get(&format!("{list}?after={cursor}")).await);
            assert_empty(&bench.get(&format!("{list}?before={cursor}")).await);
        }
    }
}

#[tokio::test]
async fn a_cursor_of_another_list_leads_to_an_empty_page() {
    let bench = bench(2).await;
    let page = page(&bench, LISTS[0], "limit=1").await;
    let cursor = page["next"].as_str().unwrap();
    assert_empty(&bench.get(&format!("{}?after={cursor}", LISTS[1])).await);
    assert_empty(&bench.get(&format!("{}?after={cursor}", LISTS[2])).await);
}

#[tokio::test]
async fn both_cursors_are_a_400() {
    let bench = bench(1).await;
    for list in LISTS {
        let answer = bench.get(&format!("{list}?after=a&before=b")).await;
        assert_eq!(answer.refusal(), (400, "cursor_conflict".to_owned()));
        assert_eq!(answer.message(), "Both after and before were given.");
    }
}

#[tokio::test]
async fn a_cursor_without_a_value_is_none() {
    let bench = bench(1).await;
    for list in LISTS {
        assert_eq!(keys(&page(&bench, list, "after=&before=").await).len(), 1);
    }
}

#[tokio::test]
async fn malformed_parameters_are_named_all_at_once() {
    let bench = Bench::start().await;
    let query = "limit=0&orderDirection=up&orderBy=name&connectionMode=both&contextKeys=x\
                 &subscriberId=%0a&providerId=%20&limit=1";
    let answer = bench.get(&format!("{}?{query}", LISTS[0])).await;
    answer.assert_is(422);
    let errors = answer.json()["errors"].as_object().unwrap().clone();
    let fields: Vec<&str> = errors.keys().map(String::as_str).collect();
    let expected = [
        "connectionMode",
        "contextKeys",
        "limit",
        "orderBy",
        "orderDirection",
        "providerId",
        "subscriberId",
    ];
    assert_eq!(fields, expected);
    assert_eq!(errors["limit"]["messages"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn an_attempt_is_filtered_by_what_is_known() {
    let bench = Bench::start().await;
    for (query, field) in [("status=lost", "status"), ("code=nonsense", "code")] {
        let answer = bench.get(&format!("/v1/connect-attempts?{query}")).await;
        answer.assert_is(422);
        assert!(
            answer.json()["errors"][field].is_object(),
            "{}",
            answer.text()
        );
    }
}

#[tokio::test]
async fn filters_restrict() {
    let bench = bench(2).await;
    for (list, query, count) in [
        (LISTS[0], "subscriberId=ada", 2),
        (LISTS[0], "subscriberId=bob", 0),
        (LISTS[0], "connectionMode=subscriber", 2),
        (LISTS[0], "connectionMode=shared", 0),
        (LISTS[0], "providerId=slack&channel=chat", 2),
        (LISTS[0], "channel=email", 0),
        (LISTS[0], "providerId=msteams", 0),
        (LISTS[0], "integrationIdentifier=slack", 2),
        (LISTS[0], "contextKeys=a:1&contextKeys=b:2", 0),
        (LISTS[1], "subscriberId=ada", 2),
        (LISTS[1], "connectionIdentifier=nothing", 0),
        (LISTS[1], "channel=email", 0),
        (LISTS[2], "status=completed", 2),
        (LISTS[2], "status=failed", 0),
        (LISTS[2], "code=access_denied", 0),
        (LISTS[2], "subscriberId=ada&integrationIdentifier=slack", 2),
    ] {
        assert_eq!(
            keys(&page(&bench, list, query).await).len(),
            count,
            "{list} {query}"
        );
    }
}

/// Rows of one instant are told apart by their ids.
#[tokio::test]
async fn rows_of_one_instant_are_paged_as_well() {
    let bench = Bench::start().await;
    for _ in 0..5 {
        bench.store(&bench.connection(), Vec::new()).await;
    }
    bench.clock.advance(SignedDuration::from_secs(1));
    let (mut seen, mut query) = (Vec::new(), "limit=2".to_owned());
    loop {
        let page = page(&bench, LISTS[0], &query).await;
        seen.extend(keys(&page));
        let Some(cursor) = page["next"].as_str() else {
            break;
        };
        query = format!("limit=2&after={cursor}");
    }
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 5);
}

/// The lists of the second version are paged like the others.
#[tokio::test]
async fn subscribers_and_contexts_are_paged_as_well() {
    let bench = Bench::start().await;
    for number in 0..7 {
        let subscriber = json!({ "subscriberId": format!("s{number}") });
        let context = json!({ "type": "tenant", "id": format!("t{number}") });
        bench
            .post("/v2/subscribers", &subscriber)
            .await
            .assert_is(201);
        bench.post("/v2/contexts", &context).await.assert_is(201);
    }
    for (list, name) in [("/v2/subscribers", "subscriberId"), ("/v2/contexts", "id")] {
        let names = |page: &Value| -> Vec<Value> {
            let items = page["data"].as_array().unwrap().iter();
            items.map(|item| item[name].clone()).collect()
        };
        let whole = names(&page(&bench, list, "limit=100").await);
        let first = page(&bench, list, "limit=4").await;
        let next = first["next"].as_str().unwrap();
        let second = page(&bench, list, &format!("limit=4&after={next}")).await;
        assert_eq!([names(&first), names(&second)].concat(), whole, "{list}");
        let previous = second["previous"].as_str().unwrap();
        let back = page(&bench, list, &format!("limit=4&before={previous}")).await;
        assert_eq!(names(&back), names(&first), "{list}");
        let both = format!("{list}?after={next}&before={previous}");
        let conflict = (400, "cursor_conflict".to_owned());
        assert_eq!(bench.get(&both).await.refusal(), conflict);
    }
}

#[tokio::test]
async fn a_long_list_is_counted_again_after_ten_seconds_and_a_short_one_each_time() {
    let bench = bench(999).await;
    let list = "/v1/channel-connections";
    let total = async || page(&bench, list, "limit=1").await["totalCount"].clone();
    let one_more = async || {
        let connection = ChannelConnection {
            created_at: fixtures::seconds_later(5000),
            ..bench.connection()
        };
        bench.store(&connection, Vec::new()).await;
    };
    assert_eq!(total().await, 999);
    one_more().await;
    assert_eq!(total().await, 1000);
    one_more().await;
    assert_eq!(total().await, 1000, "it was counted again");
    let filtered = page(&bench, list, "limit=1&connectionMode=shared").await;
    assert_ne!(
        filtered["totalCount"], 1000,
        "another list has its own count"
    );
    bench.clock.advance(SignedDuration::from_secs(10));
    assert_eq!(total().await, 1001);
}
