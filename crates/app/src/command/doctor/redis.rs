//! Redis, where it is set: whether it answers, how fast, and what it does when it is full.

use jiff::SignedDuration;
use tieline_adapter_redis::RedisExamination;

use super::Finding;
use crate::{config::Settings, system::SystemClock, wiring::memory};

const WHAT: &str = "Redis";

/// The oldest version that is known to do.
const OLDEST: u32 = 7;

/// A command is given up after 50 ms; from here on there is little room left.
const SLOW: SignedDuration = SignedDuration::from_millis(10);

pub(super) async fn check(settings: &Settings) -> Finding {
    let connected = match memory::connect(settings).await {
        Ok(connected) => connected,
        Err(error) => {
            let mend = "Correct redis_url or redis_ca_path; docs/configuration.md has the forms.";
            return Finding::bad(WHAT, format!("{error:#}."), mend);
        }
    };
    let Some(redis) = connected else {
        return Finding::good(WHAT, "It is not set: one node needs none.");
    };
    match redis.examine(&SystemClock).await {
        Ok(examined) => judge(&examined),
        Err(cause) => {
            let mend = "Start it, let this machine through to it, and look at the user, the \
                password and the rights (docs/configuration.md, redis_prefix). Until then every \
                node remembers for itself: all works, slower.";
            Finding::bad(WHAT, format!("It cannot be used: {cause}."), mend)
        }
    }
}

fn judge(examined: &RedisExamination) -> Finding {
    let took = examined.took.as_millis();
    let version = examined.version.as_deref();
    let told = format!(
        "It answers in {took} ms; its version is {}.",
        version.unwrap_or("not told to this user (INFO)")
    );
    let major = version.and_then(|it| it.split('.').next()?.parse::<u32>().ok());
    if major.is_some_and(|major| major < OLDEST) {
        return Finding::bad(WHAT, told, "Take Redis 7 or newer, or any Valkey.");
    }
    if examined.took >= SLOW {
        let mend = "Put it nearer to the nodes, or give it less to do: after 50 ms a node goes on \
            without it.";
        return Finding::warning(WHAT, told, mend);
    }
    let is_capped = examined.max_memory.is_some_and(|bytes| bytes > 0);
    if is_capped && examined.eviction.as_deref() == Some("noeviction") {
        let told = format!("{told} When it is full it refuses to write (noeviction).");
        let mend = "Set its maxmemory-policy to volatile-ttl: all that Tieline keeps there has an \
            end, and may be lost.";
        return Finding::warning(WHAT, told, mend);
    }
    Finding::good(WHAT, told)
}

#[cfg(test)]
mod tests {
    use super::{super::State, *};

    fn examined() -> RedisExamination {
        RedisExamination {
            took: SignedDuration::from_millis(1),
            version: Some("8.0.2".to_owned()),
            max_memory: Some(0),
            eviction: Some("noeviction".to_owned()),
        }
    }

    #[test]
    fn a_server_is_judged_by_version_latency_and_what_it_does_when_it_is_full() {
        let judged = |change: fn(&mut RedisExamination)| {
            let mut examined = examined();
            change(&mut examined);
            judge(&examined).state
        };
        assert_eq!(judged(|_| {}), State::Good);
        assert_eq!(judged(|it| it.version = None), State::Good);
        assert_eq!(judged(|it| it.version = Some("6.2.14".into())), State::Bad);
        assert_eq!(judged(|it| it.took = SLOW), State::Warning);
        assert_eq!(judged(|it| it.max_memory = Some(1)), State::Warning);
        let volatile = |it: &mut RedisExamination| {
            it.max_memory = Some(1);
            it.eviction = Some("volatile-ttl".to_owned());
        };
        assert_eq!(judged(volatile), State::Good);
    }
}
