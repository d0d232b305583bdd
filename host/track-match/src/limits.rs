//! All thresholds and limits of matching.
//!
//! Lengths are in milliseconds, scores in points. Points are not probabilities: they order candidates, and a rule
//! accepts a candidate (`judge.rs`).

/// A title or a name is read to this length, in characters; the longest real ones have about 200.
pub(super) const MAX_CHARS: usize = 400;

/// The maximum numbers of names of a credit and of words of a title that are compared.
pub(super) const MAX_NAMES: usize = 16;
pub(super) const MAX_WORDS: usize = 64;

/// Two programs measure one file up to 2 s apart: priming, silence at the end, rounding to seconds.
pub(super) const TIGHT_MS: u64 = 2_000;
/// Two releases of one recording differ by fades and silence: beets allows 10 s before it counts (`track_length_grace`).
pub(super) const NEAR_MS: u64 = 10_000;
/// Above that it is another edit: beets' `track_length_max`.
pub(super) const LOOSE_MS: u64 = 30_000;
/// Short tracks differ by less: two skits of 40 s and 50 s are not the same. Both bounds are at most this share of the
/// longer one, in percent (5 % of 200 s are the 10 s above), and never less than the floor.
pub(super) const NEAR_PERCENT: u64 = 5;
pub(super) const LOOSE_PERCENT: u64 = 15;
pub(super) const NEAR_FLOOR_MS: u64 = 3_000;
pub(super) const LOOSE_FLOOR_MS: u64 = 6_000;

/// Candidates within this distance of the best score count as equally good. An equal album (30) or a feature that only one
/// names (30) is more; two lengths that are both tight (at most 20) are less.
pub(super) const GAP: u32 = 25;

/// The maximum number of candidates of one key that are compared: those nearest in length.
pub(super) const MAX_PER_KEY: usize = 64;
/// A word of a title that more candidates have than this says too little to look them up by it.
pub(super) const RARE: usize = 48;
/// So many words of a title are looked up.
pub(super) const MAX_KEY_WORDS: usize = 8;
/// So many names of a credit are looked up.
pub(super) const MAX_KEY_NAMES: usize = 4;
/// So many candidates are listed for a person.
pub(super) const MAX_LISTED: usize = 5;
