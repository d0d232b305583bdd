//! Fingerprints for tests, similar to fingerprints of music: sixteen slow movements, each quantised to four levels in Gray
//! code, as in Chromaprint's classifiers. Pieces differ in their levels and speeds, so that some keys are common.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use super::prints::Prints;

/// A deterministic pseudo-random generator (Marsaglia, Xorshift RNGs, 2003).
pub(crate) struct TestRng(u64);

impl TestRng {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 11
    }

    /// A random number from 0 to 1.
    #[expect(clippy::cast_precision_loss, reason = "53 bits fit")]
    pub(crate) fn share(&mut self) -> f64 {
        self.next() as f64 / (1_u64 << 53) as f64
    }

    /// A number with an approximately normal distribution: the sum of twelve uniform numbers.
    fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.share()).sum::<f64>() - 6.0
    }
}

/// One piece. `stillness` is the correlation of successive frames: 0.9 for music, 0.9999 for a drone.
pub(crate) fn piece(words: usize, stillness: f64, seed: u64) -> Vec<u32> {
    let mut chance = TestRng::new(seed);
    let offsets: Vec<f64> = (0..16).map(|_| chance.normal() * 0.7).collect();
    let mut moves: Vec<f64> = (0..16).map(|_| chance.normal()).collect();
    let news = (1.0 - stillness * stillness).sqrt();
    let word = |_| {
        let levels = moves.iter_mut().zip(&offsets).map(|(level, offset)| {
            *level = *level * stillness + chance.normal() * news;
            match *level + offset {
                ..-0.7 => 0_u32,
                ..0.0 => 1,
                ..0.7 => 3,
                _ => 2,
            }
        });
        levels.fold(0, |word, level| word << 2 | level)
    };
    (0..words).map(word).collect()
}

/// A library of different pieces.
pub(crate) fn library(pieces: u64, words: usize, seed: u64) -> Vec<Vec<u32>> {
    (0..pieces).map(|number| piece(words, 0.9, seed * 1_000_003 + number)).collect()
}

/// A copy of a piece in which a share of the bits differs, as after another codec.
pub(crate) fn distort(words: &[u32], share: f64, seed: u64) -> Vec<u32> {
    let mut chance = TestRng::new(seed);
    let mut flip = |word: u32| (0..32).filter(|_| chance.share() < share).fold(word, |word, bit| word ^ (1 << bit));
    words.iter().map(|word| flip(*word)).collect()
}

/// A library with a skewed distribution: pieces with one, thirty and a hundred copies, and drones, in mixed order.
pub(crate) fn skewed() -> Vec<Vec<u32>> {
    let pieces = library(9, 300, 17);
    let mut prints = Vec::new();
    for copy in 0..100 {
        let there = pieces.iter().zip([1, 1, 1, 1, 1, 30, 30, 100, 100]).filter(|(_, copies)| copy < *copies);
        prints.extend(there.map(|(piece, _)| distort(piece, 0.02, copy)));
        if copy % 5 == 0 {
            prints.push(self::piece(300, 0.999_9, copy));
        }
    }
    prints
}

/// Fingerprints that set `stop` at read number `at`, and count the reads.
pub(crate) struct StoppingPrints<'a> {
    pub(crate) prints: &'a [Vec<u32>],
    pub(crate) at: usize,
    pub(crate) stop: AtomicBool,
    pub(crate) read: AtomicUsize,
}

impl<'a> StoppingPrints<'a> {
    pub(crate) fn new(prints: &'a [Vec<u32>], at: usize) -> Self {
        Self { prints, at, stop: AtomicBool::new(false), read: AtomicUsize::new(0) }
    }
}

impl Prints for StoppingPrints<'_> {
    fn count(&self) -> u32 {
        self.prints.count()
    }

    fn read(&self, at: u32, words: &mut Vec<u32>) {
        if self.read.fetch_add(1, Ordering::Relaxed) + 1 == self.at {
            self.stop.store(true, Ordering::Relaxed);
        }
        self.prints.read(at, words);
    }
}
