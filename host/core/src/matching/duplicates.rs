//! Which tracks of one list are the same by their names: what is left where nobody could compare the sound.
//!
//! Stricter than looking a track up: a look-up asks for the best of what there is, while here every pair of a library is a
//! claim. So both lengths must be known and tight, versions must be the same and said by both, and of title and artists at
//! most one may be less than equal: a guest who is left out, a slip of the pen, a subtitle. Where the sound of both is known it has decided already, and nothing is said here.
//! Which of the tracks is the better file is not known here, and nothing is grouped: "a like b like c" makes no `a` like `c`.

use serde::Serialize;

use super::compare::{Artists, Evidence, Length, Titles, compare};
use super::judge;
use super::matcher::Matcher;
use super::reason::{self, Reason};
use super::version::Agreement;

/// Two tracks of one list that have the same names and length.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Alike {
    /// Their places in the list, the lower one first.
    pub tracks: [usize; 2],
    /// Points, as of a candidate that was found.
    pub score: u32,
    /// Why, in a fixed order.
    pub reasons: Vec<Reason>,
}

impl Matcher {
    /// The pairs that are the same by their names, in their order. Each track is compared with those that share a key with
    /// it, at most a bounded number, so time grows with the length of the list and not with its square.
    ///
    /// ```
    /// use baton_core::matching::{Matcher, Track};
    /// let track = |title: &str| Track {
    ///     title: title.to_owned(),
    ///     artists: vec!["Ida Lund".to_owned()],
    ///     duration_ms: Some(221_000),
    ///     ..Track::default()
    /// };
    /// let list = [track("Night Bus"), track("Night Bus (Live)"), track("Night Bus (Original Mix)")];
    /// let pairs = Matcher::new(&list).duplicates();
    /// assert_eq!(pairs.iter().map(|pair| pair.tracks).collect::<Vec<_>>(), [[0, 2]]);
    /// ```
    #[must_use]
    pub fn duplicates(&self) -> Vec<Alike> {
        let mut pairs: Vec<[u32; 2]> = Vec::new();
        for (place, track) in (0_u32..).zip(&self.candidates) {
            let near = self.index.near(track).into_iter().filter(|other| *other != place);
            pairs.extend(near.map(|other| [place.min(other), place.max(other)]));
        }
        pairs.sort_unstable();
        pairs.dedup();
        pairs.into_iter().filter_map(|pair| self.alike(pair)).collect()
    }

    fn alike(&self, [a, b]: [u32; 2]) -> Option<Alike> {
        let (one, other) = (self.candidates.get(a as usize)?, self.candidates.get(b as usize)?);
        if one.recording.is_some() && other.recording.is_some() {
            return None;
        }
        let evidence = compare(one, other);
        let (tracks, score) = ([a as usize, b as usize], judge::score(&evidence));
        is_duplicate(&evidence).then(|| Alike { tracks, score, reasons: reason::of(&evidence) })
    }
}

fn is_duplicate(evidence: &Evidence) -> bool {
    let names = match evidence.titles {
        Titles::Equal => matches!(evidence.artists, Artists::Equal | Artists::Main | Artists::Close),
        Titles::Subtitle | Titles::Close => evidence.artists == Artists::Equal,
        _ => false,
    };
    let firm = evidence.versions == Agreement::Same && evidence.length == Length::Tight && !evidence.guests_differ;
    evidence.same_id.is_some() || (names && firm)
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
        Matcher::new(list).duplicates().into_iter().map(|alike| alike.tracks).collect()
    }

    #[test]
    fn only_what_names_and_length_bear_out_is_a_duplicate() {
        let same = track("Night Bus", "Ida Lund", 200_000);
        for (other, expected) in [
            (track("Night Bus (Original Mix)", "IDA LUND", 201_000), true),
            (track("Night Bus (feat. Oto)", "Ida Lund", 200_000), true),
            (track("Night Bus", "Ida Lund & Oto", 200_000), true),
            (track("Night Bus", "Ida Lund", 204_000), false),
            (track("Night Bus", "Ida Lund", 0), false),
            (track("Night Bus (Live)", "Ida Lund", 200_000), false),
            (track("Night Bus (Mono)", "Ida Lund", 200_000), false),
            (track("Night Bus", "Various Artists", 200_000), false),
            (track("Night Bus", "Oto & Ida Lund", 200_000), false),
        ] {
            let found = !pairs(&[same.clone(), other.clone()]).is_empty();
            assert_eq!(found, expected, "{other:?}");
        }
    }

    #[test]
    fn where_the_sound_is_known_names_say_nothing() {
        let named = |recording: Option<&str>| Track {
            recording: recording.map(str::to_owned),
            ..track("Night Bus", "Ida Lund", 200_000)
        };
        assert!(pairs(&[named(Some("a")), named(Some("b"))]).is_empty());
        assert!(pairs(&[named(Some("a")), named(Some("a"))]).is_empty());
        assert_eq!(pairs(&[named(Some("a")), named(None)]), [[0, 1]]);
    }

    #[test]
    fn a_thousand_copies_do_not_make_a_million_comparisons() {
        let list = vec![track("Intro", "Ida Lund", 60_000); 1_000];
        let found = pairs(&list).len();
        assert!((999..100_000).contains(&found), "{found}");
    }
}
