//! Bodies that no well-behaved server sends.

use std::time::Duration;

use axum::body::{Body, Bytes};
use tokio::io::{AsyncWriteExt, duplex, empty, repeat};
use tokio_util::io::ReaderStream;

use crate::fault::pause;

/// Long enough for the server to flush what came before it.
const FLUSH: Duration = Duration::from_millis(20);

/// One byte at a time.
pub(crate) fn drip(body: Vec<u8>, every: Duration) -> Body {
    let (mut sink, source) = duplex(1);
    tokio::spawn(async move {
        for byte in body {
            pause(every).await;
            // An error says that the reader has gone, which ends the dripping.
            if sink.write_u8(byte).await.is_err() {
                break;
            }
        }
    });
    Body::from_stream(ReaderStream::new(source))
}

/// The first bytes, then an end that comes too early for the content length
/// in the headers, upon which the server breaks the connection.
pub(crate) fn cut(body: Bytes) -> Body {
    let (mut sink, source) = duplex(body.len().max(1));
    tokio::spawn(async move {
        if sink.write_all(&body).await.is_ok() {
            pause(FLUSH).await;
        }
    });
    Body::from_stream(ReaderStream::new(source))
}

/// An end before anything was sent: the server gives up before it has flushed
/// the headers.
pub(crate) fn nothing() -> Body {
    Body::from_stream(ReaderStream::new(empty()))
}

/// Blanks for as long as somebody reads them.
pub(crate) fn endless() -> Body {
    Body::from_stream(ReaderStream::with_capacity(repeat(b' '), 64 * 1024))
}
