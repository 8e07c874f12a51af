//! All that is sealed.

use async_trait::async_trait;
use tieline_domain::{
    connection::{ChannelConnection, SealedCredential},
    id::{ApiKeyId, ConnectionId, EndpointId, IntegrationId, RevocationId},
    key_check::KeyCheck,
    ports::{ResealedValue, SealedRow, SealedValues, StoreError, StoredValue},
    sealed::{KeyId, Sealed, SealedColumn, SealedPlace},
};

use super::{MemoryStorage, tables::Tables};

#[async_trait]
impl SealedValues for MemoryStorage {
    async fn count(&self, column: SealedColumn, key: Option<&KeyId>) -> Result<u64, StoreError> {
        self.read(|tables| {
            let sealed =
                |value: &Sealed| key.is_none_or(|key| value.key_id().as_ref() == Some(key));
            let values = values(tables, column).into_iter();
            values.filter(|stored| sealed(&stored.value)).count() as u64
        })
    }

    async fn list(
        &self,
        column: SealedColumn,
        after: Option<&SealedRow>,
        limit: u32,
    ) -> Result<Vec<StoredValue>, StoreError> {
        self.read(|tables| {
            let mut values = values(tables, column);
            values.retain(|stored| after.is_none_or(|after| key(&stored.row) > key(after)));
            values.sort_by_cached_key(|stored| key(&stored.row));
            values.truncate(limit as usize);
            values
        })
    }

    async fn replace(&self, changes: &[ResealedValue]) -> Result<u64, StoreError> {
        self.write(|tables| {
            let mut replaced = 0;
            for ResealedValue { stored, value } in changes {
                let found = find_mut(tables, stored.place.column, &stored.row);
                if let Some(found) = found.filter(|found| **found == stored.value) {
                    found.clone_from(value);
                    replaced += 1;
                }
            }
            Ok(replaced)
        })
        .await
    }
}

fn key(row: &SealedRow) -> String {
    format!("{row:?}")
}

/// The values of a column.
fn values(tables: &Tables, column: SealedColumn) -> Vec<StoredValue> {
    match column {
        SealedColumn::KeyCheck => {
            let check = tables.key_check.iter();
            let only = check.map(|value| stored(SealedRow::Only, KeyCheck::PLACE, value));
            only.collect()
        }
        SealedColumn::IntegrationCredentials => {
            let rows = tables.integrations.rows();
            rows.map(|it| in_its_row(it.credentials_place(), &it.credentials))
                .collect()
        }
        SealedColumn::BotAccessToken
        | SealedColumn::BotRefreshToken
        | SealedColumn::UserAccessToken
        | SealedColumn::UserRefreshToken => {
            let rows = tables.connections.rows();
            rows.flat_map(|it| tokens(it, column)).collect()
        }
        SealedColumn::EndpointSecret => {
            let rows = tables.endpoints.rows();
            rows.filter_map(|it| Some(in_its_row(it.secret_place(), it.secret.as_ref()?)))
                .collect()
        }
        SealedColumn::ApiKeySigningState => {
            let rows = tables.api_keys.rows();
            rows.filter_map(|it| {
                let state = it.signing_state.as_ref()?;
                Some(in_its_row(it.signing_state_place(), state))
            })
            .collect()
        }
        SealedColumn::RevocationSecrets => {
            let rows = tables.revocations.rows();
            rows.filter_map(|it| Some(in_its_row(it.secrets_place(), it.secrets.as_ref()?)))
                .collect()
        }
        SealedColumn::IdempotencyResponse => {
            let rows = tables.idempotency.rows();
            rows.map(|it| {
                let row = SealedRow::Answer(it.scope.clone());
                stored(row, it.scope.place(), &it.response)
            })
            .collect()
        }
    }
}

/// The tokens of a connection that are in this column.
fn tokens(
    connection: &ChannelConnection,
    column: SealedColumn,
) -> impl Iterator<Item = StoredValue> {
    let place = SealedPlace {
        environment_id: connection.environment_id,
        row: connection.id.0,
        column,
        generation: connection.generation,
    };
    let credentials = connection.credentials.iter();
    credentials.filter_map(move |credential| {
        let value = if column == credential.kind.access_token_column() {
            &credential.access_token
        } else if column == credential.kind.refresh_token_column() {
            credential.refresh_token.as_ref()?
        } else {
            return None;
        };
        Some(in_its_row(place, value))
    })
}

fn in_its_row(place: SealedPlace, value: &Sealed) -> StoredValue {
    stored(SealedRow::Id(place.row), place, value)
}

fn stored(row: SealedRow, place: SealedPlace, value: &Sealed) -> StoredValue {
    StoredValue {
        row,
        place,
        value: value.clone(),
    }
}

/// The value in this row of a column, to be changed.
fn find_mut<'a>(
    tables: &'a mut Tables,
    column: SealedColumn,
    row: &SealedRow,
) -> Option<&'a mut Sealed> {
    let id = match row {
        SealedRow::Only if column == SealedColumn::KeyCheck => return tables.key_check.as_mut(),
        SealedRow::Answer(scope) if column == SealedColumn::IdempotencyResponse => {
            let record = tables.idempotency.get_mut(scope)?;
            return Some(&mut record.response);
        }
        SealedRow::Only | SealedRow::Answer(_) => return None,
        SealedRow::Id(id) => *id,
    };
    match column {
        SealedColumn::KeyCheck | SealedColumn::IdempotencyResponse => None,
        SealedColumn::IntegrationCredentials => {
            let row = tables.integrations.get_mut(&IntegrationId(id))?;
            Some(&mut row.credentials)
        }
        SealedColumn::BotAccessToken
        | SealedColumn::BotRefreshToken
        | SealedColumn::UserAccessToken
        | SealedColumn::UserRefreshToken => {
            let row = tables.connections.get_mut(&ConnectionId(id))?;
            row.credentials
                .iter_mut()
                .find_map(|credential| token_mut(credential, column))
        }
        SealedColumn::EndpointSecret => {
            let row = tables.endpoints.get_mut(&EndpointId(id))?;
            row.secret.as_mut()
        }
        SealedColumn::ApiKeySigningState => {
            let row = tables.api_keys.get_mut(&ApiKeyId(id))?;
            row.signing_state.as_mut()
        }
        SealedColumn::RevocationSecrets => {
            let row = tables.revocations.get_mut(&RevocationId(id))?;
            row.secrets.as_mut()
        }
    }
}

fn token_mut(credential: &mut SealedCredential, column: SealedColumn) -> Option<&mut Sealed> {
    if column == credential.kind.access_token_column() {
        Some(&mut credential.access_token)
    } else if column == credential.kind.refresh_token_column() {
        credential.refresh_token.as_mut()
    } else {
        None
    }
}
