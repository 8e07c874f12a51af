//! What Slack remembers: apps, codes, installations.

use std::collections::{HashMap, HashSet};

use serde::Deserialize;

use crate::config::SlackApp;
use crate::directory::Channel;
use crate::random;
use crate::slack::events::SlackEvents;
use crate::slack::installations::{Holder, Installations, Kind};
use crate::slack::request::AuthorizeRequest;

/// A code lives ten minutes ("oauth.v2.access method").
const CODE_LIFE: i64 = 600;

#[derive(Debug)]
pub(crate) struct SlackState {
    apps: HashMap<String, SlackApp>,
    with_pkce: HashSet<String>,
    unticked: Vec<String>,
    uninstallers: HashMap<String, Uninstallers>,
    events: HashMap<String, SlackEvents>,
    pub(crate) codes: HashMap<String, Code>,
    pub(crate) installations: Installations,
}

/// Whose token `apps.uninstall` takes; any other one meets `no_permission`
/// ("apps.uninstall method").
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Uninstallers {
    /// A bot's as well as a user's.
    #[default]
    Anybody,
    /// A user's, as where granular bots may not uninstall.
    Users,
    /// Nobody's: an administrator has to.
    Nobody,
}

/// What the person on the consent page chose.
#[derive(Debug, Clone)]
pub(crate) struct Consented {
    pub(crate) owner: String,
    pub(crate) person: String,
    pub(crate) channel: Option<Channel>,
}

/// An authorization code.
#[derive(Debug, Clone)]
pub(crate) struct Code {
    pub(crate) client_id: String,
    pub(crate) consented: Consented,
    pub(crate) bot_scopes: Vec<String>,
    pub(crate) user_scopes: Vec<String>,
    pub(crate) redirect_uri: Option<String>,
    pub(crate) challenge: Option<String>,
    pub(crate) expires_at: i64,
    /// The tokens it was exchanged for; `None` while it is unspent.
    pub(crate) spent_on: Option<Vec<String>>,
}

impl SlackState {
    pub(crate) fn new(apps: Vec<SlackApp>, events: Vec<SlackEvents>) -> Self {
        Self {
            apps: apps
                .into_iter()
                .map(|app| (app.client_id.clone(), app))
                .collect(),
            with_pkce: HashSet::new(),
            unticked: Vec::new(),
            uninstallers: HashMap::new(),
            events: events
                .into_iter()
                .map(|app| (app.client_id.clone(), app))
                .collect(),
            codes: HashMap::new(),
            installations: Installations::default(),
        }
    }

    pub(crate) fn register(&mut self, app: SlackApp) {
        self.apps.insert(app.client_id.clone(), app);
    }

    pub(crate) fn app(&self, client_id: &str) -> Option<&SlackApp> {
        self.apps.get(client_id)
    }

    /// Of an app that is not registered nothing changes.
    pub(crate) fn enable_rotation(&mut self, client_id: &str) {
        if let Some(app) = self.apps.get_mut(client_id) {
            app.rotation = true;
        }
    }

    pub(crate) fn enable_pkce(&mut self, client_id: &str) {
        self.with_pkce.insert(client_id.to_owned());
    }

    pub(crate) fn has_pkce(&self, client_id: &str) -> bool {
        self.with_pkce.contains(client_id)
    }

    pub(crate) fn untick(&mut self, scopes: Vec<String>) {
        self.unticked = scopes;
    }

    pub(crate) fn allow_uninstall(&mut self, client_id: &str, by: Uninstallers) {
        self.uninstallers.insert(client_id.to_owned(), by);
    }

    /// Whether this holder may uninstall its own app.
    pub(crate) fn may_uninstall(&self, holder: &Holder) -> bool {
        let by = self.uninstallers.get(&holder.client_id).copied();
        match by.unwrap_or_default() {
            Uninstallers::Anybody => true,
            Uninstallers::Users => holder.kind == Kind::User,
            Uninstallers::Nobody => false,
        }
    }

    pub(crate) fn set_events(&mut self, events: SlackEvents) {
        self.events.insert(events.client_id.clone(), events);
    }

    /// Where an app receives its events; `None` if it receives none.
    pub(crate) fn events(&self, client_id: &str) -> Option<&SlackEvents> {
        self.events.get(client_id)
    }

    pub(crate) fn stop_events(&mut self, client_id: &str) {
        self.events.remove(client_id);
    }

    pub(crate) fn issue_code(
        &mut self,
        consented: Consented,
        request: &AuthorizeRequest,
        now: i64,
    ) -> String {
        let granted = |scopes: &[String]| {
            scopes
                .iter()
                .filter(|scope| !self.unticked.contains(scope))
                .cloned()
                .collect()
        };
        let code = Code {
            client_id: request.client_id.clone(),
            consented,
            bot_scopes: granted(&request.bot_scopes),
            user_scopes: granted(&request.user_scopes),
            redirect_uri: request.redirect_uri.clone(),
            challenge: request.challenge.clone(),
            expires_at: now + CODE_LIFE,
            spent_on: None,
        };
        let value = format!("{}.{}", random::alphanumeric(12), random::alphanumeric(40));
        self.codes.insert(value.clone(), code);
        value
    }
}
