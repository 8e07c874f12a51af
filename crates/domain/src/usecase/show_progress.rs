//! What became of a flow, for the person in front of it.

use url::Url;

use crate::{
    attempt::{AttemptStatus, ConnectAttempt},
    broker::Broker,
    id::FlowId,
    integration::Credentials,
    reason::Reason,
    usecase::UseCaseError,
};

/// What a page tells about an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// The attempt.
    pub attempt: ConnectAttempt,
    /// The name of its environment.
    pub environment: String,
    /// The name of its provider.
    pub provider: String,
    /// What an account is called there.
    pub account_noun: String,
}

impl Broker {
    /// What there is to tell about an attempt.
    pub async fn show_attempt(&self, id: FlowId) -> Result<Shown, UseCaseError> {
        let attempt = self
            .stores
            .attempts
            .find_anywhere(id)
            .await?
            .ok_or(Reason::AttemptUnknown)?;
        let environment = self
            .stores
            .environments
            .find(attempt.environment_id)
            .await?;
        let policy = self
            .providers
            .find(&attempt.provider)
            .map(|provider| &provider.policy);
        Ok(Shown {
            environment: environment
                .map(|environment| environment.name)
                .unwrap_or_default(),
            provider: policy.map_or_else(|| attempt.provider.to_string(), |p| p.name.to_owned()),
            account_noun: policy
                .map_or("account", |policy| policy.account_noun)
                .to_owned(),
            attempt,
        })
    }

    /// Where the product wants the person to be sent when this attempt has ended, with the outcome
    /// in the query: `status`, `code` (our reason) and `connectionIdentifier`; never a secret.
    /// `None` where it has not ended or the product has no such wish.
    pub async fn return_url(&self, attempt: &ConnectAttempt) -> Result<Option<Url>, UseCaseError> {
        if !attempt.status.has_ended() {
            return Ok(None);
        }
        let integration = self
            .stores
            .integrations
            .find_by_id(attempt.environment_id, attempt.integration_id)
            .await?;
        let Some(integration) = integration else {
            return Ok(None);
        };
        let credentials = self.open_credentials(&integration)?;
        let url = credentials
            .get(Credentials::REDIRECT_URL)
            .and_then(|url| Url::parse(url).ok());
        Ok(url.map(|url| with_outcome(url, attempt)))
    }
}

fn with_outcome(mut url: Url, attempt: &ConnectAttempt) -> Url {
    let mut query = url.query_pairs_mut();
    query.append_pair("status", attempt.status.as_str());
    if let Some(reason) = attempt.reason {
        query.append_pair("code", reason.code());
    }
    if attempt.status == AttemptStatus::Completed
        && let Some(identifier) = &attempt.connection_identifier
    {
        query.append_pair("connectionIdentifier", identifier.as_str());
    }
    drop(query);
    url
}
