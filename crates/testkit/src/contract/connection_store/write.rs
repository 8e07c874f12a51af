//! How connections are written that no flow brought.

use std::sync::Arc;

use tieline_domain::{
    connection::{ChannelConnection, Owner, Workspace},
    ports::RecordError,
};

use super::{record::find, renewed};
use crate::{
    StorageHarness, TestStores,
    contract::concurrency::{abandon_everywhere, at_once},
    fixtures::{self, shared_by, subscriber_owner},
};

fn workspace(id: &str) -> Workspace {
    Workspace {
        id: id.to_owned(),
        name: None,
        bot_user_id: None,
    }
}

pub async fn connections_come_back_as_they_were_inserted(harness: &impl StorageHarness) {
    let stores = harness.stores();
    let tenant = stores.tenant().await;
    let bare = ChannelConnection {
        workspace: workspace("T/ünï 🏢"),
        credentials: Vec::new(),
        generation: 5,
        ..fixtures::connection(&tenant.teams, shared_by(&["tenant:acme"]))
    };
    let full = fixtures::connection(&tenant.slack, subscriber_owner("ada"));
    for connection in [bare, full] {
        stores.connections.insert(&connection).await.unwrap();
        assert_eq!(find(stores, &connection).await, Some(connection));
    }
}

pub async fn an_insert_that_is_refused_leaves_nothing_behind(harness: &impl StorageHarness) {
    let stores = harness.stores();
    let tenant = stores.tenant().await;
    let first = fixtures::connection(&tenant.slack, subscriber_owner("ada"));
    stores.connections.insert(&first).await.unwrap();
    let bobs = ChannelConnection {
        identifier: first.identifier.clone(),
        ..fixtures::connection(&tenant.slack, subscriber_owner("bob"))
    };
    let inserted = stores.connections.insert(&bobs).await;
    assert!(
        matches!(inserted, Err(RecordError::IdentifierTaken)),
        "{inserted:?}"
    );
    let same = ChannelConnection {
        workspace: first.workspace.clone(),
        ..fixtures::connection(&tenant.slack, subscriber_owner("ada"))
    };
    let inserted = stores.connections.insert(&same).await;
    assert!(matches!(inserted, Err(RecordError::Raced)), "{inserted:?}");
    let eves = fixtures::connection(&tenant.slack, subscriber_owner("eve"));
    let inserted = stores.connections.insert(&eves).await;
    assert!(
        matches!(inserted, Err(RecordError::SubscriberGone)),
        "{inserted:?}"
    );
    for refused in [same, eves] {
        assert_eq!(find(stores, &refused).await, None);
    }
    assert_eq!(find(stores, &first).await, Some(first));
}

pub async fn a_replacement_alone_keeps_all_but_workspace_and_credentials(
    harness: &impl StorageHarness,
) {
    let stores = harness.stores();
    let tenant = stores.tenant().await;
    let stored = fixtures::connection(&tenant.slack, subscriber_owner("ada"));
    stores.connections.insert(&stored).await.unwrap();
    let replaced = ChannelConnection {
        workspace: workspace("T-other"),
        ..renewed(&stored, "xoxb-renewed")
    };
    let given = ChannelConnection {
        identifier: "given".parse().unwrap(),
        owner: Owner::default(),
        created_at: replaced.updated_at,
        ..replaced.clone()
    };
    stores.connections.replace(&given).await.unwrap();
    assert_eq!(find(stores, &stored).await, Some(replaced.clone()));
    let emptied = ChannelConnection {
        credentials: Vec::new(),
        ..renewed(&replaced, "xoxb-of-none")
    };
    stores.connections.replace(&emptied).await.unwrap();
    assert_eq!(find(stores, &stored).await, Some(emptied));
}

pub async fn a_replacement_alone_that_is_refused_changes_nothing(harness: &impl StorageHarness) {
    let stores = harness.stores();
    let (tenant, other) = (stores.tenant().await, stores.tenant().await);
    let stored = fixtures::connection(&tenant.slack, subscriber_owner("ada"));
    let neighbour = fixtures::connection(&tenant.slack, subscriber_owner("ada"));
    for connection in [&stored, &neighbour] {
        stores.connections.insert(connection).await.unwrap();
    }
    let next = renewed(&stored, "xoxb-renewed");
    let refused = [
        ChannelConnection {
            generation: 1,
            ..next.clone()
        },
        ChannelConnection {
            generation: 3,
            ..next.clone()
        },
        ChannelConnection {
            environment_id: other.environment.id,
            ..next.clone()
        },
        ChannelConnection {
            workspace: neighbour.workspace.clone(),
            ..next
        },
        renewed(
            &fixtures::connection(&tenant.slack, subscriber_owner("ada")),
            "xoxb-of-none",
        ),
    ];
    for connection in refused {
        let replaced = stores.connections.replace(&connection).await;
        assert!(
            matches!(replaced, Err(RecordError::Raced)),
            "{connection:?}: {replaced:?}"
        );
    }
    for connection in [stored, neighbour] {
        assert_eq!(find(stores, &connection).await, Some(connection));
    }
}

pub async fn of_many_replacements_alone_exactly_one_happens(harness: &impl StorageHarness) {
    let stores = harness.stores();
    let tenant = stores.tenant().await;
    let stored = fixtures::connection(&tenant.slack, subscriber_owner("ada"));
    stores.connections.insert(&stored).await.unwrap();
    let renewals: Vec<_> = (0..20)
        .map(|number| renewed(&stored, &format!("xoxb-{number}")))
        .collect();
    let answers = at_once(20, |number| {
        let store = Arc::clone(&stores.connections);
        let renewal = renewals[usize::try_from(number).unwrap()].clone();
        async move { store.replace(&renewal).await }
    })
    .await;
    let winner = answers.iter().position(Result::is_ok).unwrap();
    let lost = |answer: &&Result<_, _>| matches!(answer, Err(RecordError::Raced));
    assert_eq!(answers.iter().filter(lost).count(), 19, "{answers:?}");
    assert_eq!(
        find(stores, &stored).await.as_ref(),
        Some(&renewals[winner])
    );
}

pub async fn a_replacement_alone_that_is_abandoned_is_whole_or_absent(
    harness: &impl StorageHarness,
) {
    let stores = harness.stores();
    let tenant = stores.tenant().await;
    abandon_everywhere(
        async |_| {
            let stored = fixtures::connection(&tenant.slack, subscriber_owner("ada"));
            stores.connections.insert(&stored).await.unwrap();
            let next = ChannelConnection {
                workspace: fixtures::connection(&tenant.slack, Owner::default()).workspace,
                ..renewed(&stored, "xoxb-renewed")
            };
            (stored, next)
        },
        async |(_, next)| stores.connections.replace(next).await.unwrap(),
        async |(stored, next)| check_is_either(stores, &stored, &next).await,
    )
    .await;
}

async fn check_is_either(
    stores: &TestStores,
    stored: &ChannelConnection,
    next: &ChannelConnection,
) {
    // The next writer waits until it is decided; then nothing changes any more.
    let stale = stores.connections.replace(stored).await;
    assert!(matches!(stale, Err(RecordError::Raced)), "{stale:?}");
    let found = find(stores, stored).await.unwrap();
    assert!(found == *stored || found == *next, "{found:?}");
}
