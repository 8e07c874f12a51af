//! Faults, limits, clock, deliveries.

use std::time::Duration;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use super::sent;
use crate::control::SandboxControl;
use crate::endpoint::Endpoint;
use crate::fault::RateLimit;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum Command {
    ClearFaults {},
    LimitRate {
        endpoint: Endpoint,
        calls: usize,
        seconds: u64,
    },
    ClearRateLimits {},
    Release {
        endpoint: Endpoint,
    },
    Advance {
        seconds: u64,
    },
    SetTime {
        now: Timestamp,
    },
    Redeliver {
        delivery: usize,
        reason: String,
    },
}

impl Command {
    pub(super) fn run(self, control: &SandboxControl) -> Option<Value> {
        match self {
            Self::ClearFaults {} => control.clear_faults(),
            Self::LimitRate {
                endpoint,
                calls,
                seconds,
            } => {
                let per = Duration::from_secs(seconds);
                control.limit_rate(endpoint, RateLimit { calls, per });
            }
            Self::ClearRateLimits {} => control.clear_rate_limits(),
            Self::Release { endpoint } => control.release(endpoint),
            Self::Advance { seconds } => control.advance(Duration::from_secs(seconds)),
            Self::SetTime { now } => control.set_time(now),
            Self::Redeliver { delivery, reason } => {
                return Some(sent(control.redeliver(delivery, &reason)));
            }
        }
        None
    }
}
