//! The tags that matching needs, of whatever the demuxer found at the start, at the end and beside the tracks.
//!
//! Not found: those of Matroska, and those of WAV, whose `INFO` list symphonia 0.6.1 reads and lets go.

use symphonia::core::formats::FormatReader;
use symphonia::core::meta::well_known::{METADATA_ID_AIFF, METADATA_ID_ID3V1};
use symphonia::core::meta::{MetadataRevision, StandardTag, Tag};

use crate::Tags;

/// A title of more characters than this is no title.
const MOST_CHARACTERS: usize = 1000;

/// Takes the tags; also iTunes' `iTunSMPB`, see `trim`. What was read is let go, as far as symphonia lets it.
pub(super) fn take(format: &mut dyn FormatReader) -> (Tags, Option<String>) {
    let (mut tags, mut smpb, mut old) = (Tags::default(), None, Tags::default());
    let mut log = format.metadata();
    loop {
        if let Some(revision) = log.current() {
            // ID3v1 cuts at 30 characters, and the chunks of AIFF say nothing of their encoding.
            let is_old = [METADATA_ID_ID3V1, METADATA_ID_AIFF].contains(&revision.info.metadata);
            let into = if is_old { &mut old } else { &mut tags };
            collect(revision, into, &mut smpb);
        }
        if log.pop().is_none() {
            break;
        }
    }
    let tags = Tags {
        title: tags.title.or(old.title),
        artist: tags.artist.or(old.artist),
        album: tags.album.or(old.album),
        isrc: tags.isrc.or(old.isrc),
    };
    (tags, smpb)
}

fn collect(revision: &MetadataRevision, into: &mut Tags, smpb: &mut Option<String>) {
    let tracks = revision.per_track.iter().flat_map(|track| &track.metadata.tags);
    for tag in revision.media.tags.iter().chain(tracks) {
        if tag.raw.key.ends_with("iTunSMPB") {
            smpb.get_or_insert_with(|| short(&tag.raw.value.to_string()).unwrap_or_default());
        }
        put(tag, into);
    }
}

/// The first of each counts.
fn put(tag: &Tag, into: &mut Tags) {
    let (place, text) = match &tag.std {
        Some(StandardTag::TrackTitle(text)) => (&mut into.title, text),
        Some(StandardTag::Artist(text)) => (&mut into.artist, text),
        Some(StandardTag::Album(text)) => (&mut into.album, text),
        Some(StandardTag::IdentIsrc(text)) => (&mut into.isrc, text),
        _ => return,
    };
    if place.is_none() {
        *place = short(text);
    }
}

fn short(text: &str) -> Option<String> {
    let text = text.trim_matches(|c: char| c.is_whitespace() || c == '\0');
    (!text.is_empty()).then(|| text.chars().take(MOST_CHARACTERS).collect())
}
