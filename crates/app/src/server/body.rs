//! Bodies of requests over HTTP/1. What is left of one on its connection would be taken for the
//! next request: the connection has to be closed, and a client that sends head and body apart, and
//! asks again, finds it so without a word.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use axum::http::{Request, Version, header};
use http_body_util::{BodyExt, Limited};
use hyper::body::{Body, Bytes, Frame, Incoming, SizeHint};
use tieline_adapter_http::MAX_BODY;
use tokio::runtime::Handle;

use super::connection::State;

/// The body of a request. If it is dropped before its end, the rest is read while the answer is
/// under way.
pub(super) struct WholeBody {
    /// None after its end.
    incoming: Option<Incoming>,
    /// On which the rest is read; none if it is not to be.
    connection: Option<Arc<State>>,
}

/// Whether the body of this request is longer than any may be, so that its connection cannot have
/// another request.
pub(super) fn is_too_long(request: &Request<Incoming>) -> bool {
    is_http1(request) && request.body().size_hint().lower() > MAX_BODY as u64
}

impl WholeBody {
    /// Has the rest read until the connection is asked to end, or more came than any body may have.
    /// Over HTTP/2 nobody waits for it, and who asked whether to send it (`Expect`) will not unless
    /// it is read.
    pub(super) fn of(request: Request<Incoming>, connection: &Arc<State>) -> Request<Self> {
        let asked = request.headers().contains_key(header::EXPECT);
        let is_read = is_http1(&request) && !asked && !is_too_long(&request);
        let connection = is_read.then(|| Arc::clone(connection));
        request.map(|incoming| Self {
            incoming: Some(incoming),
            connection,
        })
    }
}

impl Body for WholeBody {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<hyper::Result<Frame<Bytes>>>> {
        let Some(incoming) = &mut self.incoming else {
            return Poll::Ready(None);
        };
        let frame = ready!(Pin::new(incoming).poll_frame(context));
        if frame.is_none() {
            self.incoming = None;
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.incoming.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        let incoming = self.incoming.as_ref();
        incoming.map_or_else(|| SizeHint::with_exact(0), Body::size_hint)
    }
}

impl Drop for WholeBody {
    fn drop(&mut self) {
        if self.is_end_stream() {
            return;
        }
        let (Some(rest), Some(connection)) = (self.incoming.take(), self.connection.take()) else {
            return;
        };
        // Without a runtime there is no connection any more.
        if let Ok(runtime) = Handle::try_current() {
            runtime.spawn(async move {
                tokio::select! {
                    () = read(rest) => {}
                    () = connection.is_to_end() => {}
                }
            });
        }
    }
}

async fn read(rest: Incoming) {
    let mut rest = Limited::new(rest, MAX_BODY);
    while let Some(Ok(_)) = rest.frame().await {}
}

fn is_http1<B>(request: &Request<B>) -> bool {
    request.version() < Version::HTTP_2
}
