//! What the sandbox sends by itself: events of Slack, activities of the Bot
//! Framework.

mod outbox;
mod post;

use jiff::Timestamp;
use serde::Serialize;
use url::Url;

pub(crate) use outbox::Outbox;

/// Something that the sandbox has sent, or is about to. It is sent to loopback
/// addresses alone, over plain HTTP, once; see
/// [`redeliver`](crate::SandboxControl::redeliver) for once more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Delivery {
    /// Counts from 0.
    pub id: usize,
    /// What was sent.
    #[serde(flatten)]
    pub letter: Letter,
    /// What became of it.
    pub state: DeliveryState,
}

/// What is sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Letter {
    /// The app that it is for: a Slack app's client id, or a bot's app id.
    pub client_id: String,
    /// Where it is sent.
    pub to: Url,
    /// The type of the event or of the activity.
    pub kind: String,
    /// The id of the event or of the activity; a retry has the same one.
    pub event_id: Option<String>,
    /// Names and values.
    pub headers: Vec<(String, String)>,
    /// The JSON text, as it is sent.
    pub body: String,
    /// When it was handed over, by the sandbox's clock.
    #[serde(serialize_with = "as_display")]
    pub at: Timestamp,
}

/// What became of something that was sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryState {
    /// It is on its way.
    Pending,
    /// There was an answer.
    Answered {
        /// Its status.
        status: u16,
        /// Its body, of which a long one is cut.
        body: String,
    },
    /// There was none.
    Failed {
        /// Why.
        reason: String,
    },
}

impl Delivery {
    /// The status of the answer, once there is one.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        match self.state {
            DeliveryState::Answered { status, .. } => Some(status),
            DeliveryState::Pending | DeliveryState::Failed { .. } => None,
        }
    }

    /// The body of the answer; empty while there is none.
    #[must_use]
    pub fn answer(&self) -> &str {
        match &self.state {
            DeliveryState::Answered { body, .. } => body,
            DeliveryState::Pending | DeliveryState::Failed { .. } => "",
        }
    }

    /// Whether it is on its way no longer.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        self.state != DeliveryState::Pending
    }
}

fn as_display<S: serde::Serializer>(at: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(at)
}
