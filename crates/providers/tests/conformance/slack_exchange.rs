//! Installing an app at Slack.

use secrecy::ExposeSecret;
use tieline_domain::connection::CredentialKind;
use tieline_sandbox::Endpoint;

use crate::harness::{CALLBACK, CLIENT_ID, SECRET, World, private};

#[tokio::test]
async fn an_install_brings_workspace_installer_and_bot_token() {
    let world = World::new().await;
    let grant = world.install(&["chat:write", "users:read"]).await.unwrap();
    assert_eq!(grant.workspace.id, "T0HARBOUR1");
    assert_eq!(grant.workspace.name.as_deref(), Some("Harbour Lane Bakery"));
    assert!(
        grant
            .workspace
            .bot_user_id
            .is_some_and(|id| id.starts_with('U'))
    );
    assert_eq!(grant.person.as_deref(), Some("U0MARALIND"));
    assert!(grant.incoming_webhook.is_none());
    let [bot] = grant.credentials.as_slice() else {
        panic!("one credential")
    };
    assert_eq!(bot.kind, CredentialKind::Bot);
    assert!(bot.access_token.expose_secret().starts_with("xoxb-"));
    assert_eq!(bot.scopes, ["chat:write", "users:read"]);
    assert!(bot.refresh_token.is_none());
    assert_eq!(bot.expires_at, None);
}

/// A06
#[tokio::test]
async fn the_secret_travels_in_the_form_and_no_verifier_is_sent() {
    let world = World::new().await;
    let code = world.slack_code(&["chat:write"], &[]).await;
    let exchange = world.exchange(&code, &["chat:write"]);
    world
        .client("slack")
        .exchange_code(&world.app, &exchange)
        .await
        .unwrap();
    let requests = world.control().requests_of(Endpoint::SlackOauthV2Access);
    let [request] = requests.as_slice() else {
        panic!("one request")
    };
    let sent = [
        ("grant_type", "authorization_code"),
        ("code", &code),
        ("redirect_uri", CALLBACK),
        ("client_id", CLIENT_ID),
        ("client_secret", SECRET),
    ];
    assert_eq!(
        request.form(),
        sent.map(|(name, value)| (name.to_owned(), value.to_owned()))
    );
    assert_eq!(request.query, None);
    for header in ["authorization", "origin", "cookie", "referer"] {
        assert_eq!(request.header(header), None, "{header}");
    }
    assert!(
        request
            .header("user-agent")
            .is_some_and(|agent| agent.starts_with("tieline/"))
    );
}

/// C39
#[tokio::test]
async fn odd_credentials_arrive_as_they_are() {
    let world = World::with(private(), "1:2+3%4 é", "s&e=c+r%et:é").await;
    assert!(world.install(&["chat:write"]).await.is_ok());
    assert!(world.sign_in().await.is_ok());
}

/// C28
#[tokio::test]
async fn a_scope_that_was_not_granted_shows_and_only_a_required_one_matters() {
    let world = World::new().await;
    let asked = ["chat:write", "users:read"].map(str::to_owned);
    let policy = world.connect("slack").scopes;
    for (unticked, missing) in [("users:read", vec![]), ("chat:write", vec!["chat:write"])] {
        world.control().slack_untick([unticked]);
        let grant = world.install(&["chat:write", "users:read"]).await.unwrap();
        assert_eq!(policy.missing(&asked, &grant), missing);
        world.control().uninstall_slack_app(CLIENT_ID, "T0HARBOUR1");
    }
}

/// C29, C38
#[tokio::test]
async fn a_second_install_is_the_same_workspace_with_all_scopes_so_far() {
    let world = World::new().await;
    let first = world.install(&["chat:write", "users:read"]).await.unwrap();
    let second = world.install(&["chat:write"]).await.unwrap();
    assert_eq!(first.workspace, second.workspace);
    assert!(
        second.credentials[0]
            .scopes
            .contains(&"users:read".to_owned())
    );
}
