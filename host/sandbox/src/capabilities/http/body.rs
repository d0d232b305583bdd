//! Bodies of requests and responses, as streams. In a request, the few bytes that may begin a placeholder are delayed.
//! This reveals nothing, because the plugin knows the placeholder. In a response from a server that may have a secret,
//! the number of delayed bytes is constant. So the sizes and times of the response's pieces reveal nothing about the
//! secret.

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

/// A request's body with a size limit. It must not contain placeholders, which the server would receive unchanged.
pub(super) struct Outgoing {
    inner: WasiBody,
    finder: Finder,
    sent: usize,
    /// Set when a placeholder was found.
    pub(super) tripped: Arc<AtomicBool>,
    ended: bool,
    /// Counts the bytes of all bodies of the attempt.
    transferred: Arc<AtomicU64>,
}

impl Outgoing {
    pub(super) fn new(inner: WasiBody, finder: Finder, transferred: Arc<AtomicU64>) -> Self {
        Self { inner, finder, sent: 0, tripped: Arc::default(), ended: false, transferred }
    }

    /// The part of `data` that may be sent now.
    fn pass(&mut self, data: &Bytes) -> Result<Frame<Bytes>, Error> {
        self.sent += data.len();
        self.transferred.fetch_add(data.len() as u64, Ordering::Relaxed);
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
                    // Trailers of a request are dropped: they are not needed, and could contain a placeholder that the
                    // check of the headers misses.
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

/// True if the whole piece is delayed until the next one.
fn is_empty(frame: &Frame<Bytes>) -> bool {
    frame.data_ref().is_some_and(Bytes::is_empty)
}

/// A response's body with a size limit and a timeout, and without secrets.
pub(super) struct Incoming {
    inner: hyper::body::Incoming,
    stream: Stream,
    received: usize,
    patience: Duration,
    timer: Pin<Box<Sleep>>,
    ended: bool,
    /// The permit of this request. It counts as one request of the attempt until the body is read or dropped.
    _place: OwnedSemaphorePermit,
    /// Counts the bytes of all bodies of the attempt.
    transferred: Arc<AtomicU64>,
}

impl Incoming {
    pub(super) fn new(
        inner: hyper::body::Incoming,
        stream: Stream,
        patience: Duration,
        place: OwnedSemaphorePermit,
        transferred: Arc<AtomicU64>,
    ) -> Self {
        let timer = Box::pin(sleep(patience));
        Self { inner, stream, received: 0, patience, timer, ended: false, _place: place, transferred }
    }

    fn pass(&mut self, data: Bytes) -> Result<Frame<Bytes>, Error> {
        self.received += data.len();
        self.transferred.fetch_add(data.len() as u64, Ordering::Relaxed);
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
                    // Trailers are dropped: no common service uses them, and they would have to be scrubbed too.
                    Err(_) => continue,
                },
                Some(Err(error)) => Err(error.into()),
                None => {
                    self.ended = true;
                    let left = self.stream.end();
                    return Poll::Ready((!left.is_empty()).then(|| Ok(Frame::data(left))));
                }
            };
            // If a reader is woken repeatedly without data, wasmtime treats it as stuck.
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
