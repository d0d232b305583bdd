//! Numbers, padding and strings at a place of a blob. All numbers are little-endian; places are counted from the blob's
//! beginning, and so is their alignment.

use super::fault::{Fault, FaultKind};

/// A blob and how far it was read.
#[derive(Debug)]
pub(super) struct Bytes<'a> {
    all: &'a [u8],
    at: usize,
    tag: Option<u8>,
}

impl<'a> Bytes<'a> {
    pub(super) fn new(all: &'a [u8]) -> Self {
        Self { all, at: 0, tag: None }
    }

    pub(super) fn fault(&self, why: FaultKind) -> Fault {
        Fault { offset: self.at, tag: self.tag, why }
    }

    /// A fault of no value.
    pub(super) fn fault_of_all(&self, why: FaultKind) -> Fault {
        Fault { offset: self.at, tag: None, why }
    }

    pub(super) fn left(&self) -> usize {
        self.all.len().saturating_sub(self.at)
    }

    fn rest(&self) -> &'a [u8] {
        self.all.get(self.at..).unwrap_or_default()
    }

    /// The next byte as a tag; what goes wrong until the next is told with it.
    pub(super) fn tag(&mut self) -> Result<u8, Fault> {
        self.tag = None;
        let tag = self.u8()?;
        self.tag = Some(tag);
        Ok(tag)
    }

    /// The next byte, left where it is.
    pub(super) fn peek(&self) -> Option<u8> {
        self.rest().first().copied()
    }

    pub(super) fn take(&mut self, count: usize) -> Result<&'a [u8], Fault> {
        let taken = self.rest().get(..count).ok_or_else(|| self.fault(FaultKind::Cut))?;
        self.at += count;
        Ok(taken)
    }

    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N], Fault> {
        let found = *self.rest().first_chunk::<N>().ok_or_else(|| self.fault(FaultKind::Cut))?;
        self.at += N;
        Ok(found)
    }

    /// Skips to a multiple of `size`.
    pub(super) fn align(&mut self, size: usize) -> Result<(), Fault> {
        while !self.at.is_multiple_of(size) {
            match self.peek() {
                Some(0) => self.at += 1,
                Some(_) => return Err(self.fault(FaultKind::Padding)),
                None => return Err(self.fault(FaultKind::Cut)),
            }
        }
        Ok(())
    }

    pub(super) fn u8(&mut self) -> Result<u8, Fault> {
        self.array::<1>().map(u8::from_le_bytes)
    }

    /// Two bytes at an even place.
    pub(super) fn u16(&mut self) -> Result<u16, Fault> {
        self.align(2)?;
        self.array().map(u16::from_le_bytes)
    }

    /// Four bytes at a multiple of four.
    pub(super) fn u32(&mut self) -> Result<u32, Fault> {
        self.align(4)?;
        self.array().map(u32::from_le_bytes)
    }

    /// Eight bytes at a multiple of eight.
    pub(super) fn u64(&mut self) -> Result<u64, Fault> {
        self.align(8)?;
        self.array().map(u64::from_le_bytes)
    }

    /// A number of items: no more than bytes are left, because each has one at least.
    pub(super) fn count(&mut self) -> Result<usize, Fault> {
        let count = self.u32()? as usize;
        let left = self.left();
        if count > left { Err(self.fault(FaultKind::TooMany { count, left })) } else { Ok(count) }
    }

    /// A string up to its NUL.
    pub(super) fn text(&mut self) -> Result<&'a str, Fault> {
        let rest = self.rest();
        let Some(end) = rest.iter().position(|byte| *byte == 0) else {
            return Err(self.fault(FaultKind::Cut));
        };
        let text = rest.get(..end).unwrap_or_default();
        let text = std::str::from_utf8(text).map_err(|_| self.fault(FaultKind::NoUtf8))?;
        self.at += end + 1;
        Ok(text)
    }
}
