//! The tag of a file that holds the fingerprint: `ID3v2` frames (MP3, ADTS, WAV, AIFF), comments (FLAC, Ogg) or atoms (MP4).
//! lofty writes it. Each tag type is used directly, because a common form would drop the fields that only one type has.
//!
//! Parsing is strict: data that cannot be parsed cannot be preserved, so nothing is written then.

use std::fs::File;
use std::io::Seek as _;

use lofty::TextEncoding;
use lofty::config::WriteOptions;
use lofty::flac::FlacFile;
use lofty::id3::v2::{ExtendedTextFrame, Frame, Id3v2Tag, Id3v2TagFlags};
use lofty::mp4::{Atom, AtomData, AtomIdent, Ilst};
use lofty::ogg::OggPictureStorage;
use lofty::ogg::tag::VorbisComments;
use lofty::prelude::{AudioFile as _, TagExt};

use super::stop::{StopReason, guarded};
use crate::sync::Mark;

/// The name of the fingerprint field: `TXXX:…`, a comment, `----:com.apple.iTunes:…`.
pub(super) const NAME: &str = "BATON_FINGERPRINT";

/// The field of the old form, which had the SHA-256 of the file before the tag was written.
const OLD_NAME: &str = "FINGERPRINT";

/// The namespace of a named atom: tag editors read and write the named atoms of iTunes.
const MEAN: &str = "com.apple.iTunes";

/// The version in which `ID3v2.3` frames are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    /// The version of the existing tag.
    Keep,
    /// Version 2.4. Many tag editors put frames of version 2.4 (`TSOP`, the sort name of the artist) into tags of version
    /// 2.3, and lofty does not write these frames into a 2.3 tag.
    Upgrade,
}

/// The tags of one file.
pub(super) struct TagWriter {
    pub(super) kind: Kind,
    /// All other tags of the file, as bytes for a comparison.
    pub(super) rest: Vec<u8>,
    /// The frames have version 2.3.
    pub(super) is_v23: bool,
    /// The file has no `ID3v2` tag; the new frames come from a simpler tag.
    pub(super) new: bool,
}

pub(super) enum Kind {
    Frames(Box<Id3v2Tag>),
    Comments(Box<VorbisComments>),
    Flac(Box<FlacFile>),
    Atoms(Box<Ilst>),
}

impl TagWriter {
    /// True if the tag can be written as 2.4 if writing it as 2.3 loses something.
    pub(super) fn can_be_upgraded(&self) -> bool {
        self.is_v23
    }

    /// The values of the fingerprint field; several if somebody copied it.
    pub(super) fn values(&self) -> Vec<String> {
        self.named(NAME)
    }

    /// The values of the fingerprint field of the old form.
    pub(super) fn old_values(&self) -> Vec<String> {
        self.named(OLD_NAME).into_iter().filter(|value| Mark::is_old(value)).collect()
    }

    /// Replaces the fingerprint by `value`; `replace_old` also removes the old form.
    pub(super) fn set(&mut self, value: &str, replace_old: bool) {
        self.remove_fingerprint(replace_old);
        match &mut self.kind {
            Kind::Frames(frames) => {
                let frame = ExtendedTextFrame::new(TextEncoding::Latin1, NAME, value.to_owned());
                frames.insert(Frame::UserText(frame));
            }
            Kind::Comments(comments) => comments.push(NAME.to_owned(), value.to_owned()),
            Kind::Flac(flac) => {
                let mut comments = flac.vorbis_comments().cloned().unwrap_or_default();
                comments.push(NAME.to_owned(), value.to_owned());
                flac.set_vorbis_comments(comments);
            }
            Kind::Atoms(atoms) => {
                let ident = AtomIdent::Freeform { mean: MEAN.into(), name: NAME.into() };
                atoms.insert(Atom::new(ident, AtomData::UTF8(value.to_owned())));
            }
        }
    }

    /// True if the file has no tag yet that could hold the fingerprint.
    pub(super) fn is_new(&self) -> bool {
        self.new
    }

    /// All content except the fingerprint and, with `replace_old`, the old form, as bytes. A write must not change these
    /// bytes. If the file had no `ID3v2` tag (`new`), they are the bytes of its other tags.
    pub(super) fn without_fingerprint(mut self, replace_old: bool, new: bool) -> Result<Vec<u8>, StopReason> {
        self.remove_fingerprint(replace_old);
        let mut bytes = self.rest;
        guarded(|| {
            match self.kind {
                Kind::Frames(_) if new => {}
                Kind::Frames(mut frames) => {
                    frames.set_flags(Id3v2TagFlags::default());
                    dump(Some(&*frames), &mut bytes)?;
                }
                Kind::Comments(comments) => {
                    add_comments(&comments, &mut bytes);
                    add_pictures(&*comments, &mut bytes);
                }
                Kind::Flac(flac) => {
                    let comments = flac.vorbis_comments().cloned().unwrap_or_default();
                    add_comments(&comments, &mut bytes);
                    add_pictures(&comments, &mut bytes);
                    add_pictures(&*flac, &mut bytes);
                }
                Kind::Atoms(atoms) => dump(Some(&*atoms), &mut bytes)?,
            }
            Ok(bytes)
        })
    }

    /// Writes the tag into the file.
    pub(super) fn save(&self, file: &mut File, style: Style) -> Result<(), StopReason> {
        let mut options = WriteOptions::new();
        options.lossy_text_encoding(false);
        options.use_id3v23(self.is_v23 && style == Style::Keep);
        file.rewind().map_err(|error| StopReason::io("writing its copy", &error))?;
        guarded(|| {
            let saved = match &self.kind {
                Kind::Frames(frames) => frames.save_to(file, options),
                Kind::Comments(comments) => comments.save_to(file, options),
                Kind::Flac(flac) => flac.save_to(file, options),
                Kind::Atoms(atoms) => atoms.save_to(file, options),
            };
            saved.map_err(|error| StopReason::Failed(format!("cannot write its tags: {error}")))
        })
    }

    fn named(&self, name: &str) -> Vec<String> {
        match &self.kind {
            Kind::Frames(frames) => {
                let texts = frames.as_ref().into_iter().filter_map(user_text);
                texts.filter(|(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, value)| value.to_owned()).collect()
            }
            Kind::Comments(comments) => comments.get_all(name).map(str::to_owned).collect(),
            Kind::Flac(flac) => {
                flac.vorbis_comments().into_iter().flat_map(|all| all.get_all(name)).map(str::to_owned).collect()
            }
            Kind::Atoms(atoms) => {
                let texts = atoms.as_ref().into_iter().flat_map(named_texts);
                texts.filter(|(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, value)| value.to_owned()).collect()
            }
        }
    }

    /// Removes the fingerprint, and on request the old form.
    fn remove_fingerprint(&mut self, replace_old: bool) {
        let is_removed = |name: &str, value: &str| {
            name.eq_ignore_ascii_case(NAME) || replace_old && name.eq_ignore_ascii_case(OLD_NAME) && Mark::is_old(value)
        };
        match &mut self.kind {
            Kind::Frames(frames) => {
                frames.retain(|frame| !user_text(frame).is_some_and(|(name, value)| is_removed(name, value)));
            }
            Kind::Comments(comments) => remove_comments(comments, is_removed),
            Kind::Flac(flac) => {
                if let Some(mut comments) = flac.remove_vorbis_comments() {
                    remove_comments(&mut comments, is_removed);
                    flac.set_vorbis_comments(comments);
                }
            }
            Kind::Atoms(atoms) => atoms.retain(|atom| !named_texts(atom).any(|(name, value)| is_removed(name, value))),
        }
    }
}

/// The name and the text of a user-defined frame.
fn user_text<'a>(frame: &'a Frame<'_>) -> Option<(&'a str, &'a str)> {
    match frame {
        Frame::UserText(text) => Some((&text.description, &text.content)),
        _ => None,
    }
}

/// The name and the texts of a named atom.
fn named_texts<'a>(atom: &'a Atom<'_>) -> impl Iterator<Item = (&'a str, &'a str)> {
    let name = match atom.ident() {
        AtomIdent::Freeform { name, .. } => Some(name.as_ref()),
        AtomIdent::Fourcc(_) => None,
    };
    let text = |data: &'a AtomData| match data {
        AtomData::UTF8(text) | AtomData::UTF16(text) => Some(text.as_str()),
        _ => None,
    };
    name.into_iter().flat_map(move |name| atom.data().filter_map(text).map(move |text| (name, text)))
}

fn remove_comments(comments: &mut VorbisComments, is_removed: impl Fn(&str, &str) -> bool) {
    let all: Vec<_> = comments.take_items().collect();
    for (name, value) in all.into_iter().filter(|(name, value)| !is_removed(name, value)) {
        comments.push(name, value);
    }
}

fn add_comments(comments: &VorbisComments, bytes: &mut Vec<u8>) {
    let all = comments.items().flat_map(|(name, value)| [name, "=", value, "\n"]);
    [comments.vendor(), "\n"].into_iter().chain(all).for_each(|text| bytes.extend_from_slice(text.as_bytes()));
}

fn add_pictures(of: &impl OggPictureStorage, bytes: &mut Vec<u8>) {
    for (picture, information) in of.pictures() {
        bytes.extend(picture.as_flac_bytes(*information, false));
    }
}

/// Appends a tag as bytes.
pub(super) fn dump<T: TagExt>(tag: Option<&T>, bytes: &mut Vec<u8>) -> Result<(), StopReason> {
    let dumped = tag.map_or(Ok(()), |tag| tag.dump_to(bytes, WriteOptions::new()));
    dumped.map_err(|error| StopReason::Failed(format!("cannot write its tags again ({error}), so nothing is written")))
}
