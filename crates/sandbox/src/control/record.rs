//! What was asked.

use super::SandboxControl;
use crate::endpoint::Endpoint;
use crate::record::RecordedRequest;

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
}
