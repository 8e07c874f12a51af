//! Nothing that is secret reaches a log, at no level, neither ours nor a library's.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where")]

#[expect(dead_code, reason = "the conformance tests use the rest of it")]
#[path = "../conformance/harness.rs"]
mod harness;

use std::{
    io::Write,
    sync::{Arc, Mutex},
};

use secrecy::ExposeSecret;
use serde_json::json;
use tieline_domain::{connection::Workspace, ports::Delivery, provider::GrantedCredential};
use tieline_sandbox::{Endpoint, Fault, IdTokenFault};
use tracing_subscriber::{filter::LevelFilter, fmt};

use harness::{CLIENT_ID, SECRET, TENANT, VERIFIER, World, credentials};

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// I01
#[tokio::test]
async fn no_log_at_any_level_holds_a_secret() {
    let log = Log::default();
    let writer = log.clone();
    fmt()
        .with_max_level(LevelFilter::TRACE)
        .with_writer(move || writer.clone())
        .with_ansi(false)
        .init();
    let secrets = run_flows().await;
    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(
        log.contains("slack oauth.v2.access"),
        "the log is there at all"
    );
    for secret in &secrets {
        assert!(!log.contains(secret.as_str()), "{secret}\n{log}");
    }
}

/// Runs flows, good and bad ones, and returns what must not have been logged.
async fn run_flows() -> Vec<String> {
    let world = World::new().await;
    let mut secrets: Vec<String> = [SECRET, VERIFIER, "canary-state", "canary-body"]
        .map(str::to_owned)
        .to_vec();
    secrets.extend(slack(&world).await);
    secrets.extend(rotation().await);
    secrets.extend(events(&world).await);
    secrets.extend(teams(&world).await);
    secrets
}

async fn slack(world: &World) -> Vec<String> {
    let scopes = ["chat:write", "incoming-webhook"];
    let slack = world.client("slack");
    let code = world.slack_code(&scopes, &[]).await;
    let exchange = world.exchange(&code, &scopes);
    let grant = slack.exchange_code(&world.app, &exchange).await.unwrap();
    slack
        .exchange_code(&world.app, &exchange)
        .await
        .unwrap_err();
    slack.check_credentials(&world.app).await.unwrap();
    for workspace in ["T0HARBOUR1", "another"] {
        let outcome = slack.verify(&world.app, workspace, &grant.credentials);
        tracing::error!(outcome = ?outcome.await, "as an application may log it");
    }
    slack
        .revoke(&world.app, &grant.credentials[0])
        .await
        .unwrap();
    let revoked = slack.verify(&world.app, "T0HARBOUR1", &grant.credentials);
    tracing::error!(outcome = ?revoked.await, "as an application may log it");
    for fault in hostile() {
        world
            .control()
            .fault_once(Endpoint::SlackOauthV2Access, fault);
        let error = slack
            .exchange_code(&world.app, &exchange)
            .await
            .unwrap_err();
        tracing::error!(%error, ?error, ?exchange, app = ?world.app, "as an application may log it");
    }
    tracing::error!(?grant, "as an application may log it");
    let webhook = grant.incoming_webhook.unwrap().url;
    let token = grant.credentials[0].access_token.expose_secret().to_owned();
    vec![code, token, webhook.expose_secret().to_owned()]
}

/// Refreshes, exchanges, refusals of both, and ends.
async fn rotation() -> Vec<String> {
    let world = World::new().await;
    let (slack, control) = (world.client("slack"), world.control());
    let installed = || async { world.install(&["chat:write"]).await.unwrap().credentials };
    let [old] = installed().await.try_into().unwrap();
    control.enable_slack_rotation(CLIENT_ID);
    let exchanged = slack.exchange_token(&world.app, &old).await.unwrap();
    let first = exchanged.unwrap();
    let workspace = "T0HARBOUR1";
    let second = slack.refresh(&world.app, workspace, &first).await.unwrap();
    for spent in [&old, &first] {
        let refreshed = slack.refresh(&world.app, workspace, spent).await;
        let exchanged = slack.exchange_token(&world.app, spent).await;
        tracing::error!(?refreshed, ?exchanged, "as an application may log it");
    }
    let patch = json!({ "team": { "id": "T0ANOTHER" } });
    let hostile = hostile().into_iter().chain([Fault::SlackReplyPatch(patch)]);
    for fault in hostile {
        let [other] = installed().await.try_into().unwrap();
        control.fault_once(Endpoint::SlackOauthV2Access, fault);
        let outcome = slack.refresh(&world.app, workspace, &other).await;
        tracing::error!(?outcome, ?other, "as an application may log it");
    }
    let account = Workspace {
        id: workspace.to_owned(),
        name: None,
        bot_user_id: None,
    };
    for _ in 0..2 {
        let tokens = std::slice::from_ref(&second);
        let items = slack.disconnect(&world.app, &account, tokens).await;
        tracing::error!(?items, "as an application may log it");
    }
    let tokens = [&old, &first, &second].map(exposed);
    tokens.into_iter().flatten().collect()
}

fn exposed(credential: &GrantedCredential) -> Vec<String> {
    let refresh_token = credential.refresh_token.as_ref();
    let tokens = [Some(&credential.access_token), refresh_token];
    let exposed = tokens.into_iter().flatten();
    exposed
        .map(|token| token.expose_secret().to_owned())
        .collect()
}

/// Events that are believed, and events that are not.
async fn events(world: &World) -> Vec<String> {
    let app = credentials(&[
        ("clientId", CLIENT_ID),
        ("signingSecret", "canary-signing-secret"),
        ("signingSecretPrevious", "canary-older-secret"),
    ]);
    let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let forged = Delivery {
        headers: vec![
            header("x-slack-signature", "v0=canary-signature"),
            header("x-slack-request-timestamp", "1750000000"),
            header("authorization", "Bearer canary-bearer.canary-bearer.x"),
        ],
        body: br#"{"type":"canary-body","token":"canary-body"}"#.to_vec(),
    };
    for provider in ["slack", "msteams"] {
        let now = world.control().now();
        let outcome = world.events(provider).read(&app, &forged, now).await;
        tracing::error!(?outcome, ?forged, ?app, "as an application may log it");
    }
    ["signing-secret", "older-secret", "signature", "bearer"]
        .map(|canary| format!("canary-{canary}"))
        .to_vec()
}

async fn teams(world: &World) -> Vec<String> {
    let entra = world.client("msteams");
    let code = world.entra_code().await;
    let exchange = world.exchange(&code, &[]);
    entra.exchange_code(&world.app, &exchange).await.unwrap();
    world.control().give_admin_consent(CLIENT_ID, TENANT);
    entra.verify(&world.app, TENANT, &[]).await.unwrap();
    let bad = credentials(&[
        ("clientId", CLIENT_ID),
        ("secretKey", "canary-body"),
        ("tenantId", TENANT),
    ]);
    for app in [&world.app, &bad] {
        let outcome = entra.check_credentials(app).await;
        tracing::error!(?outcome, ?app, "as an application may log it");
    }
    for fault in hostile() {
        world.control().fault_once(Endpoint::EntraToken, fault);
        entra
            .exchange_code(&world.app, &exchange)
            .await
            .unwrap_err();
    }
    world
        .control()
        .fault_once(Endpoint::EntraToken, Fault::IdToken(IdTokenFault::WrongKey));
    world.sign_in().await.unwrap_err();
    // What every access token and every id token of the sandbox begins with.
    vec![code, "EwB".to_owned(), "eyJ".to_owned()]
}

fn hostile() -> [Fault; 4] {
    let json = || vec![("content-type".to_owned(), "application/json".to_owned())];
    let reply = |status, body: &str| Fault::Reply {
        status,
        headers: json(),
        body: body.into(),
    };
    [
        reply(200, r#"{"ok":"canary-body","access_token":"canary-body"}"#),
        reply(
            200,
            r#"{"ok":true,"access_token":["canary-body"],"id_token":{"canary-body":1}}"#,
        ),
        reply(500, "canary-body"),
        Fault::Cut { after_bytes: 30 },
    ]
}
