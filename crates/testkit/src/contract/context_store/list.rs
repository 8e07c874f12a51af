//! How contexts are listed.

use tieline_domain::{context::Context, id::EnvironmentId, ports::ContextFilter};

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
