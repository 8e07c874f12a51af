//! `tieline sandbox`: the stand-ins alone, and the apps that `quickstart` has there.

use std::collections::BTreeMap;

use anyhow::Context;
use clap::Args;
use serde_json::json;
use tieline_sandbox::{Bot, EntraApp, EventOrder, Sandbox, SandboxConfig, SlackApp, SlackEvents};
use url::Url;

use crate::{config::Settings, logging, server::termination};

/// Each provider's integration has its name for an identifier: the sandbox's apps have their events
/// sent to these.
pub(crate) const PROVIDERS: [&str; 2] = ["slack", "msteams"];

// The client ids and secrets of the sandbox's apps. They open nothing but the sandbox.
pub(crate) const SLACK_CLIENT_ID: &str = "1000000000001.2000000000002";
const ENTRA_CLIENT_ID: &str = "7b5f3a52-5c1f-4f0e-9d55-2f0f7a3c1e10";
const CLIENT_SECRET: &str = "sandbox-client-secret";
const SIGNING_SECRET: &str = "sandbox-signing-secret";

#[derive(Debug, Args)]
pub(crate) struct RunSandbox {
    /// Switch on token rotation for the Slack app
    #[arg(long)]
    rotation: bool,
}

impl RunSandbox {
    pub(crate) async fn run(self, settings: &Settings) -> anyhow::Result<()> {
        logging::start(settings)?;
        let sandbox = start(settings, self.rotation).await?;
        println!("The sandbox serves until Ctrl-C. Point Tieline at it with");
        println!("  TIELINE_ALLOW_PRIVATE_ADDRESSES=true");
        println!("  TIELINE_SLACK_BASE_URL={}", sandbox.slack_base_url());
        println!("  TIELINE_ENTRA_BASE_URL={}", sandbox.entra_base_url());
        println!("  TIELINE_GRAPH_BASE_URL={}", sandbox.graph_base_url());
        println!(
            "  TIELINE_BOT_FRAMEWORK_BASE_URL={}",
            sandbox.bot_framework_base_url()
        );
        println!("and give your integrations these credentials:");
        for provider in PROVIDERS {
            println!("  {provider:8} {}", json!(credentials(provider)));
        }
        println!("Its apps send people back to {}", settings.redirect_uri());
        println!(
            "and, where somebody removes them at {}installed, say so at",
            sandbox.url()
        );
        for provider in PROVIDERS {
            println!("  {}", events_url(settings, provider)?);
        }
        termination().await;
        sandbox.stop().await;
        Ok(())
    }
}

/// The credentials of the integration with the sandbox's app at this provider.
pub(crate) fn credentials(provider: &str) -> BTreeMap<&'static str, &'static str> {
    let secret = ("secretKey", CLIENT_SECRET);
    match provider {
        "slack" => {
            let signing = ("signingSecret", SIGNING_SECRET);
            [("clientId", SLACK_CLIENT_ID), secret, signing].into()
        }
        _ => [("clientId", ENTRA_CLIENT_ID), secret].into(),
    }
}

/// Where this server's integration is told what happens to its app.
fn events_url(settings: &Settings, provider: &str) -> anyhow::Result<Url> {
    let kind = if provider == "slack" {
        "events"
    } else {
        "activities"
    };
    let url = settings.public_url_of(&format!("/v1/providers/{provider}/{provider}/{kind}"));
    url.parse().context("the public URL with a path is a URL")
}

/// Starts a sandbox whose apps know this server's callback, and tell it when they are removed.
pub(crate) async fn start(settings: &Settings, rotation: bool) -> anyhow::Result<Sandbox> {
    let redirect_uris = vec![settings.redirect_uri()];
    let config = SandboxConfig {
        listen: settings.sandbox_listen,
        slack_apps: vec![SlackApp {
            client_id: SLACK_CLIENT_ID.to_owned(),
            client_secret: CLIENT_SECRET.to_owned(),
            redirect_uris: redirect_uris.clone(),
            rotation,
        }],
        slack_events: vec![SlackEvents {
            client_id: SLACK_CLIENT_ID.to_owned(),
            url: events_url(settings, "slack")?,
            signing_secret: SIGNING_SECRET.to_owned(),
            order: EventOrder::default(),
        }],
        bots: vec![Bot {
            app_id: ENTRA_CLIENT_ID.to_owned(),
            messaging_url: events_url(settings, "msteams")?,
        }],
        entra_apps: vec![EntraApp {
            client_id: ENTRA_CLIENT_ID.to_owned(),
            client_secret: CLIENT_SECRET.to_owned(),
            redirect_uris,
        }],
        ..SandboxConfig::default()
    };
    let listen = settings.sandbox_listen;
    Sandbox::start(config)
        .await
        .map_err(|error| anyhow::anyhow!("the sandbox cannot listen on {listen}: {error}"))
}
