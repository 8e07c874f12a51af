//! What the consent page offers.

use crate::directory::Workspace;
use crate::page::{Choice, Group, Select};
use crate::slack::SlackForm;
use crate::slack::owner::organizations;
use crate::slack::request::AuthorizeRequest;

/// The select boxes of the page; what `team` hints at is preselected.
pub(crate) fn selects(request: &AuthorizeRequest, workspaces: &[Workspace]) -> Vec<Select> {
    let mut selects = vec![
        Select {
            name: SlackForm::WORKSPACE,
            label: "Install to",
            default: None,
            groups: owners(workspaces, request.team.as_deref()),
        },
        Select {
            name: SlackForm::PERSON,
            label: "You are",
            default: Some("the first member listed there"),
            groups: members(workspaces),
        },
    ];
    if request.wants_webhook() {
        selects.push(Select {
            name: SlackForm::CHANNEL,
            label: "Post to",
            default: Some("the first channel listed there"),
            groups: channels(workspaces),
        });
    }
    selects
}

fn owners(workspaces: &[Workspace], hint: Option<&str>) -> Vec<Group> {
    let choice = |id: &str, label: String| Choice {
        value: id.to_owned(),
        label,
        selected: hint == Some(id),
    };
    let plain = workspaces.iter().map(|it| choice(&it.id, it.name.clone()));
    let whole = organizations(workspaces).into_iter().map(|it| {
        choice(
            &it.id,
            format!("{} (install to the whole organization)", it.name),
        )
    });
    vec![
        Group {
            label: "Workspaces".to_owned(),
            choices: plain.collect(),
        },
        Group {
            label: "Organizations".to_owned(),
            choices: whole.collect(),
        },
    ]
}

fn members(workspaces: &[Workspace]) -> Vec<Group> {
    by_workspace(workspaces, |workspace| {
        workspace
            .people
            .iter()
            .map(|it| (it.id.clone(), it.name.clone()))
            .collect()
    })
}

fn channels(workspaces: &[Workspace]) -> Vec<Group> {
    by_workspace(workspaces, |workspace| {
        workspace
            .channels
            .iter()
            .map(|it| (it.id.clone(), it.name.clone()))
            .collect()
    })
}

fn by_workspace(
    workspaces: &[Workspace],
    choices: impl Fn(&Workspace) -> Vec<(String, String)>,
) -> Vec<Group> {
    let choice = |(value, label)| Choice {
        value,
        label,
        selected: false,
    };
    workspaces
        .iter()
        .map(|workspace| Group {
            label: workspace.name.clone(),
            choices: choices(workspace).into_iter().map(choice).collect(),
        })
        .collect()
}
