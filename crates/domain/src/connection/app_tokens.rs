//! Tokens of apps that authenticate by themselves.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use jiff::Timestamp;

use crate::{ports::Checked, provider::GrantedCredential};

/// So many are remembered at the most.
const CAPACITY: usize = 10_000;

/// The tokens that apps got for themselves (RFC 6749 section 4.4), each for one connection, until
/// they die. This node's own memory: another token costs nothing but a call.
#[derive(Clone, Default)]
pub struct AppTokens(Arc<Mutex<HashMap<Checked, GrantedCredential>>>);

impl AppTokens {
    /// The token for a connection, if it lives beyond `until`.
    #[must_use]
    pub fn find(&self, connection: &Checked, until: Timestamp) -> Option<GrantedCredential> {
        let tokens = self.lock();
        let token = tokens.get(connection)?;
        let lives = token.expires_at.is_some_and(|at| at > until);
        lives.then(|| token.clone())
    }

    /// Remembers a token at `now`. Where there are too many, the dead ones go, else all.
    pub fn keep(&self, connection: Checked, token: &GrantedCredential, now: Timestamp) {
        let mut tokens = self.lock();
        if tokens.len() >= CAPACITY {
            tokens.retain(|_, token| token.expires_at.is_some_and(|at| at > now));
        }
        if tokens.len() >= CAPACITY {
            tokens.clear();
        }
        tokens.insert(connection, token.clone());
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Checked, GrantedCredential>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for AppTokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AppTokens").finish_non_exhaustive()
    }
}
