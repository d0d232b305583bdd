//! Bodies of requests and responses, as streams. Of a request the few bytes wait that may be the beginning of a placeholder,
//! which the plugin knows. Of a response from a server that may have a secret always the same number of bytes waits, so that the
//! sizes and times of its pieces reveal nothing about the secret.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Instant, Sleep, sleep};
use wasmtime_wasi_http::{Error, WasiBody};

use crate::capabilities::secrets::{Finder, Stream};
use crate::limits;

/// A request's body: of bounded size and without placeholders, which would reach the server as they are.
pub(super) struct Outgoing {
    inner: WasiBody,
    finder: Finder,
    sent: usize,
    /// Set when a placeholder was found.
    pub(super) tripped: Arc<AtomicBool>,
    ended: bool,
    /// Counts the bytes of all bodies of the attempt.
    flowed: Arc<AtomicU64>,
}

impl Outgoing {
    pub(super) fn new(inner: WasiBody, finder: Finder, flowed: Arc<AtomicU64>) -> Self {
        Self { inner, finder, sent: 0, tripped: Arc::default(), ended: false, flowed }
    }

    /// The part of `data` that may be sent now.
    fn pass(&mut self, data: &Bytes) -> Result<Frame<Bytes>, Error> {
        self.sent += data.len();
        self.flowed.fetch_add(data.len() as u64, Ordering::Relaxed);
        if self.sent > limits::HTTP_REQUEST_BYTES {
            return Err(Error::HttpRequestBodySize(Some(limits::HTTP_REQUEST_BYTES as u64)));
        }
        match self.finder.push(data) {
            Some(data) => Ok(Frame::data(data)),
            None => {
                self.tripped.store(true, Ordering::Relaxed);
                Err(Error::HttpRequestDenied)
            }
        }
    }
}

impl Body for Outgoing {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        if self.ended {
            return Poll::Ready(None);
        }
        loop {
            return match ready!(Pin::new(&mut self.inner).poll_frame(cx)) {
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(data) => match self.pass(&data) {
                        Ok(nothing) if is_empty(&nothing) => continue,
                        passed => Poll::Ready(Some(passed)),
                    },
                    // Trailers of a request have no use here and could carry a placeholder past the check of the headers.
                    Err(_) => Poll::Ready(Some(Err(Error::HttpRequestTrailerSectionSize(None)))),
                },
                Some(Err(error)) => Poll::Ready(Some(Err(error))),
                None => {
                    self.ended = true;
                    let left = self.finder.end();
                    Poll::Ready((!left.is_empty()).then(|| Ok(Frame::data(left))))
                }
            };
        }
    }

    fn is_end_stream(&self) -> bool {
        self.finder.is_empty() && self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        if self.sent == 0 { self.inner.size_hint() } else { SizeHint::default() }
    }
}

/// All of a piece waits for the next one.
fn is_empty(frame: &Frame<Bytes>) -> bool {
    frame.data_ref().is_some_and(Bytes::is_empty)
}

/// A response's body: of bounded size, without secrets, and not slower than allowed.
pub(super) struct Incoming {
    inner: hyper::body::Incoming,
    stream: Stream,
    received: usize,
    patience: Duration,
    timer: Pin<Box<Sleep>>,
    ended: bool,
    /// Among the requests of the attempt, until this is read or given up.
    _place: OwnedSemaphorePermit,
    /// Counts the bytes of all bodies of the attempt.
    flowed: Arc<AtomicU64>,
}

impl Incoming {
    pub(super) fn new(
        inner: hyper::body::Incoming,
        stream: Stream,
        patience: Duration,
        place: OwnedSemaphorePermit,
        flowed: Arc<AtomicU64>,
    ) -> Self {
        let timer = Box::pin(sleep(patience));
        Self { inner, stream, received: 0, patience, timer, ended: false, _place: place, flowed }
    }

    fn pass(&mut self, data: Bytes) -> Result<Frame<Bytes>, Error> {
        self.received += data.len();
        self.flowed.fetch_add(data.len() as u64, Ordering::Relaxed);
        if self.received > limits::HTTP_RESPONSE_BYTES {
            return Err(Error::HttpResponseBodySize(Some(limits::HTTP_RESPONSE_BYTES as u64)));
        }
        let deadline = Instant::now() + self.patience;
        self.timer.as_mut().reset(deadline);
        Ok(Frame::data(self.stream.push(data)))
    }
}

impl Body for Incoming {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        if self.ended {
            return Poll::Ready(None);
        }
        loop {
            let Poll::Ready(frame) = Pin::new(&mut self.inner).poll_frame(cx) else {
                ready!(self.timer.as_mut().poll(cx));
                self.ended = true;
                return Poll::Ready(Some(Err(Error::ConnectionReadTimeout)));
            };
            let passed = match frame {
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(data) => self.pass(data),
                    // Trailers are left out: nothing that plugins use has any, and they would have to be scrubbed too.
                    Err(_) => continue,
                },
                Some(Err(error)) => Err(error.into()),
                None => {
                    self.ended = true;
                    let left = self.stream.end();
                    return Poll::Ready((!left.is_empty()).then(|| Ok(Frame::data(left))));
                }
            };
            // Wasmtime takes a reader for stuck that is woken again and again for nothing.
            if !passed.as_ref().is_ok_and(is_empty) {
                self.ended = passed.is_err();
                return Poll::Ready(Some(passed));
            }
        }
    }

    fn size_hint(&self) -> SizeHint {
        if self.received == 0 { self.inner.size_hint() } else { SizeHint::default() }
    }
}
