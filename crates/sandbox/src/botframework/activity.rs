//! One activity, on demand.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use super::token::{Subject, token};
use super::{ActivityFlaw, body};
use crate::delivery::Letter;
use crate::random;
use crate::world::{World, lock};

/// An activity to send to a bot, whether or not it is true.
///
/// ```
/// use tieline_sandbox::{ActivityFlaw, BotActivity};
///
/// let tenant = "3f6c1a52-8d0b-4e57-9a41-6b2f0c7d9e10";
/// let truth = BotActivity::installed("0d9c4f5e-6a71-4b28-93c5-e1f7a2804b36", tenant);
/// let lie = truth.clone().flawed(ActivityFlaw::WrongAudience);
/// let in_a_team = truth.in_team("19:kitchen@thread.tacv2", "Kitchen");
/// ```
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BotActivity {
    pub(super) app_id: String,
    pub(super) tenant: String,
    pub(super) kind: BotActivityKind,
    #[serde(default)]
    pub(super) scope: BotScope,
    pub(super) id: Option<String>,
    pub(super) happened_at: Option<Timestamp>,
    signed_at: Option<Timestamp>,
    service_url: Option<String>,
    flaw: Option<ActivityFlaw>,
}

/// What an activity says.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum BotActivityKind {
    /// `installationUpdate`.
    InstallationUpdate {
        /// Whether the app came or went.
        action: InstallationAction,
    },
    /// `conversationUpdate`: these are in the conversation now. The bot itself
    /// is `28:` and its app id; an empty list stands for it.
    MembersAdded {
        /// Ids as Teams has them, `28:…` or `29:…`.
        members: Vec<String>,
    },
    /// `conversationUpdate`: these are in the conversation no longer; an empty
    /// list stands for the bot itself.
    MembersRemoved {
        /// Ids as Teams has them, `28:…` or `29:…`.
        members: Vec<String>,
    },
    /// Any other activity: these members come over those that all have.
    Other(Value),
}

/// The `action` of an `installationUpdate`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InstallationAction {
    /// `add`.
    Add,
    /// `remove`.
    Remove,
    /// `add-upgrade`: a new version came.
    AddUpgrade,
    /// `remove-upgrade`: the old version went.
    RemoveUpgrade,
}

/// Where the app is installed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum BotScope {
    /// With the first person of the tenant.
    #[default]
    FirstPerson,
    /// With this person, by object id.
    Person(String),
    /// In a team.
    Team {
        /// The id of its conversation, `19:…`.
        id: String,
        /// What people call it.
        name: String,
    },
}

impl BotActivity {
    /// An activity of this kind, in a tenant, with its first person.
    #[must_use]
    pub fn new(app_id: &str, tenant: &str, kind: BotActivityKind) -> Self {
        Self {
            app_id: app_id.to_owned(),
            tenant: tenant.to_owned(),
            kind,
            scope: BotScope::default(),
            id: None,
            happened_at: None,
            signed_at: None,
            service_url: None,
            flaw: None,
        }
    }

    /// `installationUpdate` with `add`.
    #[must_use]
    pub fn installed(app_id: &str, tenant: &str) -> Self {
        let action = InstallationAction::Add;
        Self::new(
            app_id,
            tenant,
            BotActivityKind::InstallationUpdate { action },
        )
    }

    /// `installationUpdate` with `remove`.
    #[must_use]
    pub fn uninstalled(app_id: &str, tenant: &str) -> Self {
        let action = InstallationAction::Remove;
        Self::new(
            app_id,
            tenant,
            BotActivityKind::InstallationUpdate { action },
        )
    }

    /// `conversationUpdate`: the bot was added.
    #[must_use]
    pub fn bot_added(app_id: &str, tenant: &str) -> Self {
        let members = Vec::new();
        Self::new(app_id, tenant, BotActivityKind::MembersAdded { members })
    }

    /// `conversationUpdate`: the bot was removed.
    #[must_use]
    pub fn bot_removed(app_id: &str, tenant: &str) -> Self {
        let members = Vec::new();
        Self::new(app_id, tenant, BotActivityKind::MembersRemoved { members })
    }

    /// With this person, by object id.
    #[must_use]
    pub fn with_person(mut self, user: &str) -> Self {
        self.scope = BotScope::Person(user.to_owned());
        self
    }

    /// In a team.
    #[must_use]
    pub fn in_team(mut self, id: &str, name: &str) -> Self {
        let (id, name) = (id.to_owned(), name.to_owned());
        self.scope = BotScope::Team { id, name };
        self
    }

    /// With this id; otherwise it has one of its own.
    #[must_use]
    pub fn with_id(mut self, id: &str) -> Self {
        self.id = Some(id.to_owned());
        self
    }

    /// As of this time; otherwise as of now by the sandbox's clock.
    #[must_use]
    pub fn happened_at(mut self, time: Timestamp) -> Self {
        self.happened_at = Some(time);
        self
    }

    /// Signed at this time; otherwise now by the sandbox's clock, which a test
    /// may have moved away from the receiver's.
    #[must_use]
    pub fn signed_at(mut self, time: Timestamp) -> Self {
        self.signed_at = Some(time);
        self
    }

    /// To be answered at this address; otherwise at one of the sandbox's own,
    /// where nobody listens.
    #[must_use]
    pub fn with_service_url(mut self, service_url: &str) -> Self {
        self.service_url = Some(service_url.to_owned());
        self
    }

    /// With something wrong about its token.
    #[must_use]
    pub fn flawed(mut self, flaw: ActivityFlaw) -> Self {
        self.flaw = Some(flaw);
        self
    }
}

/// The activity as it is sent; `None` if the bot receives none, or there is no
/// such tenant.
pub(crate) fn letter(world: &World, activity: &BotActivity) -> Option<Letter> {
    let to = lock(&world.bots).messaging_url(&activity.app_id)?;
    let tenant = world.tenants.iter().find(|it| it.id == activity.tenant)?;
    let own = format!("{}/teams/", world.bot_framework_base());
    let service_url = activity.service_url.as_deref().unwrap_or(&own);
    let id = activity.id.clone().unwrap_or_else(random::guid);
    let now = world.clock.now();
    let body = body::body(activity, tenant, service_url, &id, now);
    let subject = Subject {
        app_id: &activity.app_id,
        service_url,
        now: activity.signed_at.unwrap_or(now).as_second(),
    };
    let token = token(world, &subject, activity.flaw);
    let bearer = |token| ("authorization".to_owned(), format!("Bearer {token}"));
    Some(Letter {
        client_id: activity.app_id.clone(),
        to,
        kind: body["type"].as_str().unwrap_or_default().to_owned(),
        event_id: Some(id),
        headers: token.map(bearer).into_iter().collect(),
        body: body.to_string(),
        at: now,
    })
}
