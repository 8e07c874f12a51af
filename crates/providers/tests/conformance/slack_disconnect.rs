//! Ending an app's installation in a workspace.

use std::time::Duration;

use serde_json::json;
use tieline_domain::{
    connection::Workspace,
    integration::Credentials,
    provider::GrantedCredential,
    reason::Reason,
    revocation::{RevocationItem, RevocationOutcome, RevocationOutcome::*, RevocationSubject::*},
};
use tieline_sandbox::{Endpoint, Fault, RetryAfter, Uninstallers};

use crate::harness::{CLIENT_ID, SECRET, World, credentials};

const BAKERY: &str = "T0HARBOUR1";
const RAIL_GROUP: &str = "E0MERIDIAN";

const BOT_AND_USER: &[(&str, &str)] = &[("user_scope", "users:read")];

/// The tokens of an installation, the bot's first.
async fn installed(world: &World, changes: &[(&str, &str)]) -> Vec<GrantedCredential> {
    let grant = world.install_with(&["chat:write"], changes).await;
    grant.unwrap().credentials
}

async fn disconnect_as(
    world: &World,
    app: &Credentials,
    workspace: &str,
    tokens: &[GrantedCredential],
) -> Vec<RevocationItem> {
    let workspace = Workspace {
        id: workspace.to_owned(),
        name: None,
        bot_user_id: None,
    };
    let client = world.client("slack");
    client.disconnect(app, &workspace, tokens).await
}

async fn disconnect(world: &World, tokens: &[GrantedCredential]) -> Vec<RevocationItem> {
    disconnect_as(world, &world.app, BAKERY, tokens).await
}

/// What became of the app and of each token, in this order.
fn outcomes(items: &[RevocationItem]) -> Vec<RevocationOutcome> {
    let subjects: Vec<_> = items.iter().map(|item| item.subject).collect();
    assert!(
        [App, BotToken, UserToken].starts_with(&subjects),
        "{subjects:?}"
    );
    items.iter().map(|item| item.outcome).collect()
}

/// Why something was not taken back.
fn why(item: &RevocationItem) -> Option<(Reason, Option<&str>)> {
    let failure = item.failure.as_ref()?;
    Some((failure.reason, failure.provider_error.as_deref()))
}

fn counts(world: &World) -> (usize, usize) {
    let count = |endpoint| world.control().count(endpoint);
    (
        count(Endpoint::SlackAppsUninstall),
        count(Endpoint::SlackAuthRevoke),
    )
}

async fn is_dead(world: &World, token: &GrantedCredential) -> bool {
    let client = world.client("slack");
    let token = std::slice::from_ref(token);
    client.verify(&world.app, BAKERY, token).await.is_err()
}

/// G01
#[tokio::test]
async fn an_uninstall_ends_the_app_and_all_its_tokens() {
    let world = World::new().await;
    for (changes, expected) in [
        (&[][..], vec![Revoked, Revoked]),
        (BOT_AND_USER, vec![Revoked, Revoked, Revoked]),
    ] {
        let tokens = installed(&world, changes).await;
        let items = disconnect(&world, &tokens).await;
        assert_eq!(outcomes(&items), expected);
        assert!(items.iter().all(|item| item.failure.is_none()));
        for token in &tokens {
            assert!(is_dead(&world, token).await);
        }
    }
    assert_eq!(counts(&world), (2, 0));
}

#[tokio::test]
async fn the_app_names_itself_and_the_token_travels_in_the_header() {
    let world = World::new().await;
    let tokens = installed(&world, &[]).await;
    disconnect(&world, &tokens).await;
    let request = &world.control().requests_of(Endpoint::SlackAppsUninstall)[0];
    let sent = [("client_id", CLIENT_ID), ("client_secret", SECRET)];
    let sent = sent.map(|(name, value)| (name.to_owned(), value.to_owned()));
    assert_eq!(request.form(), sent);
    assert!(
        request
            .header("authorization")
            .is_some_and(|it| it.starts_with("Bearer xoxb-"))
    );
}

/// G04: some bots may not remove their app, and people may.
#[tokio::test]
async fn the_persons_token_comes_first() {
    let world = World::new().await;
    world
        .control()
        .allow_slack_uninstall(CLIENT_ID, Uninstallers::Users);
    let tokens = installed(&world, BOT_AND_USER).await;
    let items = disconnect(&world, &tokens).await;
    assert_eq!(outcomes(&items), [Revoked, Revoked, Revoked]);
    assert_eq!(counts(&world), (1, 0));
}

/// G04
#[tokio::test]
async fn where_only_an_administrator_may_the_tokens_are_taken_back_one_by_one() {
    let world = World::new().await;
    world
        .control()
        .allow_slack_uninstall(CLIENT_ID, Uninstallers::Nobody);
    let tokens = installed(&world, BOT_AND_USER).await;
    let items = disconnect(&world, &tokens).await;
    assert_eq!(outcomes(&items), [Impossible, Revoked, Revoked]);
    let left = Some((Reason::AdminMustRemove, Some("no_permission")));
    assert_eq!(why(&items[0]), left);
    for token in &tokens {
        assert!(is_dead(&world, token).await);
    }
    assert_eq!(counts(&world), (1, 2));
}

/// G02, G05
#[tokio::test]
async fn what_is_gone_is_gone() {
    let world = World::new().await;
    let tokens = installed(&world, BOT_AND_USER).await;
    disconnect(&world, &tokens).await;
    for _ in 0..2 {
        let items = disconnect(&world, &tokens).await;
        assert_eq!(outcomes(&items), [AlreadyGone, AlreadyGone, AlreadyGone]);
        assert!(items.iter().all(|item| item.failure.is_none()));
    }
    let tokens = installed(&world, &[]).await;
    world.control().uninstall_slack_app(CLIENT_ID, BAKERY);
    let items = disconnect(&world, &tokens).await;
    assert_eq!(outcomes(&items), [AlreadyGone, AlreadyGone]);
}

/// G02: a token that was revoked says nothing of the app, which may still be there.
#[tokio::test]
async fn without_a_live_token_the_app_is_left_to_an_administrator() {
    let world = World::new().await;
    let tokens = installed(&world, BOT_AND_USER).await;
    world.control().revoke_slack_tokens(CLIENT_ID, BAKERY);
    let items = disconnect(&world, &tokens).await;
    assert_eq!(outcomes(&items), [Impossible, AlreadyGone, AlreadyGone]);
    let left = Some((Reason::AdminMustRemove, Some("token_revoked")));
    assert_eq!(why(&items[0]), left);
    assert_eq!(counts(&world), (2, 0));

    let items = disconnect(&world, &[]).await;
    assert_eq!(outcomes(&items), [Impossible]);
    assert_eq!(why(&items[0]), Some((Reason::AdminMustRemove, None)));
}

/// A person who left takes their token along, and not the app.
#[tokio::test]
async fn a_person_who_left_is_no_hindrance() {
    let world = World::new().await;
    let tokens = installed(&world, BOT_AND_USER).await;
    let gone = refusal("account_inactive");
    world
        .control()
        .fault_once(Endpoint::SlackAppsUninstall, gone);
    let items = disconnect(&world, &tokens).await;
    assert_eq!(outcomes(&items), [Revoked, Revoked, AlreadyGone]);
    assert_eq!(counts(&world), (2, 0));
}

/// G03: what may pass is to be tried again, with all that it takes to do so.
#[tokio::test]
async fn a_slack_in_trouble_is_asked_again_later() {
    let world = World::new().await;
    let tokens = installed(&world, BOT_AND_USER).await;
    for (fault, reason, told) in [
        (
            Fault::Status(503, String::new()),
            Reason::ProviderError,
            "HTTP 503",
        ),
        (
            Fault::RateLimited(RetryAfter::Seconds(60)),
            Reason::ProviderRateLimited,
            "HTTP 429",
        ),
        (
            refusal("ratelimited"),
            Reason::ProviderRateLimited,
            "ratelimited",
        ),
        (
            refusal("internal_error"),
            Reason::ProviderError,
            "internal_error",
        ),
        (
            refusal("brand_new_error"),
            Reason::ProviderError,
            "brand_new_error",
        ),
        (Fault::Disconnect, Reason::ProviderError, "connection lost"),
    ] {
        world
            .control()
            .fault_once(Endpoint::SlackAppsUninstall, fault);
        let items = disconnect(&world, &tokens).await;
        assert_eq!(outcomes(&items), [Pending, Pending, Pending], "{told}");
        for item in &items {
            assert_eq!(why(item), Some((reason, Some(told))));
        }
        assert!(!is_dead(&world, &tokens[0]).await);
    }
    assert_eq!(world.control().count(Endpoint::SlackAuthRevoke), 0);
    let items = disconnect(&world, &tokens).await;
    assert_eq!(outcomes(&items), [Revoked, Revoked, Revoked]);
}

#[tokio::test]
async fn a_token_that_cannot_be_taken_back_now_waits_alone() {
    let world = World::new().await;
    world
        .control()
        .allow_slack_uninstall(CLIENT_ID, Uninstallers::Nobody);
    let tokens = installed(&world, BOT_AND_USER).await;
    let down = Fault::Status(503, String::new());
    world.control().fault_once(Endpoint::SlackAuthRevoke, down);
    let items = disconnect(&world, &tokens).await;
    assert_eq!(outcomes(&items), [Impossible, Pending, Revoked]);
    let again = disconnect(&world, &tokens).await;
    assert_eq!(outcomes(&again), [Impossible, Revoked, AlreadyGone]);
}

#[tokio::test]
async fn with_a_wrong_secret_the_tokens_are_taken_back_all_the_same() {
    let world = World::new().await;
    for (app, told) in [
        (
            credentials(&[("clientId", CLIENT_ID), ("secretKey", "wrong")]),
            (Reason::ClientRejected, Some("bad_client_secret")),
        ),
        (
            credentials(&[("clientId", CLIENT_ID)]),
            (Reason::CredentialsMissing, None),
        ),
    ] {
        let tokens = installed(&world, &[]).await;
        let items = disconnect_as(&world, &app, BAKERY, &tokens).await;
        assert_eq!(outcomes(&items), [Failed, Revoked]);
        assert_eq!(why(&items[0]), Some(told));
        assert!(is_dead(&world, &tokens[0]).await);
    }
}

#[tokio::test]
async fn an_app_of_a_whole_organization_is_removed_from_all_of_it() {
    let world = World::new().await;
    let tokens = installed(&world, &[("workspace", RAIL_GROUP)]).await;
    let items = disconnect_as(&world, &world.app, RAIL_GROUP, &tokens).await;
    assert_eq!(outcomes(&items), [Revoked, Revoked]);

    let tokens = installed(&world, &[("workspace", RAIL_GROUP)]).await;
    let only_there = refusal("org_login_required");
    world
        .control()
        .fault_once(Endpoint::SlackAppsUninstall, only_there);
    let items = disconnect_as(&world, &world.app, RAIL_GROUP, &tokens).await;
    assert_eq!(outcomes(&items), [Impossible, Revoked]);
    let left = Some((Reason::AdminMustRemove, Some("org_login_required")));
    assert_eq!(why(&items[0]), left);
}

/// A token that has expired could end nothing; its refresh token still can.
#[tokio::test]
async fn a_token_that_has_expired_is_refreshed_once_more() {
    let world = World::new().await;
    world.rotate_tokens();
    let tokens = installed(&world, BOT_AND_USER).await;
    world.control().advance(Duration::from_hours(13));
    let items = disconnect(&world, &tokens).await;
    assert_eq!(outcomes(&items), [Revoked, Revoked, Revoked]);
    assert_eq!(counts(&world), (1, 0));
    let items = disconnect(&world, &tokens).await;
    assert_eq!(outcomes(&items), [Impossible, AlreadyGone, AlreadyGone]);
    assert_eq!(counts(&world), (1, 0), "there is nothing to call with");
}

#[tokio::test]
async fn a_token_that_cannot_be_refreshed_now_is_tried_again() {
    let world = World::new().await;
    world.rotate_tokens();
    let tokens = installed(&world, &[]).await;
    world.control().advance(Duration::from_hours(13));
    let down = Fault::Status(503, String::new());
    world
        .control()
        .fault_once(Endpoint::SlackOauthV2Access, down);
    let items = disconnect(&world, &tokens).await;
    assert_eq!(outcomes(&items), [Pending, Pending]);
    let items = disconnect(&world, &tokens).await;
    assert_eq!(outcomes(&items), [Revoked, Revoked]);
}

/// With one token that works the other one's trouble does not matter.
#[tokio::test]
async fn one_live_token_is_enough() {
    let world = World::new().await;
    world.rotate_tokens();
    let mut tokens = installed(&world, BOT_AND_USER).await;
    let now = world.control().now();
    tokens[0].expires_at = Some(now);
    let down = Fault::Status(503, String::new());
    world
        .control()
        .fault_once(Endpoint::SlackOauthV2Access, down);
    let items = disconnect(&world, &tokens).await;
    assert_eq!(outcomes(&items), [Revoked, Revoked, Revoked]);
}

fn refusal(code: &str) -> Fault {
    Fault::Reply {
        status: 200,
        headers: vec![("content-type".to_owned(), "application/json".to_owned())],
        body: json!({ "ok": false, "error": code }).to_string().into(),
    }
}
