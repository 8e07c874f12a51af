//! How contexts are listed.

use tieline_domain::{
    context::Context,
    id::EnvironmentId,
    page::{COUNT_CAP, PageRequest},
    ports::ContextFilter,
};

use crate::{
    StorageHarness, TestStores,
    contract::pages::{check_walks, first, times},
    fixtures::{self, seconds_later},
};

/// Contexts of these keys, newest first.
async fn seed(stores: &TestStores, environment: EnvironmentId, keys: &[&str]) {
    for (key, second) in keys.iter().zip(0..) {
        let context = Context {
            created_at: seconds_later(-second),
            ..fixtures::context(environment, key)
        };
        stores.contexts.insert(&context).await.unwrap();
    }
}

/// The keys of the contexts that a filter lets pass.
async fn listed(
    stores: &TestStores,
    environment: EnvironmentId,
    filter: &ContextFilter,
) -> Vec<String> {
    let page = stores
        .contexts
        .list(environment, filter, &first(10))
        .await
        .unwrap();
    assert_eq!((page.next, page.previous), (None, None));
    assert_eq!(page.total, page.items.len() as u64);
    let keys = page.items.iter().map(|context| context.key.to_string());
    keys.collect()
}

fn of_type(kind: &str) -> ContextFilter {
    ContextFilter {
        kind: Some(kind.to_owned()),
        ..ContextFilter::default()
    }
}

fn of_id(id: &str) -> ContextFilter {
    ContextFilter {
        id: Some(id.to_owned()),
        ..ContextFilter::default()
    }
}

fn with(text: &str) -> ContextFilter {
    ContextFilter {
        search: Some(text.to_owned()),
        ..ContextFilter::default()
    }
}

pub async fn contexts_are_listed_by_each_filter(harness: &impl StorageHarness) {
    let stores = harness.stores();
    let environment = stores.environment().await.id;
    let keys = ["tenant:acme", "tenant:x", "project:acme", "Tenant:acme"];
    seed(stores, environment, &keys).await;
    let one = ContextFilter {
        id: Some("acme".to_owned()),
        ..of_type("project")
    };
    let sum = ContextFilter {
        search: Some("acm".to_owned()),
        ..of_type("tenant")
    };
    let nothing = ContextFilter {
        search: Some("acme".to_owned()),
        ..of_id("x")
    };
    let cases: [(ContextFilter, &[&str]); 8] = [
        (ContextFilter::default(), &keys),
        (of_type("tenant"), &["tenant:acme", "tenant:x"]),
        (of_type("ten"), &[]),
        (
            of_id("acme"),
            &["tenant:acme", "project:acme", "Tenant:acme"],
        ),
        (of_id("acme%"), &[]),
        (one, &["project:acme"]),
        (sum, &["tenant:acme"]),
        (nothing, &[]),
    ];
    for (filter, expected) in cases {
        assert_eq!(
            listed(stores, environment, &filter).await,
            expected,
            "{filter:?}"
        );
    }
}

pub async fn a_search_is_taken_letter_by_letter(harness: &impl StorageHarness) {
    let stores = harness.stores();
    let environment = stores.environment().await.id;
    let keys = ["tenant:a_me", "tenant:acme", "ACME:tenant-1"];
    seed(stores, environment, &keys).await;
    let cases: [(&str, &[&str]); 10] = [
        ("", &keys),
        ("tenant", &keys),
        ("acme", &["tenant:acme"]),
        ("ACME", &["ACME:tenant-1"]),
        ("Acme", &[]),
        ("a_me", &["tenant:a_me"]),
        ("%", &[]),
        ("a*e", &[]),
        ("t:a", &[]),
        ("'ünï 🔎", &[]),
    ];
    for (text, expected) in cases {
        let found = listed(stores, environment, &with(text)).await;
        assert_eq!(found, expected, "{text:?}");
    }
}

pub async fn a_search_finds_each_part_of_a_key(harness: &impl StorageHarness) {
    let stores = harness.stores();
    let environment = stores.environment().await.id;
    let long = "0123456789".repeat(10);
    seed(stores, environment, &[&format!("Org.unit:{long}")]).await;
    seed(stores, environment, &["project:b"]).await;
    for part in ["Org.unit", &long] {
        for length in [1, 2, 3, 4, 7, part.len()] {
            for start in 0..=part.len() - length {
                let text = &part[start..start + length];
                let found = listed(stores, environment, &with(text)).await;
                assert!(found.iter().any(|key| key.ends_with(&long)), "{text:?}");
            }
        }
    }
    for absent in ["Orgunit", "tOr", "t0", "901234567890a", &(long + "0")] {
        let found = listed(stores, environment, &with(absent)).await;
        assert!(found.is_empty(), "{absent:?}");
    }
}

/// An adapter may go another way to a page of a list that is known to be long.
pub async fn what_a_search_finds_does_not_depend_on_the_total_that_is_known(
    harness: &impl StorageHarness,
) {
    let stores = harness.stores();
    let environment = stores.environment().await.id;
    seed(stores, environment, &["tenant:acme", "tenant:x"]).await;
    let filter = with("cm");
    for total in [0, 2, COUNT_CAP + 1] {
        let request = PageRequest {
            total: Some(total),
            ..first(10)
        };
        let page = stores.contexts.list(environment, &filter, &request);
        let items = page.await.unwrap().items;
        let keys: Vec<String> = items
            .iter()
            .map(|context| context.key.to_string())
            .collect();
        assert_eq!(keys, ["tenant:acme"], "{total}");
    }
}

pub async fn a_context_that_is_gone_is_found_no_more(harness: &impl StorageHarness) {
    let stores = harness.stores();
    let environment = stores.environment().await.id;
    let keys = ["tenant:acme", "tenant:acme-2"];
    seed(stores, environment, &keys).await;
    let key = keys[0].parse().unwrap();
    assert!(stores.contexts.delete(environment, &key).await.unwrap());
    assert_eq!(listed(stores, environment, &with("acme")).await, keys[1..]);
    seed(stores, environment, &keys[..1]).await;
    assert_eq!(listed(stores, environment, &with("acme")).await.len(), 2);
}

pub async fn contexts_are_listed_for_their_environment(harness: &impl StorageHarness) {
    let stores = harness.stores();
    let (own, other) = (stores.environment().await, stores.environment().await);
    seed(stores, own.id, &["tenant:acme"]).await;
    let filters = [
        ContextFilter::default(),
        of_type("tenant"),
        of_id("acme"),
        with("tenant"),
        with("acme"),
    ];
    for filter in filters {
        assert_eq!(listed(stores, own.id, &filter).await, ["tenant:acme"]);
        assert!(listed(stores, other.id, &filter).await.is_empty());
    }
}

pub async fn contexts_come_in_pages(harness: &impl StorageHarness) {
    let stores = harness.stores();
    let environment = stores.environment().await.id;
    let mut contexts = times().map(|created_at| Context {
        created_at,
        ..fixtures::context(environment, &format!("tenant:{}", fixtures::number()))
    });
    let ids = contexts.clone().map(|context| context.id.0);
    // Stored in another order than that of their ids.
    contexts.reverse();
    stores.contexts.insert_missing(&contexts).await.unwrap();
    for filter in [ContextFilter::default(), of_type("tenant"), with("ten")] {
        check_walks(&ids, async |request| {
            let page = stores.contexts.list(environment, &filter, &request).await;
            page.unwrap().map(|context| context.id.0)
        })
        .await;
    }
}
