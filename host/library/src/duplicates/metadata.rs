//! The fallback for files without a fingerprint: title, artist, length and version words show that two files are probably the
//! same recording. The sound was not compared, so the result is a question to a person and never a suggestion.
//!
//! Two files that both have a fingerprint are not compared here.

use baton_track_match::{Matcher, SimilarPair, Track};

use super::Item;

/// The default minimum score, of 1,000. Equal title, artist and version with an unknown length score 870.
pub const THRESHOLD: u32 = 850;

/// Two files that are probably the same recording, by their names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LikelyPair {
    /// A file without a fingerprint, as a position in the list of items.
    pub one: usize,
    /// The other file.
    pub other: usize,
    /// The score, of 1,000.
    pub score: u32,
    /// The properties that agree.
    pub reasons: Vec<String>,
}

/// All pairs with similar names in which at least one file has no fingerprint, the best first. Also returns an upper bound of the
/// pairs that were left out because too many items have the same name.
pub(super) fn likely(items: &[Item], threshold: u32) -> (Vec<LikelyPair>, usize) {
    if items.iter().all(|item| item.has_fingerprint) {
        return (Vec::new(), 0);
    }
    let tracks: Vec<Track> = items.iter().map(track).collect();
    let found = Matcher::new(&tracks).duplicates(threshold);
    let mut pairs: Vec<_> = found.pairs.iter().map(|pair| as_likely(items, pair)).collect();
    pairs.sort_by_key(|likely| (std::cmp::Reverse(likely.score), likely.one, likely.other));
    (pairs, found.left_out)
}

fn as_likely(items: &[Item], pair: &SimilarPair) -> LikelyPair {
    let [first, second] = pair.tracks;
    let (one, other) =
        if items.get(first).is_some_and(|first| first.has_fingerprint) { (second, first) } else { (first, second) };
    LikelyPair { one, other, score: pair.score, reasons: pair.reasons.iter().map(ToString::to_string).collect() }
}

/// The track of an item by its tags, else by a name of the form `Artist - Title`.
pub(crate) fn track(item: &Item) -> Track {
    let named = item.title_or_name();
    let (artist, title) = match (&item.artist, named.split_once(" - ")) {
        (Some(artist), _) => (Some(artist.as_str()), named),
        (None, Some((artist, title))) if item.title.is_none() => (Some(without_number(artist)), title),
        (None, _) => (None, named),
    };
    Track {
        isrc: item.isrc.clone(),
        // The sound decides between two items with fingerprints.
        recording: item.has_fingerprint.then(|| item.id.to_string()),
        title: title.trim().to_owned(),
        artists: artist
            .map(|artist| artist.trim().to_owned())
            .filter(|artist| !artist.is_empty())
            .into_iter()
            .collect(),
        album: item.album.clone(),
        duration_ms: item.duration_ms,
        ..Track::default()
    }
}

/// `Artist` for `01 Artist` and `01. Artist`: two digits and a space are a track number.
fn without_number(artist: &str) -> &str {
    let rest = artist.trim_start().trim_start_matches(|c: char| c.is_ascii_digit());
    let digits = artist.trim_start().len() - rest.len();
    let rest = rest.strip_prefix('.').unwrap_or(rest);
    if digits == 2 && rest.starts_with(' ') { rest.trim_start() } else { artist }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn silent(id: i64, name: &str) -> Item {
        Item { has_fingerprint: false, duration_ms: None, codec: None, bitrate: None, ..Item::test(id, name, 0) }
    }

    fn tagged(id: i64, artist: &str, title: &str, seconds: u64) -> Item {
        Item { artist: Some(artist.into()), title: Some(title.into()), ..Item::test(id, "x", seconds) }
    }

    fn pairs(items: &[Item]) -> Vec<(usize, usize)> {
        likely(items, THRESHOLD).0.iter().map(|likely| (likely.one, likely.other)).collect()
    }

    #[test]
    fn a_name_replaces_missing_tags_and_versions_are_separate() {
        let items = [
            tagged(1, "Mara Voss", "Night Bus", 200),
            silent(2, "01 Mara Voss - Night Bus"),
            silent(3, "Mara Voss - Night Bus (Live)"),
            silent(4, "Ida Lund - Night Bus"),
            tagged(5, "Mara Voss", "Night Bus (Live)", 260),
        ];
        assert_eq!(pairs(&items), [(1, 0), (2, 4)]);
        let pair = &likely(&items, THRESHOLD).0[0];
        assert!(pair.reasons.iter().any(|reason| reason.contains("same title")) && pair.score == 870, "{pair:?}");
        assert!(likely(&items, 900).0.is_empty());
    }

    #[test]
    fn only_pairs_with_a_missing_fingerprint_are_likely() {
        let items = [silent(1, "Mara Voss - Night Bus"), silent(2, "Mara Voss - Night Bus")];
        assert_eq!(pairs(&items), [(0, 1)]);
        let audio = [tagged(1, "Mara Voss", "Night Bus", 200), tagged(2, "Mara Voss", "Night Bus", 200)];
        assert!(pairs(&audio).is_empty());
    }

    #[test]
    fn all_likely_pairs_are_reported() {
        let items: Vec<_> = (1..=9).map(|id| silent(id, "Mara Voss - Night Bus")).collect();
        assert_eq!(pairs(&items).len(), 9 * 8 / 2);
        let many: Vec<_> = (1..=70).map(|id| silent(id, "Mara Voss - Night Bus")).collect();
        assert_eq!(likely(&many, THRESHOLD).1, 70 * 6);
    }

    #[test]
    fn a_title_without_an_artist_does_not_match() {
        assert!(pairs(&[silent(1, "Intro"), silent(2, "Intro"), silent(3, "track01")]).is_empty());
        assert_eq!(
            ["01 A", "01. A", "99 Luft", "2raumwohnung", "1 A"].map(without_number),
            ["A", "A", "Luft", "2raumwohnung", "1 A"]
        );
    }
}
