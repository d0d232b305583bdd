//! The tags of a file without a fingerprint: an unsupported codec, a protected, damaged or very short file.
//!
//! Reports show the title; duplicate detection compares it. `asf` reads Windows Media files, lofty reads all others.
//! lofty may detect a wrong format. Tags are only read here, so no file is damaged. Files are untrusted, so a panic of
//! a reader counts as no tags.

use std::fs::File;
use std::io::BufReader;
use std::panic::{self, AssertUnwindSafe};
use std::path::Path;

use baton_catalog::library::Tags;
use lofty::config::{ParseOptions, ParsingMode};
use lofty::file::TaggedFileExt as _;
use lofty::probe::Probe;
use lofty::tag::ItemKey;

use super::asf;

/// Longer values are cut.
const MAX_CHARACTERS: usize = 1000;

/// The tags of a file; empty if there are none or they cannot be read.
pub(super) fn read(path: &Path) -> Tags {
    let found = panic::catch_unwind(AssertUnwindSafe(|| {
        let mut file = baton_files::open_target(path).ok()?;
        match asf::read(&mut file) {
            Ok(Some(tags)) => Some(tags),
            _ => general(file),
        }
    }));
    found.ok().flatten().map(shorten).unwrap_or_default()
}

fn general(file: File) -> Option<Tags> {
    let mut options = ParseOptions::new();
    options.read_properties(false);
    options.read_cover_art(false);
    options.parsing_mode(ParsingMode::Relaxed);
    let probe = Probe::new(BufReader::new(file)).options(options).guess_file_type().ok()?;
    let found = probe.read().ok()?;
    let tag = found.primary_tag().or_else(|| found.first_tag())?;
    let text = |key| tag.get_string(key).map(str::to_owned);
    Some(Tags {
        title: text(ItemKey::TrackTitle),
        artist: text(ItemKey::TrackArtist),
        album: text(ItemKey::AlbumTitle),
        isrc: text(ItemKey::Isrc),
    })
}

fn shorten(tags: Tags) -> Tags {
    let short = |text: Option<String>| {
        let text = text?;
        let text = text.trim_matches(|c: char| c.is_whitespace() || c == '\0');
        (!text.is_empty()).then(|| text.chars().take(MAX_CHARACTERS).collect())
    };
    Tags { title: short(tags.title), artist: short(tags.artist), album: short(tags.album), isrc: short(tags.isrc) }
}
