//! What was asked.

use std::collections::BTreeMap;

use super::SandboxControl;
use crate::endpoint::Endpoint;
use crate::record::{RecordedRequest, TokenMark};

impl SandboxControl {
    /// The requests so far, oldest first; of very many only the latest.
    #[must_use]
    pub fn requests(&self) -> Vec<RecordedRequest> {
        self.world.journal.requests()
    }

    /// The requests of one endpoint so far, oldest first.
    #[must_use]
    pub fn requests_of(&self, endpoint: Endpoint) -> Vec<RecordedRequest> {
        let mut requests = self.requests();
        requests.retain(|request| request.endpoint == endpoint);
        requests
    }

    /// How many requests this endpoint has seen, the faulted ones included.
    #[must_use]
    pub fn count(&self, endpoint: Endpoint) -> usize {
        self.world.journal.count(endpoint)
    }

    /// How often each token or code came to this endpoint. Nothing that is
    /// spent once may be in it twice.
    #[must_use]
    pub fn calls_by_token(&self, endpoint: Endpoint) -> BTreeMap<TokenMark, usize> {
        self.world.journal.by_token(endpoint)
    }

    /// What a token or a code is, and whose, if this sandbox has issued it.
    #[must_use]
    pub fn mark_of(&self, value: &str) -> Option<TokenMark> {
        self.world.marks.find(value)
    }

    /// Waits until this endpoint has seen so many requests, those included that
    /// came before.
    pub async fn wait_for_requests(&self, endpoint: Endpoint, requests: usize) {
        self.world.journal.reaches(endpoint, requests).await;
    }
}
