//! The rules that turn the evidence about two tracks into a judgement.
//!
//! A verdict is a rule and not a sum, so that no similarity makes up for a word that says "another recording". The points
//! order candidates with equal verdicts.

use super::compare::Evidence;
use super::relation::{Artists, Length, Titles};
use super::version::Agreement;

/// How far a candidate is accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Level {
    /// Another recording, or too little to say.
    No,
    /// A person decides.
    Ask,
    /// The same recording.
    Sure,
}

/// The points of a shared id: names can have 1,000, and come nowhere near.
const TOP: u32 = 2_000;

/// The verdict on a pair.
pub(super) fn level(evidence: &Evidence) -> Level {
    if evidence.same_id.is_some() || evidence.same_recording {
        return Level::Sure;
    }
    let by_names = by_names(evidence);
    if evidence.same_isrc == Some(true) { by_isrc(evidence).max(by_names) } else { by_names }
}

/// An equal ISRC with a second signal: the title, or the length of a track of the same artist. A code does not outweigh
/// words that contradict (another version, part or number).
fn by_isrc(evidence: &Evidence) -> Level {
    let close = matches!(evidence.length, Length::Tight | Length::Near);
    let same_artist = !matches!(evidence.artists, Artists::Differ | Artists::Unknown | Artists::OtherScript);
    if evidence.versions == Agreement::Differ || evidence.titles == Titles::Numbers {
        return if close { Level::Ask } else { Level::No };
    }
    match evidence.titles {
        Titles::Equal
        | Titles::Subtitle
        | Titles::Close
        | Titles::Contained
        | Titles::Romanised
        | Titles::Work
        | Titles::Slip => match evidence.length {
            Length::Far => Level::Ask,
            Length::Loose if !same_artist => Level::Ask,
            _ if evidence.versions == Agreement::Unsaid => Level::Ask,
            _ => Level::Sure,
        },
        _ if evidence.length == Length::Tight && evidence.versions == Agreement::Same => {
            if evidence.artists == Artists::Differ { Level::Ask } else { Level::Sure }
        }
        _ if close && evidence.artists != Artists::Differ => Level::Ask,
        // Nothing confirms the code, and nothing contradicts it.
        Titles::Missing | Titles::OtherScript if evidence.length != Length::Far => Level::Ask,
        _ => Level::No,
    }
}

/// Title, artists, version and length.
fn by_names(evidence: &Evidence) -> Level {
    let level = by_title_and_artist(evidence);
    let level = match evidence.versions {
        Agreement::Same => level,
        Agreement::Unnamed if evidence.length == Length::Tight => level,
        Agreement::Unnamed if evidence.length != Length::Unknown => level.min(Level::Ask),
        Agreement::Unnamed | Agreement::Unsaid => level.min(Level::Ask),
        Agreement::Differ => Level::No,
    };
    if evidence.guests_differ { level.min(Level::Ask) } else { level }
}

/// The table: rows are titles and artists, the length decides within them.
#[expect(clippy::match_same_arms, reason = "a table: each row is a case of its own, and the first that fits counts")]
fn by_title_and_artist(evidence: &Evidence) -> Level {
    use Artists as A;
    use Length as L;
    use Titles as T;
    let album = evidence.same_album == Some(true);
    match (evidence.titles, evidence.artists, evidence.length) {
        (T::OtherScript, A::Equal | A::Main | A::Romanised, L::Tight) if album => Level::Ask,
        (T::Missing | T::OtherScript | T::Numbers | T::Differ, _, _) | (_, A::Differ, _) | (_, _, L::Far) => Level::No,
        // The usual case; a missing length matters only where something else is uncertain.
        (T::Equal, A::Equal | A::Main, L::Tight | L::Near | L::Unknown) => Level::Sure,
        (T::Equal, A::Close, L::Tight | L::Near) => Level::Sure,
        (T::Equal, A::Partial, L::Tight) => Level::Sure,
        (T::Equal, A::Unknown, L::Tight) if album => Level::Sure,
        // A subtitle may be a version that no list knows ("Without Drums"): the album has to confirm it.
        (T::Subtitle, A::Equal | A::Main, L::Tight) if album => Level::Sure,
        (T::Close, A::Equal | A::Main, L::Tight) => Level::Sure,
        (T::Romanised, A::OtherScript, L::Tight) => Level::Ask,
        (T::Romanised, A::Equal | A::Main | A::Close | A::Partial | A::Romanised, L::Tight | L::Near) => Level::Ask,
        (T::Romanised, A::Equal | A::Main | A::Romanised, L::Unknown) => Level::Ask,
        (T::Work | T::Slip, A::Equal | A::Main | A::Close, L::Tight) | (T::Work, A::Partial, L::Tight) => Level::Ask,
        // Only one source names who plays.
        (T::Work | T::Close, A::Unknown, L::Tight) => Level::Ask,
        (T::Romanised | T::Work | T::Slip, _, _) => Level::No,
        (T::Equal, A::Unknown | A::OtherScript | A::Romanised, L::Tight | L::Near) => Level::Ask,
        (T::Close, A::Romanised, L::Tight) | (T::Subtitle, A::Romanised | A::OtherScript, L::Tight) => Level::Ask,
        (_, A::Unknown | A::OtherScript | A::Romanised, _) => Level::No,
        (T::Equal | T::Subtitle | T::Close, _, _) => Level::Ask,
        (T::Contained, A::Equal | A::Main, L::Tight) => Level::Ask,
        (T::Contained, _, _) => Level::No,
    }
}

/// Points for the order among candidates: title 400, artists 300, length 150, version 100, album 30, ISRC 20.
pub(super) fn score(evidence: &Evidence) -> u32 {
    if evidence.same_id.is_some() || evidence.same_recording {
        return TOP;
    }
    let titles = match evidence.titles {
        Titles::Equal => 400,
        Titles::Subtitle => 340,
        Titles::Close => 330,
        Titles::Romanised => 320,
        Titles::Work => 310,
        Titles::Slip => 300,
        Titles::Contained => 220,
        Titles::Missing | Titles::OtherScript => 150,
        Titles::Numbers | Titles::Differ => 0,
    };
    let artists = match evidence.artists {
        Artists::Equal => 300,
        Artists::Main => 270,
        Artists::Close => 250,
        Artists::Romanised => 240,
        Artists::Partial => 200,
        Artists::Within => 150,
        Artists::Unknown | Artists::OtherScript => 100,
        Artists::Differ => 0,
    };
    let versions = match evidence.versions {
        Agreement::Same => 100,
        Agreement::Unnamed => 50,
        Agreement::Unsaid => 30,
        Agreement::Differ => 0,
    };
    let album = match evidence.same_album {
        Some(true) => 30,
        None => 10,
        Some(false) => 0,
    };
    let isrc = if evidence.same_isrc == Some(true) { 20 } else { 0 };
    titles + artists + versions + length(evidence) + album + isrc
}

/// 10 points a second up to 2 s, then 5 a second: 150 for equal lengths, 90 for 10 s, at least 0.
fn length(evidence: &Evidence) -> u32 {
    let Some(difference_ms) = evidence.difference_ms else { return 60 };
    let difference = u32::try_from(difference_ms).unwrap_or(u32::MAX);
    let (tight, rest) = (difference.min(2_000), difference.saturating_sub(2_000));
    (150 - tight / 100).saturating_sub(rest / 200)
}
