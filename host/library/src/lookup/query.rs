//! A query: a fingerprint, with the known properties of its file.

use std::path::PathBuf;

use baton_fingerprint::Fingerprint;

use crate::duplicates::{Item, Lossless};

/// A query for similar items.
#[derive(Clone, Debug, PartialEq)]
pub struct LookupQuery {
    /// The fingerprint to compare.
    pub fingerprint: Fingerprint,
    /// The known properties. A query with the id of an item of the library does not match that item.
    pub item: Item,
}

impl LookupQuery {
    /// A query for a fingerprint without an item. `duration_ms` and `title` may be unknown.
    #[must_use]
    pub fn sound(fingerprint: Fingerprint, duration_ms: Option<u64>, title: Option<String>) -> Self {
        let item = Item {
            // No item has this id: ids start at 1.
            id: 0,
            source: 0,
            path: PathBuf::new(),
            name: String::new(),
            size: 0,
            title,
            artist: None,
            album: None,
            isrc: None,
            duration_ms,
            codec: None,
            rate_hz: None,
            lossless: Lossless::No,
            bitrate: None,
            audio_sha256: None,
            file_sha256: None,
            has_fingerprint: true,
            damage: None,
            damage_checked: false,
        };
        Self { fingerprint, item }
    }
}
