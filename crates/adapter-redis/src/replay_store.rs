//! The answers of mints, in one round trip.

use std::{fmt, sync::Arc};

use async_trait::async_trait;
use jiff::Timestamp;
use redis::cmd;
use sha2::{Digest, Sha256};
use tieline_domain::{
    idempotency::{IdempotencyRecord, IdempotencyScope},
    ports::{IdempotencyClaim, ReplayStore, StoreError},
    sealed::Sealed,
};

use crate::{RedisMemory, link::Away};

/// Replaces a record that has expired by our clock and not yet by the server's.
const REPLACE: &str = "\
    local held = redis.call('GET', KEYS[1]) \
    if held and held ~= ARGV[1] then return held end \
    redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3]) \
    return false";

/// Keeps records on the server; with it away, in `fallback`.
#[derive(Clone)]
pub struct RedisReplayStore {
    memory: RedisMemory,
    fallback: Arc<dyn ReplayStore>,
}

/// How a record is kept: this, its fingerprint, when it expires in microseconds since the epoch,
/// and the response, which comes sealed and stays so.
const VERSION: u8 = 2;
const HEX: &[u8; 16] = b"0123456789abcdef";

impl RedisReplayStore {
    /// A store on this memory.
    #[must_use]
    pub fn new(memory: RedisMemory, fallback: Arc<dyn ReplayStore>) -> Self {
        Self { memory, fallback }
    }

    async fn ask(
        &self,
        record: &IdempotencyRecord,
        now: Timestamp,
    ) -> Result<IdempotencyClaim, Away> {
        let link = &self.memory.link;
        let key = link.key(&name(&record.scope));
        let value = write(record);
        let lives_ms = record.expires_at.duration_since(now).as_millis().max(1);
        let lives_ms = u64::try_from(lives_ms).map_err(|_| Away)?;
        let mut command = cmd("SET");
        command.arg(&key).arg(&value).arg("NX").arg("GET");
        command.arg("PX").arg(lives_ms);
        let mut held: Option<Vec<u8>> = link.ask(&command).await?;
        while let Some(bytes) = held {
            let taken = read(&bytes, &record.scope)?;
            if now < taken.expires_at {
                return Ok(IdempotencyClaim::Taken(Box::new(taken)));
            }
            let mut command = cmd("EVAL");
            command.arg(REPLACE).arg(1).arg(&key);
            command.arg(bytes).arg(&value).arg(lives_ms);
            held = link.ask(&command).await?;
        }
        Ok(IdempotencyClaim::New)
    }
}

impl fmt::Debug for RedisReplayStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisReplayStore").finish_non_exhaustive()
    }
}

#[async_trait]
impl ReplayStore for RedisReplayStore {
    async fn claim(
        &self,
        record: &IdempotencyRecord,
        now: Timestamp,
    ) -> Result<IdempotencyClaim, StoreError> {
        match self.ask(record, now).await {
            Ok(claim) => Ok(claim),
            Err(Away) => self.fallback.claim(record, now).await,
        }
    }
}

fn name(scope: &IdempotencyScope) -> String {
    let mut hash = Sha256::new();
    hash.update(scope.route.as_bytes());
    hash.update([0]);
    hash.update(scope.key_hash);
    let hash: [u8; 32] = hash.finalize().into();
    let digits = hash.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    let mut name = format!("replay:{}:", scope.environment_id);
    name.extend(digits.map(|digit| char::from(HEX[usize::from(digit)])));
    name
}

fn write(record: &IdempotencyRecord) -> Vec<u8> {
    let expires_at = record.expires_at.as_microsecond().to_be_bytes();
    let response = &record.response.0[..];
    [&[VERSION], &record.fingerprint[..], &expires_at, response].concat()
}

/// What a node of another version wrote does not exist for us.
fn read(bytes: &[u8], scope: &IdempotencyScope) -> Result<IdempotencyRecord, Away> {
    let ([VERSION], rest) = bytes.split_first_chunk().ok_or(Away)? else {
        return Err(Away);
    };
    let (fingerprint, rest) = rest.split_first_chunk().ok_or(Away)?;
    let (expires_at, response) = rest.split_first_chunk().ok_or(Away)?;
    let expires_at = Timestamp::from_microsecond(i64::from_be_bytes(*expires_at));
    Ok(IdempotencyRecord {
        scope: scope.clone(),
        fingerprint: *fingerprint,
        response: Sealed(response.to_vec()),
        expires_at: expires_at.map_err(|_| Away)?,
    })
}
