//! Nodes are replaced one by one while people connect.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use reqwest::{Client, RequestBuilder};
use serde_json::json;
use tieline_sandbox::Fault;
use tieline_tests::{Api, Browser, Fleet, Reply, http_client, until};
use tokio::task::JoinSet;

use super::EXCHANGE;

/// So many connect at a time.
const PEOPLE: usize = 4;

/// So many flows each of them runs at the least.
const FLOWS: usize = 15;

/// Gives each request to the next node, and to another one where there is no answer.
#[derive(Clone)]
struct Balancer {
    apis: Arc<[Api]>,
    turn: Arc<AtomicUsize>,
}

impl Balancer {
    async fn send(&self, request: impl Fn(&Api) -> RequestBuilder) -> Reply {
        let turn = self.turn.fetch_add(1, Ordering::Relaxed);
        for node in (turn..).take(2 * self.apis.len()) {
            let request = request(&self.apis[node % self.apis.len()]);
            if let Some(reply) = Reply::to(request).await {
                return reply;
            }
        }
        panic!("no node answers");
    }

    /// One flow, from the mint to the attempt's end; answers the attempt's id.
    async fn connect(&self, context: &str) -> String {
        let shared = json!({ "connectionMode": "shared", "context": { "order": context } });
        let body = Fleet::mint_request("slack", &shared);
        let minted = self.send(|api| api.mint_request().json(&body)).await;
        let minted = minted.minted();
        let callback = Browser::new().callback(&minted.url).await;
        let http: Client = http_client();
        let place = &callback[url::Position::BeforePath..];
        let page = self.send(|api| http.get(api.url(place))).await;
        assert_eq!(page.status, 303, "{}", page.text);
        minted.attempt
    }
}

#[tokio::test]
async fn a_rolling_restart_under_load_loses_no_flow() {
    let mut fleet = Fleet::start().await;
    let slow = Fault::Delay(Duration::from_millis(50));
    fleet.control.fault(EXCHANGE, slow);
    let balancer = Balancer {
        apis: fleet.apis().collect(),
        turn: Arc::default(),
    };
    let restarted = Arc::new(AtomicBool::new(false));
    let connected = Arc::new(AtomicUsize::new(0));
    let mut people = JoinSet::new();
    for person in 0..PEOPLE {
        let (balancer, restarted) = (balancer.clone(), Arc::clone(&restarted));
        let connected = Arc::clone(&connected);
        people.spawn(async move {
            let mut attempts = Vec::new();
            while attempts.len() < FLOWS || !restarted.load(Ordering::SeqCst) {
                let context = format!("{person}-{}", attempts.len());
                attempts.push(balancer.connect(&context).await);
                connected.fetch_add(1, Ordering::SeqCst);
            }
            attempts
        });
    }
    for node in &mut fleet.nodes {
        let before = connected.load(Ordering::SeqCst);
        until("people connect", async || {
            (connected.load(Ordering::SeqCst) > before + PEOPLE).then_some(())
        })
        .await;
        node.ask_to_end();
        assert!(node.ended().await.success());
        node.start_again().await;
    }
    restarted.store(true, Ordering::SeqCst);

    let attempts = people.join_all().await.concat();
    let api = fleet.api(0);
    for id in &attempts {
        let attempt = api.ended_attempt(id).await;
        assert_eq!(attempt["status"], "completed", "{attempt}");
    }
    assert_eq!(fleet.control.count(EXCHANGE), attempts.len());
    let connections = api.read("/v1/channel-connections").await;
    assert_eq!(connections["totalCount"], attempts.len());
}
