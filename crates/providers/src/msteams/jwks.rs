//! A key set of Microsoft's, fetched and kept ("Access tokens in the Microsoft identity platform",
//! learn.microsoft.com: keys roll over without notice, so look at least daily).

use std::{
    fmt,
    sync::{Arc, PoisonError, RwLock},
};

use jiff::{SignedDuration, Timestamp};
use tieline_domain::{
    ports::{Clock, ProviderError},
    provider::authorize::join,
    reason::Reason,
};
use tokio::sync::Mutex;
use url::Url;

use super::{
    keys::Keys,
    wire::{Jwks, OpenIdMetadata},
};
use crate::{
    http::{Call, Egress, Reply},
    oauth2::{check_status, http_failure},
};

/// How long fetched keys are believed.
const FRESH: SignedDuration = SignedDuration::from_hours(24);

/// How long after a fetch for the sake of an unknown key no other such fetch is made: a token can
/// name any key it likes.
const COOL_DOWN: SignedDuration = SignedDuration::from_secs(60);

/// Where a key set is.
#[derive(Clone, Debug)]
pub(super) enum KeySource {
    /// At this place.
    At(Url),
    /// Where an OpenID metadata document says, which must be this issuer's own.
    Discovered {
        /// The document.
        metadata: Url,
        /// The issuer that it must name.
        issuer: String,
    },
}

/// A key set, kept while it is fresh, fetched by one caller at a time.
pub(super) struct KeySet {
    egress: Egress,
    clock: Arc<dyn Clock>,
    source: KeySource,
    state: RwLock<State>,
    fetching: Mutex<()>,
}

#[derive(Clone, Default)]
struct State {
    kept: Option<(Arc<Keys>, Timestamp)>,
    refetched_at: Option<Timestamp>,
    fetches: u64,
    last: Option<Result<Arc<Keys>, ProviderError>>,
}

impl KeySet {
    /// The key set of the Entra at `entra`.
    pub(super) fn of_entra(egress: Egress, clock: Arc<dyn Clock>, entra: &Url) -> Self {
        let source = KeySource::At(join(entra, "/common/discovery/v2.0/keys"));
        Self::new(egress, clock, source)
    }

    /// The key set of this source.
    pub(super) fn new(egress: Egress, clock: Arc<dyn Clock>, source: KeySource) -> Self {
        Self {
            egress,
            clock,
            source,
            state: RwLock::default(),
            fetching: Mutex::default(),
        }
    }

    /// The keys among which to look for this one, fetched anew where they are stale or do not know
    /// it. While they are fresh, a fetch that fails changes nothing.
    pub(super) async fn for_kid(&self, kid: Option<&str>) -> Result<Arc<Keys>, ProviderError> {
        let now = self.clock.now();
        let state = self.state();
        match state.fresh(now) {
            Some(keys) if keys.knows(kid) || state.is_cooling_down(now) => Ok(keys),
            Some(keys) => {
                self.update(|state| state.refetched_at = Some(now));
                Ok(self.fetch(state.fetches).await.unwrap_or(keys))
            }
            None => self.fetch(state.fetches).await,
        }
    }

    /// Fetches, unless somebody else has done so since `seen`: then what they got counts, be it a
    /// failure. Otherwise callers would queue behind a server that hangs.
    async fn fetch(&self, seen: u64) -> Result<Arc<Keys>, ProviderError> {
        let _turn = self.fetching.lock().await;
        let state = self.state();
        if let (Some(last), true) = (state.last, state.fetches != seen) {
            return last;
        }
        let outcome = self.request().await.map(Arc::new);
        let now = self.clock.now();
        self.update(|state| {
            state.fetches += 1;
            state.last = Some(outcome.clone());
            if let Ok(keys) = &outcome {
                state.kept = Some((Arc::clone(keys), now));
            }
        });
        outcome
    }

    async fn request(&self) -> Result<Keys, ProviderError> {
        let url = match &self.source {
            KeySource::At(url) => url.clone(),
            KeySource::Discovered { metadata, issuer } => {
                let reply = self.get("openid metadata", metadata.clone()).await?;
                let found: OpenIdMetadata = reply.json()?;
                // Whoever could name keys elsewhere could sign anything.
                let is_own =
                    found.issuer == *issuer && found.jwks_uri.origin() == metadata.origin();
                if !is_own {
                    return Err(Reason::InvalidResponse.into());
                }
                found.jwks_uri
            }
        };
        Keys::read(self.get("signing keys", url).await?.json::<Jwks>()?)
    }

    async fn get(&self, endpoint: &'static str, url: Url) -> Result<Reply, ProviderError> {
        let reply = self.egress.send(&Call::get(endpoint, url)).await?;
        check_status(&reply, self.clock.now())?;
        if reply.is_success() {
            Ok(reply)
        } else {
            Err(http_failure(&reply))
        }
    }

    fn state(&self) -> State {
        self.state
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    fn update(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.state.write().unwrap_or_else(PoisonError::into_inner));
    }
}

impl State {
    fn fresh(&self, now: Timestamp) -> Option<Arc<Keys>> {
        let (keys, fetched_at) = self.kept.as_ref()?;
        (now.duration_since(*fetched_at) < FRESH).then(|| Arc::clone(keys))
    }

    fn is_cooling_down(&self, now: Timestamp) -> bool {
        self.refetched_at
            .is_some_and(|at| now.duration_since(at) < COOL_DOWN)
    }
}

impl fmt::Debug for KeySet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeySet").finish_non_exhaustive()
    }
}
