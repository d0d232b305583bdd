//! The size-limited buffer for a plugin's stdout and stderr. A long log keeps its beginning and its end, because a panic
//! message is at the end. The bytes between them are counted and dropped, so a long log does not make an attempt fail. The
//! host stops a plugin that writes far too many bytes, or too many pieces in one second.

use std::collections::VecDeque;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use baton_core::log_gap;
use bytes::Bytes;
use tokio::io::AsyncWrite;
use wasmtime_wasi::async_trait;
use wasmtime_wasi::cli::{IsTerminal, StdoutStream};
use wasmtime_wasi::p2::{OutputStream, Pollable, StreamError, StreamResult};

use crate::error::{LimitHit, ResourceLimit};
use crate::limits;
use crate::meter::within;

/// The maximum number of bytes in one piece. Larger pieces are split.
const PIECE: usize = 64 << 10;

/// The number of bytes that are kept from the end of a log.
const TAIL: usize = limits::LOG_KEPT_BYTES - limits::LOG_HEAD_BYTES;

/// A long log has two cuts, and each cut is moved to the end of a line. This is the maximum number of bytes that one cut
/// drops for this reason. A cut within a line could split a secret, and the parts of the secret would not be masked.
const LINE: usize = 4 << 10;

/// The log of a running attempt. Clones write to the same log.
#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Mutex<LogContent>>);

#[derive(Default)]
struct LogContent {
    head: Vec<u8>,
    tail: VecDeque<u8>,
    written: usize,
    /// The start of the current second, and the number of pieces in it.
    second: Option<(Instant, u64)>,
}

impl Log {
    /// The kept text. One line states how many bytes were dropped.
    pub(crate) fn text(&self) -> String {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let tail: Vec<u8> = kept.tail.iter().copied().collect();
        if kept.written <= kept.head.len() + tail.len() {
            return String::from_utf8_lossy(&[kept.head.as_slice(), &tail].concat()).into_owned();
        }
        let is_end = |byte: &u8| *byte == b'\n';
        let cut_off = kept.head.iter().rev().take(LINE).position(is_end).unwrap_or(0);
        let head = kept.head.get(..kept.head.len() - cut_off).unwrap_or_default();
        let begun = tail.iter().take(LINE).position(is_end).map_or(0, |at| at + 1);
        let tail = tail.get(begun..).unwrap_or_default();
        let gap = log_gap::line((kept.written - head.len() - tail.len()) as u64);
        let line_end = if head.ends_with(b"\n") { "" } else { "\n" };
        format!("{}{line_end}{gap}\n{}", String::from_utf8_lossy(head), String::from_utf8_lossy(tail))
    }

    pub(crate) fn written(&self) -> u64 {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).written as u64
    }

    /// Adds a line that the host writes, in brackets.
    pub(crate) fn add_line(&self, line: &str) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.keep(format!("[{line}]\n").as_bytes());
    }

    fn write_at(&self, bytes: &[u8], now: Instant) -> Result<(), LimitHit> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.keep(bytes);
        kept.pace(now)?;
        within(ResourceLimit::Log, kept.written as u64, limits::LOG_BYTES as u64)
    }
}

impl LogContent {
    fn keep(&mut self, bytes: &[u8]) {
        self.written = self.written.saturating_add(bytes.len());
        let room = limits::LOG_HEAD_BYTES.saturating_sub(self.head.len());
        let (first, rest) = bytes.split_at(room.min(bytes.len()));
        self.head.extend_from_slice(first);
        let rest = rest.get(rest.len().saturating_sub(TAIL)..).unwrap_or_default();
        let over = (self.tail.len() + rest.len()).saturating_sub(TAIL);
        self.tail.drain(..over);
        self.tail.extend(rest);
    }

    fn pace(&mut self, now: Instant) -> Result<(), LimitHit> {
        let (since, pieces) = match self.second {
            Some((since, pieces)) if now.saturating_duration_since(since) < Duration::from_secs(1) => {
                (since, pieces + 1)
            }
            _ => (now, 1),
        };
        self.second = Some((since, pieces));
        within(ResourceLimit::LogRate, pieces, limits::LOG_RATE)
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

/// A future version of WASI uses only this trait. Current guests write through [`OutputStream`].
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
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn a_log_within_the_limit_is_unchanged() {
        let (log, now) = (Log::default(), Instant::now());
        let text = "line\n".repeat(limits::LOG_KEPT_BYTES / 5);
        text.as_bytes().chunks(7).for_each(|piece| log.write_at(piece, now).unwrap());
        assert_eq!(log.text(), text);
    }

    #[test]
    fn the_first_and_the_last_lines_of_a_long_log_are_kept() {
        for piece in [1_000, 60_000, 1 << 20] {
            let (log, now) = (Log::default(), Instant::now());
            let all: String = (0..100_000).map(|number| format!("line {number}\n")).collect();
            let written = format!("{all}panicked at the end\n");
            written.as_bytes().chunks(piece).for_each(|piece| log.write_at(piece, now).unwrap());
            let text = log.text();
            assert!(text.len() <= limits::LOG_KEPT_BYTES + 100, "{} bytes", text.len());
            assert!(text.starts_with("line 0\nline 1\n") && text.ends_with("line 99999\npanicked at the end\n"));
            let gap = text.lines().find_map(|line| Some((line, log_gap::bytes_of(line)?))).unwrap();
            assert_eq!(usize::try_from(gap.1).unwrap() + text.len() - gap.0.len() - 1, written.len());
            let lines: HashSet<&str> = written.lines().collect();
            assert!(text.lines().all(|line| line == gap.0 || lines.contains(line)), "only whole lines are kept");
        }
    }

    #[test]
    fn a_line_without_an_end_keeps_its_beginning_and_its_end() {
        let (log, now) = (Log::default(), Instant::now());
        let written = format!("begin{}end\n", "x".repeat(1 << 20));
        log.write_at(written.as_bytes(), now).unwrap();
        let text = log.text();
        assert!(text.starts_with("beginx") && text.ends_with("xend\n"), "{} bytes", text.len());
    }

    #[test]
    fn a_flood_is_ended_by_its_bytes_or_by_its_pieces() {
        let (log, now) = (Log::default(), Instant::now());
        let piece = vec![b'x'; 1 << 20];
        let hit = (0..32).find_map(|_| log.write_at(&piece, now).err()).unwrap();
        assert_eq!((hit.resource, hit.used), (ResourceLimit::Log, 17 << 20));

        let log = Log::default();
        for _ in 0..limits::LOG_RATE {
            log.write_at(b"x", now).unwrap();
        }
        assert_eq!(log.write_at(b"x", now).unwrap_err().resource, ResourceLimit::LogRate);
        assert!(log.write_at(b"x", now + Duration::from_secs(1)).is_ok(), "the next second has a new limit");
    }
}
