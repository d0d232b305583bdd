//! The rules that turn the evidence about two tracks into a judgement.
//!
//! The verdict comes from rules, not from a sum, so that no similarity outweighs a word that means another recording. The
//! points only order candidates with equal verdicts.

use super::compare::Evidence;
use super::limits::{FADE_MS, GUEST_MS};
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

/// The verdict on a pair with an equal ISRC. An automatic match needs a second signal: the title, or the length of a track
/// of the same artist. A code does not outweigh words that contradict it (another version, part or number).
fn by_isrc(evidence: &Evidence) -> Level {
    let close = matches!(evidence.length, Length::Tight | Length::Near);
    if evidence.versions == Agreement::Differ || evidence.titles == Titles::Numbers {
        return if close { Level::Review } else { Level::Reject };
    }
    match evidence.titles {
        Titles::Equal
        | Titles::Subtitle
        | Titles::Close
        | Titles::Shared
        | Titles::Romanised
        | Titles::Work
        | Titles::Slip => match evidence.length {
            Length::Far | Length::Loose => Level::Review,
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
    let level = if is_certain(evidence) {
        Level::Accept
    } else if is_likely(evidence) {
        Level::Review
    } else {
        Level::Reject
    };
    match evidence.versions {
        Agreement::Differ => Level::Reject,
        Agreement::Same if !evidence.guests_differ => level,
        Agreement::Unnamed if !evidence.guests_differ && evidence.length == Length::Tight => level,
        _ => level.min(Level::Review),
    }
}

/// True if title, artists and length leave no doubt. With equal lengths, the title or the artists may differ in their
/// spelling, and one track may name more artists. With similar lengths or an unknown length, title and artists must be
/// equal. Most of the larger differences also need the same album.
fn is_certain(evidence: &Evidence) -> bool {
    use Artists as A;
    use Titles as T;
    let album = evidence.same_album == Some(true);
    match (evidence.titles, evidence.artists, evidence.length) {
        (T::Equal, A::Equal | A::Close, Length::Tight) | (T::Close, A::Equal, Length::Tight) => true,
        // Only one track names a guest. A different version with a guest rarely has the same length within half a second.
        (T::Equal | T::Close, A::Main, Length::Tight) => {
            album || evidence.difference_ms.is_some_and(|ms| ms <= GUEST_MS)
        }
        (T::Equal, A::Equal, Length::Near) => {
            album || evidence.same_album.is_none() && evidence.difference_ms.is_some_and(|ms| ms <= FADE_MS)
        }
        // A subtitle may be an unknown version ("Without Drums"), and a second main artist may have made a version.
        (T::Equal, A::Equal, Length::Unknown) if !evidence.needs_length => evidence.same_album != Some(false),
        (T::Equal, A::Equal, Length::Unknown)
        | (T::Equal, A::Partial | A::Unknown, Length::Tight)
        | (T::Subtitle, A::Equal | A::Main, Length::Tight) => album,
        _ => false,
    }
}

/// True if a person should decide: two of title, artists and length agree, and nothing contradicts them.
fn is_likely(evidence: &Evidence) -> bool {
    use Artists as A;
    use Titles as T;
    let tight = evidence.length == Length::Tight;
    let near = tight || evidence.length == Length::Near;
    let same_place = tight && evidence.same_album == Some(true);
    match (evidence.titles, evidence.artists) {
        // Names in another alphabet may be translations, so both the length and the album must be equal.
        (T::OtherScript, A::OtherScript | A::Unknown) => same_place,
        (T::Missing | T::Numbers | T::Differ, _)
        | (_, A::Differ)
        | (T::Shared | T::Slip, A::Unknown)
        | (T::Slip, A::OtherScript) => false,
        (T::Equal | T::Subtitle | T::Close, A::Equal | A::Main | A::Close | A::Partial | A::Within) => {
            evidence.length != Length::Far
        }
        (T::Romanised, A::Equal | A::Main | A::Romanised) => near || evidence.length == Length::Unknown,
        (T::Equal, A::Unknown | A::OtherScript | A::Romanised) | (T::Romanised, A::Close | A::Partial) => near,
        _ => tight,
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
        Titles::Shared => 220,
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

/// The points for the length: 150 for equal lengths, less 10 for each second of difference up to 2 s, and less 5 for each
/// further second, but not less than 0. So a difference of 10 s gives 90 points.
fn length(evidence: &Evidence) -> u32 {
    let Some(difference_ms) = evidence.difference_ms else { return 60 };
    let difference = u32::try_from(difference_ms).unwrap_or(u32::MAX);
    let (tight, rest) = (difference.min(2_000), difference.saturating_sub(2_000));
    (150 - tight / 100).saturating_sub(rest / 200)
}
