//! What `cargo xtask bench` measures the callback with: Slack's side of it, which costs next to
//! nothing, and what the callback is compared to, which is one durable insert through the same
//! adapter and a pool of the same size.
//!
//! It is an example of this crate because it is then built with the very same axum, hyper, tokio
//! and adapter as the program beside which it runs.
//!
//! `callback_floor postgres://…` makes its tables in that database, and prints the address at which
//! it answers.
#![expect(
    clippy::print_stdout,
    reason = "whoever starts it has to be told where"
)]

use std::{
    net::Ipv4Addr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use anyhow::Context;
use axum::{
    Json, Router,
    extract::State,
    http::{StatusCode, header},
    response::IntoResponse,
    routing::{get, post},
};
use jiff::Timestamp;
use serde_json::{Value, json};
use tieline_adapter_postgres::PgDatabase;
use tieline_domain::{
    environment::{Environment, Organization},
    id::{EnvironmentId, OrganizationId, SubscriberRowId},
    ports::SubscriberStore,
    subscriber::{Profile, Subscriber, SubscriberId},
};
use tokio::net::TcpListener;
use uuid::Uuid;

const ENVIRONMENT: EnvironmentId = EnvironmentId(Uuid::from_u128(1));
const ORGANIZATION: OrganizationId = OrganizationId(Uuid::from_u128(2));

#[derive(Clone)]
struct Floor {
    subscribers: Arc<dyn SubscriberStore>,
    /// How many rows were inserted, and codes exchanged.
    count: Arc<AtomicU64>,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let url = std::env::args().nth(1).context("into which database?")?;
    let database = PgDatabase::open(&url).await?;
    database.migrate().await?;
    let stores = database.stores();
    let organization = Organization {
        id: ORGANIZATION,
        name: "Floor".to_owned(),
        created_at: Timestamp::UNIX_EPOCH,
    };
    let environment = Environment {
        id: ENVIRONMENT,
        organization_id: ORGANIZATION,
        name: "Floor".to_owned(),
        created_at: Timestamp::UNIX_EPOCH,
    };
    stores
        .environments
        .insert_organization(&organization)
        .await?;
    stores.environments.insert(&environment).await?;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    println!("http://{}", listener.local_addr()?);
    let router = Router::new()
        .route("/v1/integrations/chat/oauth/callback", get(insert))
        .route("/api/oauth.v2.access", post(access))
        .with_state(Floor {
            subscribers: stores.subscribers,
            count: Arc::default(),
        });
    Ok(axum::serve(listener, router).await?)
}

impl Floor {
    fn next(&self) -> u64 {
        self.count.fetch_add(1, Ordering::Relaxed)
    }

    async fn insert(&self) -> anyhow::Result<()> {
        let number = self.next();
        let subscriber = Subscriber {
            id: SubscriberRowId(Uuid::from_u128(number.into())),
            environment_id: ENVIRONMENT,
            subscriber_id: SubscriberId::parse(format!("floor-{number}"))?,
            profile: Profile::default(),
            created_at: Timestamp::UNIX_EPOCH,
            updated_at: Timestamp::UNIX_EPOCH,
        };
        Ok(self.subscribers.insert(&subscriber).await?)
    }
}

/// Keeps a row, and sends on as a callback does.
async fn insert(State(floor): State<Floor>) -> impl IntoResponse {
    let status = match floor.insert().await {
        Ok(()) => StatusCode::SEE_OTHER,
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR,
    };
    (status, [(header::LOCATION, "../../../../connect")])
}

/// Slack's reply to a code ("oauth.v2.access method", docs.slack.dev): another workspace, and
/// another person, each time.
async fn access(State(floor): State<Floor>) -> Json<Value> {
    let number = floor.next();
    Json(json!({
        "ok": true,
        "app_id": "A0FLOOR",
        "access_token": format!("xoxb-{number}-floor"),
        "token_type": "bot",
        "scope": "chat:write,chat:write.public,channels:read,groups:read,users:read,users:read.email",
        "bot_user_id": "B0FLOOR",
        "team": { "id": format!("T{number}"), "name": "Floor" },
        "enterprise": null,
        "is_enterprise_install": false,
        "authed_user": { "id": format!("U{number}") },
    }))
}
