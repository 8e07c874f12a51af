//! Who is asking: `Authorization: ApiKey <key>`.

use std::sync::Arc;

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, header, request::Parts},
};
use tieline_domain::{
    api_key::{ApiKey, ApiKeyRight, ApiKeyRole, PresentedKey},
    audit::Actor,
    broker::Broker,
    id::EnvironmentId,
    reason::Reason,
};

use crate::{
    api::{Api, SharedApi},
    error::ApiError,
    rate_limit,
};

/// Whoever asks: their key, and the broker that does what they ask for in their name.
#[derive(Debug)]
pub(crate) struct Caller {
    pub(crate) key: Arc<ApiKey>,
    pub(crate) broker: Broker,
}

impl Caller {
    /// The environment that the key speaks for.
    pub(crate) fn environment(&self) -> EnvironmentId {
        self.key.environment_id
    }

    /// Whether the key has this right.
    pub(crate) fn has(&self, right: ApiKeyRight) -> bool {
        self.key.rights.contains(&right)
    }

    /// Refuses a key without this right.
    pub(crate) fn demand(&self, right: ApiKeyRight) -> Result<(), ApiError> {
        if self.has(right) {
            return Ok(());
        }
        let message = format!("This needs an API key with the right {right}.");
        Err(ApiError::new(Reason::Forbidden, message))
    }
}

macro_rules! callers {
    ($($(#[$doc:meta])* $name:ident, $role:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Debug)]
        pub(crate) struct $name(pub(crate) Caller);

        impl FromRequestParts<SharedApi> for $name {
            type Rejection = ApiError;

            async fn from_request_parts(parts: &mut Parts, api: &SharedApi) -> Result<Self, ApiError> {
                authenticate(parts, api, ApiKeyRole::$role).await.map(Self)
            }
        }
    )*};
}

callers! {
    /// A caller whose key may read.
    Reader, Read;
    /// A caller whose key may mint.
    Connector, Connect;
    /// A caller whose key may do everything.
    Administrator, Admin;
}

async fn authenticate(parts: &Parts, api: &Api, needed: ApiKeyRole) -> Result<Caller, ApiError> {
    let presented = presented_key(&parts.headers);
    let presented = presented.as_ref();
    api.lockout.pass(parts, api, presented)?;
    let key = match api.broker.authenticate(presented, needed).await {
        Ok(key) => key,
        Err(error) => {
            if error.reason() == Reason::Unauthorized {
                api.lockout.note_failure(parts, api, presented).await;
            }
            return Err(error.into());
        }
    };
    api.lockout.note_success(&key);
    rate_limit::take(parts, api, &key).await?;
    let broker = api.broker.acting_as(Actor::ApiKey(key.id));
    Ok(Caller { key, broker })
}

fn presented_key(headers: &HeaderMap) -> Option<PresentedKey> {
    let (scheme, key) = headers
        .get(header::AUTHORIZATION)?
        .to_str()
        .ok()?
        .split_once(' ')?;
    // RFC 9110 section 11.1: the scheme's case does not matter.
    if !scheme.eq_ignore_ascii_case("ApiKey") {
        return None;
    }
    PresentedKey::parse(key.trim()).ok()
}
