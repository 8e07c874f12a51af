//! Whose install it is.

use serde_json::json;
use tieline_domain::reason::Reason;

use crate::harness::{World, reason};

const ORGANIZATION: &[(&str, &str)] = &[("workspace", "E0MERIDIAN")];

/// C19
#[tokio::test]
async fn without_team_and_organization_there_is_no_account() {
    let world = World::new().await;
    for patch in [
        json!({ "team": null, "enterprise": null }),
        json!({ "team": { "id": null } }),
        json!({ "team": { "id": "" } }),
        json!({ "team": { "id": "T 1\r\n" } }),
    ] {
        let outcome = world.install_patched(&["chat:write"], patch).await;
        assert_eq!(reason(outcome), Reason::MissingAccount);
    }
}

/// C20
#[tokio::test]
async fn an_install_for_a_whole_organization_belongs_to_it() {
    let world = World::new().await;
    let grant = world
        .install_with(&["chat:write"], ORGANIZATION)
        .await
        .unwrap();
    assert_eq!(grant.workspace.id, "E0MERIDIAN");
    assert_eq!(grant.workspace.name.as_deref(), Some("Meridian Rail Group"));
    assert_eq!(grant.person.as_deref(), Some("W0ADAOKORO"));
}

#[tokio::test]
async fn an_install_in_a_workspace_of_an_organization_belongs_to_the_workspace() {
    let world = World::new().await;
    let changes = [("workspace", "T0MERIDOP3")];
    let grant = world.install_with(&["chat:write"], &changes).await.unwrap();
    assert_eq!(grant.workspace.id, "T0MERIDOP3");
}

/// C21
#[tokio::test]
async fn an_organization_is_no_account_unless_it_is_the_owner() {
    let world = World::new().await;
    for flag in [json!(false), json!(null)] {
        let patch = json!({
            "team": null, "enterprise": { "id": "E1", "name": "Org" }, "is_enterprise_install": flag,
        });
        let outcome = world.install_patched(&["chat:write"], patch).await;
        assert_eq!(reason(outcome), Reason::MissingAccount);
    }
}

/// C22
#[tokio::test]
async fn an_install_for_an_organization_names_it() {
    let world = World::new().await;
    for enterprise in [json!(null), json!({ "id": null, "name": "Org" })] {
        let patch = json!({ "enterprise": enterprise, "is_enterprise_install": true });
        let outcome = world.install_patched(&["chat:write"], patch).await;
        assert_eq!(reason(outcome), Reason::MissingAccount);
    }
}

/// C25
#[tokio::test]
async fn an_unknown_installer_is_nobody() {
    let world = World::new().await;
    let grant = world
        .install_patched(&["chat:write"], json!({ "authed_user": null }))
        .await;
    let grant = grant.unwrap();
    assert_eq!(grant.person, None);
    assert_eq!(grant.credentials.len(), 1);
}

/// C35
#[tokio::test]
async fn unknown_members_are_ignored() {
    let world = World::new().await;
    let patch = json!({ "new": { "deep": [1, { "x": null }] }, "team": { "domain": "harbour" } });
    assert!(world.install_patched(&["chat:write"], patch).await.is_ok());
}
