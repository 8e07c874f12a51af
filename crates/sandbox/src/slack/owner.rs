//! Where an app is installed: a workspace or a whole organization.

use serde_json::{Value, json};

use crate::directory::{Channel, Organization, Person, Workspace};

/// What owns an installation.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Owner<'a> {
    Workspace(&'a Workspace),
    /// With the workspaces it consists of.
    Organization(&'a Organization, &'a [Workspace]),
}

impl<'a> Owner<'a> {
    /// By `T…` or `E…`; without an id the first workspace.
    pub(crate) fn find(workspaces: &'a [Workspace], id: Option<&str>) -> Option<Self> {
        let Some(id) = id else {
            return workspaces.first().map(Self::Workspace);
        };
        if let Some(workspace) = workspaces.iter().find(|workspace| workspace.id == id) {
            return Some(Self::Workspace(workspace));
        }
        organizations(workspaces)
            .into_iter()
            .find(|organization| organization.id == id)
            .map(|organization| Self::Organization(organization, workspaces))
    }

    pub(crate) fn id(&self) -> &'a str {
        match self {
            Self::Workspace(workspace) => &workspace.id,
            Self::Organization(organization, _) => &organization.id,
        }
    }

    pub(crate) fn name(&self) -> &'a str {
        match self {
            Self::Workspace(workspace) => &workspace.name,
            Self::Organization(organization, _) => &organization.name,
        }
    }

    /// The organization, also when only one of its workspaces is the owner.
    pub(crate) fn organization(&self) -> Option<&'a Organization> {
        match self {
            Self::Workspace(workspace) => workspace.organization.as_ref(),
            Self::Organization(organization, _) => Some(organization),
        }
    }

    /// The member with this id; without an id the first one.
    pub(crate) fn person(&self, id: Option<&str>) -> Option<&'a Person> {
        let mut people = self.workspaces().flat_map(|workspace| &workspace.people);
        people.find(|person| id.is_none_or(|id| person.id == id))
    }

    /// The channel with this id; without an id the first one.
    pub(crate) fn channel(&self, id: Option<&str>) -> Option<&'a Channel> {
        let mut channels = self.workspaces().flat_map(|workspace| &workspace.channels);
        channels.find(|channel| id.is_none_or(|id| channel.id == id))
    }

    /// `team`, `enterprise` and `is_enterprise_install` of a reply: a whole
    /// organization has no team ("Managing organization-ready apps").
    pub(crate) fn describe(&self, reply: &mut Value) {
        let team = match self {
            Self::Workspace(workspace) => json!({ "id": workspace.id, "name": workspace.name }),
            Self::Organization(..) => Value::Null,
        };
        reply["team"] = team;
        reply["enterprise"] = self
            .organization()
            .map_or(Value::Null, |it| json!({ "id": it.id, "name": it.name }));
        reply["is_enterprise_install"] = json!(matches!(self, Self::Organization(..)));
    }

    fn workspaces(&self) -> impl Iterator<Item = &'a Workspace> + use<'a> {
        let (whole, organization) = match *self {
            Self::Workspace(workspace) => (std::slice::from_ref(workspace), None),
            Self::Organization(organization, all) => (all, Some(organization.id.as_str())),
        };
        whole.iter().filter(move |workspace| {
            organization.is_none() || workspace.organization_id() == organization
        })
    }
}

/// Each organization once.
pub(crate) fn organizations(workspaces: &[Workspace]) -> Vec<&Organization> {
    let mut found: Vec<&Organization> = Vec::new();
    for organization in workspaces.iter().filter_map(|it| it.organization.as_ref()) {
        if found.iter().all(|known| known.id != organization.id) {
            found.push(organization);
        }
    }
    found
}
