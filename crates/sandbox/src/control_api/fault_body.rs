//! Faults as JSON.

use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;
use url::Url;

use crate::control::SandboxControl;
use crate::endpoint::Endpoint;
use crate::fault::{Fault, IdTokenFault, RetryAfter};

/// Which endpoint shall misbehave, how often and how: the body of
/// `POST /control/faults`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FaultOrder {
    endpoint: Endpoint,
    #[serde(default)]
    once: bool,
    times: Option<usize>,
    fault: FaultBody,
}

impl FaultOrder {
    pub(crate) fn give(self, control: &SandboxControl) {
        let fault = Fault::from(self.fault);
        match self.times.or(self.once.then_some(1)) {
            Some(times) => control.fault_times(self.endpoint, times, fault),
            None => control.fault(self.endpoint, fault),
        }
    }
}

/// A [`Fault`].
#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum FaultBody {
    Status {
        status: u16,
        body: String,
    },
    Reply {
        status: u16,
        headers: Vec<(String, String)>,
        body: String,
    },
    Delay {
        milliseconds: u64,
    },
    Hang,
    StatusAfter {
        status: u16,
        body: String,
    },
    LoseReply,
    Disconnect,
    RateLimited {
        retry_after: RetryAfter,
    },
    Hold,
    HoldReply,
    Drip {
        body: String,
        every_milliseconds: u64,
    },
    Cut {
        after_bytes: usize,
    },
    Redirect {
        to: Url,
    },
    Endless,
    SlackReplyPatch {
        patch: Value,
    },
    IdToken {
        fault: IdTokenFault,
    },
}

impl From<FaultBody> for Fault {
    fn from(body: FaultBody) -> Self {
        match body {
            FaultBody::Status { status, body } => Self::Status(status, body),
            FaultBody::Reply {
                status,
                headers,
                body,
            } => Self::Reply {
                status,
                headers,
                body: body.into_bytes(),
            },
            FaultBody::Delay { milliseconds } => Self::Delay(Duration::from_millis(milliseconds)),
            FaultBody::Hang => Self::Hang,
            FaultBody::StatusAfter { status, body } => Self::StatusAfter(status, body),
            FaultBody::LoseReply => Self::LoseReply,
            FaultBody::Disconnect => Self::Disconnect,
            FaultBody::RateLimited { retry_after } => Self::RateLimited(retry_after),
            FaultBody::Hold => Self::Hold,
            FaultBody::HoldReply => Self::HoldReply,
            FaultBody::Drip {
                body,
                every_milliseconds,
            } => Self::Drip {
                body: body.into_bytes(),
                every: Duration::from_millis(every_milliseconds),
            },
            FaultBody::Cut { after_bytes } => Self::Cut { after_bytes },
            FaultBody::Redirect { to } => Self::Redirect(to),
            FaultBody::Endless => Self::Endless,
            FaultBody::SlackReplyPatch { patch } => Self::SlackReplyPatch(patch),
            FaultBody::IdToken { fault } => Self::IdToken(fault),
        }
    }
}
