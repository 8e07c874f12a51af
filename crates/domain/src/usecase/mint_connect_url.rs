//! Minting: from a request of the back end to a URL that its customer opens.

use std::sync::Arc;

use jiff::Timestamp;

use crate::{
    broker::Broker,
    connection::{ConnectionIdentifier, ConnectionMode, ModeError},
    context::{Context, ContextProof, NamedContext},
    flow::{Flow, Leg, Purpose},
    id::{ContextRowId, EnvironmentId, FlowId},
    integration::{KnownIntegration, Prepared},
    provider::{AuthorizeInputs, AuthorizePage, ConnectPolicy, Provider, ScopeError},
    reason::Reason,
    subscriber::SubscriberId,
    usecase::{Refusal, UseCaseError},
};

/// No URL that we hand out is longer: browsers, proxies and providers take 2,000 characters.
pub(super) const MAX_URL_LENGTH: usize = 2000;

/// By how much the sign-in page's URL may be longer than the consent page's of the same flow.
const SIGN_IN_ALLOWANCE: usize = 300;

/// A request for a connect URL.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MintConnectUrl {
    /// The integration, by its identifier.
    pub integration_identifier: String,
    /// The subscriber: the owner in `subscriber` mode, the one to link in both.
    pub subscriber_id: Option<SubscriberId>,
    /// The identifier that the connection is to get.
    pub connection_identifier: Option<ConnectionIdentifier>,
    /// The contexts, made where they are new.
    pub contexts: Vec<NamedContext>,
    /// Proof of the contexts, where the integration demands it.
    pub context_proof: Option<ContextProof>,
    /// The scopes to ask for: else the integration's own, or its provider's default.
    pub scopes: Option<Vec<String>>,
    /// To whom the connection is to belong.
    pub mode: Option<ConnectionMode>,
    /// Whether to link the person who connects.
    pub auto_link: Option<bool>,
}

/// A minted URL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MintedUrl {
    /// The provider's consent page.
    pub url: String,
    /// The flow; its connect attempt will have this id.
    pub flow_id: FlowId,
    /// When the URL ceases to work.
    pub expires_at: Timestamp,
}

impl Broker {
    /// Mints the URL at which a person consents. Writes nothing, except contexts that are new.
    pub async fn mint_connect_url(
        &self,
        environment: EnvironmentId,
        request: MintConnectUrl,
    ) -> Result<MintedUrl, UseCaseError> {
        let has_subscriber = request.subscriber_id.is_some();
        let mode =
            ConnectionMode::settle(request.mode, has_subscriber, !request.contexts.is_empty())?;
        let integration = self
            .usable_integration(environment, &request.integration_identifier)
            .await?;
        let (provider, connect) = self.flow_of(&integration)?;
        check_mode(provider, connect, mode)?;
        let app = self.prepared(&integration, provider, connect)?;
        self.check_context(environment, app, request.context_proof.as_ref())
            .await?;
        let (asked, own) = (request.scopes.as_deref(), app.scopes.as_deref());
        let scopes = connect.settle_scopes(asked, own, has_subscriber)?;
        self.check_subscriber(environment, request.subscriber_id.as_ref())
            .await?;

        let now = self.clock.now();
        let flow = Flow {
            id: FlowId(self.ids.uuid()),
            purpose: Purpose::Connect,
            leg: Leg::Consent,
            environment_id: environment,
            integration_id: integration.id,
            subscriber_id: request.subscriber_id,
            context_keys: request
                .contexts
                .iter()
                .map(|context| context.key.clone())
                .collect(),
            mode,
            connection_identifier: request.connection_identifier,
            scopes,
            auto_link: request
                .auto_link
                .unwrap_or_else(|| mode.links_user_by_default()),
            workspace_id: None,
            issued_at: now,
        };
        self.check_identifier(&flow).await?;
        let url = self.consent_url(connect, app, &flow)?;
        self.keep_contexts(environment, request.contexts, now)
            .await?;
        Ok(MintedUrl {
            url,
            flow_id: flow.id,
            expires_at: flow.expires_at(),
        })
    }

    pub(super) async fn usable_integration(
        &self,
        environment: EnvironmentId,
        identifier: &str,
    ) -> Result<Arc<KnownIntegration>, UseCaseError> {
        let found = self.lookups.integration(environment, identifier).await?;
        found
            .filter(|integration| integration.active)
            .ok_or_else(|| {
                let message =
                    format!("Integration not found: {identifier} in environment {environment}");
                Refusal::new(Reason::IntegrationNotFound, message).into()
            })
    }

    /// What a mint needs of the integration's credentials, which are opened for the first one.
    pub(super) fn prepared<'a>(
        &self,
        integration: &'a KnownIntegration,
        provider: &Provider,
        connect: &ConnectPolicy,
    ) -> Result<&'a Prepared, UseCaseError> {
        if let Some(prepared) = integration.prepared.get() {
            return Ok(prepared);
        }
        let app = self.open_credentials(integration)?;
        let missing = provider.policy.missing_credentials(&app);
        if !missing.is_empty() {
            let message = format!(
                "Integration {} lacks credentials: {}",
                integration.identifier,
                crate::text::listed(&missing)
            );
            return Err(Refusal::new(Reason::CredentialsMissing, message).into());
        }
        Ok(integration.prepared.get_or_init(|| Prepared {
            demands_context_proof: app.demands_context_proof(),
            scopes: app.scopes(),
            consent: connect.consent.prepare(&app, &self.redirect_uri),
            link: connect.link.page.prepare(&app, &self.redirect_uri),
        }))
    }

    pub(super) async fn check_subscriber(
        &self,
        environment: EnvironmentId,
        subscriber: Option<&SubscriberId>,
    ) -> Result<(), UseCaseError> {
        let Some(id) = subscriber else { return Ok(()) };
        if !self.lookups.has_subscriber(environment, id).await? {
            let message = format!("Subscriber not found: {id}");
            return Err(Refusal::new(Reason::SubscriberNotFound, message).into());
        }
        Ok(())
    }

    /// Refuses an identifier that could not be had in the end; the callback checks it again.
    async fn check_identifier(&self, flow: &Flow) -> Result<(), UseCaseError> {
        let Some(identifier) = &flow.connection_identifier else {
            return Ok(());
        };
        match self
            .stores
            .connections
            .find(flow.environment_id, identifier)
            .await?
        {
            Some(holder) if !flow.may_renew(&holder) => {
                let message = format!(
                    "connectionIdentifier {identifier} belongs to another owner or integration"
                );
                Err(Refusal::new(Reason::IdentifierTaken, message).into())
            }
            _ => Ok(()),
        }
    }

    /// The consent page's URL for this flow.
    pub(super) fn consent_url(
        &self,
        connect: &ConnectPolicy,
        app: &Prepared,
        flow: &Flow,
    ) -> Result<String, Refusal> {
        let scope = connect.scopes.join(&flow.scopes);
        let allowance = if connect.sign_in.is_some() {
            SIGN_IN_ALLOWANCE
        } else {
            0
        };
        let limit = MAX_URL_LENGTH - allowance;
        self.page_url(&app.consent, flow, scope.as_deref(), limit)
    }

    /// The URL of a provider's page for this flow, refused if it has `limit` characters or more.
    pub(super) fn page_url(
        &self,
        page: &AuthorizePage,
        flow: &Flow,
        scope: Option<&str>,
        limit: usize,
    ) -> Result<String, Refusal> {
        let url = self.fill(page, flow, scope);
        let length = url.len();
        if length >= limit {
            let message = format!(
                "The URL would have {length} characters and must stay under {limit}: \
                 send fewer or shorter contexts, scopes or identifiers"
            );
            return Err(Refusal::new(Reason::UrlTooLong, message));
        }
        Ok(url)
    }

    /// The URL of a provider's page for this flow.
    pub(super) fn fill(&self, page: &AuthorizePage, flow: &Flow, scope: Option<&str>) -> String {
        let inputs = AuthorizeInputs {
            state: &self.flow_sealer.seal(flow),
            scope,
            workspace_id: flow.workspace_id.as_deref(),
        };
        page.url(&inputs, || self.flow_sealer.secrets(flow))
    }

    pub(super) async fn keep_contexts(
        &self,
        environment_id: EnvironmentId,
        named: Vec<NamedContext>,
        now: Timestamp,
    ) -> Result<(), UseCaseError> {
        let is_known =
            |named: &NamedContext| self.lookups.knows_context(environment_id, &named.key);
        if named.iter().all(is_known) {
            return Ok(());
        }
        let contexts: Vec<Context> = named
            .into_iter()
            .map(|NamedContext { key, data }| Context {
                id: ContextRowId(self.ids.uuid()),
                environment_id,
                key,
                data: data.unwrap_or_default(),
                bridge_url: None,
                created_at: now,
                updated_at: now,
            })
            .collect();
        Ok(self.lookups.keep_contexts(&contexts).await?)
    }
}

fn check_mode(
    provider: &Provider,
    connect: &ConnectPolicy,
    mode: ConnectionMode,
) -> Result<(), Refusal> {
    if connect.modes.contains(&mode) {
        return Ok(());
    }
    let message = format!(
        "{} does not allow connectionMode {mode}",
        provider.policy.name
    );
    Err(Refusal::new(Reason::OauthNotSupported, message))
}

impl From<ModeError> for UseCaseError {
    fn from(error: ModeError) -> Self {
        let reason = match error {
            ModeError::ContextRequired => Reason::ContextRequired,
            ModeError::SubscriberRequired => Reason::SubscriberRequired,
            ModeError::OwnerRequired => Reason::OwnerRequired,
        };
        Refusal::new(reason, error.to_string()).into()
    }
}

impl From<ScopeError> for UseCaseError {
    fn from(error: ScopeError) -> Self {
        let reason = match error {
            ScopeError::Empty | ScopeError::Unknown(_) => Reason::ScopeInvalid,
            ScopeError::SubscriberRequired => Reason::SubscriberRequired,
        };
        Refusal::new(reason, error.to_string()).into()
    }
}
