//! Connections.

use secrecy::{ExposeSecret, SecretString};
use tieline_domain::{
    connection::ChannelConnection,
    sealed::{Sealed, SealedColumn, SealedPlace},
    usecase::Implied,
};

use super::*;

type Change = fn(&mut NewConnection);

async fn stored(bench: &Bench, identifier: &str) -> ChannelConnection {
    let identifier = identifier_of(identifier);
    let found = bench
        .broker
        .get_connection(bench.environment, &identifier)
        .await;
    found.unwrap()
}

fn open(
    bench: &Bench,
    connection: &ChannelConnection,
    sealed: &Sealed,
    column: SealedColumn,
) -> String {
    let place = SealedPlace {
        environment_id: connection.environment_id,
        row: connection.id.0,
        column,
        generation: connection.generation,
    };
    let opened = bench.broker.sealer.open(sealed, &place).unwrap();
    String::from_utf8(opened.expose_secret().to_vec()).unwrap()
}

#[tokio::test]
async fn a_connection_keeps_its_name_its_owner_and_its_token() {
    let bench = Bench::start().await;
    outcomes(&bench, &export(), &PLAIN).await;
    let connection = stored(&bench, "c1").await;
    assert_eq!(
        connection.owner.subscriber_id,
        Some(fixtures::subscriber_id("ada"))
    );
    assert_eq!(
        connection.owner.context_keys,
        fixtures::context_keys(&["tenant:acme"])
    );
    assert_eq!(connection.workspace.name.as_deref(), Some("Acme"));
    let [credential] = &connection.credentials[..] else {
        panic!("{connection:?}")
    };
    let kind = credential.kind;
    let access = open(
        &bench,
        &connection,
        &credential.access_token,
        kind.access_token_column(),
    );
    assert_eq!(access, "token-1");
    let refresh = credential.refresh_token.as_ref().unwrap();
    let refresh = open(&bench, &connection, refresh, kind.refresh_token_column());
    assert_eq!(refresh, "refresh-token-1");
    assert_eq!(
        credential.expires_at,
        Some(fixtures::seconds_later(90 * 60))
    );
}

#[tokio::test]
async fn a_tenant_is_shared_and_has_no_token() {
    let bench = Bench::start().await;
    outcomes(&bench, &export(), &PLAIN).await;
    let connection = stored(&bench, "c2").await;
    assert_eq!(connection.owner.subscriber_id, None);
    assert_eq!(
        connection.workspace.id,
        "9f2b1c6e-0d5a-4f43-9a51-6f0f6ed0a1c2"
    );
    assert!(connection.credentials.is_empty());
}

#[tokio::test]
async fn what_differs_is_named_and_changed_only_on_demand() {
    let cases: [(&str, Change); 6] = [
        ("workspace.id", |new| new.workspace.id = "T2".to_owned()),
        ("workspace.name", |new| new.workspace.name = None),
        ("workspace.botUserId", |new| {
            new.workspace.bot_user_id = None;
        }),
        ("auth.accessToken", |new| {
            new.auth.access_token = SecretString::from("token-2");
        }),
        ("auth.refreshToken", |new| new.auth.refresh_token = None),
        ("auth.expiresAt", |new| {
            new.auth.expires_at = Some(fixtures::seconds_later(9999));
        }),
    ];
    for (member, change) in cases {
        let bench = Bench::start().await;
        let first = connection("c1", |new| new.auth = rotating("token-1", 90));
        assert_eq!(outcome(&bench, &first, &PLAIN).await, made());
        let before = stored(&bench, "c1").await;
        let changed = connection("c1", |new| {
            new.auth = rotating("token-1", 90);
            change(new);
        });
        let (reason, message) = refused(&bench, &changed, &PLAIN).await;
        assert_eq!(reason, Reason::AlreadyExists);
        assert_eq!(
            message,
            format!("identifier c1 is here already and differs in {member}")
        );
        assert!(!message.contains("token-"), "{message}");
        assert_eq!(stored(&bench, "c1").await, before);

        let updated = ImportOutcome::Updated(vec![member]);
        assert_eq!(outcome(&bench, &changed, &UPDATE).await, updated);
        let after = stored(&bench, "c1").await;
        assert_eq!((after.id, after.generation), (before.id, 2));
        assert_eq!(
            outcome(&bench, &changed, &PLAIN).await,
            ImportOutcome::Unchanged
        );
    }
}

#[tokio::test]
async fn a_token_that_was_refreshed_here_is_not_replaced_by_the_one_before() {
    let bench = Bench::start().await;
    let exported = connection("c1", |new| new.auth = rotating("token-1", 90));
    outcome(&bench, &exported, &PLAIN).await;
    let (identifier, workspace) = (identifier_of("c1"), stored(&bench, "c1").await.workspace);
    let refreshed = bench.broker.change_connection(
        bench.environment,
        &identifier,
        workspace,
        rotating("token-2", 180),
    );
    let refreshed = refreshed.await.unwrap();
    for options in [PLAIN, UPDATE] {
        let why = "its token was refreshed here since, and stays".to_owned();
        assert_eq!(
            outcome(&bench, &exported, &options).await,
            ImportOutcome::Skipped(why)
        );
    }
    assert_eq!(stored(&bench, "c1").await, refreshed);
    let later = connection("c1", |new| new.auth = rotating("token-3", 270));
    let updated = ImportOutcome::Updated(vec![
        "auth.accessToken",
        "auth.refreshToken",
        "auth.expiresAt",
    ]);
    assert_eq!(outcome(&bench, &later, &UPDATE).await, updated);
}

#[tokio::test]
async fn a_refresh_token_without_an_expiry_is_the_same_tomorrow() {
    let bench = Bench::start().await;
    let exported = connection("c1", |new| {
        new.auth = ImportedAuth {
            expires_at: None,
            ..rotating("token-1", 0)
        };
    });
    assert_eq!(outcome(&bench, &exported, &PLAIN).await, made());
    assert!(
        stored(&bench, "c1").await.credentials[0]
            .expires_at
            .is_some()
    );
    bench.later(SignedDuration::from_hours(24));
    assert_eq!(
        outcome(&bench, &exported, &UPDATE).await,
        ImportOutcome::Unchanged
    );
}

#[tokio::test]
async fn the_identifier_of_another_owner_or_integration_is_never_overwritten() {
    let bench = Bench::start().await;
    bench.integrate("slack", "second", &[]).await;
    outcome(&bench, &connection("c1", |_| {}), &PLAIN).await;
    let before = bench.connections().await;
    let cases: [(&str, Change); 3] = [
        ("integrationIdentifier", |new| {
            new.integration_identifier = "second".to_owned();
        }),
        ("subscriberId", |new| {
            new.subscriber_id = Some(fixtures::subscriber_id("bob"));
        }),
        ("contextKeys", |new| {
            new.contexts = contexts(&["tenant:acme"]);
        }),
    ];
    for (member, change) in cases {
        for options in [PLAIN, UPDATE] {
            let (reason, message) = refused(&bench, &connection("c1", change), &options).await;
            assert_eq!(reason, Reason::IdentifierTaken);
            let expected = format!("identifier c1 is another one here: it differs in {member}");
            assert_eq!(message, expected);
        }
    }
    assert_eq!(bench.connections().await, before);
}

#[tokio::test]
async fn an_owners_workspace_has_one_name() {
    let bench = Bench::start().await;
    let objects = [connection("c1", |_| {}), connection("c2", |_| {})];
    let outcomes = outcomes(&bench, &objects, &UPDATE).await;
    assert_eq!(outcomes[0], made());
    let (reason, message) = refused(&bench, &objects[1], &UPDATE).await;
    assert_eq!(reason, Reason::IdentifierTaken);
    let expected = "workspace.id T1 is connected here for the same owner already, as c1";
    assert_eq!(message, expected);
    assert!(matches!(outcomes[1], ImportOutcome::Refused(_)));
}

#[tokio::test]
async fn who_is_named_and_was_not_exported_is_made_by_id() {
    let bench = Bench::start().await;
    let zoe = fixtures::subscriber_id("zoe");
    let exported = connection("c1", |new| {
        new.subscriber_id = Some(zoe.clone());
        new.contexts = contexts(&["tenant:acme"]);
    });
    let implied = vec![
        Implied::Subscriber(zoe.clone()),
        Implied::Context("tenant:acme".parse().unwrap()),
    ];
    assert_eq!(
        outcome(&bench, &exported, &PLAIN).await,
        ImportOutcome::Made(implied)
    );
    let (broker, environment) = (&bench.broker, bench.environment);
    broker.get_subscriber(environment, &zoe).await.unwrap();
    let key = "tenant:acme".parse().unwrap();
    assert!(
        broker
            .get_context(environment, &key)
            .await
            .unwrap()
            .data
            .is_empty()
    );
}

#[tokio::test]
async fn a_connection_that_is_refused_leaves_nobody_behind() {
    let bench = Bench::start().await;
    outcome(&bench, &connection("c1", |_| {}), &PLAIN).await;
    let zoe = fixtures::subscriber_id("zoe");
    let of_zoe = |change: fn(&mut NewConnection)| {
        let id = zoe.clone();
        connection("c1", move |new| {
            new.subscriber_id = Some(id);
            change(new);
        })
    };
    for exported in [
        of_zoe(|_| {}),
        of_zoe(|new| new.identifier = None),
        of_zoe(|new| new.auth = auth("***")),
        of_zoe(|new| new.integration_identifier = "nowhere".to_owned()),
        of_zoe(|new| {
            new.identifier = Some(identifier_of("c2"));
            new.auth = ImportedAuth {
                access_token: SecretString::from(APP_ONLY),
                ..rotating("x", 1)
            };
        }),
    ] {
        let outcome = outcome(&bench, &exported, &PLAIN).await;
        assert!(matches!(outcome, ImportOutcome::Refused(_)), "{outcome:?}");
        let found = bench.broker.get_subscriber(bench.environment, &zoe).await;
        assert_eq!(found.unwrap_err().reason(), Reason::SubscriberNotFound);
    }
}

#[tokio::test]
async fn an_integration_is_here_or_named_otherwise_and_of_the_same_provider() {
    let bench = Bench::start().await;
    let elsewhere = connection("c1", |new| new.integration_identifier = "old".to_owned());
    let told = refused(&bench, &elsewhere, &PLAIN).await;
    let message = "integrationIdentifier old is no integration here".to_owned();
    assert_eq!(told, (Reason::IntegrationNotFound, message));

    let mapped = |to: &str| ImportOptions {
        integrations: BTreeMap::from([("old".to_owned(), to.to_owned())]),
        ..PLAIN
    };
    let told = refused(&bench, &elsewhere, &mapped("older")).await;
    let message = "integrationIdentifier older is no integration here".to_owned();
    assert_eq!(told, (Reason::IntegrationNotFound, message));
    let told = refused(&bench, &elsewhere, &mapped("msteams")).await;
    let message = "providerId is slack, but msteams is of msteams here".to_owned();
    assert_eq!(told, (Reason::ValidationFailed, message));
    assert_eq!(outcome(&bench, &elsewhere, &mapped("slack")).await, made());
    assert_eq!(
        outcome(&bench, &elsewhere, &mapped("slack")).await,
        ImportOutcome::Unchanged
    );
    assert_eq!(stored(&bench, "c1").await.integration_identifier, "slack");

    let Exported::Connection(new, _) = connection("c2", |_| {}) else {
        panic!()
    };
    let unknown = Exported::Connection(new, Some(provider("novu-slack")));
    let (_, message) = refused(&bench, &unknown, &PLAIN).await;
    assert!(
        message.starts_with("providerId novu-slack is not known"),
        "{message}"
    );
}

#[tokio::test]
async fn a_mask_is_no_token() {
    let bench = Bench::start().await;
    let masked = [
        ("auth.accessToken", auth("********")),
        (
            "auth.refreshToken",
            ImportedAuth {
                refresh_token: Some(SecretString::from("********")),
                ..rotating("x", 1)
            },
        ),
    ];
    for (member, masked) in masked {
        let exported = connection("c1", |new| new.auth = masked);
        let (reason, message) = refused(&bench, &exported, &PLAIN).await;
        assert_eq!(reason, Reason::ValidationFailed);
        assert_eq!(
            message,
            format!("{member} is a mask: the secret itself is needed")
        );
    }
}
