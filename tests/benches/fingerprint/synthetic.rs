//! Generates libraries of any size from some real pieces. A print consists of blocks of a few seconds. In each block, one piece
//! gives some of the sixteen classifiers of every word, and another piece gives the rest.
//!
//! The words have the statistics of real music (repeated words, silences, the frequency of each level), but no two prints
//! are similar, except for copies. One print in twenty is a copy of another one. It has the same blocks, taken from a
//! changed version of the pieces (another codec, cut, an equaliser, …), so that copies differ as real copies do.

/// One in this number of prints is a copy.
const COPIES: u64 = 20;

/// Frames of a block: 5 s.
const BLOCK: usize = 40;

/// Words of a print: 120 s.
const WORDS: usize = 948;

/// How many of the sixteen classifiers come from the first piece of a block. With this number, two prints share about as many
/// keys as two real pieces do; the bench prints both figures.
const FROM_FIRST: u32 = 12;

/// The pieces, changed in one way.
pub(crate) struct Change {
    /// The number of frames by which the start is delayed; negative if the start is cut off.
    pub(crate) later: i32,
    /// The words of each piece, in the same order for all changes.
    pub(crate) pieces: Vec<Vec<u32>>,
}

/// The pieces in all changes; the first change leaves them as they are.
pub(crate) struct PieceVariants {
    changes: Vec<Change>,
}

impl PieceVariants {
    pub(crate) fn new(changes: Vec<Change>) -> Self {
        Self { changes }
    }

    /// The number of the earlier print that print `at` copies, and the index of the change; `None` if print `at` is not a copy.
    pub(crate) fn copy(&self, at: u64) -> Option<(u64, usize)> {
        let changes = self.changes.len() as u64 - 1;
        if at % COPIES != COPIES - 1 || changes == 0 {
            return None;
        }
        let original = number(at, 9) % at;
        let original = original - u64::from(original % COPIES == COPIES - 1);
        Some((original, 1 + usize::try_from(number(at, 8) % changes).unwrap_or(0)))
    }

    /// Puts the words of a print into `words`.
    pub(crate) fn words(&self, at: u64, words: &mut Vec<u32>) {
        words.clear();
        let (seed, change) = self.copy(at).unwrap_or((at, 0));
        let Some(change) = self.changes.get(change) else { return };
        for block in 0..WORDS.div_ceil(BLOCK) {
            let numbered = |purpose| number(seed, 16 * block as u64 + purpose);
            let first = change.block(numbered(10), numbered(11));
            let second = change.block(numbered(12), numbered(13));
            let mask = mask(numbered(14));
            words.extend(first.zip(second).map(|(one, other)| (one & mask) | (other & !mask)));
        }
        words.truncate(WORDS);
        let cut = usize::try_from(-change.later).unwrap_or(0);
        words.drain(..cut.min(words.len()));
    }
}

impl Change {
    /// A block of a piece. It begins at the same position of the music in every change.
    fn block(&self, piece: u64, from: u64) -> impl Iterator<Item = u32> {
        let chosen = usize::try_from(piece % self.pieces.len().max(1) as u64).unwrap_or_default();
        let piece = self.pieces.get(chosen).map(Vec::as_slice);
        let piece = piece.unwrap_or_default();
        // The block is far enough from both ends of the piece to exist in every change.
        let room = piece.len().saturating_sub(BLOCK + 256).max(1) as u64;
        let from = 128 + usize::try_from(from % room).unwrap_or_default();
        let from = from.saturating_add_signed(self.later as isize);
        piece.iter().copied().cycle().skip(from).take(BLOCK)
    }
}

/// A mask that has both bits of each of [`FROM_FIRST`] classifiers.
fn mask(seed: u64) -> u32 {
    let (mut mask, mut round) = (0_u32, 0);
    while mask.count_ones() < 2 * FROM_FIRST {
        mask |= 3 << (2 * (number(seed, round) % 16));
        round += 1;
    }
    mask
}

/// A number for a seed and a purpose (the finish of `MurmurHash3`).
fn number(seed: u64, purpose: u64) -> u64 {
    let mixed = (seed ^ purpose.wrapping_mul(0x9e37_79b9_7f4a_7c15)).wrapping_add(0x1234_5678_9abc_def1);
    let mixed = (mixed ^ (mixed >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    let mixed = (mixed ^ (mixed >> 33)).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    mixed ^ (mixed >> 33)
}

/// The average number of keys (28 bits) that two prints share. A key that is repeated without interruption counts once.
#[expect(clippy::cast_precision_loss, reason = "some thousands")]
pub(crate) fn hits_a_pair(prints: &[Vec<u32>]) -> f64 {
    let mut all: Vec<(u32, usize)> = Vec::new();
    for (number, words) in prints.iter().enumerate() {
        let mut last = None;
        all.extend(
            words.iter().map(|word| word >> 4).filter(|key| last.replace(*key) != Some(*key)).map(|key| (key, number)),
        );
    }
    all.sort_unstable();
    let squares = |counts: &mut dyn Iterator<Item = usize>| counts.map(|count| count * count).sum::<usize>();
    let keys = squares(&mut all.chunk_by(|one, other| one.0 == other.0).map(<[_]>::len));
    let own = squares(&mut all.chunk_by(|one, other| one == other).map(<[_]>::len));
    let pairs = prints.len() * (prints.len() - 1);
    (keys - own) as f64 / pairs.max(1) as f64
}
