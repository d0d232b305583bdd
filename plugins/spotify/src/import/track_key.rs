//! The id of a track in the catalog: Spotify's id, or a text made from its names if an export has no id.

use std::borrow::Cow;

use baton_core::Digest;
use baton_track_match::normalise;

use crate::model::{Entry, TRACKS};
use crate::uri::Uri;

/// The service of tracks without an id.
pub(super) const BY_NAME: &str = "names";

/// Maximum number of bytes of an id that is made of names. A longer id is replaced by its digest.
const MOST_BYTES: usize = 500;

/// Service and id of a track.
#[derive(Debug)]
pub(super) struct TrackKey<'a> {
    pub(super) service: &'static str,
    pub(super) id: Cow<'a, str>,
}

impl<'a> TrackKey<'a> {
    /// The key of an entry; `None` if it is not music. Entries with the same names and the same ISRC (or album, without an ISRC) are one track.
    pub(super) fn from_entry(entry: &'a Entry) -> Option<Self> {
        if let Some(uri) = entry.uri.as_ref().filter(|uri| uri.is_music()) {
            return Some(Self { service: TRACKS, id: Cow::Borrowed(Uri::id(uri)) });
        }
        if !entry.by_name {
            return None;
        }
        let last = entry.isrc.as_deref().or(entry.album.as_deref()).unwrap_or_default();
        let id = [&entry.artists.join(" "), &entry.title, last].map(normalise).join(" - ");
        let id = if id.len() > MOST_BYTES { Digest::of(id.as_bytes()).to_string() } else { id };
        Some(Self { service: BY_NAME, id: Cow::Owned(id) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_with_one_isrc_are_one_track_and_ids_have_a_limited_length() {
        let entry = |title: &str, isrc: Option<&str>| Entry {
            title: title.to_owned(),
            artists: vec!["Ida Lund".to_owned()],
            album: Some("Fahrplan".to_owned()),
            isrc: isrc.map(str::to_owned),
            by_name: true,
            ..Entry::default()
        };
        let id = |entry: &Entry| TrackKey::from_entry(entry).map(|key| key.id.into_owned());
        assert_eq!(id(&entry("Night Bus", None)).as_deref(), Some("ida lund - night bus - fahrplan"));
        assert_eq!(id(&entry("Night Bus", Some("DEBX12100001"))), id(&entry("NIGHT bus", Some("debx12100001"))));
        assert_ne!(id(&entry("Night Bus", Some("DEBX12100001"))), id(&entry("Night Bus", Some("DEBX12100002"))));
        assert!(id(&entry(&"夜".repeat(400), None)).unwrap().len() <= MOST_BYTES);
        assert!(TrackKey::from_entry(&Entry { by_name: false, ..entry("Night Bus", None) }).is_none());
    }
}
