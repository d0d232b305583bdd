//! Divides a stream into chunks with separate fingerprints, as `fpcalc -chunk` does. The boundaries are counted in samples
//! at 11,025 Hz, after resampling.
//!
//! Without overlap every chunk is fingerprinted independently. With overlap the words continue from one chunk to the next:
//! all chunks together have the words of the whole stream, and the first chunk is longer by the span of a word.

use std::time::Duration;

use super::RATE_HZ;
use super::algorithm::Algorithm;
use super::words::WordEncoder;
use crate::Fingerprint;

/// The parts of a stream to fingerprint.
#[derive(Clone, Copy, Debug, Default)]
pub struct ChunkOptions {
    /// The length from the start; `None` for the whole stream.
    pub length: Option<Duration>,
    /// The length of a chunk; `None` for one chunk.
    pub chunk: Option<Duration>,
    /// True if chunks overlap, so that no word at their ends is lost.
    pub overlap: bool,
    /// The algorithm.
    pub algorithm: Algorithm,
}

/// One chunk of a stream, with its fingerprint.
#[derive(Clone, Debug, PartialEq)]
pub struct Chunk {
    /// The fingerprint; without words if the chunk is too short.
    pub fingerprint: Fingerprint,
    /// The start of the chunk in seconds, as `fpcalc` counts.
    pub begin_s: f64,
    /// The length of the chunk in seconds.
    pub length_s: f64,
}

pub(crate) struct Chunks {
    words: WordEncoder,
    overlap: bool,
    wanted: Option<u64>,
    /// The number of samples in a chunk.
    limit: Option<u64>,
    /// The number of additional samples in the first chunk.
    extra: u64,
    overlap_s: f64,
    /// The number of samples in the current chunk.
    filled: u64,
    begin_s: f64,
}

impl Chunks {
    pub(crate) fn new(cut: &ChunkOptions) -> Self {
        let limit = cut.chunk.map(samples).filter(|limit| *limit > 0);
        let extra = if cut.overlap && limit.is_some() { cut.algorithm.delay() } else { 0 };
        Self {
            words: WordEncoder::new(cut.algorithm),
            overlap: cut.overlap,
            wanted: cut.length.map(samples).filter(|length| *length > 0),
            limit,
            extra,
            overlap_s: thousandths(extra * 1_000 / u64::from(RATE_HZ)),
            filled: 0,
            begin_s: 0.0,
        }
    }

    /// True if all requested samples were received.
    pub(crate) fn is_full(&self) -> bool {
        self.wanted == Some(0)
    }

    /// Receives samples, and passes each completed chunk to `take`.
    pub(crate) fn push(&mut self, samples: &[i16], take: &mut dyn FnMut(Chunk)) {
        let most = self.wanted.map_or(samples.len(), |wanted| at_most(wanted, samples.len()));
        let mut left = samples.get(..most).unwrap_or_default();
        self.wanted = self.wanted.map(|wanted| wanted - left.len() as u64);
        while !left.is_empty() {
            let room = self.limit.map_or(left.len(), |limit| at_most(limit + self.extra - self.filled, left.len()));
            let (now, later) = left.split_at(room);
            self.words.push(now);
            self.filled += now.len() as u64;
            // A chunk is passed on when the next sample arrives; the end of the stream passes on the last chunk.
            if !later.is_empty() {
                take(self.end());
            }
            left = later;
        }
    }

    /// Ends the stream. Returns the last chunk if it has any samples.
    pub(crate) fn finish(mut self) -> Option<Chunk> {
        (self.filled > 0).then(|| self.end())
    }

    fn end(&mut self) -> Chunk {
        let length_s = seconds(self.filled.saturating_sub(self.extra)) + self.overlap_s;
        let begin_s = self.begin_s;
        let fingerprint = Fingerprint::new(if self.overlap { self.words.take() } else { self.words.restart() });
        self.begin_s += length_s - self.overlap_s;
        (self.filled, self.extra) = (0, 0);
        Chunk { fingerprint, begin_s, length_s }
    }
}

fn at_most(wanted: u64, there: usize) -> usize {
    usize::try_from(wanted).unwrap_or(usize::MAX).min(there)
}

/// The number of samples at 11,025 Hz that `fpcalc` uses for a duration.
fn samples(length: Duration) -> u64 {
    u64::try_from(length.as_nanos() * u128::from(RATE_HZ) / 1_000_000_000).unwrap_or(u64::MAX)
}

#[expect(clippy::cast_precision_loss, reason = "below 2^53 for thousands of years")]
fn seconds(samples: u64) -> f64 {
    samples as f64 / f64::from(RATE_HZ)
}

#[expect(clippy::cast_precision_loss, reason = "a few thousand")]
fn thousandths(ms: u64) -> f64 {
    ms as f64 / 1_000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chunks(cut: &ChunkOptions, samples: &[i16], block: usize) -> Vec<Chunk> {
        let mut all = Vec::new();
        let mut chunks = Chunks::new(cut);
        samples.chunks(block).for_each(|block| chunks.push(block, &mut |chunk| all.push(chunk)));
        all.extend(chunks.finish());
        all
    }

    fn noise(count: usize) -> Vec<i16> {
        let mut state = 3_u32;
        let mut next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            i16::from_le_bytes([state.to_le_bytes()[2], state.to_le_bytes()[3]])
        };
        (0..count).map(|_| next()).collect()
    }

    #[test]
    fn only_overlapping_chunks_have_all_words_of_the_whole_stream() {
        let samples = noise(40 * 11_025);
        let whole = chunks(&ChunkOptions::default(), &samples, 5_000);
        assert_eq!(whole.len(), 1);
        let cut = ChunkOptions { chunk: Some(Duration::from_secs(10)), overlap: true, ..ChunkOptions::default() };
        for block in [1_000, 4_096, 400_000] {
            let parts = chunks(&cut, &samples, block);
            let words: Vec<u32> = parts.iter().flat_map(|chunk| chunk.fingerprint.words()).copied().collect();
            assert_eq!((words.as_slice(), parts.len()), (whole[0].fingerprint.words(), 4));
        }
        let apart = chunks(&ChunkOptions { overlap: false, ..cut }, &samples, 1_000);
        assert!(apart.len() == 4 && apart[1].fingerprint != chunks(&cut, &samples, 9)[1].fingerprint);
        let alone = chunks(&ChunkOptions::default(), &samples[110_250..220_500], 777);
        assert_eq!(apart[1].fingerprint, alone[0].fingerprint);
    }

    #[test]
    fn a_stream_ends_at_its_length_and_its_last_chunk_is_shorter() {
        let cut = ChunkOptions {
            length: Some(Duration::from_secs(25)),
            chunk: Some(Duration::from_secs(10)),
            ..ChunkOptions::default()
        };
        let parts = chunks(&cut, &noise(40 * 11_025), 1_000);
        let ranges: Vec<(f64, f64)> = parts.iter().map(|chunk| (chunk.begin_s, chunk.length_s)).collect();
        assert_eq!(ranges, [(0.0, 10.0), (10.0, 10.0), (20.0, 5.0)]);
        assert!(chunks(&cut, &[], 1).is_empty());
    }
}
