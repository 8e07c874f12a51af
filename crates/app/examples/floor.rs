//! The floor that `cargo xtask bench` measures Tieline against: a server that does nothing but
//! parse the body of a mint and answer 201 with a URL of the same size.
//!
//! It is an example of this crate because it is then built with the very same axum, hyper and
//! tokio, with the same features, as the program beside which it runs.
//!
//! `cargo run --release --package tieline --example floor -- 412` answers URLs of 412 bytes, and
//! prints the address at which it does.
#![expect(
    clippy::print_stdout,
    reason = "whoever starts it has to be told where"
)]

use std::{collections::BTreeMap, net::Ipv4Addr, sync::Arc};

use anyhow::Context;
use axum::{Json, Router, extract::State, http::StatusCode, routing::post};
use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;

/// The body of `POST /v1/integrations/channel-connections/oauth`, as far as its shape goes.
#[derive(Deserialize)]
#[expect(dead_code, reason = "it is parsed, and that is all")]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Mint {
    #[serde(default)]
    subscriber_id: Option<String>,
    integration_identifier: String,
    #[serde(default)]
    connection_identifier: Option<String>,
    #[serde(default)]
    context: BTreeMap<String, ContextValue>,
    #[serde(default)]
    scope: Vec<String>,
    #[serde(default)]
    connection_mode: Option<String>,
    #[serde(default)]
    auto_link_user: Option<bool>,
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "it is parsed, and that is all")]
#[serde(untagged)]
enum ContextValue {
    Id(String),
    WithData {
        id: String,
        #[serde(default)]
        data: BTreeMap<String, serde_json::Value>,
    },
}

#[derive(Serialize)]
struct Minted {
    url: String,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let size = std::env::args().nth(1).context("of how many bytes?")?;
    let size: usize = size.parse().context("how many bytes is a number")?;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    println!("http://{}", listener.local_addr()?);
    let router = Router::new()
        .route("/v1/integrations/channel-connections/oauth", post(mint))
        .with_state(url(size).into());
    Ok(axum::serve(listener, router).await?)
}

/// A URL of this size.
fn url(size: usize) -> String {
    let begin = "https://slack.com/oauth/v2/authorize?state=";
    let rest = "a".repeat(size.saturating_sub(begin.len()));
    format!("{begin}{rest}")
}

async fn mint(State(url): State<Arc<str>>, Json(_): Json<Mint>) -> (StatusCode, Json<Minted>) {
    let url = url.as_ref().to_owned();
    (StatusCode::CREATED, Json(Minted { url }))
}
