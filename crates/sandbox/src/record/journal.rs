//! Everything that was asked so far.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Mutex;

use tokio::sync::watch;

use super::{RecordedOutcome, RecordedRequest, TokenMark};
use crate::endpoint::Endpoint;
use crate::world::lock;

/// How many requests are kept; the counters never forget.
const KEPT: usize = 4096;

#[derive(Debug, Default)]
pub(crate) struct Journal {
    entries: Mutex<Entries>,
    counts: watch::Sender<BTreeMap<Endpoint, usize>>,
}

#[derive(Debug, Default)]
struct Entries {
    kept: VecDeque<RecordedRequest>,
    forgotten: usize,
    by_token: BTreeMap<(Endpoint, TokenMark), usize>,
}

/// Where a request stands in the journal.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Entry(usize);

impl Journal {
    pub(crate) fn record(&self, request: RecordedRequest) -> Entry {
        let endpoint = request.endpoint;
        let entry = self.keep(request);
        self.counts
            .send_modify(|counts| *counts.entry(endpoint).or_default() += 1);
        entry
    }

    fn keep(&self, request: RecordedRequest) -> Entry {
        let mut entries = lock(&self.entries);
        for mark in &request.tokens {
            let key = (request.endpoint, mark.clone());
            *entries.by_token.entry(key).or_default() += 1;
        }
        if entries.kept.len() == KEPT {
            entries.kept.pop_front();
            entries.forgotten += 1;
        }
        let entry = Entry(entries.forgotten + entries.kept.len());
        entries.kept.push_back(request);
        entry
    }

    /// Adds what the endpoint made of a request, unless that is forgotten.
    pub(crate) fn conclude(&self, Entry(number): Entry, outcome: RecordedOutcome) {
        let mut entries = lock(&self.entries);
        let index = number.checked_sub(entries.forgotten);
        if let Some(request) = index.and_then(|index| entries.kept.get_mut(index)) {
            request.outcome = Some(outcome);
        }
    }

    pub(crate) fn requests(&self) -> Vec<RecordedRequest> {
        lock(&self.entries).kept.iter().cloned().collect()
    }

    pub(crate) fn count(&self, endpoint: Endpoint) -> usize {
        self.counts().get(&endpoint).copied().unwrap_or_default()
    }

    /// By endpoint; those without a request are not in it.
    pub(crate) fn counts(&self) -> BTreeMap<Endpoint, usize> {
        self.counts.borrow().clone()
    }

    /// By token; those that never came are not in it.
    pub(crate) fn by_token(&self, endpoint: Endpoint) -> BTreeMap<TokenMark, usize> {
        lock(&self.entries)
            .by_token
            .iter()
            .filter(|((at, _), _)| *at == endpoint)
            .map(|((_, mark), count)| (mark.clone(), *count))
            .collect()
    }

    /// Waits until an endpoint has seen so many requests.
    pub(crate) async fn reaches(&self, endpoint: Endpoint, requests: usize) {
        let enough = |counts: &BTreeMap<Endpoint, usize>| {
            requests <= counts.get(&endpoint).copied().unwrap_or_default()
        };
        // An error says that the sandbox has been dropped: no more will come.
        let _ = self.counts.subscribe().wait_for(enough).await;
    }
}
