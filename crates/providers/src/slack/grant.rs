//! From Slack's reply to a grant.

use tieline_domain::{
    connection::{CredentialKind, Workspace},
    ports::{CodeExchange, ProviderError},
    provider::{Grant, GrantedCredential, IncomingWebhook},
    reason::Reason,
};
use url::Url;

use super::{
    scopes::INCOMING_WEBHOOK,
    webhook,
    wire::{Access, Account, AuthedUser},
};
use crate::{
    http::Object,
    oauth2::{ExpiresIn, Issued, Scopes, checked_id, checked_name, checked_token},
};

/// Reads a successful reply to this exchange; `base` is where Slack is.
pub(super) fn read(
    access: Access,
    exchange: &CodeExchange,
    base: &Url,
) -> Result<Grant, ProviderError> {
    let workspace = workspace(&access)?;
    let bot = credential(access.issued, CredentialKind::Bot, exchange)?;
    let (person, user) = match access.authed_user {
        Some(Object(user)) => authed_user(user, exchange)?,
        None => (None, None),
    };
    let credentials: Vec<_> = bot.into_iter().chain(user).collect();
    if credentials.is_empty() {
        return Err(Reason::InvalidResponse.into());
    }
    let incoming_webhook = access
        .incoming_webhook
        .map(|Object(hook)| webhook::read(hook, base))
        .transpose()?;
    check_webhook_came(exchange, &credentials, incoming_webhook.as_ref())?;
    Ok(Grant {
        workspace,
        person,
        credentials,
        incoming_webhook,
    })
}

/// The workspace is the owner, unless the app was installed for a whole organization; then the
/// reply's `team` is null.
fn workspace(access: &Access) -> Result<Workspace, ProviderError> {
    let owner = match access.is_enterprise_install {
        Some(true) => &access.enterprise,
        _ => &access.team,
    };
    let Some(Object(Account { id: Some(id), name })) = owner else {
        return Err(Reason::MissingAccount.into());
    };
    Ok(Workspace {
        id: checked_id(id.clone()).map_err(|_| Reason::MissingAccount)?,
        name: name.as_deref().and_then(checked_name),
        bot_user_id: access.bot_user_id.clone().map(checked_id).transpose()?,
    })
}

type Installer = (Option<String>, Option<GrantedCredential>);

fn authed_user(user: AuthedUser, exchange: &CodeExchange) -> Result<Installer, ProviderError> {
    let person = user.id.map(checked_id).transpose()?;
    Ok((
        person,
        credential(user.issued, CredentialKind::User, exchange)?,
    ))
}

/// A token of this kind, if the reply brought one. What is granted where the reply does not say is
/// what was asked for (RFC 6749 section 5.1), and that was bot scopes.
fn credential(
    issued: Issued,
    kind: CredentialKind,
    exchange: &CodeExchange,
) -> Result<Option<GrantedCredential>, ProviderError> {
    let Some(access_token) = issued.access_token else {
        return Ok(None);
    };
    if issued.token_type.as_deref() != Some(kind.as_str()) {
        return Err(Reason::WrongTokenType.into());
    }
    let scopes = match (issued.scope, kind) {
        (Some(Scopes(granted)), _) => granted,
        (None, CredentialKind::Bot) => exchange.scopes.clone(),
        (None, CredentialKind::User) => Vec::new(),
    };
    let expires_at = |lifetime: ExpiresIn| lifetime.after(exchange.now);
    Ok(Some(GrantedCredential {
        kind,
        access_token: checked_token(access_token)?,
        refresh_token: issued.refresh_token.map(checked_token).transpose()?,
        scopes,
        expires_at: issued.expires_in.map(expires_at).transpose()?,
    }))
}

/// Who asked for a webhook and was granted the scope gets one: a connection without it would look
/// whole and reach nobody.
fn check_webhook_came(
    exchange: &CodeExchange,
    credentials: &[GrantedCredential],
    webhook: Option<&IncomingWebhook>,
) -> Result<(), ProviderError> {
    let has = |scopes: &[String]| scopes.iter().any(|scope| scope == INCOMING_WEBHOOK);
    let granted = credentials.iter().any(|credential| has(&credential.scopes));
    if webhook.is_none() && granted && has(&exchange.scopes) {
        return Err(Reason::InvalidResponse.into());
    }
    Ok(())
}
