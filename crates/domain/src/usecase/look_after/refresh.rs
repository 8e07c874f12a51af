//! Replacing a token. A refresh token is sent once, by one node at a time, and what the provider
//! answers is kept or reported: never lost in silence.

use std::time::Duration;

use jiff::SignedDuration;

use super::{App, Held};
use crate::{
    attempt::Failure,
    connection::{ChannelConnection, CredentialKind, Standing, health::verdict},
    failpoint::reach,
    ports::{ProviderError, RefreshError},
    provider::GrantedCredential,
    reason::Reason,
    usecase::UseCaseError,
};

/// Before a refresh token that was refused is believed to be dead: two of a provider's own servers
/// may not agree yet.
const SECOND_THOUGHT: Duration = Duration::from_secs(5);

impl Held<'_> {
    /// Refreshes the token of this kind. Answers the connection as it is then; none where it is no
    /// better than before.
    pub(crate) async fn refresh(
        &self,
        app: &App<'_>,
        kind: CredentialKind,
    ) -> Result<Option<ChannelConnection>, UseCaseError> {
        let opened = self.broker.open_credentials_of(&self.connection)?;
        let Some(credential) = opened.into_iter().find(|c| c.kind == kind) else {
            return Ok(None);
        };
        let mut answer = self.ask(app, &credential).await;
        if matches!(answer, Err(RefreshError::Rejected(_))) {
            self.broker.timer.pause(SECOND_THOUGHT).await;
            if !self.is_still_ours().await? {
                return Ok(None);
            }
            answer = self.ask(app, &credential).await;
        }
        match answer {
            Ok(issued) => Ok(self.keep(app, issued).await?),
            Err(error) => self.fail(app, error).await.map(|()| None),
        }
    }

    async fn ask(
        &self,
        app: &App<'_>,
        credential: &GrantedCredential,
    ) -> Result<GrantedCredential, RefreshError> {
        let workspace = &self.connection.workspace.id;
        reach("refresh_unsent");
        let answer = app
            .client
            .refresh(&app.credentials, workspace, credential)
            .await;
        reach("refresh_answered");
        answer
    }

    /// Replaces a token that lives for ever by one that rotates.
    pub(super) async fn exchange(
        &self,
        app: &App<'_>,
        kind: CredentialKind,
    ) -> Result<(), UseCaseError> {
        let opened = self.broker.open_credentials_of(&self.connection)?;
        let Some(credential) = opened.into_iter().find(|c| c.kind == kind) else {
            return Ok(());
        };
        match app
            .client
            .exchange_token(&app.credentials, &credential)
            .await
        {
            Ok(Some(issued)) => self.keep(app, issued).await.map(drop)?,
            Ok(None) => self.probe(app).await?,
            Err(error) => self.fail(app, error).await?,
        }
        Ok(())
    }

    async fn fail(&self, app: &App<'_>, error: RefreshError) -> Result<(), UseCaseError> {
        let now = self.broker.clock.now();
        let standing = self.connection.health.standing;
        tracing::warn!(connection = %self.connection.id, %error, "a token was not refreshed");
        match error {
            RefreshError::Rejected(error) => self.end_by(error).await?,
            RefreshError::Refused(error) => {
                let pause = self.pause_for(&error, now);
                let standing = if self.in_doubt {
                    Standing::InDoubt
                } else {
                    standing
                };
                self.put_off(standing, error.into(), pause).await?;
            }
            RefreshError::Unknown(_) if self.may_not_ask_again(app) => {
                self.end(Standing::ReauthRequired, Reason::RefreshLost.into())
                    .await?;
            }
            RefreshError::Unknown(error) => {
                self.put_off(Standing::InDoubt, error.into(), SignedDuration::ZERO)
                    .await?;
            }
        }
        Ok(())
    }

    /// The refresh token is dead. After a refresh whose answer never came it is that answer which
    /// would have had the next one.
    async fn end_by(&self, error: ProviderError) -> Result<(), UseCaseError> {
        let standing = match verdict(error.reason) {
            Some(Standing::Revoked) => Standing::Revoked,
            _ => Standing::ReauthRequired,
        };
        let failure = if self.in_doubt && standing == Standing::ReauthRequired {
            Failure {
                reason: Reason::RefreshLost,
                provider_error: error.provider_error,
            }
        } else {
            error.into()
        };
        Ok(self.end(standing, failure).await?)
    }

    /// Whether a refresh whose end is unknown must not be tried again: a provider that takes a
    /// second use of a refresh token for a theft would end what may still be good. Elsewhere the
    /// next try brings an answer, and the token that is there serves until then.
    fn may_not_ask_again(&self, app: &App<'_>) -> bool {
        let provider = self.broker.providers.find(&app.integration.provider);
        let connect = provider.and_then(|provider| provider.policy.connect.as_ref());
        connect.is_some_and(|connect| connect.reuse_revokes_family)
    }

    async fn is_still_ours(&self) -> Result<bool, UseCaseError> {
        let stored = self.stored().await?;
        Ok(stored.is_some_and(|stored| {
            stored.generation == self.lease.generation && stored.upkeep.epoch == self.lease.epoch
        }))
    }
}
