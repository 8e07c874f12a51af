//! Imports of what another installation exported.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use secrecy::SecretString;
use serde_json::{Map, Value, json};
use tieline_domain::{
    connection::Workspace,
    endpoint::{Address, EndpointKind},
    patch::Patch,
    provider::ProviderId,
    reason::Reason,
    subscriber::ProfilePatch,
    usecase::{
        APP_ONLY, ContextChange, Exported, ExportedKind, ImportOptions, ImportOutcome,
        ImportedAuth, NewConnection, NewEndpoint, UseCaseError,
    },
};
use tieline_testkit::fixtures;

use crate::bench::{Bench, contexts, identifier_of};

mod connections;
mod endpoints;
mod owners;

const PLAIN: ImportOptions = options(false, false);
const DRY: ImportOptions = options(true, false);
const UPDATE: ImportOptions = options(false, true);

const fn options(dry_run: bool, update: bool) -> ImportOptions {
    ImportOptions {
        dry_run,
        update,
        integrations: BTreeMap::new(),
    }
}

fn members(value: Value) -> Map<String, Value> {
    let Value::Object(members) = value else {
        panic!("{value} is no object")
    };
    members
}

fn provider(id: &str) -> ProviderId {
    ProviderId::parse(id).unwrap()
}

fn context(key: &str, data: Value) -> Exported {
    let change = ContextChange {
        data: members(data),
        bridge_url: Patch::Keep,
    };
    Exported::Context(key.parse().unwrap(), change)
}

fn subscriber(id: &str, first_name: Patch<String>) -> Exported {
    let patch = ProfilePatch {
        first_name,
        ..ProfilePatch::default()
    };
    Exported::Subscriber(fixtures::subscriber_id(id), patch)
}

fn auth(token: &str) -> ImportedAuth {
    ImportedAuth {
        access_token: SecretString::from(token),
        refresh_token: None,
        expires_at: None,
    }
}

/// A token that dies after so many minutes.
fn rotating(token: &str, minutes: i64) -> ImportedAuth {
    ImportedAuth {
        refresh_token: Some(SecretString::from(format!("refresh-{token}"))),
        expires_at: Some(fixtures::seconds_later(minutes * 60)),
        ..auth(token)
    }
}

/// A connection of `ada` to the workspace T1, with what a test makes of it.
fn connection(identifier: &str, change: impl FnOnce(&mut NewConnection)) -> Exported {
    let mut new = NewConnection {
        integration_identifier: "slack".to_owned(),
        identifier: Some(identifier_of(identifier)),
        subscriber_id: Some(fixtures::subscriber_id("ada")),
        contexts: Vec::new(),
        mode: None,
        workspace: Workspace {
            id: "T1".to_owned(),
            name: Some("Acme".to_owned()),
            bot_user_id: Some("U9".to_owned()),
        },
        auth: auth("token-1"),
    };
    change(&mut new);
    Exported::Connection(Box::new(new), Some(provider("slack")))
}

/// An endpoint of `ada` at the person U1, in no connection, with what a test makes of it.
fn endpoint(identifier: &str, change: impl FnOnce(&mut NewEndpoint)) -> Exported {
    let mut new = NewEndpoint {
        integration_identifier: "slack".to_owned(),
        identifier: Some(identifier.to_owned()),
        connection_identifier: None,
        subscriber_id: fixtures::subscriber_id("ada"),
        create_subscriber: false,
        contexts: Vec::new(),
        address: Address::person(EndpointKind::SlackUser, "U1"),
    };
    change(&mut new);
    Exported::Endpoint(Box::new(new), Some(provider("slack")))
}

/// One of everything that goes in, the last things first.
fn export() -> Vec<Exported> {
    vec![
        endpoint("e1", |new| {
            new.connection_identifier = Some(identifier_of("c1"));
            new.contexts = contexts(&["tenant:acme"]);
        }),
        endpoint("hook", |new| {
            let url = "https://hooks.slack.test/services/T1/B1/secret";
            new.address = Address::webhook(url, Some("#general"), None);
        }),
        connection("c1", |new| {
            new.contexts = contexts(&["tenant:acme"]);
            new.auth = rotating("token-1", 90);
        }),
        Exported::Connection(
            Box::new(NewConnection {
                integration_identifier: "msteams".to_owned(),
                identifier: Some(identifier_of("c2")),
                subscriber_id: None,
                contexts: contexts(&["tenant:acme"]),
                mode: None,
                workspace: Workspace {
                    id: "9F2B1C6E-0D5A-4F43-9A51-6F0F6ED0A1C2".to_owned(),
                    name: None,
                    bot_user_id: None,
                },
                auth: auth(APP_ONLY),
            }),
            Some(provider("msteams")),
        ),
        subscriber("eve", Patch::Set("Eve".to_owned())),
        context("tenant:acme", json!({ "plan": "pro" })),
    ]
}

/// What became of the objects, in the order in which it was told.
async fn told(
    bench: &Bench,
    objects: &[Exported],
    options: &ImportOptions,
) -> Vec<(usize, ImportOutcome)> {
    let mut told = Vec::new();
    let mut tell = |index, outcome| told.push((index, outcome));
    let imported = bench
        .broker
        .import_connections(bench.environment, objects, options, &mut tell);
    imported.await.unwrap();
    told
}

/// What became of the objects, in their own order.
async fn outcomes(
    bench: &Bench,
    objects: &[Exported],
    options: &ImportOptions,
) -> Vec<ImportOutcome> {
    let mut told = told(bench, objects, options).await;
    told.sort_by_key(|(index, _)| *index);
    assert_eq!(told.len(), objects.len());
    told.into_iter().map(|(_, outcome)| outcome).collect()
}

/// What became of the only object.
async fn outcome(bench: &Bench, object: &Exported, options: &ImportOptions) -> ImportOutcome {
    let [outcome] = outcomes(bench, std::slice::from_ref(object), options)
        .await
        .try_into()
        .unwrap();
    outcome
}

/// Why the only object was refused, and in which words.
async fn refused(bench: &Bench, object: &Exported, options: &ImportOptions) -> (Reason, String) {
    match outcome(bench, object, options).await {
        ImportOutcome::Refused(refusal) => {
            assert!(!refusal.fields.is_empty(), "it names a field: {refusal}");
            (refusal.reason, refusal.message)
        }
        other => panic!("not refused, but {other:?}"),
    }
}

fn made() -> ImportOutcome {
    ImportOutcome::Made(Vec::new())
}

#[tokio::test]
async fn everything_goes_in_after_what_it_names() {
    let bench = Bench::start().await;
    let objects = export();
    let told = told(&bench, &objects, &PLAIN).await;
    let kinds: Vec<_> = told
        .iter()
        .map(|(index, _)| objects[*index].kind())
        .collect();
    assert!(
        kinds.is_sorted() && kinds.len() == objects.len(),
        "{kinds:?}"
    );
    assert_eq!(kinds[0], ExportedKind::Context);
    for (index, outcome) in told {
        assert_eq!(outcome, made(), "{:?}", objects[index]);
    }
    let connections = bench.connections().await;
    let names: Vec<_> = connections.iter().map(|c| c.identifier.as_str()).collect();
    assert_eq!(names, ["c1", "c2"]);
    let endpoints = bench.endpoints().await;
    let names: Vec<_> = endpoints.iter().map(|e| e.identifier.as_str()).collect();
    assert_eq!(names, ["e1", "hook"]);
}

#[tokio::test]
async fn an_import_again_changes_nothing() {
    let bench = Bench::start().await;
    let objects = export();
    outcomes(&bench, &objects, &PLAIN).await;
    let before = (bench.connections().await, bench.endpoints().await);
    bench.later(SignedDuration::from_hours(1));
    for options in [PLAIN, UPDATE, DRY] {
        for outcome in outcomes(&bench, &objects, &options).await {
            assert_eq!(outcome, ImportOutcome::Unchanged);
        }
    }
    assert_eq!((bench.connections().await, bench.endpoints().await), before);
}

#[tokio::test]
async fn a_dry_run_tells_the_same_and_writes_nothing() {
    let bench = Bench::start().await;
    let mut objects = export();
    // Two that clash with each other only, and one that names what nobody has.
    objects.push(connection("c1", |new| new.workspace.id = "T2".to_owned()));
    objects.push(connection("c3", |new| {
        new.subscriber_id = Some(fixtures::subscriber_id("zoe"));
    }));
    let rehearsed = told(&bench, &objects, &DRY).await;
    assert!(bench.connections().await.is_empty() && bench.endpoints().await.is_empty());
    for id in ["eve", "zoe"] {
        let id = fixtures::subscriber_id(id);
        let found = bench.broker.get_subscriber(bench.environment, &id).await;
        assert_eq!(found.unwrap_err().reason(), Reason::SubscriberNotFound);
    }
    assert_eq!(told(&bench, &objects, &PLAIN).await, rehearsed);
    let refused =
        |(_, outcome): &&(usize, ImportOutcome)| matches!(outcome, ImportOutcome::Refused(_));
    assert_eq!(rehearsed.iter().filter(refused).count(), 1);
}

#[tokio::test]
async fn one_that_is_refused_stops_no_other() {
    let bench = Bench::start().await;
    let mut objects = export();
    objects.insert(0, connection("bad", |new| new.auth = auth("****")));
    let outcomes = outcomes(&bench, &objects, &PLAIN).await;
    assert!(matches!(outcomes[0], ImportOutcome::Refused(_)));
    assert!(outcomes[1..].iter().all(|outcome| *outcome == made()));
}

#[tokio::test]
async fn what_was_told_before_an_outage_is_there_after_it() {
    let bench = Bench::start().await;
    let name = |index: usize| format!("s{index}");
    let many: Vec<_> = (0..250)
        .map(|index| subscriber(&name(index), Patch::Keep))
        .collect();
    let mut told = Vec::new();
    let storage = bench.storage.clone();
    let mut tell = |index, outcome| {
        assert_eq!(outcome, made());
        told.push(index);
        if told.len() == 100 {
            storage.fail(u32::MAX);
        }
    };
    let imported = bench
        .broker
        .import_connections(bench.environment, &many, &PLAIN, &mut tell)
        .await;
    let error: UseCaseError = imported.unwrap_err();
    assert_eq!(error.reason(), Reason::Unavailable);
    bench.storage.fail(0);
    assert_eq!(told.len(), 100);
    let again = outcomes(&bench, &many, &PLAIN).await;
    for (index, outcome) in again.into_iter().enumerate() {
        let was_in = told.contains(&index);
        assert_eq!(outcome == ImportOutcome::Unchanged, was_in, "{index}");
    }
}

#[tokio::test]
async fn an_import_stays_in_its_environment() {
    let bench = Bench::start().await;
    let other = bench.broker.create_environment("Production").await.unwrap();
    outcomes(&bench, &export(), &PLAIN).await;
    let there = Bench {
        environment: other.id,
        ..bench
    };
    let [first, ..] = &export()[..] else { panic!() };
    assert_eq!(
        refused(&there, first, &PLAIN).await.0,
        Reason::IntegrationNotFound
    );
    assert!(there.connections().await.is_empty());
}
