//! Faults on demand.

mod board;
mod broken_body;
mod budget;
mod gate;
mod id_token;
mod rate_limit;
mod spoil;

use std::time::Duration;

use serde_json::Value;
use url::Url;

pub(crate) use board::FaultBoard;
pub(crate) use budget::Budgets;
pub use budget::RateLimit;
pub(crate) use gate::Gate;
pub use id_token::IdTokenFault;
pub use rate_limit::RetryAfter;
pub(crate) use spoil::{AskedIdTokenFault, record_and_spoil};

/// A way for an endpoint to misbehave.
///
/// `Status`, `Reply`, `Drip`, `Redirect`, `Endless`, `RateLimited` and
/// `Disconnect` stand in for the endpoint: nothing behind it happens, a code or
/// a refresh token stays unspent. `Delay`, `Hang`, `Cut`, `StatusAfter`,
/// `LoseReply` and `HoldReply` let it do its work and spoil only the delivery,
/// which is how a code or a refresh token gets spent without its tokens ever
/// arriving. `Hold` lets it do its work later. `SlackReplyPatch` and `IdToken`
/// change what a success says.
#[derive(Debug, Clone)]
pub enum Fault {
    /// This status with this body as plain text.
    Status(u16, String),
    /// This reply, byte for byte; nothing is added, not even a content type.
    Reply {
        /// The status code.
        status: u16,
        /// Names and values.
        headers: Vec<(String, String)>,
        /// Any bytes at all.
        body: Vec<u8>,
    },
    /// The true reply, but its headers come this much later.
    Delay(Duration),
    /// The work is done, the headers never arrive.
    Hang,
    /// Status 200 and this body as JSON, one byte at a time.
    Drip {
        /// What is said, slowly.
        body: Vec<u8>,
        /// The pause before each byte.
        every: Duration,
    },
    /// The true reply, but the connection breaks inside its body.
    Cut {
        /// How much of the body arrives; always less than all of it.
        after_bytes: usize,
    },
    /// The work is done, then this status with this body as plain text.
    StatusAfter(u16, String),
    /// The work is done, then the connection closes without a byte of a reply.
    LoseReply,
    /// The connection closes without a byte of a reply, and nothing is done.
    Disconnect,
    /// `429`, and when to come again.
    RateLimited(RetryAfter),
    /// Nothing is done until
    /// [`release`](crate::SandboxControl::release), then all is as usual.
    Hold,
    /// The work is done, the reply waits until
    /// [`release`](crate::SandboxControl::release).
    HoldReply,
    /// A `302` to somewhere else.
    Redirect(Url),
    /// Status 200 and a body without end.
    Endless,
    /// A JSON merge patch (RFC 7396) onto a successful JSON reply: for Slack
    /// one with `ok: true`, elsewhere any with status 200. Only an object is
    /// sensible here; to replace the reply altogether use `Reply`.
    SlackReplyPatch(Value),
    /// An `id_token` that must not be believed, at the Entra token endpoint.
    IdToken(IdTokenFault),
}

/// A pause that is itself the fault.
#[expect(
    clippy::disallowed_methods,
    reason = "a client shall really have to wait"
)]
pub(crate) async fn pause(by: Duration) {
    tokio::time::sleep(by).await;
}
