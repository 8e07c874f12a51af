//! Ending an installation: `apps.uninstall` takes back all at once; where Slack lets only an
//! administrator do that, `auth.revoke` takes back the tokens, one by one ("apps.uninstall method",
//! "auth.revoke method", docs.slack.dev).

use tieline_domain::{
    attempt::Failure,
    connection::{CredentialKind, Workspace},
    integration::Credentials,
    ports::{ProviderClient, ProviderError, RefreshError},
    provider::GrantedCredential,
    reason::Reason,
    revocation::{RevocationItem, RevocationOutcome, RevocationSubject},
};

use super::{client::SlackClient, error};

/// What became of something, and why it was not taken back.
type Outcome = (RevocationOutcome, Option<Failure>);

/// Ends an app's installation in a workspace or organization.
pub(super) async fn disconnect(
    client: &SlackClient,
    app: &Credentials,
    workspace: &Workspace,
    credentials: &[GrantedCredential],
) -> Vec<RevocationItem> {
    let mut tokens = Vec::new();
    for credential in credentials {
        tokens.push(Token::of(client, app, workspace, credential).await);
    }
    let installation = uninstall(client, app, &mut tokens).await;
    let mut items = vec![item(RevocationSubject::App, installation)];
    for token in tokens {
        let subject = match token.credential.kind {
            CredentialKind::Bot => RevocationSubject::BotToken,
            CredentialKind::User => RevocationSubject::UserToken,
        };
        let outcome = match token.outcome {
            Some(outcome) => outcome,
            None => of_revocation(client.revoke_token(&token.credential.access_token).await),
        };
        items.push(item(subject, outcome));
    }
    items
}

/// A token, and what became of it as far as that is settled.
struct Token {
    credential: GrantedCredential,
    outcome: Option<Outcome>,
}

impl Token {
    /// A token with which Slack can be called. One that has died is refreshed for the last time:
    /// with it dead nothing could be taken back, and the app would stay.
    async fn of(
        client: &SlackClient,
        app: &Credentials,
        workspace: &Workspace,
        credential: &GrantedCredential,
    ) -> Self {
        let is_dead = credential.expires_at.is_some_and(|at| at <= client.now());
        let (credential, outcome) = if is_dead && credential.refresh_token.is_some() {
            match client.refresh(app, &workspace.id, credential).await {
                Ok(refreshed) => (refreshed, None),
                Err(RefreshError::Rejected(_)) => (credential.clone(), Some(gone())),
                Err(RefreshError::Refused(error) | RefreshError::Unknown(error)) => {
                    (credential.clone(), Some(of_failure(error)))
                }
            }
        } else {
            (credential.clone(), None)
        };
        Self {
            credential,
            outcome,
        }
    }

    fn is_gone(&self) -> bool {
        matches!(self.outcome, Some((RevocationOutcome::AlreadyGone, _)))
    }
}

/// Removes the app with the first token that Slack takes, the person's before the bot's: some bots
/// may not remove their app. Settles what became of the tokens along with it, and leaves those
/// unsettled that are to be revoked one by one.
async fn uninstall(client: &SlackClient, app: &Credentials, tokens: &mut [Token]) -> Outcome {
    tokens.sort_by_key(|token| token.credential.kind != CredentialKind::User);
    let outcome = try_uninstall(client, app, tokens).await;
    tokens.sort_by_key(|token| token.credential.kind);
    if !matches!(
        outcome.0,
        RevocationOutcome::Impossible | RevocationOutcome::Failed
    ) {
        // What ended the app ended its tokens; what is to be tried again is tried with them.
        for token in tokens.iter_mut().filter(|token| !token.is_gone()) {
            token.outcome = Some(outcome.clone());
        }
    }
    outcome
}

async fn try_uninstall(client: &SlackClient, app: &Credentials, tokens: &mut [Token]) -> Outcome {
    let mut why = None;
    for token in tokens.iter_mut().filter(|token| token.outcome.is_none()) {
        let credential = &token.credential;
        match client.uninstall(app, &credential.access_token).await {
            Ok(()) => return (RevocationOutcome::Revoked, None),
            Err(error) if error::is_gone(&error) => {
                token.outcome = Some(gone());
                if credential.kind == CredentialKind::Bot && error::is_app_gone(&error) {
                    return gone();
                }
                why = Some(error);
            }
            Err(error) if error.may_pass() => {
                return (RevocationOutcome::Pending, Some(error.into()));
            }
            Err(error) => return refused(error),
        }
    }
    pending(tokens).unwrap_or_else(|| left_to_an_administrator(why))
}

/// Where a token could not be refreshed at the moment, the app is tried again with it.
fn pending(tokens: &[Token]) -> Option<Outcome> {
    let mut outcomes = tokens.iter().filter_map(|token| token.outcome.clone());
    outcomes.find(|(outcome, _)| *outcome == RevocationOutcome::Pending)
}

/// Slack will not do it: not for this app's credentials, or not for anybody but an administrator.
fn refused(error: ProviderError) -> Outcome {
    match error.reason {
        Reason::ClientRejected | Reason::CredentialsMissing => {
            (RevocationOutcome::Failed, Some(error.into()))
        }
        _ => left_to_an_administrator(Some(error)),
    }
}

fn left_to_an_administrator(why: Option<ProviderError>) -> Outcome {
    let failure = Failure {
        reason: Reason::AdminMustRemove,
        provider_error: why.and_then(|error| error.provider_error),
    };
    (RevocationOutcome::Impossible, Some(failure))
}

fn of_revocation(outcome: Result<(), ProviderError>) -> Outcome {
    match outcome {
        Ok(()) => (RevocationOutcome::Revoked, None),
        Err(error) if error::is_gone(&error) => gone(),
        Err(error) => of_failure(error),
    }
}

fn of_failure(error: ProviderError) -> Outcome {
    let outcome = if error.may_pass() {
        RevocationOutcome::Pending
    } else {
        RevocationOutcome::Failed
    };
    (outcome, Some(error.into()))
}

fn gone() -> Outcome {
    (RevocationOutcome::AlreadyGone, None)
}

fn item(subject: RevocationSubject, (outcome, failure): Outcome) -> RevocationItem {
    RevocationItem {
        subject,
        outcome,
        failure,
    }
}
