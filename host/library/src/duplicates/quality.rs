//! Scores that choose the file to keep: intact or damaged, format, bitrate, length and tags.
//!
//! A score only orders the files of one group. A damaged file scores less than every intact one, because the missing part
//! cannot be restored. Format comes next, because tags can be copied: a lossless file scores more by its format than a lossy
//! file in total. A lossless file that was made from a lossy one is not detected.

use std::cmp::Ordering;

use super::item::kbit;
use super::{Item, Lossless};

/// The score of a file, 0 to 1,970.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct QualityScore {
    /// 1,000 if no damage was found.
    pub intact: u32,
    /// Lossless: 700 and up to 70 for depth and rate. Lossy: up to 400, by bitrate.
    pub format: u32,
    /// Up to 100: 10 less for each second that the file is shorter than the longest one.
    pub length: u32,
    /// 25 each for title, artist, album and ISRC.
    pub tags: u32,
}

/// The points of an intact file: more than a damaged file can have in total.
const INTACT: u32 = 1_000;

/// The bitrate, in kbit/s, at which an MP3 gets all points of a lossy format.
const FULL: u64 = 320;

/// The minimum for a lossless format: more than [`LOSSY`] plus 100 for length and 100 for tags.
const LOSSLESS: u32 = 700;

/// The maximum for a lossy format.
const LOSSY: u64 = 400;

impl QualityScore {
    /// The score of an item in a group whose longest item plays `longest_ms`.
    #[must_use]
    pub fn of(item: &Item, longest_ms: u64) -> Self {
        let shorter = item.duration_ms.map_or(u64::MAX, |ms| longest_ms.saturating_sub(ms));
        let lost = u32::try_from(shorter / 100).unwrap_or(u32::MAX);
        let tags = [&item.title, &item.artist, &item.album, &item.isrc];
        let tags = tags.into_iter().flatten().filter(|tag| !tag.trim().is_empty());
        let intact = if item.damage.is_none() { INTACT } else { 0 };
        Self { intact, format: format(item), length: 100_u32.saturating_sub(lost), tags: tags.map(|_| 25).sum() }
    }

    /// The total.
    #[must_use]
    pub const fn sum(self) -> u32 {
        self.intact + self.format + self.length + self.tags
    }
}

fn format(item: &Item) -> u32 {
    let rate = item.rate_hz.unwrap_or_default();
    match item.lossless {
        Lossless::Bits(bits) => {
            let depth = match bits {
                17.. => 40,
                16 => 20,
                0..=15 => 0,
            };
            let rate = match rate {
                48_001.. => 30,
                44_100..=48_000 => 20,
                0..44_100 => 0,
            };
            LOSSLESS + depth + rate
        }
        Lossless::No => {
            // Rounded as in reports, so that two files with the same printed bitrate have the same score.
            let bitrate =
                u64::from(kbit(item.bitrate.unwrap_or_default())) * bit_quality_percent(item.codec.as_deref());
            u32::try_from(bitrate.min(FULL * 100) * LOSSY / (FULL * 100)).unwrap_or_default()
        }
    }
}

/// The quality of one bit of this codec relative to one bit of MP3, in per cent. Approximates the results of listening tests
/// (Hydrogenaudio's public tests at 96 to 128 kbit/s).
fn bit_quality_percent(codec: Option<&str>) -> u64 {
    match codec.unwrap_or_default() {
        "opus" => 160,
        "aac" | "vorbis" => 130,
        "mp2" | "mp1" => 70,
        _ => 100,
    }
}

/// An item with its score.
#[derive(Clone, Copy)]
pub(super) struct ScoredItem<'a> {
    pub(super) item: &'a Item,
    pub(super) points: QualityScore,
}

/// Why `best` is kept rather than `other`, the most important reason first, then the advantages of `other`. Never empty.
pub(super) fn reasons(best: ScoredItem<'_>, other: ScoredItem<'_>) -> Vec<String> {
    let formats = best.points.format.cmp(&other.points.format);
    let (best, other) = (best.item, other.item);
    let mut reasons = Vec::new();
    reasons.extend(damage(best, other));
    let names = format!("{} rather than {}", best.format(), other.format());
    match formats {
        Ordering::Greater => reasons.push(format!("better format: {names}")),
        Ordering::Less => reasons.push(format!("chosen in spite of its format: {names}")),
        Ordering::Equal => {}
    }
    reasons.extend(length(best, other));
    for (says, more) in [
        ("has tags that the other file lacks", tags(best, other)),
        ("lacks tags that the other file has", tags(other, best)),
    ] {
        let more: Vec<&str> = more.collect();
        if !more.is_empty() {
            reasons.push(format!("{says}: {}", more.join(", ")));
        }
    }
    if reasons.is_empty() {
        reasons.push("equal in format, length and tags; it was found first".to_owned());
    }
    reasons
}

fn damage(best: &Item, other: &Item) -> Option<String> {
    match (&best.damage, &other.damage) {
        (None, Some(damage)) => Some(format!("intact; the other file is damaged: {damage}")),
        (Some(damage), Some(others)) if damage == others => Some(format!("both are damaged: {damage}")),
        (Some(damage), Some(others)) => Some(format!("both are damaged: {damage}; the other file: {others}")),
        (Some(damage), None) => Some(format!("chosen although it is damaged: {damage}")),
        (None, None) => None,
    }
}

/// Compares tenths of a second, as reports show them.
fn length(best: &Item, other: &Item) -> Option<String> {
    let shown = |more: u64| format!("{}.{} s", more / 1_000, more % 1_000 / 100);
    match (best.duration_ms, other.duration_ms) {
        (Some(best), Some(other)) if best >= other + 100 => Some(format!("{} longer", shown(best - other))),
        (Some(best), Some(other)) if other >= best + 100 => {
            Some(format!("chosen although it is {} shorter", shown(other - best)))
        }
        (Some(_), None) => Some("the length of the other file is unknown".to_owned()),
        (None, Some(_)) => Some("chosen although its length is unknown".to_owned()),
        _ => None,
    }
}

/// The tags that `one` has and `other` does not have.
fn tags<'a>(one: &'a Item, other: &'a Item) -> impl Iterator<Item = &'static str> {
    let has = |tag: &Option<String>| tag.as_deref().is_some_and(|tag| !tag.trim().is_empty());
    let all = [
        ("title", &one.title, &other.title),
        ("artist", &one.artist, &other.artist),
        ("album", &one.album, &other.album),
        ("isrc", &one.isrc, &other.isrc),
    ];
    all.into_iter().filter(move |(_, one, other)| has(one) && !has(other)).map(|(name, ..)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lossy(codec: &str, kbit: u32) -> Item {
        Item { codec: Some(codec.to_owned()), bitrate: Some(kbit * 1_000), ..Item::test(1, "a", 200) }
    }

    fn lossless(bits: u16, rate_hz: u32) -> Item {
        Item { lossless: Lossless::Bits(bits), rate_hz: Some(rate_hz), ..lossy("flac", 900) }
    }

    #[test]
    fn formats_are_ordered_by_quality() {
        let items = [
            lossless(24, 96_000),
            lossless(24, 44_100),
            lossless(16, 44_100),
            lossless(8, 22_050),
            lossy("mp3", 320),
            lossy("aac", 192),
            lossy("mp3", 192),
            lossy("vorbis", 112),
            lossy("mp3", 128),
            lossy("mp2", 128),
        ];
        let points: Vec<u32> = items.iter().map(|item| QualityScore::of(item, 200_000).format).collect();
        assert!(points.is_sorted_by(|one, next| one > next), "{points:?}");
    }

    #[test]
    fn length_and_tags_only_decide_between_equal_formats() {
        let of = |item: &Item| QualityScore::of(item, 200_000).sum();
        let short = Item { duration_ms: Some(196_000), ..lossy("mp3", 192) };
        let tagged = Item { title: Some("A".into()), isrc: Some(" ".into()), ..lossy("mp3", 192) };
        assert!(of(&lossy("mp3", 192)) > of(&short) && of(&tagged) == of(&lossy("mp3", 192)) + 25);
        let all = Some("x".to_owned());
        let full = Item { title: all.clone(), artist: all.clone(), album: all.clone(), isrc: all, ..lossy("mp3", 320) };
        let bare = Item { duration_ms: None, ..lossless(8, 8_000) };
        assert!(of(&bare) > of(&full), "{} {}", of(&bare), of(&full));
        assert_eq!(QualityScore::of(&Item { duration_ms: None, ..short }, 200_000).length, 0);
    }

    fn scored(item: &Item) -> ScoredItem<'_> {
        ScoredItem { item, points: QualityScore::of(item, 200_000) }
    }

    #[test]
    fn there_is_always_a_reason() {
        let (one, other) = (lossless(16, 44_100), lossy("mp3", 128));
        let texts = reasons(scored(&one), scored(&other));
        assert_eq!(texts, ["better format: flac 16 bit 44.1 kHz rather than mp3 128 kbit/s"]);
        assert!(reasons(scored(&other), scored(&other))[0].starts_with("equal in format"));
    }

    #[test]
    fn a_damaged_file_scores_less_than_any_intact_one() {
        let damage = Some("3 of 900 frames cannot be decoded".to_owned());
        let damaged = Item { damage, title: Some("A".into()), ..lossless(24, 96_000) };
        let poorest = Item { duration_ms: None, bitrate: None, ..lossy("mp2", 8) };
        assert!(scored(&poorest).points.sum() > scored(&damaged).points.sum());
        let texts = reasons(scored(&poorest), scored(&damaged));
        assert_eq!(texts[0], "intact; the other file is damaged: 3 of 900 frames cannot be decoded");
        assert!(texts[1].starts_with("chosen in spite of its format: mp2 rather than flac 24 bit"), "{texts:?}");
    }

    #[test]
    fn equal_values_are_not_reasons() {
        let (one, other) = (lossy("mp3", 128), Item { bitrate: Some(128_400), ..lossy("mp3", 128) });
        let short = Item { duration_ms: Some(199_950), ..other.clone() };
        assert_eq!(scored(&one).points.format, scored(&other).points.format);
        for other in [&other, &short] {
            let texts = reasons(scored(&one), scored(other));
            assert!(texts.len() == 1 && texts[0].starts_with("equal in format"), "{texts:?}");
        }
        // The advantages of the other file are listed too.
        let tagged = Item { duration_ms: Some(203_000), album: Some("B".into()), ..lossy("mp3", 64) };
        let texts = reasons(scored(&one), scored(&tagged));
        assert_eq!(texts[1..], ["chosen although it is 3.0 s shorter", "lacks tags that the other file has: album"]);
    }
}
