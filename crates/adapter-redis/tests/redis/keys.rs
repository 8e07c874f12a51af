//! What lies on the server.

use std::{sync::Arc, time::Duration};

use redis::cmd;
use tieline_adapter_redis::{RedisRateLimiter, RedisRecentChecks, RedisReplayStore};
use tieline_domain::{
    id::{ConnectionId, EnvironmentId},
    ports::{Checked, IdempotencyClaim, RateLimit, RateLimiter, RecentChecks, ReplayStore},
    reason::Reason,
};
use tieline_testkit::{
    FixedClock, MemoryStorage,
    contract::recent_checks::CHECK_MEMORY,
    fixtures::{self, NOON},
};

use crate::{server::Server, support::memory};

/// Uses all ports once, under the prefix `own`.
async fn use_all(server: &Server) {
    let memory = memory(&server.url(), "own").await;
    let database = Arc::new(Arc::clone(&MemoryStorage::new().stores().idempotency));
    let limiter = RedisRateLimiter::new(memory.clone(), Arc::new(NoLimiter));
    let limit = RateLimit {
        burst: 1,
        interval: Duration::from_mins(1),
    };
    limiter.take("mint", limit, NOON).await;
    let replays = RedisReplayStore::new(memory.clone(), database);
    let record = fixtures::idempotency_record(EnvironmentId(fixtures::uuid()), "key");
    let claim = replays.claim(&record, NOON).await.unwrap();
    assert_eq!(claim, IdempotencyClaim::New);
    let checks = RedisRecentChecks::new(
        memory,
        Arc::new(()),
        Arc::new(FixedClock::default()),
        CHECK_MEMORY,
    );
    let checked = Checked {
        connection: ConnectionId(fixtures::uuid()),
        generation: 1,
        app_generation: 1,
    };
    let ask = Box::pin(async { Err(Reason::TokenRevoked.into()) });
    checks.check(&checked, ask).await.unwrap_err();
}

struct NoLimiter;

#[async_trait::async_trait]
impl RateLimiter for NoLimiter {
    async fn take(
        &self,
        _: &str,
        _: RateLimit,
        _: jiff::Timestamp,
    ) -> tieline_domain::ports::Allowance {
        panic!("the server did not answer")
    }
}

#[tokio::test]
async fn every_key_has_the_prefix_and_a_time_to_live() {
    let server = Server::start();
    use_all(&server).await;
    let mut keys: Vec<String> = server.ask(cmd("KEYS").arg("*")).await;
    keys.sort();
    let kinds: Vec<_> = keys
        .iter()
        .map(|key| key.split(':').nth(1).unwrap())
        .collect();
    assert_eq!(kinds, ["check", "probe", "rate", "replay"]);
    for (key, longest) in keys.iter().zip([10_000, 1000, 60_000, 360_000]) {
        assert!(key.starts_with("own:"), "{key}");
        let lives_ms: i64 = server.ask(cmd("PTTL").arg(key)).await;
        assert!(
            (1..=longest).contains(&lives_ms),
            "{key} lives {lives_ms} ms"
        );
    }
}

#[tokio::test]
async fn a_user_with_the_documented_rights_is_enough() {
    let server = Server::start();
    let mut user = cmd("ACL");
    user.arg("SETUSER")
        .arg("default")
        .arg("reset")
        .arg("on")
        .arg("nopass");
    let rights = "~own:* &own:* +set +get +eval +publish +subscribe +ping";
    for right in rights.split(' ') {
        user.arg(right);
    }
    let before: Vec<String> = server.ask(cmd("KEYS").arg("*")).await;
    assert!(before.is_empty());
    server.ask::<()>(&user).await;
    use_all(&server).await;
}

#[tokio::test]
async fn every_command_is_one_round_trip() {
    let server = Server::start();
    use_all(&server).await;
    let statistics: String = server.ask(cmd("INFO").arg("commandstats")).await;
    let calls = |command: &str| {
        let line = statistics
            .lines()
            .find(|line| line.starts_with(&format!("cmdstat_{command}:")))?;
        let calls = line.split("calls=").nth(1)?.split(',').next()?;
        calls.parse::<u32>().ok()
    };
    // Outside of the script: the probe, the replay, the check; in it, the rate.
    assert_eq!(calls("eval"), Some(1));
    assert_eq!(calls("set"), Some(4));
    assert_eq!(calls("get"), Some(2));
}
