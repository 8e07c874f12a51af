//! Two sets of tokens for one connection: finding out which of them is good.
//!
//! That happens when a node stood still for longer than its lease, or when the person connected
//! again in the middle of a refresh. Neither set is given up before the provider was asked.

use std::time::Duration;

use secrecy::ExposeSecret;
use sha2::{Digest, Sha256};

use super::App;
use crate::{
    broker::Broker,
    connection::{ChannelConnection, CredentialKind, health::verdict},
    ports::StoreError,
    provider::GrantedCredential,
    usecase::UseCaseError,
};

/// Between two looks at a connection that somebody else has in hand.
const PAUSE: Duration = Duration::from_secs(10);

/// So many looks outlast a lease.
const LOOKS: u32 = 12;

/// What became of a token that was not stored.
pub(super) enum Fate {
    /// It is stored, or of no use.
    Settled,
    /// Nothing can be said as yet.
    Open,
}

impl Broker {
    /// Finds out what becomes of a token that was issued for `connection` and not stored, waiting
    /// for whoever has the connection in hand. A connection that was deleted meanwhile does not come
    /// back: the token does, to the provider.
    pub(super) async fn reconcile(
        &self,
        app: &App<'_>,
        connection: &ChannelConnection,
        issued: GrantedCredential,
    ) -> Result<(), UseCaseError> {
        let replaces = self.fingerprint(connection, issued.kind)?;
        for _ in 0..LOOKS {
            let Some(stored) = self.stored_now(connection).await? else {
                self.give_back(app, &issued).await;
                return Ok(());
            };
            let fate = self.reconcile_once(app, stored, &issued, replaces).await?;
            if matches!(fate, Fate::Settled) {
                return Ok(());
            }
            self.timer.pause(PAUSE).await;
        }
        tracing::error!(connection = %connection.id, "a token that was issued could not be stored");
        Ok(())
    }

    /// One look at what is stored. Where that is still the token which the issued one replaces, the
    /// issued one is the newer; where it is another, that one stays if it works.
    pub(super) async fn reconcile_once(
        &self,
        app: &App<'_>,
        stored: ChannelConnection,
        issued: &GrantedCredential,
        replaces: Option<[u8; 32]>,
    ) -> Result<Fate, UseCaseError> {
        let present = self.fingerprint(&stored, issued.kind)?;
        if present == Some(fingerprint(issued)) {
            return Ok(Fate::Settled);
        }
        let replaced = present != replaces;
        if replaced || stored.health.has_ended() {
            match self.works(app, &stored, issued, replaced).await {
                Works::Stored => {
                    self.give_back(app, issued).await;
                    return Ok(Fate::Settled);
                }
                Works::Neither => return Ok(Fate::Settled),
                Works::Unknown => return Ok(Fate::Open),
                Works::Issued => {}
            }
        }
        self.adopt(stored, issued).await
    }

    /// A connection as it is stored now; none where it was deleted.
    pub(super) async fn stored_now(
        &self,
        connection: &ChannelConnection,
    ) -> Result<Option<ChannelConnection>, StoreError> {
        let connections = &self.stores.connections;
        let found = connections
            .find(connection.environment_id, &connection.identifier)
            .await?;
        Ok(found.filter(|stored| stored.id == connection.id))
    }

    /// What tells a connection's token of this kind from others; none where it has none.
    pub(super) fn fingerprint(
        &self,
        connection: &ChannelConnection,
        kind: CredentialKind,
    ) -> Result<Option<[u8; 32]>, UseCaseError> {
        let tokens = self.open_access_tokens(connection)?;
        let token = tokens.iter().find(|token| token.kind == kind);
        Ok(token.map(fingerprint))
    }

    /// Which of two tokens works: the stored one is asked about first, if it is another.
    async fn works(
        &self,
        app: &App<'_>,
        stored: &ChannelConnection,
        issued: &GrantedCredential,
        replaced: bool,
    ) -> Works {
        let Ok(tokens) = self.open_access_tokens(stored) else {
            return Works::Unknown;
        };
        let own = tokens.into_iter().find(|token| token.kind == issued.kind);
        if let Some(own) = own.filter(|_| replaced) {
            match judge(app, stored, own).await {
                Judged::Good => return Works::Stored,
                Judged::Unknown => return Works::Unknown,
                Judged::Dead => {}
            }
        }
        let issued = GrantedCredential {
            refresh_token: None,
            ..issued.clone()
        };
        match judge(app, stored, issued).await {
            Judged::Good => Works::Issued,
            Judged::Dead => Works::Neither,
            Judged::Unknown => Works::Unknown,
        }
    }

    /// Stores the token in the place of the connection's own.
    async fn adopt(
        &self,
        stored: ChannelConnection,
        issued: &GrantedCredential,
    ) -> Result<Fate, UseCaseError> {
        let renewed = self.renewed(&stored, issued.clone())?;
        let Some(held) = self.hold(stored).await? else {
            return Ok(Fate::Open);
        };
        Ok(if held.settle(renewed).await? {
            Fate::Settled
        } else {
            Fate::Open
        })
    }

    /// A token that nobody will keep goes back.
    async fn give_back(&self, app: &App<'_>, token: &GrantedCredential) {
        if let Err(error) = app.client.revoke(&app.credentials, token).await {
            tracing::warn!(%error, "an unused token could not be revoked");
        }
    }
}

/// SHA-256 of the access token.
fn fingerprint(token: &GrantedCredential) -> [u8; 32] {
    Sha256::digest(token.access_token.expose_secret()).into()
}

enum Works {
    Stored,
    Issued,
    Neither,
    Unknown,
}

enum Judged {
    Good,
    Dead,
    Unknown,
}

/// What the provider says of a token in the connection's workspace.
async fn judge(app: &App<'_>, stored: &ChannelConnection, token: GrantedCredential) -> Judged {
    let workspace = &stored.workspace.id;
    let answer = app
        .client
        .verify(&app.credentials, workspace, &[token])
        .await;
    match answer {
        Ok(_) => Judged::Good,
        Err(error) if verdict(error.reason).is_some() => Judged::Dead,
        Err(_) => Judged::Unknown,
    }
}
