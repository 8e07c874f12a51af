//! What a provider tells by itself changes the connections of its app, once, and no newer ones.

use std::sync::Arc;

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use tieline_domain::{
    connection::{ConnectionStatus, Standing},
    integration::Credentials,
    ports::{
        Clock, Delivery, EventReader, EventRefusal, ProviderError, ProviderEvent, ProviderEventKind,
    },
    provider::{Provider, ProviderId},
    reason::Reason,
    usecase::UseCaseError,
};

use crate::{
    bench::{Bench, for_ada, for_bob, refusal},
    strict::StrictProvider,
};

/// Reads the first word of a body as the secret with which it is signed, and the second
/// as what happened; the third is the event's id.
struct Words;

#[async_trait]
impl EventReader for Words {
    async fn read(
        &self,
        app: &Credentials,
        delivery: &Delivery,
        now: Timestamp,
    ) -> Result<ProviderEvent, EventRefusal> {
        let text = String::from_utf8(delivery.body.clone()).unwrap();
        let mut words = text.split(' ');
        if words.next() != app.get(Credentials::SECRET_KEY) {
            return Err(EventRefusal::BadlySigned("another app's"));
        }
        let workspace = "T1".to_owned();
        let kind = match words.next() {
            Some("challenge") => ProviderEventKind::Challenge("the-word".to_owned()),
            Some("removed") => ProviderEventKind::AppUninstalled { workspace },
            Some("revoked") => ProviderEventKind::TokensRevoked {
                workspace,
                bots: vec!["U0BOT".to_owned()],
                people: Vec::new(),
            },
            Some("unavailable") => {
                let error = ProviderError::from(Reason::ProviderUnreachable);
                return Err(EventRefusal::Unavailable(error));
            }
            _ => ProviderEventKind::Ignored {
                kind: "message".to_owned(),
            },
        };
        let id = words.next().map(str::to_owned);
        let at = words.next().map_or(now, |at| at.parse().unwrap());
        Ok(ProviderEvent { id, at, kind })
    }
}

async fn bench() -> Bench {
    let mut bench = Bench::start().await;
    let provider = StrictProvider::new(&bench.clock);
    let known = provider.providers();
    let known = known.iter().map(|provider| Provider {
        events: Some(Arc::new(Words)),
        ..provider.clone()
    });
    bench.broker.providers = known.collect();
    bench.connect(for_ada("slack")).await;
    bench.later(SignedDuration::from_mins(1));
    bench
}

impl Bench {
    async fn event(&self, integration: &str, body: &str) -> Result<Option<String>, UseCaseError> {
        let delivery = Delivery {
            headers: Vec::new(),
            body: body.as_bytes().to_vec(),
        };
        let provider = ProviderId::parse("slack").unwrap();
        self.broker
            .receive_event(&provider, integration, &delivery)
            .await
    }

    async fn standing(&self) -> Vec<Standing> {
        let connections = self.connections().await.into_iter();
        connections.map(|c| c.health.standing).collect()
    }
}

/// What the bench's integrations have.
const APP: &str = "the-secret";

fn of_app(words: &str) -> String {
    format!("{APP} {words}")
}

/// G06, G11
#[tokio::test]
async fn an_app_that_was_removed_ends_its_connections_once() {
    let bench = bench().await;
    bench.connect(for_bob("slack")).await;
    bench.later(SignedDuration::from_mins(1));
    for _ in 0..3 {
        let answer = bench.event("slack", &of_app("removed Ev1")).await;
        assert_eq!(answer.unwrap(), None);
    }
    assert_eq!(bench.standing().await, [Standing::Revoked; 2]);
    assert_eq!(bench.changes_of_status().await, ["revoked", "revoked"]);
    let connection = bench.connections().await.remove(0);
    let reason = connection.health.failure.unwrap().reason;
    assert_eq!(reason, Reason::AppRemoved);
    assert_eq!(connection.upkeep.due_at, None);
}

/// G07, G08: whichever comes first.
#[tokio::test]
async fn the_order_does_not_matter() {
    for [first, second] in [
        ["removed Ev1", "revoked Ev2"],
        ["revoked Ev1", "removed Ev2"],
    ] {
        let bench = bench().await;
        bench.event("slack", &of_app(first)).await.unwrap();
        bench.event("slack", &of_app(second)).await.unwrap();
        bench.look_after_all().await;
        let connection = bench.only_connection().await;
        assert_eq!(
            connection.status(bench.clock.now()),
            ConnectionStatus::Revoked
        );
        assert_eq!(bench.changes_of_status().await.len(), 1);
    }
}

/// G10
#[tokio::test]
async fn an_event_from_before_the_connection_was_renewed_is_not_for_it() {
    let bench = bench().await;
    let before = bench.clock.now();
    bench.later(SignedDuration::from_mins(1));
    bench.connect(for_ada("slack")).await;
    bench.later(SignedDuration::from_mins(1));
    let late = of_app(&format!("removed Ev1 {before}"));
    bench.event("slack", &late).await.unwrap();
    assert_eq!(bench.standing().await, [Standing::Good]);
}

/// An event of the very second in which the connection was renewed may be older or younger: the
/// provider is asked.
#[tokio::test]
async fn in_doubt_the_provider_is_asked() {
    let bench = bench().await;
    bench.connect(for_ada("slack")).await;
    let now = bench.clock.now();
    bench
        .event("slack", &of_app(&format!("removed Ev1 {now}")))
        .await
        .unwrap();
    let connection = bench.only_connection().await;
    assert_eq!(connection.health.standing, Standing::Good);
    assert_eq!(connection.upkeep.due_at, Some(now));
}

/// A node that crashed in the middle of a refresh is what somebody else makes up for, not an event
/// that says nothing for certain.
#[tokio::test]
async fn a_doubt_is_not_forgotten_over_an_event() {
    let bench = bench().await;
    let connection = bench.only_connection().await;
    let now = bench.clock.now();
    let until = now + SignedDuration::from_secs(90);
    let upkeep = &bench.broker.stores.upkeep;
    let lease = upkeep.lease(&connection, now, until).await;
    assert!(lease.unwrap().is_some());
    bench.later(SignedDuration::from_secs(91));
    bench.event("slack", &of_app("revoked Ev1")).await.unwrap();
    assert_eq!(bench.status().await, ConnectionStatus::InDoubt);
    assert_eq!(bench.look_after_all().await, 1);
}

/// The app is gone from the workspace for every environment that connected with it.
#[tokio::test]
async fn all_connections_of_the_app_end_in_whichever_environment() {
    let bench = bench().await;
    let other = bench.broker.create_environment("Other").await.unwrap();
    let other = Bench {
        broker: bench.broker.clone(),
        storage: bench.storage.clone(),
        clock: bench.clock.clone(),
        environment: other.id,
    };
    other.integrate("slack", "elsewhere", &[]).await;
    other.subscribe("ada").await;
    other.connect(for_ada("elsewhere")).await;
    other
        .integrate(
            "slack",
            "stranger",
            &[("clientId", "another-app"), ("secretKey", "another-secret")],
        )
        .await;
    other.connect(for_ada("stranger")).await;
    bench.later(SignedDuration::from_mins(1));
    bench.event("slack", &of_app("removed Ev1")).await.unwrap();
    assert_eq!(bench.standing().await, [Standing::Revoked]);
    let mut standing = other.standing().await;
    standing.sort_by_key(|it| it.as_str());
    assert_eq!(standing, [Standing::Good, Standing::Revoked]);
}

#[tokio::test]
async fn what_is_not_signed_for_the_app_is_refused_and_changes_nothing() {
    let bench = bench().await;
    let forged = bench.event("slack", "another-secret removed Ev1").await;
    assert_eq!(refusal(forged).0, Reason::EventRefused);
    let nowhere = bench.event("nobody", &of_app("removed Ev1")).await;
    assert_eq!(refusal(nowhere).0, Reason::NotFound);
    assert_eq!(bench.standing().await, [Standing::Good]);
    let away = bench.event("slack", &of_app("unavailable")).await;
    assert_eq!(away.unwrap_err().reason(), Reason::ProviderUnreachable);
}

#[tokio::test]
async fn a_challenge_is_answered_and_the_rest_left_alone() {
    let bench = bench().await;
    let answer = bench.event("slack", &of_app("challenge")).await.unwrap();
    assert_eq!(answer.as_deref(), Some("the-word"));
    let answer = bench.event("slack", &of_app("message Ev1")).await.unwrap();
    assert_eq!(answer, None);
    assert_eq!(bench.standing().await, [Standing::Good]);
}

/// Whoever may save an integration can write another app's id into it; its secret they have not.
#[tokio::test]
async fn who_only_has_an_apps_id_ends_none_of_its_connections() {
    let bench = bench().await;
    bench
        .integrate("slack", "impostor", &[("secretKey", "my-own-secret")])
        .await;
    bench
        .event("impostor", "my-own-secret removed Ev1")
        .await
        .unwrap();
    assert_eq!(bench.standing().await, [Standing::Good]);
}
