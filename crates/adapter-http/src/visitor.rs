//! Who opens a page, without a key: so many from one address, and no more.

use axum::{extract::FromRequestParts, http::request::Parts, response::Response};
use tieline_domain::reason::Reason;

use crate::{
    api::SharedApi,
    page::{self, Fault},
    rate_limit::{Quota, Taken},
    request::RequestId,
};

/// Somebody who may open a page now.
#[derive(Debug)]
pub(crate) struct Visitor;

impl FromRequestParts<SharedApi> for Visitor {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, api: &SharedApi) -> Result<Self, Response> {
        let Some(limit) = api.limits.pages else {
            return Ok(Self);
        };
        let origin = api.proxies.origin(parts);
        let (key, now) = (format!("pages:{origin}"), api.broker.clock.now());
        let allowance = api.limits.address_limiter.take(&key, limit, now).await;
        let taken = Taken {
            name: "pages",
            limit,
            allowance,
        };
        Quota::note(parts, taken);
        if allowance.allowed {
            return Ok(Self);
        }
        let id = parts.extensions.get::<RequestId>();
        Err(page::fault(&Fault {
            reason: Reason::AddressLimited,
            reference: id.map(|RequestId(id)| id.clone()).unwrap_or_default(),
        }))
    }
}
