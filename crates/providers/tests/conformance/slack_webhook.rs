//! Incoming webhooks.

use secrecy::ExposeSecret;
use serde_json::json;
use tieline_domain::reason::Reason;

use crate::harness::{World, reason};

const SCOPES: &[&str] = &["chat:write", "incoming-webhook"];

/// C26
#[tokio::test]
async fn a_webhook_comes_with_its_channel() {
    let world = World::new().await;
    let grant = world.install(SCOPES).await.unwrap();
    let webhook = grant.incoming_webhook.unwrap();
    assert!(
        webhook
            .url
            .expose_secret()
            .starts_with(world.sandbox.slack_base_url().as_str())
    );
    assert!(webhook.channel.is_some_and(|name| name.starts_with('#')));
    assert!(webhook.channel_id.is_some_and(|id| id.starts_with('C')));
}

/// C26
#[tokio::test]
async fn a_webhook_at_a_foreign_host_is_refused() {
    let world = World::new().await;
    for url in [
        "https://evil.test/services/T/B/x",
        "http://hooks.slack.com/services/T/B/x",
        "",
    ] {
        let patch = json!({ "incoming_webhook": { "url": url } });
        let outcome = world.install_patched(SCOPES, patch).await;
        assert_eq!(reason(outcome), Reason::WebhookRefused, "{url}");
    }
    let own = json!({ "incoming_webhook": { "url": "https://hooks.slack.com/services/T/B/x" } });
    assert!(world.install_patched(SCOPES, own).await.is_ok());
}

#[tokio::test]
async fn a_webhook_that_was_granted_and_does_not_come_is_no_answer() {
    let world = World::new().await;
    let outcome = world
        .install_patched(SCOPES, json!({ "incoming_webhook": null }))
        .await;
    assert_eq!(reason(outcome), Reason::InvalidResponse);
}
