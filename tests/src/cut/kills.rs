//! Processes that are killed wherever they are.

use std::time::Duration;

use rand::{RngExt, SeedableRng, rngs::SmallRng, seq::IndexedRandom};
use serde_json::Value;
use tieline_sandbox::{Endpoint, Fault};

use crate::{Browser, Reply, Storage};

use super::{ACCESS, Rotating, callback, disconnect};

/// What is going on when the process is killed.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Work {
    Connect,
    Refresh,
    Disconnect,
}

/// Where it is killed.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Place {
    /// At a step of its own.
    Step(&'static str),
    /// While the provider has the request, and has done nothing.
    Asked,
    /// While the provider has done what it was asked, and has not answered.
    Done,
    /// So many milliseconds after it was told to.
    After(u64),
}

const REFRESH_STEPS: [&str; 6] = [
    "upkeep_held",
    "refresh_unsent",
    "refresh_answered",
    "refresh_journaled",
    "upkeep_uncommitted",
    "refresh_committed",
];

/// Longer than one process lives here.
const GRACE: Duration = Duration::from_mins(10);

/// Kills the process in the middle of what it does, round after round, and sometimes once more
/// while it recovers. After each round the connection is good and its token works, or it is at its
/// end for a reason that there is. All is made of the seed but for the very moment of a kill by
/// time.
pub async fn kill_at_random(storage: Storage, seed: u64, rounds: u32) {
    let told = Told { storage, seed };
    let mut run = Run {
        cut: Rotating::start(storage, None).await,
        rng: SmallRng::seed_from_u64(seed),
    };
    for _ in 0..rounds {
        run.round().await;
    }
    drop(told);
}

/// Says of a run that failed which it was.
struct Told {
    storage: Storage,
    seed: u64,
}

impl Drop for Told {
    #[expect(clippy::print_stderr, reason = "a failed test speaks")]
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("seed {} on {:?}", self.seed, self.storage);
        }
    }
}

struct Run {
    cut: Rotating,
    rng: SmallRng,
}

impl Run {
    async fn round(&mut self) {
        let work = *[
            Work::Connect,
            Work::Refresh,
            Work::Refresh,
            Work::Disconnect,
        ]
        .choose(&mut self.rng)
        .expect("some");
        let place = self.place(work);
        // Without a grace a lost answer costs the connection, and each time some seconds.
        let is_strict = self.rng.random_ratio(1, 6);
        let grace = if is_strict { Duration::ZERO } else { GRACE };
        self.cut.stage.control.set_slack_refresh_grace(grace);
        #[expect(clippy::print_stderr, reason = "what a failed round was")]
        {
            eprintln!("{work:?} is killed at {place:?}, strict: {is_strict}");
        }
        if let Place::Step(step) = place {
            self.cut.stage.server.kill().await;
            self.cut.begin_later(Some(step)).await;
        }
        self.kill_during(work, place).await;
        self.recover().await;
        if work == Work::Connect {
            // Who sees that it failed tries again.
            self.cut.connect().await;
        }
        self.check(work, is_strict).await;
    }

    fn place(&mut self, work: Work) -> Place {
        let mut steps: Vec<&str> = match work {
            Work::Connect => callback::STEPS.iter().map(|(step, _)| *step).collect(),
            Work::Refresh => REFRESH_STEPS.to_vec(),
            Work::Disconnect => disconnect::STEPS.iter().map(|(step, _)| *step).collect(),
        };
        match self.rng.random_range(0..8) {
            0 => Place::Asked,
            1 => Place::Done,
            2..4 => Place::After(self.rng.random_range(0..60)),
            _ => Place::Step(steps.swap_remove(self.rng.random_range(0..steps.len()))),
        }
    }

    /// Begins the work, and kills the process over it.
    async fn kill_during(&mut self, work: Work, place: Place) {
        let endpoint = match work {
            Work::Connect | Work::Refresh => ACCESS,
            Work::Disconnect => Endpoint::SlackAppsUninstall,
        };
        let control = self.cut.stage.control.clone();
        match place {
            Place::Asked => control.fault_once(endpoint, Fault::Hold),
            Place::Done => control.fault_once(endpoint, Fault::HoldReply),
            Place::Step(_) | Place::After(_) => {}
        }
        let request = match work {
            Work::Connect => {
                let minted = self.cut.stage.mint("rotating").await;
                let callback = Browser::new().callback(&minted.url).await;
                self.cut.stage.api.http.get(callback)
            }
            Work::Refresh => self.cut.token_request(43_200),
            Work::Disconnect => self.cut.delete_request(),
        };
        let working = tokio::spawn(Reply::to(request));
        match place {
            Place::Step(_) => assert!(!self.cut.stage.server.ended().await.success()),
            Place::Asked | Place::Done => {
                control.wait_for_held(endpoint, 1).await;
                self.cut.stage.server.kill().await;
            }
            Place::After(milliseconds) => {
                pass(Duration::from_millis(milliseconds)).await;
                self.cut.stage.server.kill().await;
            }
        }
        control.clear_faults();
        drop(working.await);
    }

    /// Starts it again, now and then to be killed once more at a step of what it makes up for.
    async fn recover(&mut self) {
        if self.rng.random_ratio(1, 3) {
            let step = *REFRESH_STEPS.choose(&mut self.rng).expect("some");
            self.cut.begin_or_end_later(step).await;
        }
        self.cut.begin_later(None).await;
    }

    async fn check(&mut self, work: Work, is_strict: bool) {
        let connections = self.cut.stage.api.connections().await;
        if connections.is_empty() {
            assert_eq!(work, Work::Disconnect, "the connection is gone");
            self.gone().await;
        } else {
            self.decided(work, is_strict).await;
        }
        self.cut.journal_is_empty().await;
    }

    /// The connection was deleted: its revocation comes to its end.
    async fn gone(&mut self) {
        let receipt = self.cut.receipt().await;
        assert_eq!(receipt["status"], "completed", "{receipt}");
        assert_eq!(self.cut.live(), []);
        self.cut.connect().await;
    }

    async fn decided(&mut self, work: Work, is_strict: bool) {
        let connection = self.cut.decided().await;
        if connection["status"] == "active" {
            self.cut.working_token().await;
            return;
        }
        let may_be_lost = is_strict && work == Work::Refresh;
        assert!(may_be_lost, "{connection}");
        assert_eq!(connection["statusReason"], Value::from("refresh_lost"));
        self.cut.connect().await;
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "a moment that nothing marks is what is wanted"
)]
async fn pass(time: Duration) {
    tokio::time::sleep(time).await;
}
