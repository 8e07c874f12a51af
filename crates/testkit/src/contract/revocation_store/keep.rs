//! How revocations are kept.

use jiff::SignedDuration;
use tieline_domain::{
    attempt::Failure,
    connection::Workspace,
    reason::Reason,
    revocation::{Revocation, RevocationItem, RevocationOutcome, RevocationSubject},
    sealed::Sealed,
};

use super::{find, revocation};
use crate::{
    StorageHarness, TestStores,
    contract::pages::{check_walks, first, times},
    fixtures::{self, NOON, seconds_later, subscriber_owner},
};

async fn insert(stores: &TestStores, revocation: &Revocation) {
    stores.revocations.insert(revocation).await.unwrap();
}

/// An item of each subject and outcome.
fn items() -> Vec<RevocationItem> {
    let subjects = [
        RevocationSubject::App,
        RevocationSubject::BotToken,
        RevocationSubject::UserToken,
    ];
    let outcomes = [
        RevocationOutcome::Pending,
        RevocationOutcome::Revoked,
        RevocationOutcome::AlreadyGone,
        RevocationOutcome::Kept,
        RevocationOutcome::Impossible,
        RevocationOutcome::Failed,
    ];
    let pairs = subjects
        .into_iter()
        .flat_map(|subject| outcomes.map(|outcome| (subject, outcome)));
    let item = |(subject, outcome)| RevocationItem {
        subject,
        outcome,
        failure: (outcome == RevocationOutcome::Failed).then(|| Failure {
            reason: Reason::TenantNotFound,
            provider_error: Some("“weg” 🏢\n".to_owned()),
        }),
    };
    pairs.map(item).collect()
}

pub async fn an_absent_revocation_is_none(harness: &impl StorageHarness) {
    let stores = harness.stores();
    let tenant = stores.tenant().await;
    let absent = revocation(&tenant);
    assert_eq!(find(stores, &absent).await, None);
    assert!(!stores.revocations.update(&absent).await.unwrap());
    let due = stores.revocations.claim_due(NOON, seconds_later(60), 9);
    assert_eq!(due.await.unwrap(), []);
}

pub async fn revocations_come_back_as_they_were_inserted(harness: &impl StorageHarness) {
    let stores = harness.stores();
    let tenant = stores.tenant().await;
    let full = Revocation {
        workspace: Workspace {
            id: "T/ünï 🏢".to_owned(),
            name: Some("Zoë & Söhne 株式会社".to_owned()),
            bot_user_id: Some("U1".to_owned()),
        },
        items: items(),
        secrets: Some(Sealed((0..=u8::MAX).cycle().take(70_000).collect())),
        tries: u32::MAX,
        due_at: Some("2026-02-03T04:05:06.789012Z".parse().unwrap()),
        created_at: "2026-02-03T04:05:06.789013Z".parse().unwrap(),
        updated_at: "2026-02-03T04:05:06.789014Z".parse().unwrap(),
        ..revocation(&tenant)
    };
    let bare = Revocation {
        workspace: Workspace {
            id: "T".to_owned(),
            name: None,
            bot_user_id: None,
        },
        items: Vec::new(),
        secrets: None,
        due_at: None,
        ..revocation(&tenant)
    };
    for revocation in [full, bare, revocation(&tenant)] {
        insert(stores, &revocation).await;
        assert_eq!(find(stores, &revocation).await, Some(revocation));
    }
}

pub async fn a_revocation_is_inserted_once(harness: &impl StorageHarness) {
    let stores = harness.stores();
    let tenant = stores.tenant().await;
    let revocation = revocation(&tenant);
    insert(stores, &revocation).await;
    let again = Revocation {
        tries: 3,
        ..revocation.clone()
    };
    stores.revocations.insert(&again).await.unwrap_err();
    assert_eq!(find(stores, &revocation).await, Some(revocation));
}

pub async fn a_revocation_is_found_in_its_own_environment_only(harness: &impl StorageHarness) {
    let stores = harness.stores();
    let (tenant, other) = (stores.tenant().await, stores.tenant().await);
    let own = revocation(&tenant);
    insert(stores, &own).await;
    let foreign = Revocation {
        environment_id: other.environment.id,
        ..own.clone()
    };
    assert_eq!(find(stores, &foreign).await, None);
    assert!(!stores.revocations.update(&foreign).await.unwrap());
    assert_eq!(find(stores, &own).await, Some(own));
}

pub async fn revocations_are_listed_for_their_environment(harness: &impl StorageHarness) {
    let stores = harness.stores();
    let (tenant, other) = (stores.tenant().await, stores.tenant().await);
    let own = revocation(&tenant);
    insert(stores, &own).await;
    for (environment, expected) in [
        (tenant.environment.id, vec![own]),
        (other.environment.id, vec![]),
    ] {
        let page = stores.revocations.list(environment, &first(10)).await;
        let page = page.unwrap();
        assert_eq!(page.total, expected.len() as u64);
        assert_eq!(page.items, expected);
    }
}

pub async fn revocations_come_in_pages(harness: &impl StorageHarness) {
    let stores = harness.stores();
    let tenant = stores.tenant().await;
    let rows = times().map(|created_at| Revocation {
        created_at,
        ..revocation(&tenant)
    });
    // Stored in another order than that of their ids.
    for row in rows.iter().rev() {
        insert(stores, row).await;
    }
    let ids = rows.map(|row| row.id.0);
    check_walks(&ids, async |request| {
        let page = stores.revocations.list(tenant.environment.id, &request);
        page.await.unwrap().map(|revocation| revocation.id.0)
    })
    .await;
}

pub async fn a_revocation_outlives_what_it_names(harness: &impl StorageHarness) {
    let stores = harness.stores();
    let tenant = stores.tenant().await;
    let connection = fixtures::connection(&tenant.slack, subscriber_owner("ada"));
    stores.connections.insert(&connection).await.unwrap();
    let revocation = fixtures::revocation(&connection);
    insert(stores, &revocation).await;
    let (environment, identifier) = (tenant.environment.id, &connection.identifier);
    let deletion = stores.connections.delete(environment, identifier);
    assert!(deletion.await.unwrap());
    assert_eq!(find(stores, &revocation).await.as_ref(), Some(&revocation));
    let deletion = stores.integrations.delete(environment, tenant.slack.id);
    assert!(deletion.await.unwrap());
    let ada = &tenant.ada.subscriber_id;
    assert!(stores.subscribers.delete(environment, ada).await.unwrap());
    assert_eq!(find(stores, &revocation).await, Some(revocation));
}

pub async fn an_update_writes_what_moves(harness: &impl StorageHarness) {
    let stores = harness.stores();
    let tenant = stores.tenant().await;
    let (stored, neighbour) = (revocation(&tenant), revocation(&tenant));
    for revocation in [&stored, &neighbour] {
        insert(stores, revocation).await;
    }
    let ended = Revocation {
        items: items(),
        secrets: None,
        due_at: None,
        updated_at: seconds_later(5),
        ..stored.clone()
    };
    let retried = Revocation {
        secrets: Some(fixtures::sealed("fewer")),
        due_at: Some(seconds_later(60)),
        updated_at: seconds_later(3),
        ..stored.clone()
    };
    for expected in [retried, ended] {
        let given = Revocation {
            connection_identifier: "other".parse().unwrap(),
            integration_identifier: "other".to_owned(),
            created_at: seconds_later(9),
            ..expected.clone()
        };
        assert!(stores.revocations.update(&given).await.unwrap());
        assert_eq!(find(stores, &stored).await, Some(expected));
    }
    assert_eq!(find(stores, &neighbour).await, Some(neighbour));
}

pub async fn an_update_of_what_somebody_took_writes_nothing(harness: &impl StorageHarness) {
    let stores = harness.stores();
    let tenant = stores.tenant().await;
    let stored = Revocation {
        tries: 4,
        ..revocation(&tenant)
    };
    insert(stores, &stored).await;
    let claim = stores.revocations.claim_due(NOON, seconds_later(60), 1);
    let claimed = claim.await.unwrap().remove(0);
    assert_eq!(claimed.tries, 5);
    for tries in [4, 6] {
        let stale = Revocation {
            items: Vec::new(),
            due_at: None,
            tries,
            ..claimed.clone()
        };
        assert!(!stores.revocations.update(&stale).await.unwrap());
    }
    let ended = Revocation {
        due_at: None,
        ..claimed
    };
    assert!(stores.revocations.update(&ended).await.unwrap());
    assert_eq!(find(stores, &ended).await, Some(ended));
}

pub async fn ended_revocations_are_deleted_up_to_the_limit(harness: &impl StorageHarness) {
    let stores = harness.stores();
    let (tenant, other) = (stores.tenant().await, stores.tenant().await);
    let ended = |tenant, second| Revocation {
        due_at: None,
        secrets: None,
        updated_at: seconds_later(second),
        ..revocation(tenant)
    };
    let [before, end] = [SignedDuration::from_micros(1), SignedDuration::ZERO]
        .map(|earlier| seconds_later(4) - earlier);
    let old = [
        ended(&tenant, 1),
        ended(&other, 2),
        ended(&tenant, 3),
        Revocation {
            updated_at: before,
            ..ended(&tenant, 0)
        },
    ];
    let pending = revocation(&tenant);
    let kept = [
        pending,
        Revocation {
            updated_at: end,
            ..ended(&tenant, 0)
        },
        ended(&tenant, 9),
    ];
    for revocation in old.iter().chain(&kept) {
        insert(stores, revocation).await;
    }
    for (limit, expected) in [(0, 0), (3, 3), (3, 1), (3, 0)] {
        let deleted = stores.revocations.delete_ended(end, limit).await;
        assert_eq!(deleted.unwrap(), expected);
    }
    for revocation in old {
        assert_eq!(find(stores, &revocation).await, None);
    }
    for revocation in kept {
        assert_eq!(find(stores, &revocation).await, Some(revocation));
    }
}
