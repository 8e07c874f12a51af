//! Who is asking: `Authorization: ApiKey <key>`.

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, header, request::Parts},
};
use tieline_domain::{
    api_key::{ApiKeyRole, PresentedKey},
    id::EnvironmentId,
};

use crate::{api::Api, error::ApiError};

/// A caller whose key may read.
#[derive(Debug)]
pub(crate) struct Reader(pub(crate) EnvironmentId);

/// A caller whose key may mint.
#[derive(Debug)]
pub(crate) struct Connector(pub(crate) EnvironmentId);

impl FromRequestParts<Api> for Reader {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, ApiError> {
        authenticate(parts, api, ApiKeyRole::Read).await.map(Self)
    }
}

impl FromRequestParts<Api> for Connector {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, ApiError> {
        authenticate(parts, api, ApiKeyRole::Connect)
            .await
            .map(Self)
    }
}

/// A caller whose key may do everything.
#[derive(Debug)]
pub(crate) struct Administrator(pub(crate) EnvironmentId);

impl FromRequestParts<Api> for Administrator {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, ApiError> {
        authenticate(parts, api, ApiKeyRole::Admin).await.map(Self)
    }
}

async fn authenticate(
    parts: &Parts,
    api: &Api,
    needed: ApiKeyRole,
) -> Result<EnvironmentId, ApiError> {
    let presented = presented_key(&parts.headers);
    Ok(api
        .broker
        .authenticate(presented.as_ref(), needed)
        .await?
        .environment_id)
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
