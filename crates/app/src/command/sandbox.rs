//! `tieline sandbox`: the stand-ins alone, and the apps that `quickstart` has there.

use clap::Args;
use tieline_sandbox::{EntraApp, Sandbox, SandboxConfig, SlackApp};

use crate::{config::Settings, logging, server::termination};

/// The client ids and secrets of the sandbox's apps. They open nothing but the sandbox.
pub(crate) const SLACK_CLIENT_ID: &str = "1000000000001.2000000000002";
pub(crate) const ENTRA_CLIENT_ID: &str = "7b5f3a52-5c1f-4f0e-9d55-2f0f7a3c1e10";
pub(crate) const CLIENT_SECRET: &str = "sandbox-client-secret";

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
        for (provider, client_id) in [("slack", SLACK_CLIENT_ID), ("msteams", ENTRA_CLIENT_ID)] {
            let pair = serde_json::json!({ "clientId": client_id, "secretKey": CLIENT_SECRET });
            println!("  {provider:8} {pair}");
        }
        println!("Its apps send people back to {}", settings.redirect_uri());
        termination().await;
        sandbox.stop().await;
        Ok(())
    }
}

/// Starts a sandbox whose apps know this server's callback.
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
