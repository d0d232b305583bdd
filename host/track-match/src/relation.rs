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
    /// The titles differ by a slip or an article.
    Close,
    /// The titles share most words of the shorter title.
    Shared,
    /// The same in another alphabet, or in a spelling without accents.
    Romanised,
    /// The same numbers of a classical work.
    Work,
    /// The titles differ by one or two letters.
    Slip,
    /// One of the titles is missing.
    Missing,
    /// The titles are in different alphabets, so their spellings cannot be compared.
    OtherScript,
    /// The titles have different numbers, for example the numbers of two parts or movements.
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
    /// The same first artist, but one credit names more artists.
    Main,
    /// The same people in another spelling.
    Close,
    /// Both credits name the same artist, but not both as the first artist. At least one credit names this artist as a main
    /// artist.
    Partial,
    /// One name starts or ends with the other name, for instance an artist with and without the band.
    Within,
    /// The same in another alphabet, in a spelling without accents, or with one other letter.
    Romanised,
    /// One credit names no artist, or "Various Artists".
    Unknown,
    /// The credits are in different alphabets.
    OtherScript,
    /// Different people.
    Differ,
}

/// How two lengths relate. `limits.rs` has the bounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Length {
    /// The lengths are as close as two measurements of one file.
    Tight,
    /// The lengths are as close as those of two releases of one recording.
    Near,
    /// The lengths are probably those of different recordings.
    Loose,
    /// The lengths differ as much as those of two edits.
    Far,
    /// One of the lengths is unknown.
    Unknown,
}
