//! What is asked for: a sound, with as much as is known of the file that has it.

use std::path::PathBuf;

use baton_fingerprint::Fingerprint;

use crate::duplicates::{Item, Lossless};

/// What is looked for.
#[derive(Clone, Debug, PartialEq)]
pub struct LookupQuery {
    /// How it sounds.
    pub fingerprint: Fingerprint,
    /// What is known of it. A lookup for an item of the library does not find that item.
    pub item: Item,
}

impl LookupQuery {
    /// A sound of which nothing is known but, perhaps, how long it plays (in milliseconds) and what it is called.
    #[must_use]
    pub fn sound(fingerprint: Fingerprint, duration_ms: Option<u64>, title: Option<String>) -> Self {
        let item = Item {
            // No item has this number: they are counted from 1.
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
            heard: true,
            damage: None,
            damage_checked: false,
        };
        Self { fingerprint, item }
    }
}
