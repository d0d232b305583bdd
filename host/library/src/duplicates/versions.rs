//! Decides whether two similar files are versions: by length, speed, title words, or a part that differs (an edit).
//!
//! Files with the same audio packets are never versions, even if their titles differ.

use baton_track_match::{Agreement, version};

use super::Item;
use super::proof::{Pair, Similarity};
use crate::coverage::FINGERPRINTED_MS;

/// Two similar files that are not duplicates.
#[derive(Clone, Debug, PartialEq)]
pub struct Versions {
    /// The first file, as a position in the list of items.
    pub one: usize,
    /// The second file.
    pub other: usize,
    /// How similar they are.
    pub similarity: Similarity,
    /// Why they are versions.
    pub difference: Difference,
}

/// Why two similar files are versions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Difference {
    /// One file is longer by this many milliseconds: an edit, or the other file is truncated.
    Length(u64),
    /// One file plays faster, by this many thousandths.
    Speed(u32),
    /// Only this share of the shorter file, in per cent, is contained in the longer file.
    Part(u8),
    /// The titles name different versions.
    Words,
    /// Ten seconds from this position (milliseconds) differ as two recordings do; the rest is equal.
    Edit(u64),
    /// Other files are similar to only one file of the pair. One file of the pair is possibly made from several recordings.
    Bridge,
    /// Possibly copies: a person must listen.
    Review(Doubt),
}

/// Why it is not certain that two files are copies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Doubt {
    /// The score is lower than for most copies.
    Score,
    /// Ten seconds from this position (milliseconds) differ more than in copies.
    Part(u64),
    /// Only the first two minutes were compared, because one file could not be read.
    Rest,
}

impl Versions {
    pub(super) fn new(pair: Pair, difference: Difference) -> Self {
        Self { one: pair.one, other: pair.other, similarity: pair.similarity, difference }
    }
}

impl Difference {
    /// The name for scripts. It never changes.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Length(_) => "length",
            Self::Speed(_) => "speed",
            Self::Part(_) => "part",
            Self::Words => "version_words",
            Self::Edit(_) => "edit",
            Self::Bridge => "bridge",
            Self::Review(_) => "review",
        }
    }

    /// The description for people.
    #[must_use]
    pub fn text(&self) -> String {
        match self {
            Self::Length(ms) => {
                format!(
                    "one file is {}.{} s longer: an edit, or the other file is cut off",
                    ms / 1_000,
                    ms % 1_000 / 100
                )
            }
            Self::Speed(thousandths) => format!("one file is {}.{} % faster", thousandths / 10, thousandths % 10),
            Self::Part(percent) => format!("only {percent} % of the shorter file is similar"),
            Self::Words => "their titles name different versions".to_owned(),
            Self::Edit(from) => format!("at least 10 s from {} on differ: an edit", clock(*from)),
            Self::Bridge => "other files are similar to only one of the two files".to_owned(),
            Self::Review(doubt) => doubt.text(),
        }
    }

    /// True if a person must listen to both files.
    #[must_use]
    pub const fn is_review(&self) -> bool {
        matches!(self, Self::Review(_))
    }
}

impl Doubt {
    fn text(self) -> String {
        match self {
            Self::Score => format!("less than {SURE} % similar; listen to both"),
            Self::Part(from) => format!("10 s from {} on differ more than in most copies; listen to both", clock(from)),
            Self::Rest => {
                format!(
                    "only the first {} were compared, because one file could not be read to its end",
                    clock(FINGERPRINTED_MS)
                )
            }
        }
    }
}

/// Milliseconds as minutes and seconds: `2:05`.
fn clock(ms: u64) -> String {
    format!("{}:{:02}", ms / 60_000, ms / 1_000 % 60)
}

/// The tolerated difference in length, in milliseconds: silence and fades differ between releases of one recording.
const LENGTH_MS: u64 = 5_000;

/// The minimum share of the shorter fingerprint that must overlap the other.
const OVERLAP: f32 = 0.8;

/// Smaller drift is measurement noise: a thousandth.
const DRIFT: f32 = 0.001;

/// Pairs with at least this score, in per cent, need no review. Copies in other formats, cut or padded, score 86 or more; an
/// equaliser or a missing channel leaves 50 to 60.
const SURE: u8 = 80;

/// The share of differing bits that ten seconds of copies do not exceed.
const SAME: f32 = 0.30;

/// Ten seconds with this share of differing bits are a different part or recording, if the median of all windows is at most
/// [`ELSEWHERE`].
const OTHER: f32 = 0.38;
const ELSEWHERE: f32 = 0.20;

/// The length of a fingerprint frame in milliseconds, as a fraction: 1,365 samples at 11,025 Hz.
const FRAME_MS: (u64, u64) = (1_365_000, 11_025);

/// Why a pair is two versions or needs a review; `None` for duplicates, as far as they were compared.
pub(crate) fn difference(items: &[Item], pair: &Pair) -> Option<Difference> {
    let Similarity { overlap, drift, .. } = pair.similarity;
    let (one, other) = (items.get(pair.one)?, items.get(pair.other)?);
    let words = || match version(one.title_or_name()).agreement(&version(other.title_or_name())) {
        Agreement::Same | Agreement::Unnamed => None,
        Agreement::Unsaid | Agreement::Differ => Some(Difference::Words),
    };
    let by_length = one.duration_ms.zip(other.duration_ms).map(|(one, other)| one.abs_diff(other));
    let by_length = by_length.filter(|ms| *ms > LENGTH_MS).map(Difference::Length);
    speed(drift).or_else(|| part(overlap)).or(by_length).or_else(words).or_else(|| window(&pair.similarity))
}

/// The decision by the ten seconds that differ most.
pub(super) fn window(similarity: &Similarity) -> Option<Difference> {
    let windows = similarity.windows;
    let at = || u64::from(windows.worst_at_frame) * FRAME_MS.0 / FRAME_MS.1;
    match windows.worst {
        worst if worst >= OTHER && windows.median <= ELSEWHERE => Some(Difference::Edit(at())),
        _ if similarity.score < SURE => Some(Difference::Review(Doubt::Score)),
        worst if worst > SAME => Some(Difference::Review(Doubt::Part(at()))),
        _ => None,
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "some hundredths, made positive")]
fn speed(drift: f32) -> Option<Difference> {
    (drift.abs() > DRIFT).then(|| Difference::Speed((drift.abs() * 1_000.0).round() as u32))
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share, below 0.8")]
fn part(overlap: f32) -> Option<Difference> {
    (overlap < OVERLAP).then(|| Difference::Part((overlap.max(0.0) * 100.0) as u8))
}

#[cfg(test)]
mod tests {
    use baton_fingerprint::index::Windows;

    use super::*;

    fn of(one: (&str, u64), other: (&str, u64), similarity: Similarity) -> Option<Difference> {
        let items = [Item::test(1, one.0, one.1), Item::test(2, other.0, other.1)];
        difference(&items, &Pair { one: 0, other: 1, similarity })
    }

    #[test]
    fn different_version_words_make_versions() {
        for (one, other) in [
            ("Song", "Song (Instrumental)"),
            ("Song", "Song (Live at the Mill)"),
            ("Song (Clean)", "Song"),
            ("Song (Radio Edit)", "Song (Extended Mix)"),
            ("Song (One Remix)", "Song (Other Remix)"),
        ] {
            assert_eq!(of((one, 200), (other, 201), Similarity::test()), Some(Difference::Words), "{one} / {other}");
        }
        for (one, other) in [("Song", "Song"), ("Song", "song (2011 Remaster)"), ("Song", "Song (Original Mix)")] {
            assert_eq!(of((one, 200), (other, 201), Similarity::test()), None, "{one} / {other}");
        }
    }

    #[test]
    fn different_length_speed_or_part_makes_versions() {
        let with = |overlap, drift| Similarity { overlap, drift, ..Similarity::test() };
        assert_eq!(of(("a", 200), ("a", 205), Similarity::test()), None);
        assert_eq!(of(("a", 200), ("a", 206), Similarity::test()), Some(Difference::Length(6_000)));
        assert_eq!(of(("a", 200), ("a", 200), with(1.0, -0.02)), Some(Difference::Speed(20)));
        assert_eq!(of(("a", 200), ("a", 200), with(0.5, 0.0)), Some(Difference::Part(50)));
        assert_eq!(Difference::Length(6_250).text(), "one file is 6.2 s longer: an edit, or the other file is cut off");
    }

    #[test]
    fn ten_different_seconds_make_an_edit_and_doubts_a_review() {
        let with = |score, worst, median| {
            let windows = Windows { worst, worst_at_frame: 808, median };
            difference(
                &[Item::test(1, "a", 200), Item::test(2, "a", 200)],
                &Pair { one: 0, other: 1, similarity: Similarity { score, windows, ..Similarity::test() } },
            )
        };
        assert_eq!(with(95, 0.08, 0.02), None);
        assert_eq!(with(71, 0.48, 0.02), Some(Difference::Edit(100_038)));
        assert_eq!(with(55, 0.36, 0.25), Some(Difference::Review(Doubt::Score)));
        // All windows differ much, so the worst one means less.
        assert_eq!(with(85, 0.41, 0.25), Some(Difference::Review(Doubt::Part(100_038))));
        assert_eq!(Difference::Edit(100_038).text(), "at least 10 s from 1:40 on differ: an edit");
    }
}
