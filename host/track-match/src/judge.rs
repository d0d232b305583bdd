//! The rules that turn the evidence about two tracks into a judgement.
//!
//! The verdict comes from rules, not from a sum, so that no similarity outweighs a word that means another recording. The
//! points only order candidates with equal verdicts.

use super::compare::Evidence;
use super::relation::{Artists, Length, Titles};
use super::version::Agreement;

/// How far a candidate is accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Level {
    /// Another recording, or too little evidence.
    Reject,
    /// A person decides.
    Review,
    /// The same recording.
    Accept,
}

/// The points of a shared id: far more than names can have (1,000).
const SAME_ID_POINTS: u32 = 2_000;

/// The verdict on a pair.
pub(super) fn level(evidence: &Evidence) -> Level {
    if evidence.same_id.is_some() || evidence.same_recording {
        return Level::Accept;
    }
    let by_names = by_names(evidence);
    if evidence.same_isrc == Some(true) { by_isrc(evidence).max(by_names) } else { by_names }
}

/// The verdict on an equal ISRC. It needs a second signal: the title, or the length of a track of the same artist. A code does
/// not outweigh words that contradict it (another version, part or number).
fn by_isrc(evidence: &Evidence) -> Level {
    let close = matches!(evidence.length, Length::Tight | Length::Near);
    let same_artist = !matches!(evidence.artists, Artists::Differ | Artists::Unknown | Artists::OtherScript);
    if evidence.versions == Agreement::Differ || evidence.titles == Titles::Numbers {
        return if close { Level::Review } else { Level::Reject };
    }
    match evidence.titles {
        Titles::Equal
        | Titles::Subtitle
        | Titles::Close
        | Titles::Contained
        | Titles::Romanised
        | Titles::Work
        | Titles::Slip => match evidence.length {
            Length::Far => Level::Review,
            Length::Loose if !same_artist => Level::Review,
            _ if evidence.versions == Agreement::Unsaid => Level::Review,
            _ => Level::Accept,
        },
        _ if evidence.length == Length::Tight && evidence.versions == Agreement::Same => {
            if evidence.artists == Artists::Differ { Level::Review } else { Level::Accept }
        }
        _ if close && evidence.artists != Artists::Differ => Level::Review,
        // Nothing confirms the code, and nothing contradicts it.
        Titles::Missing | Titles::OtherScript if evidence.length != Length::Far => Level::Review,
        _ => Level::Reject,
    }
}

/// The verdict by title, artists, version and length.
fn by_names(evidence: &Evidence) -> Level {
    let level = by_title_and_artist(evidence);
    let level = match evidence.versions {
        Agreement::Same => level,
        Agreement::Unnamed if evidence.length == Length::Tight => level,
        Agreement::Unnamed if evidence.length != Length::Unknown => level.min(Level::Review),
        Agreement::Unnamed | Agreement::Unsaid => level.min(Level::Review),
        Agreement::Differ => Level::Reject,
    };
    if evidence.guests_differ { level.min(Level::Review) } else { level }
}

/// The table of verdicts: each row is a relation of titles and artists, and the length decides within a row.
#[expect(clippy::match_same_arms, reason = "a table: each row is a case of its own, and the first that fits counts")]
fn by_title_and_artist(evidence: &Evidence) -> Level {
    use Artists as A;
    use Length as L;
    use Titles as T;
    let album = evidence.same_album == Some(true);
    match (evidence.titles, evidence.artists, evidence.length) {
        (T::OtherScript, A::Equal | A::Main | A::Romanised, L::Tight) if album => Level::Review,
        (T::Missing | T::OtherScript | T::Numbers | T::Differ, _, _) | (_, A::Differ, _) | (_, _, L::Far) => {
            Level::Reject
        }
        // The usual case. An unknown length matters only if something else is uncertain.
        (T::Equal, A::Equal | A::Main, L::Tight | L::Near | L::Unknown) => Level::Accept,
        (T::Equal, A::Close, L::Tight | L::Near) => Level::Accept,
        (T::Equal, A::Partial, L::Tight) => Level::Accept,
        (T::Equal, A::Unknown, L::Tight) if album => Level::Accept,
        // A subtitle may be an unknown version ("Without Drums"), so the album must confirm the match.
        (T::Subtitle, A::Equal | A::Main, L::Tight) if album => Level::Accept,
        (T::Close, A::Equal | A::Main, L::Tight) => Level::Accept,
        (T::Romanised, A::OtherScript, L::Tight) => Level::Review,
        (T::Romanised, A::Equal | A::Main | A::Close | A::Partial | A::Romanised, L::Tight | L::Near) => Level::Review,
        (T::Romanised, A::Equal | A::Main | A::Romanised, L::Unknown) => Level::Review,
        (T::Work | T::Slip, A::Equal | A::Main | A::Close, L::Tight) | (T::Work, A::Partial, L::Tight) => Level::Review,
        // Only one source names the performer.
        (T::Work | T::Close, A::Unknown, L::Tight) => Level::Review,
        (T::Romanised | T::Work | T::Slip, _, _) => Level::Reject,
        (T::Equal, A::Unknown | A::OtherScript | A::Romanised, L::Tight | L::Near) => Level::Review,
        (T::Close, A::Romanised, L::Tight) | (T::Subtitle, A::Romanised | A::OtherScript, L::Tight) => Level::Review,
        (_, A::Unknown | A::OtherScript | A::Romanised, _) => Level::Reject,
        (T::Equal | T::Subtitle | T::Close, _, _) => Level::Review,
        (T::Contained, A::Equal | A::Main, L::Tight) => Level::Review,
        (T::Contained, _, _) => Level::Reject,
    }
}

/// Points for the order among candidates: title 400, artists 300, length 150, version 100, album 30, ISRC 20.
pub(super) fn score(evidence: &Evidence) -> u32 {
    if evidence.same_id.is_some() || evidence.same_recording {
        return SAME_ID_POINTS;
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
