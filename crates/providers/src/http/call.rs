//! A call to be sent.

use std::{fmt, time::Duration};

use base64::{Engine, engine::general_purpose::STANDARD};
use reqwest::{Method, header::HeaderValue};
use secrecy::{ExposeSecret, SecretString, zeroize::Zeroizing};
use serde::Serialize;
use url::Url;

use super::{EgressError, Form};

/// What a call carries.
#[derive(Clone)]
pub(super) enum Body {
    Form(Form),
    Json(Zeroizing<String>),
}

/// A call to be sent. Only its endpoint's name ever reaches a log.
#[derive(Debug)]
pub struct Call {
    pub(super) endpoint: &'static str,
    pub(super) method: Method,
    pub(super) url: Url,
    pub(super) body: Option<Body>,
    pub(super) authorization: Option<HeaderValue>,
    pub(super) limit: Option<Duration>,
}

impl Call {
    /// A GET of this URL, logged under this name.
    #[must_use]
    pub fn get(endpoint: &'static str, url: Url) -> Self {
        let method = Method::GET;
        Self {
            endpoint,
            method,
            url,
            body: None,
            authorization: None,
            limit: None,
        }
    }

    /// A POST of a form to this URL, logged under this name.
    #[must_use]
    pub fn post(endpoint: &'static str, url: Url, form: Form) -> Self {
        Self {
            method: Method::POST,
            body: Some(Body::Form(form)),
            ..Self::get(endpoint, url)
        }
    }

    /// A POST of JSON to this URL, logged under this name.
    pub fn post_json(
        endpoint: &'static str,
        url: Url,
        body: &impl Serialize,
    ) -> Result<Self, EgressError> {
        let json = serde_json::to_string(body).map_err(|_| EgressError::Unsendable)?;
        Ok(Self {
            method: Method::POST,
            body: Some(Body::Json(Zeroizing::new(json))),
            ..Self::get(endpoint, url)
        })
    }

    /// The same with a bearer token (RFC 6750 section 2.1).
    pub fn with_bearer(self, token: &SecretString) -> Result<Self, EgressError> {
        self.with_authorization(&format!("Bearer {}", token.expose_secret()))
    }

    /// The same with HTTP Basic authentication (RFC 7617); encodes nothing but base64.
    pub fn with_basic(self, user: &str, password: &str) -> Result<Self, EgressError> {
        self.with_authorization(&format!(
            "Basic {}",
            STANDARD.encode(format!("{user}:{password}"))
        ))
    }

    /// The same, given up after `limit` if that is shorter than the policy's total.
    #[must_use]
    pub fn within(self, limit: Duration) -> Self {
        Self {
            limit: Some(limit),
            ..self
        }
    }

    fn with_authorization(self, value: &str) -> Result<Self, EgressError> {
        let mut value = HeaderValue::from_str(value).map_err(|_| EgressError::Unsendable)?;
        value.set_sensitive(true);
        Ok(Self {
            authorization: Some(value),
            ..self
        })
    }
}

/// Of a form the names; of JSON nothing, since a secret may be anywhere in it.
impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Form(form) => form.fmt(f),
            Self::Json(_) => f.write_str("Json"),
        }
    }
}
