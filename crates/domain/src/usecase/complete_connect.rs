//! The callback: from a provider's answer to a stored connection.

use secrecy::SecretString;
use uuid::Uuid;

use crate::{
    attempt::{AttemptStatus, ConnectAttempt, Failure},
    audit::Actor,
    broker::Broker,
    failpoint::reach,
    flow::{Flow, FlowSecrets, Leg, Purpose, Untimely},
    integration::{Credentials, Integration},
    ports::{Claim, CodeExchange, OpenedFlow, ProviderClient, StoreError},
    provider::{ConnectPolicy, Grant},
    reason::Reason,
    text::sanitize,
    usecase::UseCaseError,
};

/// What a provider sent to our callback, by way of the person's browser. Apart from the state,
/// none of it proves anything.
#[derive(Clone, Debug, Default)]
pub struct Callback {
    /// The state that we sealed.
    pub state: Option<String>,
    /// The authorization code.
    pub code: Option<SecretString>,
    /// Microsoft: the tenant that consented, allegedly.
    pub tenant: Option<String>,
    /// Microsoft: `True` after a consent, and after errors, too.
    pub admin_consent: Option<String>,
    /// The error code (RFC 6749 section 4.1.2.1).
    pub error: Option<String>,
    /// The error in words, for the product's developers.
    pub error_description: Option<String>,
}

/// How far a flow came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Progress {
    /// The person is to sign in here next.
    SignIn(String),
    /// Nothing more will happen by itself, or another request is just at it: see the attempt.
    Attempt(Box<ConnectAttempt>),
}

/// What a callback amounts to, as far as can be told without asking the provider.
enum Answer {
    Code(SecretString),
    Consented { tenant: String },
}

impl Broker {
    /// Takes a callback to its end. Refused, without an attempt, if the state is not ours or not
    /// timely; failed, without a call to the provider, if the store is away. Otherwise the flow is
    /// claimed first, so that no code is ever sent twice; run this on a task of its own, since from
    /// then on it must not be dropped.
    pub async fn complete_connect(&self, callback: Callback) -> Result<Progress, UseCaseError> {
        let OpenedFlow { flow, secrets } = self.open_state(callback.state.as_deref())?;
        let integration = self
            .stores
            .integrations
            .find_by_id(flow.environment_id, flow.integration_id)
            .await?
            .ok_or(Reason::IntegrationUnavailable)?;
        let (provider, connect) = self.flow_of(&integration)?;
        let client = provider
            .client
            .as_deref()
            .ok_or(Reason::OauthNotSupported)?;
        let answer = if integration.active {
            read_answer(callback, &flow, connect)
        } else {
            Err(Reason::IntegrationUnavailable.into())
        };
        let app = self.open_credentials(&integration)?;

        let attempt = match self.claim(&flow, &integration, &answer).await? {
            Ok(attempt) => attempt,
            Err(lost) => return Ok(Progress::Attempt(lost)),
        };
        match answer {
            Err(_) => Ok(Progress::Attempt(Box::new(attempt))),
            Ok(Answer::Consented { tenant }) => Ok(Progress::SignIn(
                self.sign_in_url(connect, &app, flow, tenant),
            )),
            Ok(Answer::Code(code)) => {
                let broker = self.acting_as(Actor::Person(flow.id));
                let run = Run {
                    broker: &broker,
                    flow: &flow,
                    integration: &integration,
                    connect,
                    client,
                    app: &app,
                };
                Ok(Progress::Attempt(Box::new(
                    run.finish(attempt, code, &secrets).await,
                )))
            }
        }
    }

    fn open_state(&self, state: Option<&str>) -> Result<OpenedFlow, Reason> {
        let state = state.ok_or(Reason::StateMissing)?;
        let opened = self
            .flow_sealer
            .open(state)
            .map_err(|_| Reason::StateInvalid)?;
        opened
            .flow
            .check_time(self.clock.now())
            .map_err(|untimely| match untimely {
                Untimely::Expired => Reason::StateExpired,
                Untimely::FromTheFuture => Reason::StateInvalid,
            })?;
        Ok(opened)
    }

    /// Makes the flow ours, in the state that the answer puts it in. `Err` holds what somebody
    /// else made of it.
    async fn claim(
        &self,
        flow: &Flow,
        integration: &Integration,
        answer: &Result<Answer, Failure>,
    ) -> Result<Result<ConnectAttempt, Box<ConnectAttempt>>, UseCaseError> {
        let (now, by) = (self.clock.now(), self.ids.uuid());
        let arrived = match flow.leg {
            Leg::Consent => ConnectAttempt::claimed(flow, integration, now, by),
            Leg::SignIn { .. } => {
                let stored = self
                    .stores
                    .attempts
                    .find(flow.environment_id, flow.id)
                    .await?;
                stored.ok_or(Reason::StateInvalid)?.signed_in(now, by)
            }
        };
        let attempt = match answer {
            Ok(Answer::Code(_)) => arrived,
            Ok(Answer::Consented { .. }) => arrived.awaiting_sign_in(now),
            Err(failure) => arrived.failed(failure, now),
        };
        let claim = match self.write_claim(flow, &attempt).await {
            // The answer may have been lost after the claim was written: asked again, a flow that
            // somebody else has is theirs, and one that this very callback has is ours.
            Err(StoreError::Unavailable(_)) => match self.write_claim(flow, &attempt).await? {
                Claim::Lost(stored) if *stored == attempt => Claim::Won,
                claim => claim,
            },
            claim => claim?,
        };
        Ok(match claim {
            Claim::Won => Ok(attempt),
            Claim::Lost(stored) => Err(stored),
        })
    }

    async fn write_claim(
        &self,
        flow: &Flow,
        attempt: &ConnectAttempt,
    ) -> Result<Claim, StoreError> {
        let attempts = &self.stores.attempts;
        match flow.leg {
            Leg::Consent => attempts.claim(attempt).await,
            Leg::SignIn { .. } => {
                let from = AttemptStatus::AwaitingSignIn;
                attempts.advance(from, attempt).await
            }
        }
    }

    fn sign_in_url(
        &self,
        connect: &ConnectPolicy,
        app: &Credentials,
        flow: Flow,
        tenant: String,
    ) -> String {
        let page = connect.sign_in.as_ref().unwrap_or(&connect.consent);
        let flow = flow.into_sign_in(tenant, self.clock.now());
        self.fill(&page.prepare(app, &self.redirect_uri), &flow, None)
    }
}

/// Reads what came back. An error wins over everything beside it.
fn read_answer(
    callback: Callback,
    flow: &Flow,
    connect: &ConnectPolicy,
) -> Result<Answer, Failure> {
    if let Some(error) = callback.error {
        return Err(refused(&error, callback.error_description.as_deref()));
    }
    let proved_later = flow.purpose == Purpose::Connect && connect.sign_in.is_some();
    if flow.leg == Leg::Consent && proved_later {
        let consented = callback.admin_consent.as_deref() == Some("True");
        return match callback.tenant {
            Some(tenant) if consented && is_guid(&tenant) => Ok(Answer::Consented {
                tenant: tenant.to_ascii_lowercase(),
            }),
            _ => Err(Reason::ConsentNotGranted.into()),
        };
    }
    callback
        .code
        .map(Answer::Code)
        .ok_or_else(|| Reason::CodeMissing.into())
}

/// An error of the authorization endpoint: RFC 6749 section 4.1.2.1, and what the providers add.
fn refused(error: &str, description: Option<&str>) -> Failure {
    let reason = match error {
        // Microsoft says `consent_required` when an administrator declines.
        "access_denied" | "consent_required" | "permission_denied" => Reason::AccessDenied,
        "server_error" | "temporarily_unavailable" => Reason::ProviderError,
        _ => Reason::AuthorizationRefused,
    };
    let told = match description {
        Some(description) => format!("{error}: {description}"),
        None => error.to_owned(),
    };
    Failure {
        reason,
        provider_error: Some(sanitize(&told, 300)),
    }
}

fn is_guid(text: &str) -> bool {
    text.len() == 36 && Uuid::try_parse(text).is_ok()
}

/// A claimed flow with a code in hand: what is left to do must be done.
pub(super) struct Run<'a> {
    pub(super) broker: &'a Broker,
    pub(super) flow: &'a Flow,
    pub(super) integration: &'a Integration,
    pub(super) connect: &'a ConnectPolicy,
    pub(super) client: &'a dyn ProviderClient,
    pub(super) app: &'a Credentials,
}

impl Run<'_> {
    async fn finish(
        &self,
        attempt: ConnectAttempt,
        code: SecretString,
        secrets: &FlowSecrets,
    ) -> ConnectAttempt {
        reach("attempt_claimed");
        let exchange = self.exchange(code, secrets);
        let answer = self.client.exchange_code(self.app, &exchange).await;
        reach("code_exchanged");
        let grant = match answer {
            Ok(grant) => grant,
            Err(error) => return self.give_up(attempt, error.into()).await,
        };
        let recorded = match self.flow.purpose {
            Purpose::Connect => match self.connect.accept(self.flow, &grant) {
                Ok(()) => self.record(&attempt, &grant).await,
                Err(failure) => Err(failure),
            },
            Purpose::LinkUser => self.record(&attempt, &grant).await,
        };
        match recorded {
            Ok(completed) => completed,
            Err(failure) => {
                self.take_back(&grant).await;
                self.give_up(attempt, failure).await
            }
        }
    }

    fn exchange(&self, code: SecretString, secrets: &FlowSecrets) -> CodeExchange {
        CodeExchange {
            code,
            redirect_uri: self.broker.redirect_uri.clone(),
            pkce_verifier: secrets.pkce_verifier.clone(),
            nonce: secrets.nonce.clone(),
            scopes: self.flow.scopes.clone(),
            purpose: self.flow.purpose,
            tenant: match &self.flow.leg {
                Leg::Consent => None,
                Leg::SignIn { tenant } => Some(tenant.clone()),
            },
            now: self.broker.clock.now(),
        }
    }

    /// Ends the attempt without a connection, unless it turns out to have ended otherwise: a commit
    /// whose answer was lost. A store that is away cannot change what happened: the person is told
    /// all the same, and the sweep finds the attempt later.
    async fn give_up(&self, attempt: ConnectAttempt, failure: Failure) -> ConnectAttempt {
        let failed = attempt.failed(&failure, self.broker.clock.now());
        let attempts = &self.broker.stores.attempts;
        match attempts.advance(AttemptStatus::Exchanging, &failed).await {
            Ok(Claim::Won) => failed,
            Ok(Claim::Lost(stored)) => *stored,
            Err(error) => {
                log_store_error(&failed, &error);
                failed
            }
        }
    }

    /// Takes back what the provider issued and nobody will keep. An account that another
    /// connection of the app leads to keeps its tokens: the provider may have issued the very same.
    async fn take_back(&self, grant: &Grant) {
        let (provider, account) = (&self.integration.provider, &grant.workspace.id);
        let shared = self.broker.is_shared(provider, account, self.app).await;
        if !matches!(shared, Ok(false)) {
            return;
        }
        for credential in &grant.credentials {
            if let Err(error) = self.client.revoke(self.app, credential).await {
                tracing::warn!(flow = %self.flow.id, %error, "an unused token could not be revoked");
            }
        }
    }
}

pub(super) fn log_store_error(attempt: &ConnectAttempt, error: &StoreError) {
    let cause = std::error::Error::source(error).map(ToString::to_string);
    tracing::error!(flow = %attempt.id, %error, cause, "a connect attempt could not be stored");
}
