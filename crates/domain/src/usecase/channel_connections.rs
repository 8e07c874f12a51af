//! Connections that came about elsewhere: importing, changing, deleting.

use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};

use crate::{
    audit::AuditAction,
    broker::Broker,
    connection::{
        CONNECTION_IDENTIFIER_PREFIX, ChannelConnection, ConnectionIdentifier, ConnectionMode,
        CredentialKind, Health, Owner, SealedCredential, Upkeep, Workspace,
    },
    context::NamedContext,
    id::{ConnectionId, EnvironmentId},
    integration::{Credentials, Integration},
    ports::{OpenError, RecordError},
    provider::GrantedCredential,
    reason::Reason,
    sealed::{Sealed, SealedColumn, SealedPlace},
    subscriber::SubscriberId,
    usecase::{Refusal, UseCaseError},
};

/// What stands for a token where the app authenticates by itself.
pub const APP_ONLY: &str = "app-only";

/// A token that was issued elsewhere.
#[derive(Clone, Debug)]
pub struct ImportedAuth {
    /// The access token; [`APP_ONLY`] for none.
    pub access_token: SecretString,
    /// The refresh token, where the provider rotates.
    pub refresh_token: Option<SecretString>,
    /// When the access token dies. With a refresh token and without this: now, so that it is
    /// refreshed before its first use.
    pub expires_at: Option<Timestamp>,
}

/// A connection to be imported.
#[derive(Clone, Debug)]
pub struct NewConnection {
    /// The integration, by its identifier.
    pub integration_identifier: String,
    /// The name under which clients will know it; generated where absent.
    pub identifier: Option<ConnectionIdentifier>,
    /// The subscriber it belongs to in `subscriber` mode.
    pub subscriber_id: Option<SubscriberId>,
    /// The contexts it belongs to.
    pub contexts: Vec<NamedContext>,
    /// To whom it belongs.
    pub mode: Option<ConnectionMode>,
    /// The account at the provider.
    pub workspace: Workspace,
    /// Its token.
    pub auth: ImportedAuth,
}

impl Broker {
    /// Imports a connection. The provider is not asked.
    pub async fn create_connection(
        &self,
        environment_id: EnvironmentId,
        new: NewConnection,
    ) -> Result<ChannelConnection, UseCaseError> {
        let subscriber = new.subscriber_id.as_ref();
        let mode =
            ConnectionMode::settle(new.mode, subscriber.is_some(), !new.contexts.is_empty())?;
        let integration = self
            .named_integration(environment_id, &new.integration_identifier)
            .await?;
        self.check_subscriber(environment_id, subscriber).await?;
        self.check_rotation(&integration, &new.auth)?;
        let keys = new
            .contexts
            .iter()
            .map(|context| context.key.clone())
            .collect();
        let owner = Owner::of(mode, subscriber, &keys);
        let now = self.clock.now();
        self.keep_contexts(environment_id, new.contexts, now)
            .await?;
        let id = ConnectionId(self.ids.uuid());
        let connection = ChannelConnection {
            id,
            environment_id,
            identifier: new
                .identifier
                .unwrap_or_else(|| self.new_connection_identifier()),
            integration_id: integration.id,
            integration_identifier: integration.identifier,
            provider: integration.provider,
            owner,
            workspace: normalized(new.workspace),
            credentials: self.seal_credentials(environment_id, id, 1, &credentials(new.auth, now)),
            generation: 1,
            health: Health::unproved(now),
            upkeep: Upkeep::default(),
            created_at: now,
            updated_at: now,
        }
        .scheduled(now);
        self.within(async |inside| {
            if let Err(error) = inside.stores.connections.insert(&connection).await {
                return Err(inside.not_written(&connection, error).await);
            }
            inside
                .note_written(AuditAction::ConnectionCreated, &connection)
                .await?;
            Ok(connection)
        })
        .await
    }

    /// The connection of this identifier.
    pub async fn get_connection(
        &self,
        environment: EnvironmentId,
        identifier: &ConnectionIdentifier,
    ) -> Result<ChannelConnection, UseCaseError> {
        let found = self
            .stores
            .connections
            .find(environment, identifier)
            .await?;
        Ok(found.ok_or_else(|| connection_not_found(identifier))?)
    }

    /// Replaces workspace and token of a connection; answers it as it is then.
    pub async fn change_connection(
        &self,
        environment: EnvironmentId,
        identifier: &ConnectionIdentifier,
        workspace: Workspace,
        auth: ImportedAuth,
    ) -> Result<ChannelConnection, UseCaseError> {
        let stored = self.get_connection(environment, identifier).await?;
        let integration = self
            .get_integration(environment, stored.integration_id)
            .await?;
        self.check_rotation(&integration, &auth)?;
        let (generation, now) = (stored.generation + 1, self.clock.now());
        let granted = credentials(auth, now);
        let changed = ChannelConnection {
            workspace: normalized(workspace),
            credentials: self.seal_credentials(environment, stored.id, generation, &granted),
            generation,
            health: Health::unproved(now),
            upkeep: stored.upkeep.replaced(),
            updated_at: now,
            ..stored
        }
        .scheduled(now);
        self.within(async |inside| {
            if let Err(error) = inside.stores.connections.replace(&changed).await {
                return Err(inside.not_written(&changed, error).await);
            }
            inside
                .note_written(AuditAction::ConnectionReplaced, &changed)
                .await?;
            Ok(changed)
        })
        .await
    }

    /// The credentials of a connection in the clear, the bot's first. None where the app
    /// authenticates by itself.
    pub fn open_credentials_of(
        &self,
        connection: &ChannelConnection,
    ) -> Result<Vec<GrantedCredential>, OpenError> {
        let mut opened = self.open_access_tokens(connection)?;
        for (credential, sealed) in opened.iter_mut().zip(&connection.credentials) {
            let column = sealed.kind.refresh_token_column();
            credential.refresh_token = sealed
                .refresh_token
                .as_ref()
                .map(|token| self.open_token(connection, token, column))
                .transpose()?;
        }
        Ok(opened)
    }

    /// The same without refresh tokens, which stay sealed.
    pub(super) fn open_access_tokens(
        &self,
        connection: &ChannelConnection,
    ) -> Result<Vec<GrantedCredential>, OpenError> {
        let open = |sealed: &SealedCredential| {
            let column = sealed.kind.access_token_column();
            Ok(GrantedCredential {
                kind: sealed.kind,
                access_token: self.open_token(connection, &sealed.access_token, column)?,
                refresh_token: None,
                scopes: sealed.scopes.clone(),
                expires_at: sealed.expires_at,
            })
        };
        connection.credentials.iter().map(open).collect()
    }

    fn open_token(
        &self,
        connection: &ChannelConnection,
        sealed: &Sealed,
        column: SealedColumn,
    ) -> Result<SecretString, OpenError> {
        let place = SealedPlace {
            environment_id: connection.environment_id,
            row: connection.id.0,
            column,
            generation: connection.generation,
        };
        let opened = self.sealer.open(sealed, &place)?;
        let text = std::str::from_utf8(opened.expose_secret());
        Ok(text.map_err(|_| OpenError::Refused)?.into())
    }

    /// A fresh identifier for a connection.
    pub(super) fn new_connection_identifier(&self) -> ConnectionIdentifier {
        let text = format!("{CONNECTION_IDENTIFIER_PREFIX}{}", self.ids.random_text(12));
        ConnectionIdentifier::parse(text).expect("a prefix and random letters make an identifier")
    }

    /// Seals credentials for a connection's row.
    pub(super) fn seal_credentials(
        &self,
        environment_id: EnvironmentId,
        row: ConnectionId,
        generation: u64,
        granted: &[GrantedCredential],
    ) -> Vec<SealedCredential> {
        let seal = |secret: &SecretString, column| {
            let place = SealedPlace {
                environment_id,
                row: row.0,
                column,
                generation,
            };
            self.sealer.seal(secret.expose_secret().as_bytes(), &place)
        };
        granted
            .iter()
            .map(|credential| SealedCredential {
                kind: credential.kind,
                access_token: seal(
                    &credential.access_token,
                    credential.kind.access_token_column(),
                ),
                refresh_token: credential
                    .refresh_token
                    .as_ref()
                    .map(|token| seal(token, credential.kind.refresh_token_column())),
                scopes: credential.scopes.clone(),
                expires_at: credential.expires_at,
            })
            .collect()
    }

    /// An integration by its identifier, whether active or not.
    pub(super) async fn named_integration(
        &self,
        environment: EnvironmentId,
        identifier: &str,
    ) -> Result<Integration, UseCaseError> {
        self.stores
            .integrations
            .find(environment, identifier)
            .await?
            .ok_or_else(|| {
                let message =
                    format!("Integration not found: {identifier} in environment {environment}");
                Refusal::new(Reason::IntegrationNotFound, message).into()
            })
    }

    pub(super) fn check_rotation(
        &self,
        integration: &Integration,
        auth: &ImportedAuth,
    ) -> Result<(), UseCaseError> {
        if auth.refresh_token.is_none() {
            return Ok(());
        }
        if auth.access_token.expose_secret() == APP_ONLY {
            let message = "auth.refreshToken has no place beside the access token app-only";
            return Err(Refusal::new(Reason::RotationNotSupported, message).into());
        }
        let provider = &integration.provider;
        let rotates = self
            .providers
            .find(provider)
            .is_some_and(|p| p.policy.rotates_tokens());
        if !rotates {
            let message = format!("Token rotation is not supported for provider {provider}");
            return Err(Refusal::new(Reason::RotationNotSupported, message).into());
        }
        let app = self.open_credentials(integration)?;
        if [Credentials::CLIENT_ID, Credentials::SECRET_KEY]
            .iter()
            .any(|n| app.get(n).is_none())
        {
            let message = "Token rotation needs the integration's clientId and secretKey";
            return Err(Refusal::new(Reason::RotationNotSupported, message).into());
        }
        Ok(())
    }

    async fn not_written(
        &self,
        connection: &ChannelConnection,
        error: RecordError,
    ) -> UseCaseError {
        let message = match error {
            RecordError::Store(error) => return error.into(),
            RecordError::SubscriberGone => return Reason::SubscriberNotFound.into(),
            RecordError::IdentifierTaken => {
                format!(
                    "A connection with identifier {} already exists",
                    connection.identifier
                )
            }
            RecordError::Raced => match self.same_connection(connection).await {
                Ok(Some(other)) => format!(
                    "A connection already exists for this integration and owner: {}",
                    other.identifier
                ),
                Ok(None) => "The connection was changed meanwhile: try again".to_owned(),
                Err(error) => return error,
            },
        };
        Refusal::new(Reason::AlreadyExists, message).into()
    }

    /// The connection that stands in the way: the same owner's to the same workspace, else the
    /// one that has the identifier.
    async fn same_connection(
        &self,
        connection: &ChannelConnection,
    ) -> Result<Option<ChannelConnection>, UseCaseError> {
        let environment = connection.environment_id;
        let (integration, owner) = (connection.integration_id, &connection.owner);
        let workspace = &connection.workspace.id;
        let same = self
            .stores
            .connections
            .find_same(environment, integration, owner, workspace)
            .await?;
        let found = match same {
            Some(same) => Some(same),
            None => {
                self.stores
                    .connections
                    .find(environment, &connection.identifier)
                    .await?
            }
        };
        Ok(found.filter(|other| other.id != connection.id))
    }
}

/// A GUID is the same in any case; providers send it in either.
pub(super) fn normalized(workspace: Workspace) -> Workspace {
    let is_guid = workspace.id.len() == 36 && uuid::Uuid::try_parse(&workspace.id).is_ok();
    let id = if is_guid {
        workspace.id.to_ascii_lowercase()
    } else {
        workspace.id
    };
    Workspace { id, ..workspace }
}

fn credentials(auth: ImportedAuth, now: Timestamp) -> Vec<GrantedCredential> {
    if auth.access_token.expose_secret() == APP_ONLY {
        return Vec::new();
    }
    vec![GrantedCredential {
        kind: CredentialKind::Bot,
        access_token: auth.access_token,
        expires_at: auth.expires_at.or(auth.refresh_token.as_ref().map(|_| now)),
        refresh_token: auth.refresh_token,
        scopes: Vec::new(),
    }]
}

pub(super) fn connection_not_found(identifier: &ConnectionIdentifier) -> Refusal {
    Refusal::new(
        Reason::NotFound,
        format!("Channel connection not found: {identifier}"),
    )
}
