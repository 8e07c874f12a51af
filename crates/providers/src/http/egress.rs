//! The one client for outgoing calls.

use std::{net::IpAddr, time::Duration};

use reqwest::{
    Client, ClientBuilder, RequestBuilder, Response,
    header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE},
    redirect,
};
use url::{Host, Url};

use super::{
    Call, EgressError, EgressSetupError, Reply,
    address::is_public,
    call::Body,
    error::{why_no_answer, why_no_end},
    resolver::{PublicResolver, SystemResolver},
};

/// An idle connection is used again for this long only. Servers hang up on idle ones, and a code
/// sent into a connection that is just being closed is spent for nothing.
const IDLE_CONNECTION: Duration = Duration::from_secs(3);

/// Whom we call, and for how long we listen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EgressPolicy {
    /// Whether addresses that are not public, and unencrypted calls, are allowed: for the sandbox
    /// and for providers inside the operator's own network.
    pub allow_private_addresses: bool,
    /// How long name, connection and TLS may take together.
    pub connect_timeout: Duration,
    /// How long a call may take, from the name to the last byte of the answer.
    pub total_timeout: Duration,
    /// How much of an answer is read.
    pub max_body_bytes: usize,
}

impl Default for EgressPolicy {
    fn default() -> Self {
        Self {
            allow_private_addresses: false,
            connect_timeout: Duration::from_secs(3),
            total_timeout: Duration::from_secs(10),
            max_body_bytes: 256 * 1024,
        }
    }
}

/// Sends calls under an [`EgressPolicy`]: no redirects, no proxies, no decompression, no retry of
/// anything that may have been read by somebody. Clones share their connections.
#[derive(Clone, Debug)]
pub struct Egress {
    client: Client,
    policy: EgressPolicy,
}

impl Egress {
    /// Sets the client up. Fails where TLS cannot be had, for instance without root certificates.
    pub fn new(policy: EgressPolicy) -> Result<Self, EgressSetupError> {
        let client = builder(&policy).build().map_err(EgressSetupError)?;
        Ok(Self { client, policy })
    }

    /// Sends a call and reads its answer to the end, whatever its status. Where nobody listened,
    /// so that nothing can have been sent, it is tried once more.
    pub async fn send(&self, call: &Call) -> Result<Reply, EgressError> {
        let mut outcome = self.attempt(call).await;
        if let Err(EgressError::ConnectionRefused) = outcome {
            outcome = self.attempt(call).await;
        }
        let endpoint = call.endpoint;
        match &outcome {
            Ok(reply) => {
                tracing::debug!(
                    endpoint,
                    status = reply.status,
                    bytes = reply.body.len(),
                    "answered"
                );
            }
            Err(EgressError::AddressRefused) => tracing::warn!(
                endpoint,
                "not called: the address is not public, and private ones are not allowed"
            ),
            Err(error) => tracing::debug!(endpoint, %error, "not answered"),
        }
        outcome
    }

    async fn attempt(&self, call: &Call) -> Result<Reply, EgressError> {
        if !self.may_call(&call.url) {
            return Err(EgressError::AddressRefused);
        }
        let response = self
            .request(call)
            .send()
            .await
            .map_err(|error| why_no_answer(&error))?;
        let status = response.status().as_u16();
        let headers = response.headers().clone();
        let body = read(response, self.policy.max_body_bytes).await?;
        Ok(Reply {
            status,
            headers,
            body,
        })
    }

    /// A name is vetted when it is resolved; an address in the URL has nobody else to vet it.
    fn may_call(&self, url: &Url) -> bool {
        let is_public_host = match url.host() {
            Some(Host::Domain(_)) => true,
            Some(Host::Ipv4(v4)) => is_public(IpAddr::V4(v4)),
            Some(Host::Ipv6(v6)) => is_public(IpAddr::V6(v6)),
            None => false,
        };
        match url.scheme() {
            "https" => is_public_host || self.policy.allow_private_addresses,
            "http" => self.policy.allow_private_addresses,
            _ => false,
        }
    }

    fn request(&self, call: &Call) -> RequestBuilder {
        let mut request = self.client.request(call.method.clone(), call.url.clone());
        request = request.header(ACCEPT, "application/json");
        let body = call.body.as_ref().map(|body| match body {
            Body::Form(form) => ("application/x-www-form-urlencoded", form.body()),
            Body::Json(json) => ("application/json", json.to_string()),
        });
        if let Some((content_type, body)) = body {
            request = request.header(CONTENT_TYPE, content_type).body(body);
        }
        if let Some(authorization) = &call.authorization {
            request = request.header(AUTHORIZATION, authorization);
        }
        match call.limit {
            Some(limit) => request.timeout(limit.min(self.policy.total_timeout)),
            None => request,
        }
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "this is the one constructor for outgoing calls"
)]
fn builder(policy: &EgressPolicy) -> ClientBuilder {
    let builder = Client::builder()
        .user_agent(concat!("tieline/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(policy.connect_timeout)
        .timeout(policy.total_timeout)
        .pool_idle_timeout(IDLE_CONNECTION)
        .redirect(redirect::Policy::none())
        .retry(reqwest::retry::never())
        .referer(false)
        .no_proxy()
        // Other crates of a build may switch these features of the client on.
        .no_gzip()
        .no_brotli()
        .no_zstd()
        .no_deflate()
        .http1_only();
    if policy.allow_private_addresses {
        builder.dns_resolver(SystemResolver)
    } else {
        builder.dns_resolver(PublicResolver)
    }
}

async fn read(mut response: Response, max: usize) -> Result<Vec<u8>, EgressError> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| why_no_end(&error))? {
        if body.len() + chunk.len() > max {
            return Err(EgressError::TooLarge);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}
