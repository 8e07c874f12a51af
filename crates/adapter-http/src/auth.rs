//! Who is asking: `Authorization: ApiKey <key>`.

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, header, request::Parts},
};
use tieline_domain::{
    api_key::{ApiKey, ApiKeyRole, PresentedKey},
    id::EnvironmentId,
    reason::Reason,
};

use crate::{api::Api, error::ApiError, rate_limit};

macro_rules! callers {
    ($($(#[$doc:meta])* $name:ident($held:ty), $role:ident, $hold:expr;)*) => {$(
        $(#[$doc])*
        #[derive(Debug)]
        pub(crate) struct $name(pub(crate) $held);

        impl FromRequestParts<Api> for $name {
            type Rejection = ApiError;

            async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, ApiError> {
                let key = authenticate(parts, api, ApiKeyRole::$role).await?;
                let hold: fn(ApiKey) -> $held = $hold;
                Ok(Self(hold(key)))
            }
        }
    )*};
}

callers! {
    /// The environment of a caller whose key may read.
    Reader(EnvironmentId), Read, |key| key.environment_id;
    /// The key of such a caller.
    ReaderKey(ApiKey), Read, |key| key;
    /// The environment of a caller whose key may mint.
    Connector(EnvironmentId), Connect, |key| key.environment_id;
    /// The key of such a caller.
    ConnectorKey(ApiKey), Connect, |key| key;
    /// The environment of a caller whose key may do everything.
    Administrator(EnvironmentId), Admin, |key| key.environment_id;
    /// The key of such a caller.
    AdministratorKey(ApiKey), Admin, |key| key;
}

async fn authenticate(parts: &Parts, api: &Api, needed: ApiKeyRole) -> Result<ApiKey, ApiError> {
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
    Ok(key)
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
