//! What sounds alike and is another version: by length, by speed, by what the titles say.
//!
//! Only for sound: files with the same audio packets are one, whatever they are called.

use baton_core::matching::{Agreement, version};

use super::Item;
use super::proof::{Alike, Pair};

/// Two files that sound alike and are not duplicates.
#[derive(Clone, Debug, PartialEq)]
pub struct Versions {
    /// One, as its place in the list of items.
    pub one: usize,
    /// The other.
    pub other: usize,
    /// How they sound alike.
    pub alike: Alike,
    /// What makes them versions.
    pub difference: Difference,
}

/// What makes two files that sound alike two versions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Difference {
    /// One plays longer by so many milliseconds: an edit, or one of them is not whole.
    Length(u64),
    /// One goes faster, by so many thousandths.
    Speed(u32),
    /// Only a part of the shorter one is in the other, in per cent.
    Part(u8),
    /// Their titles name different versions.
    Words,
    /// What else sounds like the one does not sound like the other: one may be made of several pieces.
    Bridge,
}

impl Versions {
    pub(super) fn of(pair: Pair, difference: Difference) -> Self {
        Self { one: pair.one, other: pair.other, alike: pair.alike, difference }
    }
}

impl Difference {
    /// The word that scripts know it by.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Length(_) => "length",
            Self::Speed(_) => "speed",
            Self::Part(_) => "part",
            Self::Words => "version_words",
            Self::Bridge => "bridge",
        }
    }

    /// The sentence for people.
    #[must_use]
    pub fn text(&self) -> String {
        match self {
            Self::Length(ms) => {
                format!("one is {}.{} s longer: an edit, or one is cut off", ms / 1_000, ms % 1_000 / 100)
            }
            Self::Speed(thousandths) => format!("one is {}.{} % faster", thousandths / 10, thousandths % 10),
            Self::Part(percent) => format!("only {percent} % of the shorter sounds alike"),
            Self::Words => "their titles name different versions".to_owned(),
            Self::Bridge => "what else sounds like the one does not sound like the other".to_owned(),
        }
    }
}

/// Lengths may differ by this, in milliseconds: silence and fades at the ends of two releases of one recording.
const LENGTH_MS: u64 = 5_000;

/// How much of the shorter fingerprint must lie over the other.
const OVERLAP: f32 = 0.8;

/// Drift below this is measuring noise: a thousandth.
const DRIFT: f32 = 0.001;

/// What makes a pair versions; none where they are duplicates.
pub(crate) fn difference(items: &[Item], pair: &Pair) -> Option<Difference> {
    let Alike { overlap, drift, .. } = pair.alike;
    let (one, other) = (items.get(pair.one)?, items.get(pair.other)?);
    let words = || match version(one.called()).agreement(&version(other.called())) {
        Agreement::Same | Agreement::Unnamed => None,
        Agreement::Unsaid | Agreement::Differ => Some(Difference::Words),
    };
    let by_length = one.duration_ms.zip(other.duration_ms).map(|(one, other)| one.abs_diff(other));
    let by_length = by_length.filter(|ms| *ms > LENGTH_MS).map(Difference::Length);
    speed(drift).or_else(|| part(overlap)).or(by_length).or_else(words)
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
    use super::*;

    const ALIKE: Alike = Alike { bit_error_rate: 0.02, score: 95, overlap: 1.0, drift: 0.0 };

    fn of(one: (&str, u64), other: (&str, u64), alike: Alike) -> Option<Difference> {
        let items = [Item::test(1, one.0, one.1), Item::test(2, other.0, other.1)];
        difference(&items, &Pair { one: 0, other: 1, alike })
    }

    #[test]
    fn version_words_keep_what_sounds_alike_apart() {
        for (one, other) in [
            ("Song", "Song (Instrumental)"),
            ("Song", "Song (Live at the Mill)"),
            ("Song (Clean)", "Song"),
            ("Song (Radio Edit)", "Song (Extended Mix)"),
            ("Song (One Remix)", "Song (Other Remix)"),
        ] {
            assert_eq!(of((one, 200), (other, 201), ALIKE), Some(Difference::Words), "{one} / {other}");
        }
        for (one, other) in [("Song", "Song"), ("Song", "song (2011 Remaster)"), ("Song", "Song (Original Mix)")] {
            assert_eq!(of((one, 200), (other, 201), ALIKE), None, "{one} / {other}");
        }
    }

    #[test]
    fn length_speed_and_part_do_so_too() {
        let with = |overlap, drift| Alike { overlap, drift, ..ALIKE };
        assert_eq!(of(("a", 200), ("a", 205), ALIKE), None);
        assert_eq!(of(("a", 200), ("a", 206), ALIKE), Some(Difference::Length(6_000)));
        assert_eq!(of(("a", 200), ("a", 200), with(1.0, -0.02)), Some(Difference::Speed(20)));
        assert_eq!(of(("a", 200), ("a", 200), with(0.5, 0.0)), Some(Difference::Part(50)));
        assert_eq!(Difference::Length(6_250).text(), "one is 6.2 s longer: an edit, or one is cut off");
    }
}
