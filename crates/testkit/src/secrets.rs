//! Storage in which everything that can be sealed is.

use tieline_domain::{
    api_key::ApiKey,
    connection::{ChannelConnection, CredentialKind, SealedCredential},
    endpoint::ChannelEndpoint,
    id::EnvironmentId,
    idempotency::IdempotencyRecord,
    integration::Integration,
    key_check::KeyCheck,
    ports::Sealer,
    sealed::{Sealed, SealedColumn, SealedPlace},
};

use crate::{
    TestStores,
    fixtures::{self, NOON},
};

/// A secret that was stored, and where it belongs.
pub type StoredSecret = (SealedPlace, Vec<u8>);

/// Stores secrets of every column, sealed: in each of two environments two of a kind, each with a
/// text of its own. Answers all of them but the key check, which is stored beside them.
pub async fn store_secrets(stores: &TestStores, sealer: &dyn Sealer) -> Vec<StoredSecret> {
    let mut made = Made {
        sealer,
        secrets: Vec::new(),
    };
    for _ in 0..2 {
        let environment = stores.environment().await.id;
        let ada = fixtures::subscriber(environment, "ada");
        stores.subscribers.insert(&ada).await.unwrap();
        for number in 0..2 {
            let integration = made.integration(environment, number);
            stores.integrations.insert(&integration).await.unwrap();
            let connection = made.connection(&integration);
            stores.connections.insert(&connection).await.unwrap();
            let mut endpoint = fixtures::endpoint(&connection, &ada.subscriber_id);
            endpoint.secret = Some(made.seal(ChannelEndpoint::secret_place(&endpoint)));
            stores.endpoints.insert(&endpoint).await.unwrap();
            let mut key: ApiKey = fixtures::api_key(environment);
            key.signing_state = Some(made.seal(key.signing_state_place()));
            stores.api_keys.insert(&key).await.unwrap();
            let mut revocation = fixtures::revocation(&connection);
            revocation.secrets = Some(made.seal(revocation.secrets_place()));
            stores.revocations.insert(&revocation).await.unwrap();
            let mut answer: IdempotencyRecord =
                fixtures::idempotency_record(environment, &format!("key {number}"));
            answer.response = made.seal(answer.scope.place());
            stores.idempotency.claim(&answer, NOON).await.unwrap();
        }
    }
    let check = KeyCheck { since: None }.seal(sealer);
    stores.key_checks.insert(&check).await.unwrap();
    made.secrets
}

/// Everything that is sealed, with the place that it is stored for.
pub async fn sealed_values(stores: &TestStores) -> Vec<(SealedPlace, Sealed)> {
    let mut found = Vec::new();
    for column in SealedColumn::ALL {
        let values = stores.sealed_values.list(column, None, 1000).await;
        found.extend(values.unwrap().into_iter().map(|it| (it.place, it.value)));
    }
    found
}

struct Made<'a> {
    sealer: &'a dyn Sealer,
    secrets: Vec<StoredSecret>,
}

impl Made<'_> {
    fn seal(&mut self, place: SealedPlace) -> Sealed {
        let secret = format!("secret number {}", self.secrets.len()).into_bytes();
        let sealed = self.sealer.seal(&secret, &place);
        self.secrets.push((place, secret));
        sealed
    }

    fn integration(&mut self, environment: EnvironmentId, number: u64) -> Integration {
        let mut integration = Integration {
            identifier: format!("slack-{number}"),
            generation: number + 1,
            ..fixtures::integration(environment)
        };
        integration.credentials = self.seal(integration.credentials_place());
        integration
    }

    fn connection(&mut self, integration: &Integration) -> ChannelConnection {
        let owner = fixtures::subscriber_owner("ada");
        let mut connection = ChannelConnection {
            generation: integration.generation,
            ..fixtures::connection(integration, owner)
        };
        let place = |column| SealedPlace {
            environment_id: connection.environment_id,
            row: connection.id.0,
            column,
            generation: connection.generation,
        };
        connection.credentials = [CredentialKind::Bot, CredentialKind::User]
            .map(|kind| SealedCredential {
                kind,
                access_token: self.seal(place(kind.access_token_column())),
                refresh_token: Some(self.seal(place(kind.refresh_token_column()))),
                ..fixtures::bot_credential("")
            })
            .to_vec();
        connection
    }
}
