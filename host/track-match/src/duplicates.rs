//! Finds tracks of one list that are probably the same, judged by their names. This is for tracks whose sound cannot be
//! compared.
//!
//! A look-up compares candidates with each other; here each pair is judged separately. A pair must have equal versions,
//! equal artists (except guests and spelling), an exact match of title or artists, and no contradicting length. A shared id
//! (`same_id`) is enough without these conditions. Remaining doubts (an unknown length, a few seconds, a guest) cost points,
//! and the caller sets the threshold. A pair with two fingerprints is left out, because the fingerprints decide. This module
//! does not choose the better file and does not build groups: if `a` matches `b` and `b` matches `c`, `a` may still differ
//! from `c`.

use serde::Serialize;

use super::compare::{Evidence, compare};
use super::judge;
use super::matcher::Matcher;
use super::reason::{self, Reason};
use super::relation::{Artists, Length, Titles};
use super::version::Agreement;

/// Two tracks of one list that have the same names and length.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SimilarPair {
    /// Their indexes in the list, the lower one first.
    pub tracks: [usize; 2],
    /// The score in points, as for a candidate.
    pub score: u32,
    /// Why, in a fixed order.
    pub reasons: Vec<Reason>,
}

/// All similar pairs of a list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SimilarPairs {
    /// The pairs, sorted by their indexes.
    pub pairs: Vec<SimilarPair>,
    /// If more than 64 tracks have the same title and artist, each of them is compared only with the 64 tracks that are
    /// nearest in length. The value is an upper bound for the number of pairs that were not compared for this reason.
    pub left_out: usize,
}

impl Matcher {
    /// All pairs that are likely the same by their names, with at least `threshold` points (of 1,000). Equal title, artists
    /// and version have 960 points if the lengths are equal, 930 if the lengths differ by 4 s, and 870 if one length is
    /// unknown. Each track is compared with a bounded number of tracks that share a key with it, so the time is
    /// proportional to the length of the list.
    ///
    /// ```
    /// use baton_track_match::{Matcher, Track};
    /// let track = |title: &str| Track {
    ///     title: title.to_owned(),
    ///     artists: vec!["Ida Lund".to_owned()],
    ///     duration_ms: Some(221_000),
    ///     ..Track::default()
    /// };
    /// let list = [track("Night Bus"), track("Night Bus (Live)"), track("Night Bus (Original Mix)")];
    /// let found = Matcher::new(&list).duplicates(900);
    /// assert_eq!(found.pairs.iter().map(|pair| pair.tracks).collect::<Vec<_>>(), [[0, 2]]);
    /// ```
    #[must_use]
    pub fn duplicates(&self, threshold: u32) -> SimilarPairs {
        let (mut pairs, mut left_out): (Vec<[u32; 2]>, usize) = (Vec::new(), 0);
        // A pair with two fingerprints is skipped, so one track of each pair has none.
        for (place, track) in (0_u32..).zip(&self.candidates).filter(|(_, track)| track.recording.is_none()) {
            let near = self.index.near(track);
            left_out += near.left_out;
            let others = near.candidates.into_iter().filter(|other| *other != place);
            pairs.extend(others.map(|other| [place.min(other), place.max(other)]));
        }
        pairs.sort_unstable();
        pairs.dedup();
        let alike = pairs.into_iter().filter_map(|pair| self.compare_pair(pair));
        SimilarPairs { pairs: alike.filter(|pair| pair.score >= threshold).collect(), left_out }
    }

    fn compare_pair(&self, [a, b]: [u32; 2]) -> Option<SimilarPair> {
        let (one, other) = (self.candidates.get(a as usize)?, self.candidates.get(b as usize)?);
        if one.recording.is_some() && other.recording.is_some() {
            return None;
        }
        let evidence = compare(one, other);
        let (tracks, score) = ([a as usize, b as usize], judge::score(&evidence));
        is_duplicate(&evidence).then(|| SimilarPair { tracks, score, reasons: reason::from_evidence(&evidence) })
    }
}

fn is_duplicate(evidence: &Evidence) -> bool {
    let names = match evidence.titles {
        Titles::Equal => matches!(evidence.artists, Artists::Equal | Artists::Main | Artists::Close),
        Titles::Close | Titles::Subtitle => evidence.artists == Artists::Equal,
        _ => false,
    };
    let denied = matches!(evidence.length, Length::Loose | Length::Far) || evidence.guests_differ;
    evidence.same_id.is_some() || (names && evidence.versions == Agreement::Same && !denied)
}

#[cfg(test)]
mod tests {
    use super::super::track::Track;
    use super::*;

    fn track(title: &str, artist: &str, duration_ms: u64) -> Track {
        let (title, artists) = (title.to_owned(), vec![artist.to_owned()]);
        Track { title, artists, duration_ms: Some(duration_ms), ..Track::default() }
    }

    fn pairs(list: &[Track]) -> Vec<[usize; 2]> {
        Matcher::new(list).duplicates(0).pairs.into_iter().map(|alike| alike.tracks).collect()
    }

    #[test]
    fn doubts_cost_points_and_contradictions_exclude_a_pair() {
        let same = track("Night Bus", "Ida Lund", 200_000);
        for (other, expected) in [
            (track("Night Bus", "Ida Lund", 200_000), Some(960)),
            (track("Night Bus (Original Mix)", "IDA LUND", 201_000), Some(950)),
            (track("Night Bus (feat. Oto)", "Ida Lund", 200_000), Some(930)),
            (track("Night Bus", "Ida Lund & Oto", 200_000), Some(930)),
            (track("Night Bus", "Ida Lund", 204_000), Some(930)),
            (track("Night Bus", "Ida Lund", 0), Some(870)),
            (track("Night Bus", "Ida Lund", 215_000), None),
            (track("Night Bus (Live)", "Ida Lund", 200_000), None),
            (track("Night Bus (Mono)", "Ida Lund", 200_000), None),
            (track("Night Bus", "Various Artists", 200_000), None),
            (track("Night Bus", "Oto & Ida Lund", 200_000), None),
        ] {
            let list = [same.clone(), other.clone()];
            let found = Matcher::new(&list).duplicates(0).pairs;
            assert_eq!(found.first().map(|pair| pair.score), expected, "{other:?}");
            let points = expected.unwrap_or(900);
            assert!(Matcher::new(&list).duplicates(points + 1).pairs.is_empty(), "{other:?}");
        }
    }

    #[test]
    fn pairs_with_two_fingerprints_are_skipped() {
        let named = |recording: Option<&str>| Track {
            recording: recording.map(str::to_owned),
            ..track("Night Bus", "Ida Lund", 200_000)
        };
        assert!(pairs(&[named(Some("a")), named(Some("b"))]).is_empty());
        assert!(pairs(&[named(Some("a")), named(Some("a"))]).is_empty());
        assert_eq!(pairs(&[named(Some("a")), named(None)]), [[0, 1]]);
    }

    #[test]
    fn comparisons_of_many_equal_names_are_bounded_and_counted() {
        let found = Matcher::new(&vec![track("Intro", "Ida Lund", 60_000); 1_000]).duplicates(0);
        assert!((999..100_000).contains(&found.pairs.len()), "{}", found.pairs.len());
        assert_eq!(found.left_out, 1_000 * (1_000 - 64));
        assert_eq!(Matcher::new(&vec![track("Intro", "Ida Lund", 60_000); 64]).duplicates(0).left_out, 0);
    }
}
