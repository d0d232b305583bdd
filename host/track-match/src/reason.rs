//! The reasons of a decision, as data and as text.

use std::fmt;

use serde::Serialize;

use super::compare::Evidence;
use super::relation::{Artists, Length, Titles};
use super::version::Agreement;

/// One reason for or against a candidate. It is serialised with its name as `code`; `Display` returns its text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "code", rename_all = "kebab-case")]
pub enum Reason {
    /// Both tracks have the same id in a service.
    SameId {
        /// The service.
        service: String,
    },
    /// The fingerprints are those of one recording.
    SameRecording,
    /// Both tracks have the same ISRC.
    SameIsrc,
    /// The tracks have different ISRCs. The verdict ignores this difference.
    OtherIsrc,
    /// The relation of the titles.
    Titles {
        /// The relation.
        how: Titles,
    },
    /// The relation of the versions.
    Versions {
        /// The relation.
        how: Agreement,
    },
    /// The relation of the credits.
    Artists {
        /// The relation.
        how: Artists,
    },
    /// Both tracks name guests, and the guests differ.
    OtherGuests,
    /// The relation of the lengths.
    Length {
        /// The relation.
        how: Length,
        /// The difference in milliseconds, if both lengths are known.
        difference_ms: Option<u64>,
    },
    /// The relation of the albums, if both albums are known.
    Album {
        /// They are equal.
        same: bool,
    },
    /// Another candidate is equally good.
    AsGood {
        /// Its index in the list of candidates.
        candidate: usize,
    },
    /// No candidate has an id, an ISRC, a title or an artist that is similar enough for a comparison.
    NothingAlike,
}

/// The reasons from the evidence about two tracks, in a fixed order.
pub(super) fn from_evidence(evidence: &Evidence) -> Vec<Reason> {
    let mut reasons: Vec<Reason> = evidence.same_id.iter().map(|id| Reason::SameId { service: id.clone() }).collect();
    reasons.extend(evidence.same_recording.then_some(Reason::SameRecording));
    reasons.extend(evidence.same_isrc.map(|same| if same { Reason::SameIsrc } else { Reason::OtherIsrc }));
    reasons.push(Reason::Titles { how: evidence.titles });
    reasons.push(Reason::Versions { how: evidence.versions });
    reasons.push(Reason::Artists { how: evidence.artists });
    reasons.extend(evidence.guests_differ.then_some(Reason::OtherGuests));
    reasons.push(Reason::Length { how: evidence.length, difference_ms: evidence.difference_ms });
    reasons.extend(evidence.same_album.map(|same| Reason::Album { same }));
    reasons
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SameId { service } => write!(f, "the same id at {service}"),
            Self::Length { difference_ms: Some(ms), how } => {
                write!(f, "{} by {}.{:03} s", length(*how), ms / 1_000, ms % 1_000)
            }
            Self::Length { difference_ms: None, .. } => f.write_str("a length is unknown"),
            Self::AsGood { candidate } => write!(f, "candidate {candidate} also matches"),
            other => f.write_str(other.fixed()),
        }
    }
}

impl Reason {
    fn fixed(&self) -> &'static str {
        match self {
            Self::SameRecording => "the same sound",
            Self::SameIsrc => "the same ISRC",
            Self::OtherIsrc => "different ISRCs, which do not count",
            Self::Titles { how } => titles(*how),
            Self::Versions { how } => versions(*how),
            Self::Artists { how } => artists(*how),
            Self::OtherGuests => "other guests or performers",
            Self::Album { same: true } => "the same album",
            Self::Album { same: false } => "another album",
            Self::NothingAlike => "no candidate has an id, an ISRC or a title similar enough for a comparison",
            Self::SameId { .. } | Self::Length { .. } | Self::AsGood { .. } => "",
        }
    }
}

fn titles(how: Titles) -> &'static str {
    match how {
        Titles::Equal => "the same title",
        Titles::Subtitle => "the same title, and only one has a subtitle",
        Titles::Close => "nearly the same title",
        Titles::Shared => "titles with words in common",
        Titles::Romanised => "the same title in another spelling",
        Titles::Work => "the same numbers of a work",
        Titles::Slip => "titles that differ by one or two letters",
        Titles::Missing => "a title is missing",
        Titles::OtherScript => "titles in different alphabets",
        Titles::Numbers => "different numbers in the titles",
        Titles::Differ => "different titles",
    }
}

fn versions(how: Agreement) -> &'static str {
    match how {
        Agreement::Same => "the same version",
        Agreement::Unnamed => "one title has more words about the version",
        Agreement::Unsaid => "only one title names a part or a version",
        Agreement::Differ => "different versions",
    }
}

fn artists(how: Artists) -> &'static str {
    match how {
        Artists::Equal => "the same artists",
        Artists::Main => "the same main artist",
        Artists::Close => "nearly the same artist",
        Artists::Partial => "an artist in common",
        Artists::Within => "one artist's name contains the other's",
        Artists::Romanised => "the same artist in another spelling",
        Artists::Unknown => "an artist is missing or various",
        Artists::OtherScript => "artists in different alphabets",
        Artists::Differ => "different artists",
    }
}

fn length(how: Length) -> &'static str {
    match how {
        Length::Tight => "equal lengths",
        Length::Near => "lengths differ a little,",
        Length::Loose => "lengths differ,",
        Length::Far => "lengths differ much,",
        Length::Unknown => "a length is unknown",
    }
}
