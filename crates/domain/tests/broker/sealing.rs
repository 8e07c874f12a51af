//! Tokens at rest open in their own place and nowhere else.

use secrecy::{ExposeSecret, SecretString};
use tieline_domain::{
    connection::{ChannelConnection, CredentialKind},
    id::EnvironmentId,
    ports::{OpenError, ResealedValue},
    provider::{Grant, GrantedCredential},
    reason::Reason,
    sealed::{Sealed, SealedColumn, SealedPlace},
};
use tieline_testkit::fixtures;

use crate::{
    bench::{Bench, for_ada, for_bob},
    grants, provider,
};

/// A grant with a bot's and a person's tokens, both of which rotate.
fn rotating() -> Grant {
    let credential = |kind, name: &str| GrantedCredential {
        refresh_token: Some(SecretString::from(format!("refresh-{name}"))),
        ..grants::token(kind, &format!("access-{name}"))
    };
    Grant {
        credentials: vec![
            credential(CredentialKind::Bot, "bot"),
            credential(CredentialKind::User, "user"),
        ],
        ..grants::slack()
    }
}

/// Every sealed token of a connection: what it is, its column, and the sealed value.
fn tokens(connection: &ChannelConnection) -> Vec<(String, SealedColumn, &Sealed)> {
    let both = connection.credentials.iter().flat_map(|credential| {
        let (kind, name) = (credential.kind, credential.kind.as_str());
        [
            (
                format!("access-{name}"),
                kind.access_token_column(),
                &credential.access_token,
            ),
            (
                format!("refresh-{name}"),
                kind.refresh_token_column(),
                credential.refresh_token.as_ref().unwrap(),
            ),
        ]
    });
    both.collect()
}

fn place(connection: &ChannelConnection, column: SealedColumn) -> SealedPlace {
    SealedPlace {
        environment_id: connection.environment_id,
        row: connection.id.0,
        column,
        generation: connection.generation,
    }
}

fn open(bench: &Bench, sealed: &Sealed, place: SealedPlace) -> Result<String, OpenError> {
    let opened = bench.broker.sealer.open(sealed, &place)?;
    Ok(String::from_utf8(opened.expose_secret().to_vec()).unwrap())
}

#[tokio::test]
async fn every_token_opens_in_its_row_column_and_generation() {
    let twice = provider::grants_in_turn(vec![rotating(), rotating()]);
    let bench = Bench::start().await.with(twice);
    for generation in 1..=2 {
        bench.connect(for_ada("slack")).await;
        let connection = &bench.connections().await[0];
        assert_eq!(connection.generation, generation);
        for (token, column, sealed) in tokens(connection) {
            let opened = open(&bench, sealed, place(connection, column));
            assert_eq!(opened, Ok(token));
        }
    }
}

/// I03
#[tokio::test]
async fn no_token_opens_anywhere_else() {
    let twice = provider::grants_in_turn(vec![rotating(), rotating()]);
    let bench = Bench::start().await.with(twice);
    bench.connect(for_ada("slack")).await;
    bench.connect(for_bob("slack")).await;
    let [adas, bobs] = bench.connections().await.try_into().unwrap();
    let columns: Vec<_> = tokens(&adas).iter().map(|token| token.1).collect();
    for (_, column, sealed) in tokens(&adas) {
        let own = place(&adas, column);
        let mut elsewhere = vec![
            place(&bobs, column),
            SealedPlace {
                generation: 2,
                ..own
            },
            SealedPlace {
                environment_id: EnvironmentId(fixtures::uuid()),
                ..own
            },
        ];
        let others = columns.iter().filter(|other| **other != column);
        elsewhere.extend(others.map(|&column| SealedPlace { column, ..own }));
        for place in elsewhere {
            assert_eq!(open(&bench, sealed, place), Err(OpenError::Refused));
        }
    }
}

/// I10: not even by accident, in a log line of the whole record.
#[tokio::test]
async fn no_token_is_seen_in_what_is_stored() {
    let bench = Bench::start().await.with(provider::grants(rotating()));
    let attempt = bench.connect(for_ada("slack")).await;
    let stored = format!("{:?} {attempt:?}", bench.connections().await);
    for secret in ["access-", "refresh-", "the-code", "the-secret"] {
        assert!(!stored.contains(secret), "{secret}");
    }
}

/// T22: what two rows hold changes places in the storage.
#[tokio::test]
async fn credentials_and_tokens_that_changed_places_are_refused() {
    let twice = provider::grants_in_turn(vec![rotating(), rotating()]);
    let bench = Bench::start().await.with(twice);
    bench.connect(for_ada("slack")).await;
    bench.connect(for_bob("slack")).await;
    for column in [
        SealedColumn::IntegrationCredentials,
        SealedColumn::BotAccessToken,
    ] {
        let values = &bench.broker.stores.sealed_values;
        let [first, second] = values
            .list(column, None, 10)
            .await
            .unwrap()
            .try_into()
            .unwrap();
        let (one, two) = (first.value.clone(), second.value.clone());
        let changes = [(first, two), (second, one)];
        let changes = changes.map(|(stored, value)| ResealedValue { stored, value });
        assert_eq!(values.replace(&changes).await.unwrap(), 2);
    }
    for connection in bench.connections().await {
        let opened = bench.broker.open_credentials_of(&connection);
        assert_eq!(opened.unwrap_err(), OpenError::Refused);
    }
    let refused = bench.mint(for_ada("slack")).await.unwrap_err();
    assert_eq!(refused.reason(), Reason::Internal);
}
