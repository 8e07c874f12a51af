//! What sealing costs: `cargo bench --package tieline-adapter-crypto --bench sealing`.
#![expect(clippy::unwrap_used, reason = "a bench fails by panicking")]

use divan::{Bencher, black_box};
use jiff::Timestamp;
use tieline_adapter_crypto::{KeyRing, KeyRingFlowSealer, KeyRingSealer};
use tieline_domain::{
    connection::ConnectionMode,
    context::ContextKey,
    flow::{Flow, Leg, Purpose},
    id::{EnvironmentId, FlowId, IntegrationId},
    ports::{FlowSealer, Sealer},
    sealed::{SealedColumn, SealedPlace},
    subscriber::SubscriberId,
};
use uuid::Uuid;

const PLACE: SealedPlace = SealedPlace {
    environment_id: EnvironmentId(Uuid::from_u128(1)),
    row: Uuid::from_u128(2),
    column: SealedColumn::BotAccessToken,
    generation: 3,
};

/// As long as a bot token of Slack.
const TOKEN: &[u8] = &[b'x'; 57];

fn main() {
    divan::main();
}

/// A ring of one key each.
const RING: &str = r#"
[[storage]]
id = "s1"
key = "yk2q1ZyJ5nqB7w0pJ0mE8m1yVh2q3cX5tZ8uQ6rT4w0="

[[state]]
id = "f1"
key = "Vf9c2b7kQ1m4Zx8tR6yU3iO5pA0sD7fG9hJ2kL4zX6c="
"#;

fn ring() -> KeyRing {
    KeyRing::parse(RING).unwrap()
}

/// The flow of the request with which `cargo xtask bench` mints.
fn flow() -> Flow {
    let context = |kind, id| ContextKey::new(kind, id).unwrap();
    let contexts = [
        context("tenant", "org-acme-corporation-7"),
        context("project", "project-7731-rollout"),
    ];
    let scopes = ["chat:write", "chat:write.public", "channels:read"];
    Flow {
        id: FlowId(Uuid::from_u128(4)),
        purpose: Purpose::Connect,
        leg: Leg::Consent,
        environment_id: EnvironmentId(Uuid::from_u128(1)),
        integration_id: IntegrationId(Uuid::from_u128(5)),
        subscriber_id: Some(SubscriberId::parse("subscriber-4f9d2c1ab07e").unwrap()),
        context_keys: contexts.into_iter().collect(),
        mode: ConnectionMode::Subscriber,
        connection_identifier: None,
        scopes: scopes.map(str::to_owned).to_vec(),
        auto_link: true,
        workspace_id: None,
        issued_at: Timestamp::UNIX_EPOCH,
    }
}

#[divan::bench]
fn seal_a_state(bencher: Bencher<'_, '_>) {
    let (sealer, flow) = (KeyRingFlowSealer::new(ring()), flow());
    bencher.bench(|| sealer.seal(black_box(&flow)));
}

#[divan::bench]
fn open_a_state(bencher: Bencher<'_, '_>) {
    let sealer = KeyRingFlowSealer::new(ring());
    let state = sealer.seal(&flow());
    bencher.bench(|| sealer.open(black_box(&state)).unwrap());
}

#[divan::bench]
fn seal_a_token(bencher: Bencher<'_, '_>) {
    let sealer = KeyRingSealer::new(&ring());
    bencher.bench(|| sealer.seal(black_box(TOKEN), &PLACE));
}

#[divan::bench]
fn open_a_token(bencher: Bencher<'_, '_>) {
    let sealer = KeyRingSealer::new(&ring());
    let sealed = sealer.seal(TOKEN, &PLACE);
    bencher.bench(|| sealer.open(black_box(&sealed), &PLACE).unwrap());
}
