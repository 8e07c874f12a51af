//! The record of what was asked.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Mutex;

use axum::http::request::Parts;
use jiff::Timestamp;
use serde::Serialize;

use crate::endpoint::Endpoint;
use crate::world::lock;

/// How many requests are kept; the counters never forget.
const KEPT: usize = 4096;

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
}

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
}

/// Everything that was asked so far.
#[derive(Debug, Default)]
pub(crate) struct Journal {
    entries: Mutex<Entries>,
}

#[derive(Debug, Default)]
struct Entries {
    kept: VecDeque<RecordedRequest>,
    counts: BTreeMap<Endpoint, usize>,
}

impl Journal {
    pub(crate) fn record(&self, endpoint: Endpoint, parts: &Parts, body: &[u8], at: Timestamp) {
        let request = RecordedRequest {
            endpoint,
            method: parts.method.to_string(),
            path: parts.uri.path().to_owned(),
            query: parts.uri.query().map(str::to_owned),
            headers: parts
                .headers
                .iter()
                .map(|(name, value)| {
                    (
                        name.to_string(),
                        String::from_utf8_lossy(value.as_bytes()).into_owned(),
                    )
                })
                .collect(),
            body: body.to_vec(),
            at,
        };
        let mut entries = lock(&self.entries);
        *entries.counts.entry(endpoint).or_default() += 1;
        if entries.kept.len() == KEPT {
            entries.kept.pop_front();
        }
        entries.kept.push_back(request);
    }

    pub(crate) fn requests(&self) -> Vec<RecordedRequest> {
        lock(&self.entries).kept.iter().cloned().collect()
    }

    pub(crate) fn count(&self, endpoint: Endpoint) -> usize {
        self.counts().get(&endpoint).copied().unwrap_or_default()
    }

    /// By endpoint; those without a request are not in it.
    pub(crate) fn counts(&self) -> BTreeMap<Endpoint, usize> {
        lock(&self.entries).counts.clone()
    }
}

fn as_text<S: serde::Serializer>(body: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&String::from_utf8_lossy(body))
}

fn as_display<S: serde::Serializer>(at: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(at)
}
