//! The properties of a track that are used for matching.

use serde::{Deserialize, Serialize};

/// The id of a track in one service: `spotify` `4uLU6hMCjMI75M1A2tKUQC`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Id {
    /// The service; compared without case.
    pub service: String,
    /// The id in that service; compared exactly.
    pub id: String,
}

impl Id {
    /// Creates an id; surrounding spaces are removed.
    #[must_use]
    pub fn new(service: &str, id: &str) -> Self {
        Self { service: service.trim().to_lowercase(), id: id.trim().to_owned() }
    }
}

/// A track as a program describes it. Every property may be missing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Track {
    /// Its ids in services.
    pub ids: Vec<Id>,
    /// Its ISRC, with or without hyphens.
    pub isrc: Option<String>,
    /// Its title, with everything in brackets.
    pub title: String,
    /// Its artists: one entry each, or a whole credit ("A & B feat. C") in one.
    pub artists: Vec<String>,
    /// Its album.
    pub album: Option<String>,
    /// Its length in milliseconds; 0 is unknown.
    pub duration_ms: Option<u64>,
    /// The caller's name for a group of equal fingerprints: tracks with the same name are one recording.
    pub recording: Option<String>,
}

/// An ISRC in the form of ISO 3901: twelve characters without hyphens. `None` for any other text, and for the placeholder whose
/// last seven digits are zero.
pub(super) fn isrc(text: &str) -> Option<String> {
    let code: String =
        text.chars().filter(|c| !matches!(c, '-' | ' ')).take(13).collect::<String>().to_ascii_uppercase();
    let (country, rest) = code.split_at_checked(2)?;
    let (registrant, number) = rest.split_at_checked(3)?;
    let fits = country.bytes().all(|b| b.is_ascii_uppercase())
        && registrant.bytes().all(|b| b.is_ascii_alphanumeric())
        && number.len() == 7
        && number.bytes().all(|b| b.is_ascii_digit())
        && number.bytes().any(|b| b != b'0');
    fits.then_some(code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_valid_isrcs_are_read() {
        assert_eq!(isrc("gb-ayx-19-00123").as_deref(), Some("GBAYX1900123"));
        for none in ["", "GBAYX190012", "GBAYX19001234", "00AYX1900123", "GBAYX0000000", "GBÄYX190012", "n/a"] {
            assert_eq!(isrc(none), None, "{none}");
        }
    }
}
