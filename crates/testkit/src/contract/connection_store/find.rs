//! That connections are kept as they are and found by those that own them.

use tieline_domain::{
    connection::{
        ChannelConnection, ConnectionIdentifier, CredentialKind, Owner, SealedCredential, Workspace,
    },
    id::IntegrationId,
    integration::Integration,
    ports::{ConnectionWrite, LeadingConnection},
    sealed::Sealed,
};

use super::{insert, renewed};
use crate::{
    StorageHarness, TestStores,
    fixtures::{self, context_keys, shared_by, subscriber_id, subscriber_owner},
    harness::Tenant,
};

pub async fn an_absent_connection_is_none(harness: &impl StorageHarness) {
    let stores = harness.stores();
    let tenant = stores.tenant().await;
    let absent = fixtures::connection(&tenant.slack, subscriber_owner("ada"));
    let environment = tenant.environment.id;
    assert_eq!(
        stores
            .connections
            .find(environment, &absent.identifier)
            .await
            .unwrap(),
        None
    );
    assert_eq!(find_same(stores, &absent).await, None);
    let deletion = stores.connections.delete(environment, &absent.identifier);
    assert!(!deletion.await.unwrap());
}

async fn find_same(
    stores: &TestStores,
    connection: &ChannelConnection,
) -> Option<ChannelConnection> {
    let ChannelConnection {
        environment_id,
        integration_id,
        owner,
        workspace,
        ..
    } = connection;
    let found =
        stores
            .connections
            .find_same(*environment_id, *integration_id, owner, &workspace.id);
    found.await.unwrap()
}

pub async fn connections_come_back_as_they_were_recorded(harness: &impl StorageHarness) {
    let stores = harness.stores();
    let tenant = stores.tenant().await;
    let bare = ChannelConnection {
        workspace: Workspace {
            id: "T".to_owned(),
            name: None,
            bot_user_id: None,
        },
        credentials: Vec::new(),
        ..fixtures::connection(&tenant.teams, shared_by(&["tenant:acme"]))
    };
    let plain = fixtures::connection(&tenant.slack, subscriber_owner("ada"));
    insert(stores, &tenant.teams, &bare).await;
    insert(stores, &tenant.slack, &plain).await;
    let full = full(&tenant.slack);
    insert(stores, &tenant.slack, &full).await;
    for connection in [bare, plain, full] {
        let find = stores
            .connections
            .find(tenant.environment.id, &connection.identifier);
        assert_eq!(find.await.unwrap().as_ref(), Some(&connection));
        assert_eq!(find_same(stores, &connection).await, Some(connection));
    }
}

/// A connection with a value in every field.
fn full(integration: &Integration) -> ChannelConnection {
    let user = SealedCredential {
        kind: CredentialKind::User,
        access_token: Sealed(vec![0; 70_000]),
        refresh_token: Some(Sealed(Vec::new())),
        scopes: Vec::new(),
        expires_at: Some("2026-02-03T04:05:06.789012Z".parse().unwrap()),
    };
    ChannelConnection {
        identifier: ConnectionIdentifier::parse("C".repeat(128)).unwrap(),
        owner: Owner {
            subscriber_id: Some(subscriber_id("bob")),
            context_keys: context_keys(&["tenant:acme", "project:x", "a:b", "c:d", "e:f"]),
        },
        workspace: Workspace {
            id: "T/ünï 🏢".to_owned(),
            name: Some("Zoë & Söhne 株式会社".to_owned()),
            bot_user_id: Some("U1".to_owned()),
        },
        credentials: vec![fixtures::bot_credential("xoxb"), user],
        generation: u64::from(u32::MAX) + 7,
        created_at: "2026-02-03T04:05:06.789012Z".parse().unwrap(),
        updated_at: "2026-02-03T04:05:06.789013Z".parse().unwrap(),
        ..fixtures::connection(integration, Owner::default())
    }
}

pub async fn a_connection_is_found_in_its_own_environment_only(harness: &impl StorageHarness) {
    let stores = harness.stores();
    let (tenant, other) = (stores.tenant().await, stores.tenant().await);
    let connection = fixtures::connection(&tenant.slack, subscriber_owner("ada"));
    insert(stores, &tenant.slack, &connection).await;
    let find = stores
        .connections
        .find(other.environment.id, &connection.identifier);
    assert_eq!(find.await.unwrap(), None);
    let foreign = ChannelConnection {
        environment_id: other.environment.id,
        ..connection
    };
    assert_eq!(find_same(stores, &foreign).await, None);
}

/// Owners of which no two are the same.
fn owners() -> Vec<Owner> {
    let ada_in = |keys: &[&str]| Owner {
        context_keys: context_keys(keys),
        ..subscriber_owner("ada")
    };
    vec![
        subscriber_owner("ada"),
        subscriber_owner("bob"),
        ada_in(&["tenant:acme"]),
        ada_in(&["tenant:acme", "project:x"]),
        shared_by(&["tenant:acme"]),
        shared_by(&["tenant:acme", "project:x"]),
        shared_by(&["tenant:ACME"]),
    ]
}

pub async fn the_same_connection_has_the_same_owner(harness: &impl StorageHarness) {
    let stores = harness.stores();
    let tenant = stores.tenant().await;
    let mut connections = Vec::new();
    for owner in owners() {
        let workspace = Workspace {
            id: "T1".to_owned(),
            name: None,
            bot_user_id: None,
        };
        let connection = ChannelConnection {
            workspace,
            ..fixtures::connection(&tenant.slack, owner)
        };
        assert_eq!(
            find_same(stores, &connection).await,
            None,
            "{:?}",
            connection.owner
        );
        insert(stores, &tenant.slack, &connection).await;
        connections.push(connection);
    }
    for connection in &connections {
        assert_eq!(
            find_same(stores, connection).await.as_ref(),
            Some(connection)
        );
    }
    check_what_differs_is_another(stores, &tenant, &connections[3]).await;
}

async fn check_what_differs_is_another(
    stores: &TestStores,
    tenant: &Tenant,
    connection: &ChannelConnection,
) {
    let turned = context_keys(&["project:x", "tenant:acme", "project:x"]);
    assert_eq!(turned, connection.owner.context_keys);
    let workspace = Workspace {
        id: "t1".to_owned(),
        ..connection.workspace.clone()
    };
    let others = [
        ChannelConnection {
            workspace,
            ..connection.clone()
        },
        ChannelConnection {
            integration_id: tenant.teams.id,
            ..connection.clone()
        },
        ChannelConnection {
            integration_id: IntegrationId(fixtures::uuid()),
            ..connection.clone()
        },
    ];
    for other in others {
        assert_eq!(find_same(stores, &other).await, None);
    }
}

pub async fn an_account_is_led_to_from_whichever_environment(harness: &impl StorageHarness) {
    let stores = harness.stores();
    let (tenant, other) = (stores.tenant().await, stores.tenant().await);
    let connection = fixtures::connection(&tenant.slack, subscriber_owner("ada"));
    insert(stores, &tenant.slack, &connection).await;
    let workspace = connection.workspace.id.as_str();
    let leading = async |provider, workspace| {
        let leading = stores.connections.list_leading(provider, workspace).await;
        leading.unwrap()
    };
    let expected = LeadingConnection {
        environment_id: tenant.environment.id,
        identifier: connection.identifier.clone(),
        integration_id: tenant.slack.id,
    };
    assert_eq!(leading(&other.slack.provider, workspace).await, [expected]);
    assert!(leading(&other.teams.provider, workspace).await.is_empty());
    let elsewhere = leading(&other.slack.provider, "T-elsewhere").await;
    assert!(elsewhere.is_empty());
    // A connection that moved on leads there no more.
    let moved = ChannelConnection {
        workspace: Workspace {
            id: "T-new".to_owned(),
            name: None,
            bot_user_id: None,
        },
        ..renewed(&connection, "xoxb-new")
    };
    let mut record = super::insertion(stores, &tenant.slack, &moved).await;
    record.write = ConnectionWrite::Replace;
    stores.connections.record(&record).await.unwrap();
    assert!(leading(&other.slack.provider, workspace).await.is_empty());
    assert_eq!(leading(&other.slack.provider, "T-new").await.len(), 1);
}
