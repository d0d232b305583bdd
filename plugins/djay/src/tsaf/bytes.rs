//! Reads numbers, padding and strings of a blob. Numbers are little-endian; positions and alignment count from the start of the
//! blob.

use super::fault::{Fault, FaultKind};

/// A blob and the position of the reader.
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

    /// A fault outside of a value, so it has no tag.
    pub(super) fn fault_of_all(&self, why: FaultKind) -> Fault {
        Fault { offset: self.at, tag: None, why }
    }

    pub(super) fn left(&self) -> usize {
        self.all.len().saturating_sub(self.at)
    }

    fn rest(&self) -> &'a [u8] {
        self.all.get(self.at..).unwrap_or_default()
    }

    /// Reads the next byte as a tag. Later faults contain this tag.
    pub(super) fn tag(&mut self) -> Result<u8, Fault> {
        self.tag = None;
        let tag = self.u8()?;
        self.tag = Some(tag);
        Ok(tag)
    }

    /// The next byte, without consuming it.
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

    /// Two bytes at an even position.
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

    /// Reads a number of items. Rejects a number above the number of remaining bytes, because each item needs at least one
    /// byte.
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
