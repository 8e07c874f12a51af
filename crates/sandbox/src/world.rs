//! Everything a running sandbox knows.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::runtime::Handle;
use tokio::sync::watch;
use url::Url;

use crate::botframework::Bots;
use crate::clock::SandboxClock;
use crate::config::SandboxConfig;
use crate::delivery::Outbox;
use crate::directory::{Tenant, Workspace};
use crate::entra::EntraState;
use crate::fault::{Budgets, FaultBoard, Gate};
use crate::keys::{Family, KeyRing};
use crate::record::{Journal, MarkBook};
use crate::slack::SlackState;

/// The shared state behind all endpoints.
#[derive(Debug)]
pub(crate) struct World {
    /// Without a slash at the end.
    pub(crate) origin: String,
    pub(crate) clock: SandboxClock,
    pub(crate) journal: Journal,
    pub(crate) marks: MarkBook,
    pub(crate) faults: FaultBoard,
    pub(crate) gate: Gate,
    pub(crate) budgets: Budgets,
    pub(crate) keys: KeyRing,
    pub(crate) bot_keys: KeyRing,
    pub(crate) bots: Mutex<Bots>,
    pub(crate) outbox: Arc<Outbox>,
    pub(crate) workspaces: Vec<Workspace>,
    pub(crate) tenants: Vec<Tenant>,
    slack: Mutex<SlackState>,
    entra: Mutex<EntraState>,
    closing: watch::Receiver<bool>,
}

impl World {
    /// Sends what it has to send on the runtime that this is called on.
    pub(crate) fn new(config: SandboxConfig, origin: &Url, closing: watch::Receiver<bool>) -> Self {
        let outbox = Outbox::new(Handle::current(), closing.clone());
        Self {
            origin: origin.as_str().trim_end_matches('/').to_owned(),
            clock: SandboxClock::default(),
            journal: Journal::default(),
            marks: MarkBook::default(),
            faults: FaultBoard::default(),
            gate: Gate::default(),
            budgets: Budgets::default(),
            keys: KeyRing::new(Family::Entra),
            bot_keys: KeyRing::new(Family::BotFramework),
            bots: Mutex::new(Bots::new(config.bots)),
            outbox: Arc::new(outbox),
            workspaces: config.workspaces,
            tenants: config.tenants,
            slack: Mutex::new(SlackState::new(config.slack_apps, config.slack_events)),
            entra: Mutex::new(EntraState::new(config.entra_apps)),
            closing,
        }
    }

    pub(crate) fn slack(&self) -> MutexGuard<'_, SlackState> {
        lock(&self.slack)
    }

    pub(crate) fn entra(&self) -> MutexGuard<'_, EntraState> {
        lock(&self.entra)
    }

    pub(crate) fn slack_base(&self) -> String {
        format!("{}/slack", self.origin)
    }

    pub(crate) fn entra_base(&self) -> String {
        format!("{}/entra", self.origin)
    }

    pub(crate) fn graph_base(&self) -> String {
        format!("{}/graph", self.origin)
    }

    pub(crate) fn bot_framework_base(&self) -> String {
        format!("{}/botframework", self.origin)
    }

    /// Waits until the sandbox is being stopped.
    pub(crate) async fn closed(&self) {
        // An error says that the sandbox has been dropped: closed as well.
        let _ = self.closing.clone().wait_for(|closing| *closing).await;
    }
}

/// Locks, also after another thread has panicked with the lock held: a test
/// that failed must not make its neighbours fail.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
