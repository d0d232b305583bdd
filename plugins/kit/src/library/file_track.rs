//! The track that a file's tags and name describe.

use baton_track_match::Track;

use super::CatalogFile;

/// The track that a file's tags describe; if they have no title, the track that its name describes.
#[must_use]
pub fn describe_file(named: Option<&CatalogFile>, name: &str) -> Track {
    let (artist, title) = credit(name);
    let tag = |get: fn(&CatalogFile) -> &Option<String>| named.and_then(|named| get(named).clone());
    // The artist of a tag and the title of a file name can belong to different tracks.
    let (artist, title) = match (tag(|named| &named.artist), tag(|named| &named.title)) {
        (tagged, Some(title)) => (tagged.or(artist), title),
        (_, None) => (artist, title),
    };
    Track {
        isrc: tag(|named| &named.isrc),
        title,
        artists: artist.into_iter().collect(),
        album: tag(|named| &named.album),
        duration_ms: named.and_then(|named| named.duration_ms),
        ..Track::default()
    }
}

/// Artist and title of a name: `01 - Artist - Title.mp3`.
fn credit(name: &str) -> (Option<String>, String) {
    let stem = stem_and_ending(name).0.replace('_', " ");
    let mut parts: Vec<_> = stem.split(" - ").map(str::trim).filter(|part| !part.is_empty()).collect();
    let is_number = |part: &&str| part.len() <= 3 && part.bytes().all(|byte| byte.is_ascii_digit());
    if parts.len() > 2 && parts.first().is_some_and(is_number) {
        parts.remove(0);
    }
    match parts.split_first() {
        Some((artist, rest)) if !rest.is_empty() => (Some((*artist).to_owned()), rest.join(" - ")),
        _ => (None, stem.trim().to_owned()),
    }
}

/// A file name without its extension, and the extension in lower case. A name such as `.hidden` has no extension.
#[must_use]
pub fn stem_and_ending(name: &str) -> (&str, String) {
    match name.rsplit_once('.') {
        Some((stem, ending)) if !stem.is_empty() => (stem, ending.to_lowercase()),
        _ => (name, String::new()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_names_that_people_use_are_read() {
        for (name, artist, title) in [
            ("A - T.mp3", Some("A"), "T"),
            ("01 - A - T (X - Y Mix).mp3", Some("A"), "T (X - Y Mix)"),
            ("311 - Down.mp3", Some("311"), "Down"),
            ("T.mp3", None, "T"),
            ("A_-_T.mp3", Some("A"), "T"),
        ] {
            assert_eq!(credit(name), (artist.map(str::to_owned), title.to_owned()), "{name}");
        }
    }
}
