//! How subscribers are listed.

use tieline_domain::{
    id::EnvironmentId,
    ports::SubscriberFilter,
    subscriber::{Profile, Subscriber},
};

use crate::{
    StorageHarness, TestStores,
    contract::pages::{check_walks, first, times},
    fixtures::{self, seconds_later, subscriber_id},
};

/// Subscribers with these profiles, newest first; their ids are `s0`, `s1` and so on.
async fn seed<const N: usize>(
    stores: &TestStores,
    environment: EnvironmentId,
    profiles: [Profile; N],
) -> [Subscriber; N] {
    let mut number = -1;
    let subscribers = profiles.map(|profile| {
        number += 1;
        Subscriber {
            profile,
            created_at: seconds_later(-number),
            ..fixtures::subscriber(environment, &format!("s{number}"))
        }
    });
    for subscriber in &subscribers {
        stores.subscribers.insert(subscriber).await.unwrap();
    }
    subscribers
}

async fn listed(
    stores: &TestStores,
    environment: EnvironmentId,
    filter: &SubscriberFilter,
) -> Vec<Subscriber> {
    let page = stores
        .subscribers
        .list(environment, filter, &first(10))
        .await
        .unwrap();
    assert_eq!((page.next, page.previous), (None, None));
    assert_eq!(page.total, page.items.len() as u64);
    page.items
}

fn with_id(id: &str) -> SubscriberFilter {
    SubscriberFilter {
        subscriber_id: Some(subscriber_id(id)),
        ..SubscriberFilter::default()
    }
}

fn with_email(email: &str) -> SubscriberFilter {
    SubscriberFilter {
        email: Some(email.to_owned()),
        ..SubscriberFilter::default()
    }
}

fn with_phone(phone: &str) -> SubscriberFilter {
    SubscriberFilter {
        phone: Some(phone.to_owned()),
        ..SubscriberFilter::default()
    }
}

fn with_name(name: &str) -> SubscriberFilter {
    SubscriberFilter {
        name: Some(name.to_owned()),
        ..SubscriberFilter::default()
    }
}

pub async fn subscribers_are_listed_by_each_filter(harness: &impl StorageHarness) {
    let stores = harness.stores();
    let environment = stores.environment().await.id;
    let reached = |email: &str, phone: &str| Profile {
        email: Some(email.to_owned()),
        phone: Some(phone.to_owned()),
        ..Profile::default()
    };
    let profiles = [
        reached("ada@acme.test", "+1"),
        reached("ada@acme.test", "+2"),
        reached("zoë@acme.test", ""),
        Profile::default(),
    ];
    let [s0, s1, s2, s3] = seed(stores, environment, profiles).await;
    let sum = SubscriberFilter {
        phone: Some("+2".to_owned()),
        ..with_email("ada@acme.test")
    };
    let nothing = SubscriberFilter {
        phone: Some("+2".to_owned()),
        ..with_id("s0")
    };
    let cases = [
        (SubscriberFilter::default(), vec![&s0, &s1, &s2, &s3]),
        (with_id("s3"), vec![&s3]),
        (with_id("S3"), vec![]),
        (with_email("ada@acme.test"), vec![&s0, &s1]),
        (with_email("zoë@acme.test"), vec![&s2]),
        (with_email("ADA@acme.test"), vec![]),
        (with_email("%"), vec![]),
        (with_email(""), vec![]),
        (with_phone("+1"), vec![&s0]),
        (with_phone(""), vec![&s2]),
        (with_phone("1"), vec![]),
        (sum, vec![&s1]),
        (nothing, vec![]),
    ];
    for (filter, expected) in cases {
        let found = listed(stores, environment, &filter).await;
        assert_eq!(found.iter().collect::<Vec<_>>(), expected, "{filter:?}");
    }
}

pub async fn a_name_is_the_first_the_last_or_both(harness: &impl StorageHarness) {
    let stores = harness.stores();
    let environment = stores.environment().await.id;
    let named = |first: Option<&str>, last: Option<&str>| Profile {
        first_name: first.map(str::to_owned),
        last_name: last.map(str::to_owned),
        ..Profile::default()
    };
    let profiles = [
        named(Some("Ada"), Some("Lovelace")),
        named(Some("Ada"), None),
        named(None, Some("Lovelace")),
        named(Some("Ada Lovelace"), Some("👩‍💻")),
        named(None, None),
        named(Some("Neel"), Some("Neel")),
    ];
    let [s0, s1, s2, s3, _, s5] = seed(stores, environment, profiles).await;
    let cases = [
        ("Ada", vec![&s0, &s1]),
        ("Lovelace", vec![&s0, &s2]),
        ("Ada Lovelace", vec![&s0, &s3]),
        ("👩‍💻", vec![&s3]),
        ("Ada Lovelace 👩‍💻", vec![&s3]),
        ("Neel", vec![&s5]),
        ("ada", vec![]),
        ("Ada ", vec![]),
        ("Lovelace Ada", vec![]),
        ("A%", vec![]),
        ("", vec![]),
    ];
    for (name, expected) in cases {
        let found = listed(stores, environment, &with_name(name)).await;
        assert_eq!(found.iter().collect::<Vec<_>>(), expected, "{name:?}");
    }
    let one_of_them = SubscriberFilter {
        name: Some("Ada".to_owned()),
        ..with_id("s1")
    };
    assert_eq!(listed(stores, environment, &one_of_them).await, [s1]);
}

pub async fn subscribers_are_listed_for_their_environment(harness: &impl StorageHarness) {
    let stores = harness.stores();
    let (own, other) = (stores.environment().await, stores.environment().await);
    seed(stores, own.id, [fixtures::profile()]).await;
    let filters = [
        SubscriberFilter::default(),
        with_id("s0"),
        with_email("ada@acme.test"),
        with_phone("+44 20 7946 0000"),
        with_name("Ada Lovelace"),
    ];
    for filter in filters {
        assert_eq!(listed(stores, own.id, &filter).await.len(), 1, "{filter:?}");
        assert_eq!(listed(stores, other.id, &filter).await, []);
    }
}

pub async fn subscribers_come_in_pages(harness: &impl StorageHarness) {
    let stores = harness.stores();
    let environment = stores.environment().await.id;
    let mut subscribers = times().map(|created_at| Subscriber {
        profile: fixtures::profile(),
        created_at,
        ..fixtures::subscriber(environment, &format!("s{}", fixtures::number()))
    });
    let ids = subscribers.clone().map(|subscriber| subscriber.id.0);
    // Stored in another order than that of their ids.
    subscribers.reverse();
    for subscriber in &subscribers {
        stores.subscribers.insert(subscriber).await.unwrap();
    }
    let filters = [
        SubscriberFilter::default(),
        with_email("ada@acme.test"),
        with_name("Ada"),
        with_name("Lovelace"),
        with_name("Ada Lovelace"),
    ];
    for filter in &filters {
        check_walks(&ids, async |request| {
            let page = stores.subscribers.list(environment, filter, &request).await;
            page.unwrap().map(|subscriber| subscriber.id.0)
        })
        .await;
    }
}
