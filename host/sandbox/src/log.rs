//! Where a plugin's stdout and stderr go: a buffer of bounded size. What does not fit is counted and dropped, so that a
//! talkative plugin can do its work and harms nobody; one that floods the log, by bytes or by pieces, is ended.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use bytes::Bytes;
use tokio::io::AsyncWrite;
use wasmtime_wasi::async_trait;
use wasmtime_wasi::cli::{IsTerminal, StdoutStream};
use wasmtime_wasi::p2::{OutputStream, Pollable, StreamError, StreamResult};

use crate::error::{Ceiling, LimitHit};
use crate::limits;
use crate::meter::within;

/// What one piece may have; larger ones come in parts.
const PIECE: usize = 64 << 10;

/// A log under way; clones write to the same one.
#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Mutex<Kept>>);

#[derive(Default)]
struct Kept {
    bytes: Vec<u8>,
    written: usize,
    /// Begin of the present second, and pieces in it.
    second: Option<(Instant, u64)>,
}

impl Log {
    /// What was written, as text, with a last line about what was dropped.
    pub(crate) fn text(&self) -> String {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut text = String::from_utf8_lossy(&kept.bytes).into_owned();
        let dropped = kept.written.saturating_sub(kept.bytes.len());
        if dropped > 0 {
            text.push_str(&format!("\n[{dropped} more bytes were dropped]\n"));
        }
        text
    }

    /// How many bytes were written.
    pub(crate) fn written(&self) -> u64 {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).written as u64
    }

    /// Adds a line of the host's.
    pub(crate) fn say(&self, line: &str) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.keep(format!("[{line}]\n").as_bytes());
    }

    fn write_at(&self, bytes: &[u8], now: Instant) -> Result<(), LimitHit> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.keep(bytes);
        kept.pace(now)?;
        within(Ceiling::Log, kept.written as u64, limits::LOG_BYTES as u64)
    }
}

impl Kept {
    fn keep(&mut self, bytes: &[u8]) {
        let room = limits::LOG_KEPT_BYTES.saturating_sub(self.bytes.len());
        self.bytes.extend(bytes.iter().take(room));
        self.written = self.written.saturating_add(bytes.len());
    }

    fn pace(&mut self, now: Instant) -> Result<(), LimitHit> {
        let (since, pieces) = match self.second {
            Some((since, pieces)) if now.saturating_duration_since(since) < Duration::from_secs(1) => {
                (since, pieces + 1)
            }
            _ => (now, 1),
        };
        self.second = Some((since, pieces));
        within(Ceiling::LogRate, pieces, limits::LOG_RATE)
    }
}

impl IsTerminal for Log {
    fn is_terminal(&self) -> bool {
        false
    }
}

impl StdoutStream for Log {
    fn p2_stream(&self) -> Box<dyn OutputStream> {
        Box::new(self.clone())
    }

    fn async_stream(&self) -> Box<dyn AsyncWrite + Send + Sync> {
        Box::new(self.clone())
    }
}

impl OutputStream for Log {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        self.write_at(&bytes, Instant::now()).map_err(|hit| StreamError::Trap(hit.into()))
    }

    fn flush(&mut self) -> StreamResult<()> {
        Ok(())
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        Ok(PIECE)
    }
}

#[async_trait]
impl Pollable for Log {
    async fn ready(&mut self) {}
}

/// For WASI in a later form, which has no other way; today's guests write through [`OutputStream`].
impl AsyncWrite for Log {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = self.write_at(bytes, Instant::now()).map(|()| bytes.len());
        Poll::Ready(written.map_err(io::Error::other))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_is_counted() {
        let (log, now) = (Log::default(), Instant::now());
        log.write_at(&vec![b'x'; limits::LOG_KEPT_BYTES - 1], now).unwrap();
        log.write_at(b"yz", now).unwrap();
        assert!(log.text().ends_with("xy\n[1 more bytes were dropped]\n"));
    }

    #[test]
    fn a_flood_is_ended_by_its_bytes_or_by_its_pieces() {
        let (log, now) = (Log::default(), Instant::now());
        let piece = vec![b'x'; 1 << 20];
        let hit = (0..32).find_map(|_| log.write_at(&piece, now).err()).unwrap();
        assert_eq!((hit.ceiling, hit.used), (Ceiling::Log, 17 << 20));

        let log = Log::default();
        for _ in 0..limits::LOG_RATE {
            log.write_at(b"x", now).unwrap();
        }
        assert_eq!(log.write_at(b"x", now).unwrap_err().ceiling, Ceiling::LogRate);
        assert!(log.write_at(b"x", now + Duration::from_secs(1)).is_ok(), "the next second is a new one");
    }
}
