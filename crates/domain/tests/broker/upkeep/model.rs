//! Many nodes look after the same connections while everything goes wrong: they crash and stand
//! still at any step, the storage is away, answers are lost, the clock jumps. Whatever happened,
//! once it is over each connection is told as it is: good if its refresh token is the provider's
//! last, ended if it is not.
//!
//! A run is made of its seed alone; the seed of a failed one is printed.

use std::{
    pin::Pin,
    sync::{Arc, atomic::Ordering},
    task::{Context, Waker},
    time::Duration,
};

use jiff::SignedDuration;
use rand::{RngExt, SeedableRng, rngs::SmallRng};
use secrecy::ExposeSecret;
use tieline_domain::{
    broker::{Broker, Ports},
    connection::{ConnectionIdentifier, ProviderPauses, Standing},
    ports::Clock,
    usecase::TokenRequest,
};
use tieline_testkit::{MemoryJournal, SequentialIds};

use super::{Bench, StrictProvider};
use crate::{
    bench::for_ada,
    steps::{PatientTimer, Stepwise},
    strict::{Fault, LIFE, read},
};

const NODES: usize = 3;
const WORKSPACES: u32 = 4;
/// Of one run.
const MOVES: usize = 600;
const RUNS: u64 = 40;
/// For whoever has half an hour.
const MANY_RUNS: u64 = 10_000;

type Task = Pin<Box<dyn Future<Output = ()>>>;

struct Node {
    broker: Broker,
    tasks: Vec<Task>,
    /// For so many of its turns it stands still.
    frozen: u32,
}

/// What may go wrong in a run.
#[derive(Clone, Copy, PartialEq)]
enum Mishaps {
    None,
    /// Nodes stand still for longer than their leases.
    Pauses,
    All,
}

struct World {
    bench: Bench,
    provider: Arc<StrictProvider>,
    nodes: Vec<Node>,
    identifiers: Vec<ConnectionIdentifier>,
    rng: SmallRng,
    mishaps: Mishaps,
}

impl World {
    async fn new(seed: u64, mishaps: Mishaps) -> Self {
        let mut bench = Bench::start().await;
        let provider = StrictProvider::new(&bench.clock);
        bench.broker.providers = provider.providers();
        for number in 0..WORKSPACES {
            provider.next_is(&format!("T{number}"));
            bench.connect(for_ada("slack")).await;
        }
        let connections = bench.connections().await;
        let identifiers = connections.into_iter().map(|c| c.identifier).collect();
        let node = |number: usize| Node {
            broker: Broker::from(Ports {
                journal: Arc::new(Stepwise::<dyn tieline_domain::ports::RefreshJournal>(
                    Arc::new(MemoryJournal::default()),
                )),
                stores: tieline_domain::ports::Stores {
                    upkeep: Arc::new(Stepwise(bench.broker.stores.upkeep.clone())),
                    ..bench.broker.stores.clone()
                },
                transactions: Arc::new(Stepwise(bench.broker.transactions.clone())),
                timer: Arc::new(PatientTimer(bench.clock.clone())),
                pauses: ProviderPauses::default(),
                ids: Arc::new(SequentialIds::from((number as u64 + 2) << 44)),
                ..Ports::clone(&bench.broker)
            }),
            tasks: Vec::new(),
            frozen: 0,
        };
        Self {
            nodes: (0..NODES).map(node).collect(),
            identifiers,
            rng: SmallRng::seed_from_u64(seed),
            bench,
            provider,
            mishaps,
        }
    }

    async fn run(&mut self) {
        for _ in 0..MOVES {
            match self.rng.random_range(0..100) {
                0..60 => self.poll_one(),
                60..70 => self.begin_upkeep(),
                70..75 => self.begin_vending(),
                75..85 => self.pass_time(),
                _ if self.mishaps == Mishaps::None => self.poll_one(),
                85..89 => self.freeze(),
                _ if self.mishaps == Mishaps::Pauses => self.poll_one(),
                89..94 => self.crash(),
                94..98 => self.spoil_a_refresh(),
                98..99 => self.bench.storage.fail(self.rng.random_range(1..12)),
                _ => self.connect_again().await,
            }
        }
        self.calm_down().await;
    }

    fn node(&mut self) -> usize {
        self.rng.random_range(0..NODES)
    }

    fn poll_one(&mut self) {
        let node = self.node();
        let node = &mut self.nodes[node];
        if node.frozen > 0 {
            node.frozen -= 1;
            return;
        }
        if node.tasks.is_empty() {
            return;
        }
        let chosen = self.rng.random_range(0..node.tasks.len());
        if poll(&mut node.tasks[chosen]) {
            drop(node.tasks.swap_remove(chosen));
        }
    }

    fn begin_upkeep(&mut self) {
        let node = self.node();
        let node = &mut self.nodes[node];
        let broker = node.broker.clone();
        node.tasks.push(task(async move {
            // Whatever fails is found again by the next one.
            let _ = broker.recover_journal().await;
            for connection in broker.plan_upkeep(10).await.unwrap_or_default() {
                let _ = broker.look_after(connection).await;
            }
        }));
    }

    fn begin_vending(&mut self) {
        let chosen = self.rng.random_range(0..self.identifiers.len());
        let request = TokenRequest {
            identifier: self.identifiers[chosen].clone(),
            kind: None,
            min_valid_for: LIFE / 2,
        };
        let environment = self.bench.environment;
        let node = self.node();
        let node = &mut self.nodes[node];
        let broker = node.broker.clone();
        node.tasks.push(task(async move {
            let _ = broker.vend_token(environment, request).await;
        }));
    }

    fn pass_time(&mut self) {
        let at_work = self.nodes.iter().any(|node| !node.tasks.is_empty());
        let seconds = match self.rng.random_range(0..10) {
            // A node that is at work for longer than its lease stands still, which is a mishap.
            _ if at_work && self.mishaps == Mishaps::None => 1,
            0 => self.rng.random_range(3_600..20_000),
            1..4 => self.rng.random_range(60..600),
            _ => self.rng.random_range(1..20),
        };
        self.bench.clock.advance(SignedDuration::from_secs(seconds));
    }

    /// All that a node was at is gone; its journal is not.
    fn crash(&mut self) {
        let node = self.node();
        self.nodes[node].tasks.clear();
        self.nodes[node].frozen = 0;
    }

    fn freeze(&mut self) {
        let node = self.node();
        self.nodes[node].frozen = self.rng.random_range(1..60);
    }

    fn spoil_a_refresh(&mut self) {
        self.provider.fault(match self.rng.random_range(0..4) {
            0 => Fault::Unsent,
            1 => Fault::ReplyLost,
            2 => Fault::RequestLost,
            _ => Fault::TooMany(Duration::from_secs(self.rng.random_range(1..100))),
        });
    }

    async fn connect_again(&mut self) {
        let number = self.rng.random_range(0..WORKSPACES);
        self.provider.next_is(&format!("T{number}"));
        self.bench.storage.fail(0);
        // A task that was stopped within a transaction would keep everybody out.
        for node in &mut self.nodes {
            node.tasks.clear();
        }
        self.bench.connect(for_ada("slack")).await;
    }

    /// Nothing goes wrong any more: everything comes to its end within ten minutes, and goes on for
    /// a day.
    async fn calm_down(&mut self) {
        self.bench.storage.fail(0);
        self.provider.forgive();
        for node in &mut self.nodes {
            node.frozen = 0;
        }
        if self.mishaps == Mishaps::None {
            self.finish();
        }
        for round in 0..160 {
            for node in 0..NODES {
                let broker = self.nodes[node].broker.clone();
                self.nodes[node].tasks.push(task(async move {
                    broker.recover_journal().await.unwrap();
                    for connection in broker.plan_upkeep(10).await.unwrap() {
                        broker.look_after(connection).await.unwrap();
                    }
                }));
                self.drain(node);
            }
            if round == 60 {
                self.nothing_is_stuck().await;
            }
            let step = if round < 60 { 10 } else { 900 };
            self.bench.clock.advance(SignedDuration::from_secs(step));
        }
    }

    /// Polls a node's tasks until none of them waits for anything but time.
    fn drain(&mut self, node: usize) {
        for _ in 0..200 {
            self.nodes[node].tasks.retain_mut(|task| !poll(task));
            if self.nodes[node].tasks.is_empty() {
                return;
            }
        }
    }

    /// I11
    async fn nothing_is_stuck(&mut self) {
        self.finish();
        for connection in self.bench.connections().await {
            let standing = connection.health.standing;
            assert_ne!(standing, Standing::InDoubt, "{connection:?}");
        }
    }

    /// Lets everything that was begun come to its end.
    fn finish(&mut self) {
        for _ in 0..1000 {
            (0..NODES).for_each(|node| self.drain(node));
            if self.nodes.iter().all(|node| node.tasks.is_empty()) {
                return;
            }
            self.bench.clock.advance(SignedDuration::from_secs(1));
        }
        panic!("a task does not come to its end");
    }

    async fn check(&mut self, seed: u64) {
        self.finish();
        for connection in self.bench.connections().await {
            let chain = self.provider.chain(&connection.workspace.id);
            let tokens = self.bench.tokens(&connection);
            let token = tokens[0].refresh_token.as_ref().unwrap();
            let (_, number) = read(token.expose_secret());
            let (is_good, is_last) = (
                connection.health.standing == Standing::Good,
                number == chain.last,
            );
            assert_eq!(is_good, is_last, "seed {seed}: {connection:?} {chain:?}");
            if is_good {
                let leased_until = connection.upkeep.leased_until;
                assert!(leased_until.is_none(), "seed {seed}: {connection:?}");
                let expires_at = tokens[0].expires_at.unwrap();
                assert!(
                    expires_at > self.bench.clock.now(),
                    "seed {seed}: it died: {connection:?} {chain:?} {}",
                    self.bench.clock.now()
                );
            }
        }
    }
}

/// Without tokio's budget, which is renewed only where a whole test yields.
fn task(work: impl Future<Output = ()> + 'static) -> Task {
    Box::pin(tokio::task::unconstrained(work))
}

fn poll(task: &mut Task) -> bool {
    let mut context = Context::from_waker(Waker::noop());
    task.as_mut().poll(&mut context).is_ready()
}

/// F03, R7: without mishaps no refresh token is ever sent twice, by however many nodes.
#[tokio::test]
async fn many_nodes_spend_each_refresh_token_once() {
    for seed in 0..RUNS / 5 {
        let mut world = World::new(seed, Mishaps::None).await;
        world.run().await;
        world.check(seed).await;
        assert!(world.provider.refreshes.load(Ordering::Relaxed) > 0);
        for number in 0..WORKSPACES {
            let chain = world.provider.chain(&format!("T{number}"));
            assert_eq!(chain.spent_again, 0, "seed {seed}");
        }
        for connection in world.bench.connections().await {
            assert_eq!(connection.health.standing, Standing::Good, "seed {seed}");
        }
    }
}

/// R5: two nodes may then refresh one connection, and one of them gets nothing; what the other one
/// got is not lost.
#[tokio::test]
async fn a_node_that_stands_still_costs_no_connection() {
    for seed in 0..RUNS {
        let mut world = World::new(seed, Mishaps::Pauses).await;
        world.run().await;
        world.check(seed).await;
        for connection in world.bench.connections().await {
            let standing = connection.health.standing;
            assert_eq!(standing, Standing::Good, "seed {seed}: {connection:?}");
        }
    }
}

/// I6, I7, I11, I12
#[tokio::test]
async fn whatever_goes_wrong_each_connection_is_told_as_it_is() {
    told_as_it_is(0..RUNS).await;
}

/// `cargo test --release --package tieline-domain --test broker -- --ignored many_times`
#[tokio::test]
#[ignore = "takes half an hour"]
async fn whatever_goes_wrong_many_times() {
    told_as_it_is(RUNS..MANY_RUNS).await;
}

async fn told_as_it_is(seeds: std::ops::Range<u64>) {
    for seed in seeds {
        let mut world = World::new(seed, Mishaps::All).await;
        world.run().await;
        world.check(seed).await;
    }
}
