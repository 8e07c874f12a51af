//! The journal: what a crash between a provider's answer and its being stored does not take.

use super::reconcile::Fate;
use crate::{
    broker::Broker,
    connection::ChannelConnection,
    ports::{JournalEntry, OpenError},
    provider::GrantedCredential,
    usecase::UseCaseError,
};

impl Broker {
    /// Stores what a process that ended had got from providers and not stored, as far as that can
    /// be told now. Answers how many entries were dealt with; the others stay.
    pub async fn recover_journal(&self) -> Result<u64, UseCaseError> {
        let mut recovered = 0;
        for entry in self.journal.list().await? {
            match self.recover(&entry).await {
                Ok(Fate::Open) => {}
                Ok(Fate::Settled) => {
                    self.journal.remove(&entry).await?;
                    recovered += 1;
                }
                Err(error) => {
                    tracing::error!(connection = %entry.connection_id, %error, "an entry of the journal was not recovered");
                }
            }
        }
        Ok(recovered)
    }

    async fn recover(&self, entry: &JournalEntry) -> Result<Fate, UseCaseError> {
        let found = self
            .stores
            .connections
            .find(entry.environment_id, &entry.identifier)
            .await?;
        let Some(stored) = found.filter(|stored| stored.id == entry.connection_id) else {
            return Ok(Fate::Settled);
        };
        let Some(app) = self.app_of(&stored).await? else {
            return Ok(Fate::Settled);
        };
        let issued = self.open_entry(&stored, entry)?;
        let replaces = Some(entry.replaces);
        self.reconcile_once(&app, stored, &issued, replaces).await
    }

    /// Keeps a token that was just issued. A journal that fails must not cost the token.
    pub(super) async fn enter(
        &self,
        connection: &ChannelConnection,
        issued: &GrantedCredential,
    ) -> Option<JournalEntry> {
        let generation = connection.generation + 1;
        let (environment_id, connection_id) = (connection.environment_id, connection.id);
        let all = std::slice::from_ref(issued);
        let sealed = self.seal_credentials(environment_id, connection_id, generation, all);
        let entry = JournalEntry {
            environment_id,
            identifier: connection.identifier.clone(),
            connection_id,
            generation,
            replaces: self.fingerprint(connection, issued.kind).ok()??,
            credential: sealed.into_iter().next()?,
        };
        if let Err(error) = self.journal.append(&entry).await {
            tracing::error!(connection = %connection_id, %error, "new tokens could not be journaled");
        }
        Some(entry)
    }

    /// Removes an entry whose token is stored.
    pub(super) async fn leave(&self, entry: Option<&JournalEntry>) {
        let Some(entry) = entry else { return };
        if let Err(error) = self.journal.remove(entry).await {
            tracing::warn!(connection = %entry.connection_id, %error, "an entry of the journal stays");
        }
    }

    /// The token of an entry, opened as that of the connection which it was to become.
    fn open_entry(
        &self,
        connection: &ChannelConnection,
        entry: &JournalEntry,
    ) -> Result<GrantedCredential, OpenError> {
        let became = ChannelConnection {
            generation: entry.generation,
            credentials: vec![entry.credential.clone()],
            ..connection.clone()
        };
        let opened = self.open_credentials_of(&became)?;
        opened.into_iter().next().ok_or(OpenError::Refused)
    }
}
