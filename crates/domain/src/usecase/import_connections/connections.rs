//! Connections with their tokens.

use secrecy::{ExposeSecret, SecretString};

use super::{Implied, Import, ImportOutcome, of_field};
use crate::{
    broker::Broker,
    connection::{ChannelConnection, ConnectionMode, CredentialKind, Owner},
    integration::Integration,
    ports::OpenError,
    provider::ProviderId,
    reason::Reason,
    subscriber::ProfilePatch,
    usecase::{
        APP_ONLY, IfExists, ImportedAuth, NewConnection, Refusal, UseCaseError,
        channel_connections::normalized,
    },
};

impl Import<'_> {
    pub(super) async fn connection(
        &self,
        mut new: NewConnection,
        provider: Option<ProviderId>,
    ) -> Result<ImportOutcome, UseCaseError> {
        let identifier = super::identified(new.identifier.clone())?;
        refuse_masks(&new.auth)?;
        let exported = &new.integration_identifier;
        let integration = self.integration(exported, provider).await?;
        new.integration_identifier
            .clone_from(&integration.identifier);
        new.workspace = normalized(new.workspace);
        let owner = owner_of(&new)?;
        let connections = &self.broker.stores.connections;
        match connections.find(self.environment, &identifier).await? {
            Some(stored) => self.known(&stored, &integration, owner, new).await,
            None => self.unknown(&integration, owner, new).await,
        }
    }

    /// One whose identifier nobody has here.
    async fn unknown(
        &self,
        integration: &Integration,
        owner: Owner,
        new: NewConnection,
    ) -> Result<ImportOutcome, UseCaseError> {
        let (broker, environment) = (&self.broker, self.environment);
        let workspace = &new.workspace.id;
        let same = broker
            .stores
            .connections
            .find_same(environment, integration.id, &owner, workspace)
            .await?;
        if let Some(same) = same {
            let problem = format!(
                "{workspace} is connected here for the same owner already, as {}",
                same.identifier
            );
            return Err(of_field(Reason::IdentifierTaken, "workspace.id", &problem).into());
        }
        broker.check_rotation(integration, &new.auth)?;
        let implied = self
            .implied(owner.subscriber_id.as_ref(), &owner.context_keys)
            .await?;
        for each in &implied {
            if let Implied::Subscriber(id) = each {
                let (patch, if_exists) = (ProfilePatch::default(), IfExists::Keep);
                broker
                    .create_subscriber(environment, id.clone(), patch, if_exists)
                    .await?;
            }
        }
        broker.create_connection(environment, new).await?;
        Ok(ImportOutcome::Made(implied))
    }

    /// One whose identifier is taken: by itself, one hopes.
    async fn known(
        &self,
        stored: &ChannelConnection,
        integration: &Integration,
        owner: Owner,
        new: NewConnection,
    ) -> Result<ImportOutcome, UseCaseError> {
        let identifier = &stored.identifier;
        let foreign = super::named(&[
            (
                "integrationIdentifier",
                stored.integration_id != integration.id,
            ),
            (
                "subscriberId",
                stored.owner.subscriber_id != owner.subscriber_id,
            ),
            (
                "contextKeys",
                stored.owner.context_keys != owner.context_keys,
            ),
        ]);
        if !foreign.is_empty() {
            return Err(super::taken_by_another(identifier, &foreign).into());
        }
        let here = self.broker.open_auth(stored)?;
        let differing = differing(stored, &here, &new);
        if differing.is_empty() {
            return Ok(ImportOutcome::Unchanged);
        }
        if is_newer(&here, &new.auth) {
            let told = "its token was refreshed here since, and stays";
            return Ok(ImportOutcome::Skipped(told.to_owned()));
        }
        if !self.options.update {
            return Err(super::differs(identifier, &differing).into());
        }
        let NewConnection {
            workspace, auth, ..
        } = new;
        self.broker
            .change_connection(self.environment, identifier, workspace, auth)
            .await?;
        Ok(ImportOutcome::Updated(differing))
    }
}

fn owner_of(new: &NewConnection) -> Result<Owner, UseCaseError> {
    let subscriber = new.subscriber_id.as_ref();
    let mode = ConnectionMode::settle(new.mode, subscriber.is_some(), !new.contexts.is_empty())?;
    let keys = new.contexts.iter().map(|context| context.key.clone());
    Ok(Owner::of(mode, subscriber, &keys.collect()))
}

fn refuse_masks(auth: &ImportedAuth) -> Result<(), Refusal> {
    super::refuse_mask("auth.accessToken", auth.access_token.expose_secret())?;
    let refresh = auth.refresh_token.as_ref();
    let refresh = refresh.map_or("", ExposeSecret::expose_secret);
    super::refuse_mask("auth.refreshToken", refresh)
}

/// Whether the token here was refreshed since the export: that took the exported refresh token with
/// it, so there is nothing to be had from the file.
fn is_newer(here: &ImportedAuth, exported: &ImportedAuth) -> bool {
    let rotates = here.refresh_token.is_some() && exported.refresh_token.is_some();
    rotates && exported.expires_at.is_some() && here.expires_at > exported.expires_at
}

fn differing(
    stored: &ChannelConnection,
    here: &ImportedAuth,
    new: &NewConnection,
) -> Vec<&'static str> {
    let exposed = |auth: &ImportedAuth| {
        let refresh = auth.refresh_token.as_ref();
        (
            auth.access_token.expose_secret().to_owned(),
            refresh.map(|token| token.expose_secret().to_owned()),
        )
    };
    let ((access, refresh), (new_access, new_refresh)) = (exposed(here), exposed(&new.auth));
    // A refresh token without an expiry got the hour of its import for one.
    let says_when = new.auth.expires_at.is_some() || new.auth.refresh_token.is_none();
    let (old, workspace) = (&stored.workspace, &new.workspace);
    super::named(&[
        ("workspace.id", old.id != workspace.id),
        ("workspace.name", old.name != workspace.name),
        (
            "workspace.botUserId",
            old.bot_user_id != workspace.bot_user_id,
        ),
        ("auth.accessToken", access != new_access),
        ("auth.refreshToken", refresh != new_refresh),
        (
            "auth.expiresAt",
            says_when && here.expires_at != new.auth.expires_at,
        ),
    ])
}

impl Broker {
    /// A connection's token as it would be imported: the app's own.
    fn open_auth(&self, connection: &ChannelConnection) -> Result<ImportedAuth, OpenError> {
        let all = self.open_credentials_of(connection)?;
        let bot = all.into_iter().find(|one| one.kind == CredentialKind::Bot);
        let app_only = ImportedAuth {
            access_token: SecretString::from(APP_ONLY),
            refresh_token: None,
            expires_at: None,
        };
        Ok(bot.map_or(app_only, |bot| ImportedAuth {
            access_token: bot.access_token,
            refresh_token: bot.refresh_token,
            expires_at: bot.expires_at,
        }))
    }
}
