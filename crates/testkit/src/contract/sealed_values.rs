//! The contract of [`tieline_domain::ports::SealedValues`].

use tieline_domain::{
    api_key::ApiKey,
    connection::{ChannelConnection, CredentialKind, SealedCredential},
    endpoint::ChannelEndpoint,
    idempotency::IdempotencyRecord,
    integration::Integration,
    key_check::KeyCheck,
    ports::{ResealedValue, SealedRow, StoredValue},
    revocation::Revocation,
    sealed::{Sealed, SealedColumn, SealedPlace},
};

use crate::{
    TestStores,
    fixtures::{self, NOON, sealed_by},
};

mod list;
mod replace;

pub use list::*;
pub use replace::*;

/// Puts an adapter through the contract of `SealedValues`.
#[macro_export]
macro_rules! sealed_values_contract {
    ($($harness:tt)*) => {
        $crate::contract_cases! { sealed_values [
            without_values_there_is_nothing,
            every_column_lists_its_values_in_their_places,
            a_connection_without_a_kind_of_token_has_no_value_of_it,
            pages_lead_through_every_value_once,
            values_are_counted_by_the_key_that_sealed_them,
            a_key_whose_name_begins_with_anothers_is_another,
            a_replaced_value_is_what_its_store_gives_and_nothing_else_changes,
            what_was_written_meanwhile_stays,
            what_was_deleted_meanwhile_stays_away,
            of_many_replacements_of_a_value_one_takes_its_place,
            of_many_changes_those_that_fit_take_their_places,
            a_replacement_in_a_dropped_transaction_leaves_nothing,
            a_replacement_that_is_abandoned_is_whole_or_absent,
        ] $($harness)* }
    };
}

/// One of everything that has sealed values, in an environment of its own.
struct Sample {
    integration: Integration,
    connection: ChannelConnection,
    endpoint: ChannelEndpoint,
    api_key: ApiKey,
    revocation: Revocation,
    answer: IdempotencyRecord,
}

impl Sample {
    /// One whose values this key sealed; the key check is there once, whoever comes first.
    async fn stored(stores: &TestStores, key: &str) -> Self {
        let environment = stores.environment().await.id;
        let ada = fixtures::subscriber(environment, "ada");
        stores.subscribers.insert(&ada).await.unwrap();
        let integration = Integration {
            credentials: sealed_by(key, "credentials"),
            generation: 7,
            ..fixtures::integration(environment)
        };
        stores.integrations.insert(&integration).await.unwrap();
        let connection = ChannelConnection {
            credentials: [CredentialKind::Bot, CredentialKind::User]
                .map(|kind| credential(key, kind))
                .to_vec(),
            generation: 3,
            ..fixtures::connection(&integration, fixtures::subscriber_owner("ada"))
        };
        stores.connections.insert(&connection).await.unwrap();
        let endpoint = ChannelEndpoint {
            secret: Some(sealed_by(key, "webhook")),
            ..fixtures::endpoint(&connection, &ada.subscriber_id)
        };
        stores.endpoints.insert(&endpoint).await.unwrap();
        let api_key = ApiKey {
            signing_state: Some(sealed_by(key, "signing state")),
            ..fixtures::api_key(environment)
        };
        stores.api_keys.insert(&api_key).await.unwrap();
        let revocation = Revocation {
            secrets: Some(sealed_by(key, "tokens")),
            ..fixtures::revocation(&connection)
        };
        stores.revocations.insert(&revocation).await.unwrap();
        let answer = IdempotencyRecord {
            response: sealed_by(key, "answer"),
            ..fixtures::idempotency_record(environment, "key")
        };
        stores.idempotency.claim(&answer, NOON).await.unwrap();
        stores
            .key_checks
            .insert(&sealed_by(key, "check"))
            .await
            .unwrap();
        Self {
            integration,
            connection,
            endpoint,
            api_key,
            revocation,
            answer,
        }
    }

    /// Its values, without the key check.
    fn values(&self) -> Vec<StoredValue> {
        let mut values = vec![
            of_object(
                self.integration.credentials_place(),
                &self.integration.credentials,
            ),
            of_object(
                self.endpoint.secret_place(),
                self.endpoint.secret.as_ref().unwrap(),
            ),
            of_object(
                self.api_key.signing_state_place(),
                self.api_key.signing_state.as_ref().unwrap(),
            ),
            of_object(
                self.revocation.secrets_place(),
                self.revocation.secrets.as_ref().unwrap(),
            ),
            StoredValue {
                row: SealedRow::Answer(self.answer.scope.clone()),
                place: self.answer.scope.place(),
                value: self.answer.response.clone(),
            },
        ];
        for credential in &self.connection.credentials {
            let place = |column| SealedPlace {
                environment_id: self.connection.environment_id,
                row: self.connection.id.0,
                column,
                generation: self.connection.generation,
            };
            let (access, refresh) = (
                place(credential.kind.access_token_column()),
                place(credential.kind.refresh_token_column()),
            );
            values.push(of_object(access, &credential.access_token));
            values.push(of_object(
                refresh,
                credential.refresh_token.as_ref().unwrap(),
            ));
        }
        values
    }
}

fn credential(key: &str, kind: CredentialKind) -> SealedCredential {
    let name = kind.as_str();
    SealedCredential {
        kind,
        refresh_token: Some(sealed_by(key, &format!("refresh token of the {name}"))),
        access_token: sealed_by(key, &format!("access token of the {name}")),
        ..fixtures::bot_credential("")
    }
}

fn of_object(place: SealedPlace, value: &Sealed) -> StoredValue {
    StoredValue {
        row: SealedRow::Id(place.row),
        place,
        value: value.clone(),
    }
}

fn key_check(key: &str) -> StoredValue {
    StoredValue {
        row: SealedRow::Only,
        place: KeyCheck::PLACE,
        value: sealed_by(key, "check"),
    }
}

/// The same value sealed by another key.
fn resealed(stored: StoredValue, key: &str) -> ResealedValue {
    let name = stored.place.column.as_str();
    ResealedValue {
        value: sealed_by(key, &format!("{name} anew")),
        stored,
    }
}

/// All values of a column.
async fn all(stores: &TestStores, column: SealedColumn) -> Vec<StoredValue> {
    stores.sealed_values.list(column, None, 1000).await.unwrap()
}

/// All values of all columns.
async fn everything(stores: &TestStores) -> Vec<StoredValue> {
    let mut values = Vec::new();
    for column in SealedColumn::ALL {
        values.extend(all(stores, column).await);
    }
    values
}
