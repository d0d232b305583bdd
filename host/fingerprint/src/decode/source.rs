//! A file as the demuxer reads it: one block of memory, refilled from multiples of its size.
//!
//! In large blocks, because the demuxers read a few bytes at a time; not mapped, because a mapped file that is cut short kills
//! the process. While blocks pass, the file is digested if that is wanted: a block counts when all before it did, the rest is
//! read at the end. What is given out is counted, see `bounds`. Some bytes may be veiled: others are shown in their place (the
//! digest is of what is on the disk).

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::fs::FileExt as _;
use std::sync::{Arc, Mutex, PoisonError};

use sha2::{Digest as _, Sha256};
use symphonia::core::io::MediaSource;

use super::bounds::{BLOCK_BYTES, OPENING_BYTES, readable_bytes};

/// A place in a file; its clones share the block and the counts.
#[derive(Clone)]
pub(crate) struct Source {
    blocks: Arc<Mutex<Blocks>>,
    length: u64,
    position: u64,
    /// Whether it says that it can only be read on.
    forward: bool,
}

/// Other bytes for those at an offset.
pub(super) type MetadataMask = (u64, Vec<u8>);

struct Blocks {
    file: File,
    block: Vec<u8>,
    /// Where the block begins in the file.
    start: u64,
    digest: Option<Sha256>,
    /// How much of the file is digested.
    digested: u64,
    /// How much may still be read from the disk.
    readable: u64,
    /// How much may still be given out in this step.
    step: u64,
    veils: Vec<MetadataMask>,
}

impl Source {
    /// All of a file of that length.
    pub(crate) fn new(file: File, length: u64, digested: bool) -> Self {
        let blocks = Blocks {
            file,
            block: Vec::new(),
            start: 0,
            digest: digested.then(Sha256::new),
            digested: 0,
            readable: readable_bytes(length),
            step: OPENING_BYTES,
            veils: Vec::new(),
        };
        Self { blocks: Arc::new(Mutex::new(blocks)), length, position: 0, forward: false }
    }

    /// The same file for those who shall only read on.
    pub(super) fn forward(&self) -> Self {
        Self { forward: true, ..self.clone() }
    }

    /// How long the file was when it was opened, in bytes.
    pub(super) fn length(&self) -> u64 {
        self.length
    }

    /// A new step: so many bytes may be given out.
    pub(super) fn begin_step(&self, bytes: u64) {
        self.with(|blocks| blocks.step = bytes);
    }

    pub(super) fn veil(&self, veils: Vec<MetadataMask>) {
        self.with(|blocks| {
            for (place, bytes) in &veils {
                cover(&mut blocks.block, blocks.start, *place, bytes);
            }
            blocks.veils.extend(veils);
        });
    }

    /// Fills `out` from there; less at the end of the file.
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

    /// So many bytes from there; none where the file ends before, or cannot be read.
    pub(super) fn bytes<const N: usize>(&self, at: u64) -> Option<[u8; N]> {
        let mut bytes = [0; N];
        (self.read_at(at, &mut bytes).ok()? == N).then_some(bytes)
    }

    /// The SHA-256 of all of the file, if it was asked for; reads what nobody has read yet.
    pub(crate) fn digest(&self, go_on: impl Fn() -> bool) -> io::Result<Option<[u8; 32]>> {
        while go_on() && self.with(Blocks::digest_next)? {}
        Ok(self.with(|blocks| blocks.digest.take()).map(|digest| digest.finalize().into()))
    }

    fn with<T>(&self, work: impl FnOnce(&mut Blocks) -> T) -> T {
        // A panic elsewhere leaves plain bytes behind.
        work(&mut self.blocks.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Blocks {
    /// Gives what the block of `at` has from there, at most as much as fits; nothing at the end of the file.
    fn copy(&mut self, at: u64, out: &mut [u8]) -> io::Result<usize> {
        let within = at.checked_sub(self.start).and_then(|offset| usize::try_from(offset).ok());
        let offset = match within.filter(|offset| *offset < self.block.len()) {
            Some(offset) => offset,
            None => self.load(at)?,
        };
        let from = self.block.get(offset..).unwrap_or_default();
        let count = from.len().min(out.len());
        self.step = self.step.checked_sub(count as u64).ok_or_else(|| over("one element of it is too large"))?;
        if let (Some(out), Some(from)) = (out.get_mut(..count), from.get(..count)) {
            out.copy_from_slice(from);
        }
        Ok(count)
    }

    /// Loads the block of `at`, says where in it `at` is.
    fn load(&mut self, at: u64) -> io::Result<usize> {
        let offset = at % BLOCK_BYTES as u64;
        let start = at - offset;
        // What was leapt over is little enough to be read on the way.
        while self.digest.is_some() && self.digested < start && start - self.digested <= 4 * BLOCK_BYTES as u64 {
            if !self.digest_next()? {
                break;
            }
        }
        self.fill(start)?;
        for (place, bytes) in &self.veils {
            cover(&mut self.block, start, *place, bytes);
        }
        Ok(usize::try_from(offset).unwrap_or(usize::MAX))
    }

    /// Reads and digests the block after what is digested; false at the end of the file.
    fn digest_next(&mut self) -> io::Result<bool> {
        let before = self.digested;
        if self.digest.is_none() {
            return Ok(false);
        }
        self.fill(before)?;
        Ok(self.digested > before)
    }

    /// Reads the block from `start`, which is a multiple of its size or follows what is digested.
    fn fill(&mut self, start: u64) -> io::Result<()> {
        self.readable =
            self.readable.checked_sub(BLOCK_BYTES as u64).ok_or_else(|| over("its structure refers to itself"))?;
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

/// Writes over `block`, which begins at `start`, what of `bytes` at `place` falls into it.
fn cover(block: &mut [u8], start: u64, place: u64, bytes: &[u8]) {
    for (at, byte) in (place..).zip(bytes) {
        let offset = at.checked_sub(start).and_then(|offset| usize::try_from(offset).ok());
        if let Some(shown) = offset.and_then(|offset| block.get_mut(offset)) {
            *shown = *byte;
        }
    }
}

/// Of a kind that nobody else uses: demuxers take one for the end of the file, and readers of bits make another of theirs.
fn over(what: &str) -> io::Error {
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
    fn every_byte_comes_and_the_digest_is_of_the_whole_file_in_whatever_order_it_was_read() {
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
    fn a_veil_is_seen_by_readers_and_not_by_the_digest() {
        let bytes = noise(2 * BLOCK_BYTES);
        let mut source = Source::new(file(&bytes), bytes.len() as u64, true);
        source.veil(vec![(BLOCK_BYTES as u64 - 2, vec![1, 2, 3, 4])]);
        let mut shown = [0; 6];
        source.read_at(BLOCK_BYTES as u64 - 3, &mut shown).unwrap();
        assert_eq!(shown, [bytes[BLOCK_BYTES - 3], 1, 2, 3, 4, bytes[BLOCK_BYTES + 2]]);
        let mut read = Vec::new();
        source.read_to_end(&mut read).unwrap();
        let expected: [u8; 32] = Sha256::digest(&bytes).into();
        assert_eq!(source.digest(|| true).unwrap(), Some(expected));
    }

    #[test]
    fn nobody_takes_more_in_a_step_or_in_all_than_is_allowed() {
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
