//! The file as the demuxer reads it: through one block of memory. The block is filled from positions that are multiples of
//! its size.
//!
//! Blocks are large, because demuxers read a few bytes at a time. The file is not memory-mapped, because a mapped file that
//! is truncated kills the process. If requested, the file is digested while blocks are read; blocks that were not read in
//! order are read again at the end. The number of bytes that the demuxer reads is limited (see `bounds`). Some bytes may be
//! masked: the demuxer sees other bytes, but the digest uses the bytes on the disk.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::fs::FileExt as _;
use std::sync::{Arc, Mutex, PoisonError};

use sha2::{Digest as _, Sha256};
use symphonia::core::io::MediaSource;

use super::bounds::{BLOCK_BYTES, OPENING_BYTES, readable_bytes};

/// A position in a file. Clones share the block and the limits.
#[derive(Clone)]
pub(crate) struct Source {
    blocks: Arc<Mutex<Blocks>>,
    length: u64,
    position: u64,
    /// True if the demuxer can only read forward, without seeking.
    forward: bool,
}

/// The bytes that the demuxer sees at an offset, instead of the bytes of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct MetadataMask {
    pub(super) offset: u64,
    pub(super) bytes: Vec<u8>,
}

impl MetadataMask {
    pub(super) fn new(offset: u64, bytes: impl Into<Vec<u8>>) -> Self {
        Self { offset, bytes: bytes.into() }
    }
}

struct Blocks {
    file: File,
    block: Vec<u8>,
    /// The position of the block in the file.
    start: u64,
    digest: Option<Sha256>,
    /// The length of the part that was digested already.
    digested: u64,
    /// The bytes that may still be read from the disk.
    readable: u64,
    /// The bytes that the demuxer may still read in this step.
    step: u64,
    masks: Vec<MetadataMask>,
}

impl Source {
    /// A source for a file of this length.
    pub(crate) fn new(file: File, length: u64, digested: bool) -> Self {
        let blocks = Blocks {
            file,
            block: Vec::new(),
            start: 0,
            digest: digested.then(Sha256::new),
            digested: 0,
            readable: readable_bytes(length),
            step: OPENING_BYTES,
            masks: Vec::new(),
        };
        Self { blocks: Arc::new(Mutex::new(blocks)), length, position: 0, forward: false }
    }

    /// The same file for a demuxer that must not seek.
    pub(super) fn forward(&self) -> Self {
        Self { forward: true, ..self.clone() }
    }

    /// The length of the file when it was opened, in bytes.
    pub(super) fn length(&self) -> u64 {
        self.length
    }

    /// Starts a new step: the demuxer may read at most `bytes` in it.
    pub(super) fn begin_step(&self, bytes: u64) {
        self.with(|blocks| blocks.step = bytes);
    }

    pub(super) fn mask(&self, masks: Vec<MetadataMask>) {
        self.with(|blocks| {
            for mask in &masks {
                apply_mask(&mut blocks.block, blocks.start, mask);
            }
            blocks.masks.extend(masks);
        });
    }

    /// Fills `out` with the bytes from this position. Returns fewer bytes at the end of the file.
    pub(super) fn read_at(&self, at: u64, out: &mut [u8]) -> io::Result<usize> {
        let mut done = 0;
        while let Some(rest) = out.get_mut(done..).filter(|rest| !rest.is_empty()) {
            let count = self.with(|blocks| blocks.copy(at.saturating_add(done as u64), rest))?;
            if count == 0 {
                break;
            }
            done += count;
        }
        Ok(done)
    }

    /// The bytes from this position; `None` if the file ends before the last byte, or cannot be read.
    pub(super) fn bytes<const N: usize>(&self, at: u64) -> Option<[u8; N]> {
        let mut bytes = [0; N];
        (self.read_at(at, &mut bytes).ok()? == N).then_some(bytes)
    }

    /// The SHA-256 of the whole file, if requested. Reads the parts that were not read yet.
    pub(crate) fn digest(&self, go_on: impl Fn() -> bool) -> io::Result<Option<[u8; 32]>> {
        while go_on() && self.with(Blocks::digest_next)? {}
        Ok(self.with(|blocks| blocks.digest.take()).map(|digest| digest.finalize().into()))
    }

    fn with<T>(&self, work: impl FnOnce(&mut Blocks) -> T) -> T {
        // A poisoned lock is safe to use, because the state contains only bytes and numbers.
        work(&mut self.blocks.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Blocks {
    /// Copies bytes from the block that contains `at`, at most up to the end of the block. Returns 0 at the end of the file.
    fn copy(&mut self, at: u64, out: &mut [u8]) -> io::Result<usize> {
        let within = at.checked_sub(self.start).and_then(|offset| usize::try_from(offset).ok());
        let offset = match within.filter(|offset| *offset < self.block.len()) {
            Some(offset) => offset,
            None => self.load(at)?,
        };
        let from = self.block.get(offset..).unwrap_or_default();
        let count = from.len().min(out.len());
        self.step =
            self.step.checked_sub(count as u64).ok_or_else(|| limit_exceeded("one element of it is too large"))?;
        if let (Some(out), Some(from)) = (out.get_mut(..count), from.get(..count)) {
            out.copy_from_slice(from);
        }
        Ok(count)
    }

    /// Loads the block that contains `at`, and returns the position in it.
    fn load(&mut self, at: u64) -> io::Result<usize> {
        let offset = at % BLOCK_BYTES as u64;
        let start = at - offset;
        // If a short part was skipped, read it now, so that the digest continues in order.
        while self.digest.is_some() && self.digested < start && start - self.digested <= 4 * BLOCK_BYTES as u64 {
            if !self.digest_next()? {
                break;
            }
        }
        self.fill(start)?;
        for mask in &self.masks {
            apply_mask(&mut self.block, start, mask);
        }
        Ok(usize::try_from(offset).unwrap_or(usize::MAX))
    }

    /// Reads and digests the next block; false at the end of the file.
    fn digest_next(&mut self) -> io::Result<bool> {
        let before = self.digested;
        if self.digest.is_none() {
            return Ok(false);
        }
        self.fill(before)?;
        Ok(self.digested > before)
    }

    /// Reads the block at `start`. `start` is a multiple of the block size, or the end of the digested part.
    fn fill(&mut self, start: u64) -> io::Result<()> {
        self.readable = self
            .readable
            .checked_sub(BLOCK_BYTES as u64)
            .ok_or_else(|| limit_exceeded("its structure refers to itself"))?;
        self.start = start;
        self.block.resize(BLOCK_BYTES, 0);
        let filled = read_all_at(&self.file, &mut self.block, start);
        self.block.truncate(*filled.as_ref().unwrap_or(&0));
        filled?;
        if let Some(digest) = self.digest.as_mut().filter(|_| start == self.digested) {
            digest.update(&self.block);
            self.digested += self.block.len() as u64;
        }
        Ok(())
    }
}

/// Reads until the block is full or the file ends.
fn read_all_at(file: &File, block: &mut [u8], start: u64) -> io::Result<usize> {
    let mut filled = 0;
    while let Some(rest) = block.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match file.read_at(rest, start.saturating_add(filled as u64)) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

/// Overwrites the bytes of `block` that the mask covers. `start` is the position of the block in the file.
fn apply_mask(block: &mut [u8], start: u64, mask: &MetadataMask) {
    for (at, byte) in (mask.offset..).zip(&mask.bytes) {
        let offset = at.checked_sub(start).and_then(|offset| usize::try_from(offset).ok());
        if let Some(shown) = offset.and_then(|offset| block.get_mut(offset)) {
            *shown = *byte;
        }
    }
}

/// The error when a limit is exceeded. Its kind has no other meaning: demuxers interpret some error kinds as the end of the
/// file, and bit readers replace others.
fn limit_exceeded(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::FileTooLarge, what)
}

impl Read for Source {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let count = self.with(|blocks| blocks.copy(self.position, out))?;
        self.position += count as u64;
        Ok(count)
    }
}

impl Seek for Source {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let position = match to {
            SeekFrom::Start(position) => Some(position),
            SeekFrom::End(delta) => self.length.checked_add_signed(delta),
            SeekFrom::Current(delta) => self.position.checked_add_signed(delta),
        };
        self.position = position.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.position)
    }
}

impl MediaSource for Source {
    fn is_seekable(&self) -> bool {
        !self.forward
    }

    fn byte_len(&self) -> Option<u64> {
        Some(self.length).filter(|_| !self.forward)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    fn file(bytes: &[u8]) -> File {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(bytes).unwrap();
        file
    }

    fn noise(length: usize) -> Vec<u8> {
        let mut state = 7_u32;
        let mut next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            state.to_be_bytes()[0]
        };
        std::iter::repeat_with(&mut next).take(length).collect()
    }

    #[test]
    fn all_bytes_are_read_and_digested_in_any_order() {
        let bytes = noise(5 * BLOCK_BYTES + 1234);
        let length = bytes.len() as u64;
        for leaps in [vec![0], vec![length - 5, 0], vec![3 * BLOCK_BYTES as u64 + 9, 0, length - 1], vec![]] {
            let mut source = Source::new(file(&bytes), length, true);
            for leap in leaps {
                let (mut read, from) = (Vec::new(), usize::try_from(leap).unwrap());
                source.seek(SeekFrom::Start(leap)).unwrap();
                source.read_to_end(&mut read).unwrap();
                assert!(read == bytes[from..]);
            }
            let expected: [u8; 32] = Sha256::digest(&bytes).into();
            assert_eq!(source.digest(|| true).unwrap(), Some(expected));
        }
    }

    #[test]
    fn a_mask_affects_reads_but_not_the_digest() {
        let bytes = noise(2 * BLOCK_BYTES);
        let mut source = Source::new(file(&bytes), bytes.len() as u64, true);
        source.mask(vec![MetadataMask::new(BLOCK_BYTES as u64 - 2, [1, 2, 3, 4])]);
        let mut shown = [0; 6];
        source.read_at(BLOCK_BYTES as u64 - 3, &mut shown).unwrap();
        assert_eq!(shown, [bytes[BLOCK_BYTES - 3], 1, 2, 3, 4, bytes[BLOCK_BYTES + 2]]);
        let mut read = Vec::new();
        source.read_to_end(&mut read).unwrap();
        let expected: [u8; 32] = Sha256::digest(&bytes).into();
        assert_eq!(source.digest(|| true).unwrap(), Some(expected));
    }

    #[test]
    fn one_step_and_all_reads_are_limited() {
        let bytes = noise(2 * BLOCK_BYTES);
        let source = Source::new(file(&bytes), bytes.len() as u64, false);
        source.begin_step(1000);
        assert!(source.read_at(0, &mut vec![0; 1001]).is_err());
        source.begin_step(u64::MAX);
        let leaps = readable_bytes(bytes.len() as u64) / BLOCK_BYTES as u64;
        let leap = |turn: u64| source.read_at(turn % 2 * BLOCK_BYTES as u64, &mut [0]);
        assert!((0..leaps - 1).all(|turn| leap(turn).is_ok()));
        assert!((0..3).any(|turn| leap(turn).is_err()));
    }
}
