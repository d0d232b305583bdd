//! The relations of the titles, the credits and the lengths of two tracks.

use serde::Serialize;

/// How two titles relate, without their version words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Titles {
    /// The same words.
    Equal,
    /// The same except for a subtitle: "Escape", "Escape (The Song)".
    Subtitle,
    /// They differ by a slip or an article.
    Close,
    /// They share most words of the shorter one.
    Shared,
    /// The same in another alphabet, or in a spelling without accents.
    Romanised,
    /// The same numbers of a classical work.
    Work,
    /// They differ by one or two letters.
    Slip,
    /// One of them is missing.
    Missing,
    /// In different alphabets, so they cannot be compared.
    OtherScript,
    /// They have different numbers, as two parts or movements have.
    Numbers,
    /// Different.
    Differ,
}

/// How two credits relate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Artists {
    /// The same people.
    Equal,
    /// The same first artist; one names more artists.
    Main,
    /// The same people in another spelling.
    Close,
    /// Both name the same artist, but not as the first one; at least one credit names this artist as a main artist.
    Partial,
    /// One name starts or ends with the other, for instance an artist with and without the band.
    Within,
    /// The same in another alphabet, in a spelling without accents, or with one other letter.
    Romanised,
    /// One names no artist, or "Various Artists".
    Unknown,
    /// In different alphabets.
    OtherScript,
    /// Different people.
    Differ,
}

/// How two lengths relate. `limits.rs` has the bounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Length {
    /// As close as two measurements of one file.
    Tight,
    /// As close as two releases of one recording.
    Near,
    /// Probably different recordings.
    Loose,
    /// As different as two edits.
    Far,
    /// One is unknown.
    Unknown,
}
