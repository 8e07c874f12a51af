//! Asking a provider about a connection that nobody else asks about.

use super::{App, Held};
use crate::{
    connection::{ChannelConnection, CredentialKind, health::verdict},
    ports::{GrantedScopes, ProviderError},
    provider::GrantedCredential,
    usecase::UseCaseError,
};

/// What was heard of a connection's tokens.
#[derive(Default)]
struct Heard {
    good: GrantedScopes,
    dead: Vec<(CredentialKind, ProviderError)>,
    unclear: Option<ProviderError>,
}

impl Held<'_> {
    /// Asks about each token by itself, since one may be dead and the other good. A token that is
    /// dead goes; with the last of them ends the connection.
    pub(super) async fn probe(&self, app: &App<'_>) -> Result<(), UseCaseError> {
        let tokens = self.broker.open_access_tokens(&self.connection)?;
        let heard = self.listen(app, &tokens).await;
        // What became of a token that rotates is for its refresh to find out.
        if let Some(kind) = heard
            .dead
            .iter()
            .map(|(kind, _)| *kind)
            .find(|k| self.rotates(*k))
        {
            return self.refresh(app, kind).await.map(drop);
        }
        let now = self.broker.clock.now();
        if let Some(error) = heard.unclear {
            let pause = self.pause_for(&error, now);
            return Ok(self
                .put_off(self.connection.health.standing, error.into(), pause)
                .await?);
        }
        let none_left = heard.dead.len() == tokens.len().max(1);
        if let Some((_, error)) = heard.dead.first().filter(|_| none_left) {
            let standing = verdict(error.reason).unwrap_or(self.connection.health.standing);
            return Ok(self.end(standing, error.clone().into()).await?);
        }
        let probed = self.after(&heard, &tokens)?;
        let health = probed.health.clone().proved(now);
        self.settle(ChannelConnection { health, ..probed }.looked_after(now))
            .await?;
        Ok(())
    }

    fn rotates(&self, kind: CredentialKind) -> bool {
        let mut credentials = self.connection.credentials.iter();
        credentials.any(|c| c.kind == kind && c.refresh_token.is_some())
    }

    async fn listen(&self, app: &App<'_>, tokens: &[GrantedCredential]) -> Heard {
        let mut heard = Heard::default();
        let workspace = &self.connection.workspace.id;
        // Without a token it is the app itself that is asked about, once.
        let asked: Vec<_> = match tokens {
            [] => vec![&[][..]],
            tokens => tokens.chunks(1).collect(),
        };
        for tokens in asked {
            match app.client.verify(&app.credentials, workspace, tokens).await {
                Ok(scopes) => heard.good.extend(scopes),
                Err(error) if verdict(error.reason).is_some() => {
                    let kind = tokens
                        .first()
                        .map_or(CredentialKind::Bot, |token| token.kind);
                    heard.dead.push((kind, error));
                }
                Err(error) => heard.unclear = Some(error),
            }
        }
        heard
    }

    /// The connection with what was heard of it: without tokens that are dead, and with the scopes
    /// that they have by now. Where nothing changed, it is the same.
    fn after(
        &self,
        heard: &Heard,
        tokens: &[GrantedCredential],
    ) -> Result<ChannelConnection, UseCaseError> {
        let dead: Vec<_> = heard.dead.iter().map(|(kind, _)| *kind).collect();
        let drifted = tokens.iter().any(|token| {
            let now = heard.good.get(&token.kind);
            now.is_some_and(|scopes| *scopes != token.scopes)
        });
        if dead.is_empty() && !drifted {
            return Ok(self.connection.clone());
        }
        let mut credentials = self.broker.open_credentials_of(&self.connection)?;
        credentials.retain(|credential| !dead.contains(&credential.kind));
        for credential in &mut credentials {
            if let Some(scopes) = heard.good.get(&credential.kind) {
                credential.scopes.clone_from(scopes);
            }
        }
        Ok(self.broker.with_credentials(&self.connection, &credentials))
    }
}
