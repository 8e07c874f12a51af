//! All that is sealed.

use async_trait::async_trait;
use tieline_domain::{
    connection::{ChannelConnection, CredentialKind},
    key_check::KeyCheck,
    ports::{ResealedValue, SealedRow, SealedValues, StoreError, StoredValue},
    sealed::{KeyId, Sealed, SealedColumn, SealedPlace},
};

use super::{MemoryStorage, Tables};

/// A value in its place, to be read or to be changed.
type Found<'a> = (SealedRow, SealedPlace, &'a mut Sealed);

#[async_trait]
impl SealedValues for MemoryStorage {
    async fn count(&self, column: SealedColumn, key: Option<&KeyId>) -> Result<u64, StoreError> {
        let mut tables = self.tables().await?;
        let found = tables.sealed(column);
        let sealed = |value: &Sealed| key.is_none_or(|key| value.key_id().as_ref() == Some(key));
        let own = found.iter().filter(|(_, _, value)| sealed(value));
        Ok(own.count() as u64)
    }

    async fn list(
        &self,
        column: SealedColumn,
        after: Option<&SealedRow>,
        limit: u32,
    ) -> Result<Vec<StoredValue>, StoreError> {
        let mut tables = self.tables().await?;
        let mut found = tables.sealed(column);
        found.sort_by_key(|(row, _, _)| sort_key(row));
        let behind = found
            .into_iter()
            .filter(|(row, _, _)| after.is_none_or(|border| sort_key(row) > sort_key(border)));
        let stored = |(row, place, value): Found<'_>| StoredValue {
            row,
            place,
            value: value.clone(),
        };
        Ok(behind.take(limit as usize).map(stored).collect())
    }

    async fn replace(&self, changes: &[ResealedValue]) -> Result<u64, StoreError> {
        let mut tables = self.tables().await?;
        let mut replaced = 0;
        for ResealedValue { stored, value } in changes {
            let found = tables.sealed(stored.place.column).into_iter();
            let mut same =
                found.filter(|(row, _, old)| *row == stored.row && **old == stored.value);
            if let Some((_, _, old)) = same.next() {
                *old = value.clone();
                replaced += 1;
            }
        }
        Ok(replaced)
    }
}

fn sort_key(row: &SealedRow) -> String {
    format!("{row:?}")
}

impl Tables {
    /// The values of a column.
    fn sealed(&mut self, column: SealedColumn) -> Vec<Found<'_>> {
        match column {
            SealedColumn::KeyCheck => {
                let check = self.key_check.iter_mut();
                let found = check.map(|value| (SealedRow::Only, KeyCheck::PLACE, value));
                found.collect()
            }
            SealedColumn::IntegrationCredentials => {
                let all = self.integrations.iter_mut().map(|it| {
                    let place = it.credentials_place();
                    (SealedRow::Id(it.id.0), place, &mut it.credentials)
                });
                all.collect()
            }
            SealedColumn::BotAccessToken | SealedColumn::BotRefreshToken => {
                self.tokens(CredentialKind::Bot, column)
            }
            SealedColumn::UserAccessToken | SealedColumn::UserRefreshToken => {
                self.tokens(CredentialKind::User, column)
            }
            SealedColumn::EndpointSecret => {
                let all = self.endpoints.iter_mut().filter_map(|it| {
                    let place = it.secret_place();
                    Some((SealedRow::Id(it.id.0), place, it.secret.as_mut()?))
                });
                all.collect()
            }
            SealedColumn::ApiKeySigningState => {
                let all = self.api_keys.iter_mut().filter_map(|it| {
                    let place = it.signing_state_place();
                    Some((SealedRow::Id(it.id.0), place, it.signing_state.as_mut()?))
                });
                all.collect()
            }
            SealedColumn::RevocationSecrets => {
                let all = self.revocations.iter_mut().filter_map(|it| {
                    let place = it.secrets_place();
                    Some((SealedRow::Id(it.id.0), place, it.secrets.as_mut()?))
                });
                all.collect()
            }
            SealedColumn::IdempotencyResponse => {
                let all = self.idempotency.iter_mut().map(|it| {
                    let row = SealedRow::Answer(it.scope.clone());
                    (row, it.scope.place(), &mut it.response)
                });
                all.collect()
            }
        }
    }

    fn tokens(&mut self, kind: CredentialKind, column: SealedColumn) -> Vec<Found<'_>> {
        let all = self.connections.iter_mut().flat_map(|connection| {
            let place = token_place(connection, column);
            let own = connection.credentials.iter_mut();
            own.filter(move |it| it.kind == kind).filter_map(move |it| {
                let value = if column == kind.access_token_column() {
                    &mut it.access_token
                } else {
                    it.refresh_token.as_mut()?
                };
                Some((SealedRow::Id(place.row), place, value))
            })
        });
        all.collect()
    }
}

fn token_place(connection: &ChannelConnection, column: SealedColumn) -> SealedPlace {
    SealedPlace {
        environment_id: connection.environment_id,
        row: connection.id.0,
        column,
        generation: connection.generation,
    }
}
