//! How the titles, the credits and the lengths of two tracks relate.

use serde::Serialize;

/// How two titles relate, version words aside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Titles {
    /// The same words.
    Equal,
    /// The same, but one has a subtitle: "Escape", "Escape (The Song)".
    Subtitle,
    /// A slip of the pen, or an article.
    Close,
    /// One begins or ends with the other.
    Contained,
    /// The same in another alphabet, or spelled as one writes it without accents.
    Romanised,
    /// The same numbers of a work, written in another way.
    Work,
    /// A letter or two apart.
    Slip,
    /// One of them is missing.
    Missing,
    /// In different alphabets: they say nothing about each other.
    OtherScript,
    /// They have other numbers: two parts, tracks, movements.
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
    /// The same first artist; one names more.
    Main,
    /// The same but for spelling.
    Close,
    /// Somebody is named by both, but not first; for one of them as a main artist.
    Partial,
    /// One name begins or ends with the other: alone, or with the band.
    Within,
    /// The same in another alphabet, spelled as one writes it without accents, or a letter apart.
    Romanised,
    /// One names no artist, or "Various Artists".
    Unknown,
    /// In different alphabets.
    OtherScript,
    /// Different people.
    Differ,
}

/// How two lengths relate; the bounds are those of `limits.rs`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Length {
    /// As one file measured twice.
    Tight,
    /// As two releases of one recording.
    Near,
    /// Hardly one recording.
    Loose,
    /// Two edits.
    Far,
    /// One is unknown.
    Unknown,
}
