//! What the server tells of itself.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use redis::cmd;
use tieline_domain::ports::Clock;

use crate::{RedisMemory, presence::State};

/// What the server tells of itself. A user with few rights is not told everything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RedisExamination {
    /// How long it took to answer.
    pub took: SignedDuration,
    /// Its version; that of the Redis which it is like, for a Valkey.
    pub version: Option<String>,
    /// How many bytes it keeps at the most; 0 for as many as there are.
    pub max_memory: Option<u64>,
    /// What it does when that is full.
    pub eviction: Option<String>,
}

impl RedisMemory {
    /// Asks the server of itself, or says why it is away.
    pub async fn examine(&self, clock: &dyn Clock) -> Result<RedisExamination, String> {
        let told = self.facts().await;
        let asked_at = clock.now();
        let answered = self.link.ask::<String>(&cmd("PING")).await;
        let took = clock.now().duration_since(asked_at);
        if answered.is_err() {
            return Err(self.absence());
        }
        Ok(RedisExamination { took, ..told })
    }

    async fn facts(&self) -> RedisExamination {
        let mut facts = BTreeMap::new();
        for section in ["server", "memory"] {
            let told = self.link.ask::<String>(cmd("INFO").arg(section)).await;
            facts.extend(read(&told.unwrap_or_default()));
        }
        RedisExamination {
            took: SignedDuration::ZERO,
            version: facts.remove("redis_version"),
            max_memory: facts.get("maxmemory").and_then(|bytes| bytes.parse().ok()),
            eviction: facts.remove("maxmemory_policy"),
        }
    }

    fn absence(&self) -> String {
        match &*self.link.state().borrow() {
            State::Away(cause) => cause.clone(),
            State::Unknown | State::There => "it does not answer a PING".to_owned(),
        }
    }
}

/// Lines of name and value.
fn read(told: &str) -> BTreeMap<String, String> {
    let pairs = told.lines().filter_map(|line| line.split_once(':'));
    pairs
        .map(|(name, value)| (name.to_owned(), value.trim().to_owned()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_name_and_value_are_read_and_headings_are_not() {
        let facts = read("# Server\r\nredis_version:7.4.1\r\nos:Linux 6.1 x86_64\r\n\r\n");
        assert_eq!(facts["redis_version"], "7.4.1");
        assert_eq!(facts.len(), 2);
    }
}
