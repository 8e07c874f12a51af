//! Replacing.

use std::sync::Arc;

use tieline_domain::{
    endpoint::ChannelEndpoint,
    integration::Integration,
    ports::{IdempotencyClaim, ResealedValue},
    revocation::Revocation,
    sealed::SealedColumn,
};

use super::{Sample, all, everything, key_check, resealed};
use crate::{
    StorageHarness,
    contract::concurrency::{abandon_everywhere, at_once},
    fixtures::{NOON, sealed_by},
};

pub async fn a_replaced_value_is_what_its_store_gives_and_nothing_else_changes(
    harness: &impl StorageHarness,
) {
    let stores = harness.stores();
    let (sample, other) = (
        Sample::stored(stores, "s1").await,
        Sample::stored(stores, "s1").await,
    );
    let mut changes: Vec<_> = sample.values();
    changes.push(key_check("s1"));
    let changes: Vec<_> = changes
        .into_iter()
        .map(|value| resealed(value, "s2"))
        .collect();
    let replaced = stores.sealed_values.replace(&changes).await.unwrap();
    assert_eq!(replaced, changes.len() as u64);

    let now = |column: SealedColumn| {
        let mut changed = changes.iter();
        changed
            .find(|change| change.stored.place.column == column)
            .unwrap()
            .value
            .clone()
    };
    let environment = sample.integration.environment_id;
    let mut expected = sample.integration.clone();
    expected.credentials = now(SealedColumn::IntegrationCredentials);
    let found = stores
        .integrations
        .find_by_id(environment, expected.id)
        .await;
    assert_eq!(found.unwrap(), Some(expected));

    let mut expected = sample.connection.clone();
    for credential in &mut expected.credentials {
        credential.access_token = now(credential.kind.access_token_column());
        credential.refresh_token = Some(now(credential.kind.refresh_token_column()));
    }
    let found = stores
        .connections
        .find(environment, &expected.identifier)
        .await;
    assert_eq!(found.unwrap(), Some(expected));

    let mut expected = sample.endpoint.clone();
    expected.secret = Some(now(SealedColumn::EndpointSecret));
    let found = stores
        .endpoints
        .find(environment, &expected.identifier)
        .await;
    assert_eq!(found.unwrap(), Some(expected));

    let mut expected = sample.api_key.clone();
    expected.signing_state = Some(now(SealedColumn::ApiKeySigningState));
    let found = stores.api_keys.find(environment, expected.id).await;
    assert_eq!(found.unwrap(), Some(expected));

    let mut expected = sample.revocation.clone();
    expected.secrets = Some(now(SealedColumn::RevocationSecrets));
    let found = stores.revocations.find(environment, expected.id).await;
    assert_eq!(found.unwrap(), Some(expected));

    let mut expected = sample.answer.clone();
    expected.response = now(SealedColumn::IdempotencyResponse);
    let found = stores.idempotency.claim(&sample.answer, NOON).await;
    assert_eq!(found.unwrap(), IdempotencyClaim::Taken(Box::new(expected)));

    let found = stores.key_checks.find().await;
    assert_eq!(found.unwrap(), Some(now(SealedColumn::KeyCheck)));

    let stored = everything(stores).await;
    assert!(other.values().iter().all(|value| stored.contains(value)));
}

pub async fn what_was_written_meanwhile_stays(harness: &impl StorageHarness) {
    let stores = harness.stores();
    let sample = Sample::stored(stores, "s1").await;
    let changes: Vec<_> = sample
        .values()
        .into_iter()
        .map(|it| resealed(it, "s2"))
        .collect();
    let integration = Integration {
        credentials: sealed_by("s1", "credentials of another app"),
        generation: sample.integration.generation + 1,
        ..sample.integration.clone()
    };
    assert!(stores.integrations.replace(&integration).await.unwrap());
    let mut connection = sample.connection.clone();
    connection.generation += 1;
    for credential in &mut connection.credentials {
        credential.access_token = sealed_by("s1", "another token");
        credential.refresh_token = Some(sealed_by("s1", "another refresh token"));
    }
    stores.connections.replace(&connection).await.unwrap();
    let endpoint = ChannelEndpoint {
        secret: Some(sealed_by("s1", "another webhook")),
        ..sample.endpoint.clone()
    };
    stores.endpoints.replace(&endpoint).await.unwrap();
    let revocation = Revocation {
        secrets: Some(sealed_by("s1", "other tokens")),
        ..sample.revocation.clone()
    };
    assert!(stores.revocations.update(&revocation).await.unwrap());
    let answer = sealed_by("s1", "another answer");
    assert!(
        stores
            .idempotency
            .answer(&sample.answer.scope, &answer)
            .await
            .unwrap()
    );
    let before = everything(stores).await;

    let replaced = stores.sealed_values.replace(&changes).await.unwrap();
    // Of an API key nothing can be written.
    assert_eq!(replaced, 1);
    let after = everything(stores).await;
    let changed = before
        .iter()
        .zip(&after)
        .filter(|(before, after)| before != after);
    let columns: Vec<_> = changed.map(|(value, _)| value.place.column).collect();
    assert_eq!(columns, [SealedColumn::ApiKeySigningState]);
}

pub async fn what_was_deleted_meanwhile_stays_away(harness: &impl StorageHarness) {
    let stores = harness.stores();
    let sample = Sample::stored(stores, "s1").await;
    let values = sample.values().into_iter();
    let gone = |change: &ResealedValue| {
        let column = change.stored.place.column;
        !matches!(
            column,
            SealedColumn::ApiKeySigningState
                | SealedColumn::RevocationSecrets
                | SealedColumn::IdempotencyResponse
        )
    };
    let changes: Vec<_> = values.map(|it| resealed(it, "s2")).filter(gone).collect();
    let integration = &sample.integration;
    let deletion = stores
        .integrations
        .delete(integration.environment_id, integration.id);
    assert!(deletion.await.unwrap());
    assert_eq!(stores.sealed_values.replace(&changes).await.unwrap(), 0);
    for column in [
        SealedColumn::IntegrationCredentials,
        SealedColumn::BotAccessToken,
    ] {
        assert_eq!(all(stores, column).await, []);
    }
}

pub async fn of_many_replacements_of_a_value_one_takes_its_place(harness: &impl StorageHarness) {
    let sample = Sample::stored(harness.stores(), "s1").await;
    for stored in sample.values() {
        let column = stored.place.column;
        let before = stored.clone();
        let answers = at_once(10, |number| {
            let values = Arc::clone(&harness.stores().sealed_values);
            let stored = stored.clone();
            let value = sealed_by("s2", &format!("number {number}"));
            let change = ResealedValue { stored, value };
            async move { values.replace(&[change]).await.unwrap() }
        })
        .await;
        assert_eq!(answers.iter().sum::<u64>(), 1, "{column:?}");
        let winner = answers.iter().position(|answer| *answer == 1).unwrap();
        let found = all(harness.stores(), column).await;
        let found = found.iter().find(|value| value.row == before.row).unwrap();
        assert_eq!(found.value, sealed_by("s2", &format!("number {winner}")));
    }
}

pub async fn of_many_changes_those_that_fit_take_their_places(harness: &impl StorageHarness) {
    let stores = harness.stores();
    let (sample, other) = (
        Sample::stored(stores, "s1").await,
        Sample::stored(stores, "s1").await,
    );
    let mut changes: Vec<_> = sample
        .values()
        .into_iter()
        .map(|it| resealed(it, "s2"))
        .collect();
    let fitting = changes.len() as u64;
    for value in other.values() {
        let mut misread = resealed(value, "s2");
        misread.stored.value = sealed_by("s1", "something else");
        changes.push(misread);
    }
    assert_eq!(
        stores.sealed_values.replace(&changes).await.unwrap(),
        fitting
    );
    assert_eq!(stores.sealed_values.replace(&changes).await.unwrap(), 0);
    assert_eq!(stores.sealed_values.replace(&[]).await.unwrap(), 0);
    let stored = everything(stores).await;
    assert!(other.values().iter().all(|value| stored.contains(value)));
}

pub async fn a_replacement_in_a_dropped_transaction_leaves_nothing(harness: &impl StorageHarness) {
    let stores = harness.stores();
    let sample = Sample::stored(stores, "s1").await;
    let before = everything(stores).await;
    let changes: Vec<_> = sample
        .values()
        .into_iter()
        .map(|it| resealed(it, "s2"))
        .collect();
    let transaction = stores.transactions.begin().await.unwrap();
    let inside = &transaction.stores().sealed_values;
    assert_eq!(
        inside.replace(&changes).await.unwrap(),
        changes.len() as u64
    );
    let column = SealedColumn::BotAccessToken;
    let seen = inside.list(column, None, 10).await.unwrap();
    assert_ne!(
        seen,
        before
            .iter()
            .filter(|it| it.place.column == column)
            .cloned()
            .collect::<Vec<_>>()
    );
    drop(transaction);
    assert_eq!(everything(stores).await, before);
}

pub async fn a_replacement_that_is_abandoned_is_whole_or_absent(harness: &impl StorageHarness) {
    let stores = harness.stores();
    abandon_everywhere(
        async |_| {
            let sample = Sample::stored(stores, "s1").await;
            let values = sample.values().into_iter();
            values.map(|it| resealed(it, "s2")).collect::<Vec<_>>()
        },
        async |changes| {
            stores.sealed_values.replace(changes).await.unwrap();
        },
        async |changes| {
            let stored = everything(stores).await;
            let anew = changes.iter().filter(|change| {
                stored
                    .iter()
                    .any(|it| it.row == change.stored.row && it.value == change.value)
            });
            let anew = anew.count();
            assert!(
                anew == 0 || anew == changes.len(),
                "{anew} of {}",
                changes.len()
            );
        },
    )
    .await;
}
