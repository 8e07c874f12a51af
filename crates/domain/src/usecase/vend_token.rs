//! Handing out a token that is good for as long as it is needed.

use std::time::Duration;

use jiff::SignedDuration;

use crate::{
    audit::AuditAction,
    broker::Broker,
    connection::{ChannelConnection, ConnectionIdentifier, CredentialKind},
    id::EnvironmentId,
    ports::Checked,
    provider::GrantedCredential,
    reason::Reason,
    usecase::{Refusal, UseCaseError},
};

/// For how long a token is good at least when a request does not say.
pub const DEFAULT_MIN_VALID_FOR: SignedDuration = SignedDuration::from_secs(60);

/// The longest that a request may ask for: longer than any token of a provider that rotates lives.
pub const MAX_MIN_VALID_FOR: SignedDuration = SignedDuration::from_hours(12);

/// Between two looks at a connection that somebody else is refreshing, and how many there are.
const LOOK: (Duration, u32) = (Duration::from_millis(100), 200);

/// Which token is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenRequest {
    /// The connection.
    pub identifier: ConnectionIdentifier,
    /// Whose token; without it the app's own, else the person's.
    pub kind: Option<CredentialKind>,
    /// For how long it is to be good.
    pub min_valid_for: SignedDuration,
}

impl Broker {
    /// A token of a connection that is good for as long as was asked, or for as long as the
    /// provider's tokens live where that is shorter. One that is not is refreshed first: by one
    /// caller, while the others wait for it. A token that lives on is handed out although its
    /// refresh failed. Who took which is written down before it is answered. Comes without its
    /// refresh token. Run this on a task of its own: it may ask the provider.
    pub async fn vend_token(
        &self,
        environment: EnvironmentId,
        request: TokenRequest,
    ) -> Result<GrantedCredential, UseCaseError> {
        let (connection, token) = self.good_token(environment, &request).await?;
        let expires_at = token.expires_at.map(|at| at.to_string());
        let mut details = vec![("kind", token.kind.as_str())];
        if let Some(at) = &expires_at {
            details.push(("expires_at", at.as_str()));
        }
        let (action, subject) = (AuditAction::TokenRead, connection.identifier.as_str());
        self.note(environment, action, subject, &details).await?;
        Ok(token)
    }

    async fn good_token(
        &self,
        environment: EnvironmentId,
        request: &TokenRequest,
    ) -> Result<(ChannelConnection, GrantedCredential), UseCaseError> {
        let (pause, looks) = LOOK;
        let mut refreshed = false;
        for _ in 0..looks {
            let connection = self
                .get_connection(environment, &request.identifier)
                .await?;
            let connection = self.asked_again(connection).await?;
            check_standing(&connection)?;
            if connection.credentials.is_empty() {
                let token = self.app_token(&connection, request).await?;
                return Ok((connection, token));
            }
            let token = self.token_of(&connection, request.kind)?;
            let now = self.clock.now();
            let needed = now + request.min_valid_for;
            if refreshed || token.expires_at.is_none_or(|at| at >= needed) {
                return Ok((connection, token));
            }
            let lives = token
                .expires_at
                .is_some_and(|at| at > now + DEFAULT_MIN_VALID_FOR);
            match self.refresh_now(connection.clone(), token.kind).await? {
                Refreshed::Done => refreshed = true,
                Refreshed::Failed | Refreshed::Impossible if lives => {
                    return Ok((connection, token));
                }
                Refreshed::Impossible => return Err(expired(&connection)),
                Refreshed::Failed => {
                    // What became of it stands beside the connection.
                    let connection = self
                        .get_connection(environment, &request.identifier)
                        .await?;
                    check_standing(&connection)?;
                    return Err(not_refreshed(&connection));
                }
                Refreshed::BySomebodyElse => self.timer.pause(pause).await,
            }
        }
        Err(Reason::TimedOut.into())
    }

    /// A connection that ended, as the provider sees it now. One that has no token of its own lost
    /// nothing with its end: the consent may have been given again, or the app's credentials mended.
    async fn asked_again(
        &self,
        connection: ChannelConnection,
    ) -> Result<ChannelConnection, UseCaseError> {
        if !connection.health.has_ended() || !connection.credentials.is_empty() {
            return Ok(connection);
        }
        let (environment, identifier) = (connection.environment_id, &connection.identifier);
        match self.verify_connection(environment, identifier).await {
            Err(UseCaseError::Provider(_)) => Ok(connection),
            verified => verified,
        }
    }

    fn token_of(
        &self,
        connection: &ChannelConnection,
        kind: Option<CredentialKind>,
    ) -> Result<GrantedCredential, UseCaseError> {
        let tokens = self.open_access_tokens(connection)?;
        let mut fitting = tokens
            .into_iter()
            .filter(|token| kind.is_none_or(|kind| token.kind == kind));
        fitting.next().ok_or_else(|| token_unavailable(kind).into())
    }

    /// Refreshes a token that is wanted now, whether or not it is due.
    async fn refresh_now(
        &self,
        connection: ChannelConnection,
        kind: CredentialKind,
    ) -> Result<Refreshed, UseCaseError> {
        let rotates = |c: &ChannelConnection| {
            let mut credentials = c.credentials.iter();
            credentials.any(|c| c.kind == kind && c.refresh_token.is_some())
        };
        if !rotates(&connection) {
            return Ok(Refreshed::Impossible);
        }
        let Some(app) = self.app_of(&connection).await? else {
            return Ok(Refreshed::Impossible);
        };
        let Some(held) = self.hold(connection).await? else {
            return Ok(Refreshed::BySomebodyElse);
        };
        Ok(match held.refresh(&app, kind).await? {
            Some(_) => Refreshed::Done,
            None => Refreshed::Failed,
        })
    }

    /// The token of an app that authenticates by itself.
    async fn app_token(
        &self,
        connection: &ChannelConnection,
        request: &TokenRequest,
    ) -> Result<GrantedCredential, UseCaseError> {
        if request.kind == Some(CredentialKind::User) {
            return Err(token_unavailable(request.kind).into());
        }
        let app = self.app_of(connection).await?;
        let app = app.ok_or_else(|| token_unavailable(request.kind))?;
        let key = Checked {
            connection: connection.id,
            generation: connection.generation,
            app_generation: app.integration.generation,
        };
        let now = self.clock.now();
        if let Some(token) = self.app_tokens.find(&key, now + request.min_valid_for) {
            return Ok(token);
        }
        let issued = app
            .client
            .app_token(&app.credentials, &connection.workspace.id)
            .await;
        let token = match issued {
            Ok(token) => token.ok_or_else(|| token_unavailable(request.kind))?,
            Err(error) => {
                let noted = self.note_answer(connection, &Err(error.clone())).await?;
                check_standing(&noted)?;
                return Err(error.into());
            }
        };
        self.app_tokens.keep(key, &token, now);
        Ok(token)
    }
}

/// What became of a refresh.
enum Refreshed {
    Done,
    Failed,
    /// Nothing is there to refresh it with.
    Impossible,
    BySomebodyElse,
}

fn check_standing(connection: &ChannelConnection) -> Result<(), UseCaseError> {
    if !connection.health.has_ended() {
        return Ok(());
    }
    let failure = connection.health.failure.as_ref();
    let reason = failure.map_or(Reason::TokenInvalid, |failure| failure.reason);
    let (identifier, standing) = (&connection.identifier, connection.health.standing.as_str());
    let message = format!(
        "Channel connection {identifier} is {standing}: {}",
        reason.what()
    );
    Err(UseCaseError::Ended(Refusal::new(reason, message)))
}

/// The token is dead, or will be too soon, and there is no refresh token.
fn expired(connection: &ChannelConnection) -> UseCaseError {
    let message = format!(
        "The token of channel connection {} does not live long enough, and cannot be refreshed",
        connection.identifier
    );
    UseCaseError::Ended(Refusal::new(Reason::TokenExpired, message))
}

/// What the provider answered to the refresh stands beside the connection.
fn not_refreshed(connection: &ChannelConnection) -> UseCaseError {
    match connection.health.failure.clone() {
        Some(failure) => UseCaseError::Provider(failure.into()),
        None => expired(connection),
    }
}

fn token_unavailable(kind: Option<CredentialKind>) -> Refusal {
    let message = match kind {
        Some(kind) => format!("The connection has no {} token", kind.as_str()),
        None => Reason::TokenUnavailable.what().to_owned(),
    };
    Refusal::new(Reason::TokenUnavailable, message)
}
