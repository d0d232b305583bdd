//! The tags that matching uses, from all metadata that the demuxer found: at the start, at the end and in the tracks.
//!
//! `riff` reads the tags of WAV files. The tags of Matroska files are not read.

use std::io::{Seek as _, SeekFrom};

use symphonia::core::formats::FormatReader;
use symphonia::core::io::{MediaSourceStream, MediaSourceStreamOptions};
use symphonia::core::meta::well_known::{METADATA_ID_AIFF, METADATA_ID_ID3V1};
use symphonia::core::meta::{MetadataOptions, MetadataReader as _, MetadataRevision, StandardTag, Tag};
use symphonia::default::meta::Id3v2Reader;

use super::riff::Riff;
use super::source::Source;
use crate::tags::{Tags, cleaned};

/// Reads the tags, and iTunes' `iTunSMPB` for `trim`. Discards the read metadata, as far as symphonia allows this.
pub(super) fn take(format: &mut dyn FormatReader) -> (Tags, Option<String>) {
    let (mut tags, mut smpb, mut old) = (Tags::default(), None, Tags::default());
    let mut log = format.metadata();
    loop {
        if let Some(revision) = log.current() {
            // ID3v1 truncates values at 30 characters, and AIFF chunks do not state an encoding. So newer tags have
            // priority.
            let is_old = [METADATA_ID_ID3V1, METADATA_ID_AIFF].contains(&revision.info.metadata);
            let into = if is_old { &mut old } else { &mut tags };
            collect(revision, into, &mut smpb);
        }
        if log.pop().is_none() {
            break;
        }
    }
    (filled(tags, old), smpb)
}

/// Adds missing tags of a WAV file: from its `ID3v2` tag, then from its list.
pub(super) fn add_riff(tags: &mut Tags, riff: Riff, source: &Source) {
    let mut found = Tags::default();
    if let Some(revision) = riff.id3.and_then(|at| id3(source, at)) {
        collect(&revision, &mut found, &mut None);
    }
    for more in [found, riff.info] {
        *tags = filled(std::mem::take(tags), more);
    }
}

/// The `ID3v2` tag at this position.
fn id3(source: &Source, at: u64) -> Option<MetadataRevision> {
    let mut tag = source.clone();
    tag.seek(SeekFrom::Start(at)).ok()?;
    let stream = MediaSourceStream::new(Box::new(tag), MediaSourceStreamOptions::default());
    let mut reader = Id3v2Reader::try_new(stream, MetadataOptions::default()).ok()?;
    reader.read_all().ok().map(|read| read.revision)
}

/// Fills missing fields of `tags` from `more`.
fn filled(tags: Tags, more: Tags) -> Tags {
    Tags {
        title: tags.title.or(more.title),
        artist: tags.artist.or(more.artist),
        album: tags.album.or(more.album),
        isrc: tags.isrc.or(more.isrc),
    }
}

fn collect(revision: &MetadataRevision, into: &mut Tags, smpb: &mut Option<String>) {
    let tracks = revision.per_track.iter().flat_map(|track| &track.metadata.tags);
    for tag in revision.media.tags.iter().chain(tracks) {
        if tag.raw.key.ends_with("iTunSMPB") {
            smpb.get_or_insert_with(|| cleaned(&tag.raw.value.to_string()).unwrap_or_default());
        }
        put(tag, into);
    }
}

/// Sets a field that has no value yet. So the first value of each field is used.
fn put(tag: &Tag, into: &mut Tags) {
    let (place, text) = match &tag.std {
        Some(StandardTag::TrackTitle(text)) => (&mut into.title, text),
        Some(StandardTag::Artist(text)) => (&mut into.artist, text),
        Some(StandardTag::Album(text)) => (&mut into.album, text),
        Some(StandardTag::IdentIsrc(text)) => (&mut into.isrc, text),
        _ => return,
    };
    if place.is_none() {
        *place = cleaned(text);
    }
}
