//! Which of several files of one recording is worth keeping: whether it is intact, by format, bitrate, length and tags, in points.
//!
//! Points only order files of one group. A file in which damage was found has fewer than any that is intact: what is missing cannot
//! be had back. Then format weighs most; tags can be copied. So a lossless file has more points by its format alone than a lossy one
//! by all that it has. A lossless file that was made of a lossy one is not seen through.

use std::cmp::Ordering;

use super::item::kbit;
use super::{Item, Lossless};

/// What a file has in points, 0 to 1,970.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct QualityScore {
    /// 1,000 where no damage was found.
    pub intact: u32,
    /// 700 for lossless and up to 70 for its bits and rate; a lossy one has up to 400, by its bitrate.
    pub format: u32,
    /// Up to 100: 10 less for each second that it is shorter than the longest.
    pub length: u32,
    /// 25 each for title, artist, album and ISRC.
    pub tags: u32,
}

/// What a file has that is intact: more than all that a damaged one can have.
const INTACT: u32 = 1_000;

/// The bitrate at which an MP3 has all the points that a lossy file can have, in kbit/s.
const FULL: u64 = 320;

/// What a lossless file has for its format at least: more than [`LOSSY`], 100 for its length and 100 for its tags.
const LOSSLESS: u32 = 700;

/// What a lossy file has for its format at most.
const LOSSY: u64 = 400;

impl QualityScore {
    /// The points of an item in a group of which the longest plays so many milliseconds.
    #[must_use]
    pub fn of(item: &Item, longest_ms: u64) -> Self {
        let shorter = item.duration_ms.map_or(u64::MAX, |ms| longest_ms.saturating_sub(ms));
        let lost = u32::try_from(shorter / 100).unwrap_or(u32::MAX);
        let tags = [&item.title, &item.artist, &item.album, &item.isrc];
        let tags = tags.into_iter().flatten().filter(|tag| !tag.trim().is_empty());
        let intact = if item.damage.is_none() { INTACT } else { 0 };
        Self { intact, format: format(item), length: 100_u32.saturating_sub(lost), tags: tags.map(|_| 25).sum() }
    }

    /// All of them.
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
            // Of the number that people read, so that no two files differ that look equal.
            let bitrate = u64::from(kbit(item.bitrate.unwrap_or_default())) * worth(item.codec.as_deref());
            u32::try_from(bitrate.min(FULL * 100) * LOSSY / (FULL * 100)).unwrap_or_default()
        }
    }
}

/// What a bit of that codec is worth in bits of an MP3, in per cent: roughly what listening tests agree on
/// (Hydrogenaudio's public tests at 96 to 128 kbit/s).
fn worth(codec: Option<&str>) -> u64 {
    match codec.unwrap_or_default() {
        "opus" => 160,
        "aac" | "vorbis" => 130,
        "mp2" | "mp1" => 70,
        _ => 100,
    }
}

/// Why `best` is kept rather than `other`, the weightiest reason first, and what speaks for the other; never empty. Each names what
/// differs, as both have it.
pub(super) fn reasons(best: &Item, other: &Item, (points, others): (QualityScore, QualityScore)) -> Vec<String> {
    let mut reasons = Vec::new();
    reasons.extend(damage(best, other));
    let formats = format!("{} rather than {}", best.format(), other.format());
    match points.format.cmp(&others.format) {
        Ordering::Greater => reasons.push(format!("better format: {formats}")),
        Ordering::Less => reasons.push(format!("in spite of its format: {formats}")),
        Ordering::Equal => {}
    }
    reasons.extend(length(best, other));
    for (says, more) in
        [("has tags that the other lacks", tags(best, other)), ("lacks tags that the other has", tags(other, best))]
    {
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
        (None, Some(damage)) => Some(format!("intact; the other is damaged: {damage}")),
        (Some(damage), Some(others)) if damage == others => Some(format!("both are damaged: {damage}")),
        (Some(damage), Some(others)) => Some(format!("both are damaged: {damage}; the other: {others}")),
        (Some(damage), None) => Some(format!("in spite of its damage: {damage}")),
        (None, None) => None,
    }
}

/// By tenths of a second, which is what is shown.
fn length(best: &Item, other: &Item) -> Option<String> {
    let shown = |more: u64| format!("{}.{} s", more / 1_000, more % 1_000 / 100);
    match (best.duration_ms, other.duration_ms) {
        (Some(best), Some(other)) if best >= other + 100 => Some(format!("{} longer", shown(best - other))),
        (Some(best), Some(other)) if other >= best + 100 => {
            Some(format!("although it is {} shorter", shown(other - best)))
        }
        (Some(_), None) => Some("the other does not tell its length".to_owned()),
        (None, Some(_)) => Some("although it does not tell its length".to_owned()),
        _ => None,
    }
}

/// The tags that one has and the other lacks.
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
    fn formats_stand_in_the_order_of_what_they_keep() {
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
    fn length_and_tags_decide_between_equal_formats_and_not_against_a_better_one() {
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

    #[test]
    fn there_is_always_a_reason() {
        let (one, other) = (lossless(16, 44_100), lossy("mp3", 128));
        let points = |item: &Item| QualityScore::of(item, 200_000);
        let said = reasons(&one, &other, (points(&one), points(&other)));
        assert_eq!(said, ["better format: flac 16 bit 44.1 kHz rather than mp3 128 kbit/s"]);
        assert!(reasons(&other, &other, (points(&other), points(&other)))[0].starts_with("equal in format"));
    }

    #[test]
    fn a_damaged_file_has_fewer_points_than_any_intact_one_and_the_reason_says_so() {
        let damage = Some("3 of 900 frames cannot be decoded".to_owned());
        let damaged = Item { damage, title: Some("A".into()), ..lossless(24, 96_000) };
        let poorest = Item { duration_ms: None, bitrate: None, ..lossy("mp2", 8) };
        let points = |item: &Item| QualityScore::of(item, 200_000);
        assert!(points(&poorest).sum() > points(&damaged).sum());
        let said = reasons(&poorest, &damaged, (points(&poorest), points(&damaged)));
        assert_eq!(said[0], "intact; the other is damaged: 3 of 900 frames cannot be decoded");
        assert!(said[1].starts_with("in spite of its format: mp2 rather than flac 24 bit"), "{said:?}");
    }

    #[test]
    fn what_looks_equal_is_no_reason() {
        let (one, other) = (lossy("mp3", 128), Item { bitrate: Some(128_400), ..lossy("mp3", 128) });
        let (short, points) =
            (Item { duration_ms: Some(199_950), ..other.clone() }, |item: &Item| QualityScore::of(item, 200_000));
        assert_eq!(points(&one).format, points(&other).format);
        for other in [&other, &short] {
            let said = reasons(&one, other, (points(&one), points(other)));
            assert!(said.len() == 1 && said[0].starts_with("equal in format"), "{said:?}");
        }
        // What speaks for the other is said too.
        let tagged = Item { duration_ms: Some(203_000), album: Some("B".into()), ..lossy("mp3", 64) };
        let said = reasons(&one, &tagged, (points(&one), points(&tagged)));
        assert_eq!(said[1..], ["although it is 3.0 s shorter", "lacks tags that the other has: album"]);
    }
}
