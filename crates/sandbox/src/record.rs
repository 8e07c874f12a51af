//! The record of what was asked.

mod journal;
mod mark;
mod reading;

use jiff::Timestamp;
use serde::Serialize;

pub(crate) use journal::{Entry, Journal};
pub(crate) use mark::MarkBook;
pub use mark::{TokenKind, TokenMark};
pub(crate) use reading::read;

use crate::endpoint::Endpoint;

/// A request as it arrived.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RecordedRequest {
    /// Which endpoint it was for.
    pub endpoint: Endpoint,
    /// `GET`, `POST` …
    pub method: String,
    /// The path, without the query.
    pub path: String,
    /// The raw query.
    pub query: Option<String>,
    /// Names in lower case, and values, in the order of arrival.
    pub headers: Vec<(String, String)>,
    /// The raw body.
    #[serde(serialize_with = "as_text")]
    pub body: Vec<u8>,
    /// When, by the sandbox's clock.
    #[serde(serialize_with = "as_display")]
    pub at: Timestamp,
    /// The app on whose behalf it came: as it says itself, else the one that
    /// its token was issued to.
    pub client_id: Option<String>,
    /// The tokens and codes that came with it.
    pub tokens: Vec<TokenMark>,
    /// What the endpoint made of it: `None` while it is at work, and if a fault
    /// stood in for it.
    pub outcome: Option<RecordedOutcome>,
}

/// What an endpoint made of a request, whether or not the client heard of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RecordedOutcome {
    /// The status of its reply.
    pub status: u16,
    /// Why not: Slack's and Graph's error code, Entra's as `AADSTS…`.
    pub error: Option<String>,
}

/// The error code of a reply; travels with it to the record.
#[derive(Debug, Clone)]
pub(crate) struct ErrorCode(pub(crate) String);

impl RecordedRequest {
    /// The first header of this name, in any case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self
            .headers
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name))?;
        Some(&found.1)
    }

    /// The body read as a form.
    #[must_use]
    pub fn form(&self) -> Vec<(String, String)> {
        url::form_urlencoded::parse(&self.body)
            .into_owned()
            .collect()
    }

    /// The query read as a form.
    #[must_use]
    pub fn query_pairs(&self) -> Vec<(String, String)> {
        let query = self.query.as_deref().unwrap_or_default();
        url::form_urlencoded::parse(query.as_bytes())
            .into_owned()
            .collect()
    }

    /// Whether the endpoint did its work and had nothing to object to.
    #[must_use]
    pub fn succeeded(&self) -> bool {
        self.outcome
            .as_ref()
            .is_some_and(|outcome| outcome.status < 400 && outcome.error.is_none())
    }
}

fn as_text<S: serde::Serializer>(body: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&String::from_utf8_lossy(body))
}

fn as_display<S: serde::Serializer>(at: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(at)
}
