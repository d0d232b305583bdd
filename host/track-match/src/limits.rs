//! All thresholds and limits of matching.
//!
//! Lengths are in milliseconds, scores in points. Points are not probabilities: they order candidates, and a rule
//! accepts a candidate (`judge.rs`).

/// The maximum number of characters of a title or a name that are read. The longest real titles and names have about 200
/// characters.
pub(super) const MAX_CHARS: usize = 400;

/// The maximum numbers of names of a credit and of words of a title that are compared.
pub(super) const MAX_NAMES: usize = 16;
pub(super) const MAX_WORDS: usize = 64;

/// Two programs may measure the length of one file with a difference of up to 2 s: priming, silence at the end, rounding.
pub(super) const TIGHT_MS: u64 = 2_000;
/// Two releases of one recording may differ by fades and silence. beets ignores up to 10 s (`track_length_grace`).
pub(super) const NEAR_MS: u64 = 10_000;
/// Within this difference, equal names without an album are one recording. Another recording of the same artist may differ by a
/// few seconds more.
pub(super) const FADE_MS: u64 = 4_000;
/// Two programs that measure one file to the millisecond differ by less than this. The length of a version with a guest seldom
/// differs so little.
pub(super) const GUEST_MS: u64 = 500;
/// A larger difference means another edit (beets' `track_length_max`).
pub(super) const LOOSE_MS: u64 = 30_000;
/// Short tracks may differ by less: two skits of 40 s and 50 s are not the same. [`NEAR_MS`] and [`LOOSE_MS`] are reduced to this
/// share of the longer track, in per cent (5 % of 200 s are 10 s), but not below the floor.
pub(super) const NEAR_PERCENT: u64 = 5;
pub(super) const LOOSE_PERCENT: u64 = 15;
pub(super) const NEAR_FLOOR_MS: u64 = 3_000;
pub(super) const LOOSE_FLOOR_MS: u64 = 6_000;

/// Candidates within this distance of the best score count as equally good. An equal album, or a guest that only one
/// candidate names, makes a larger difference (30). Two lengths within the tight tolerance make a smaller difference (at
/// most 20).
pub(super) const GAP: u32 = 25;

/// The maximum number of candidates of one key that are compared. If there are more, the nearest in length are compared.
pub(super) const MAX_PER_KEY: usize = 64;
/// A word that more than this number of candidates have is not used for the look-up.
pub(super) const RARE: usize = 48;
/// The maximum number of words of a title that are looked up.
pub(super) const MAX_KEY_WORDS: usize = 8;
/// The number of letters at the start of a title that are looked up among tracks of the same length.
pub(super) const START: usize = 4;
/// The maximum number of names of a credit that are looked up.
pub(super) const MAX_KEY_NAMES: usize = 4;
/// The maximum number of candidates in a review.
pub(super) const MAX_LISTED: usize = 5;
