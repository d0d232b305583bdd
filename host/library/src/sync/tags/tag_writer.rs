//! The tags of one file, of the kind that holds ours: frames of `ID3v2` (MP3, ADTS, WAV, AIFF), comments (FLAC, Ogg) or atoms
//! (MP4). Written with lofty, which knows where they lie; each kind is read as it is, never through a form common to all of
//! them, which would drop what only one of them has.
//!
//! It is read strictly: what cannot be read cannot be kept, and then nothing is written.

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

/// What our tag is called: `TXXX:…`, a comment, `----:com.apple.iTunes:…`.
pub(super) const NAME: &str = "BATON_FINGERPRINT";

/// What the tag of old is called, which held the SHA-256 of the file before it was written.
const OLD_NAME: &str = "FINGERPRINT";

/// Who names an atom that has a name: taggers read and write those of iTunes.
const MEAN: &str = "com.apple.iTunes";

/// How frames of `ID3v2.3` are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    /// As the version is that they have.
    Kept,
    /// As 2.4. Many taggers put frames of 2.4 (`TSOP`, the artist to sort by) into tags of 2.3, and lofty writes none there.
    Raised,
}

/// The tags of one file.
pub(super) struct TagWriter {
    pub(super) kind: Kind,
    /// All other tags of the file, as bytes, to compare them.
    pub(super) rest: Vec<u8>,
    /// Whether the frames have version 2.3.
    pub(super) three: bool,
    /// Whether the frames are none of the file's yet, but what a poorer tag says.
    pub(super) new: bool,
}

pub(super) enum Kind {
    Frames(Box<Id3v2Tag>),
    Comments(Box<VorbisComments>),
    Flac(Box<FlacFile>),
    Atoms(Box<Ilst>),
}

impl TagWriter {
    /// Whether there is another style to write it in, should the first one lose something.
    pub(super) fn can_be_raised(&self) -> bool {
        self.three
    }

    /// What our tag says; more than one where somebody has copied it.
    pub(super) fn values(&self) -> Vec<String> {
        self.named(NAME)
    }

    /// The tags of old.
    pub(super) fn olds(&self) -> Vec<String> {
        self.named(OLD_NAME).into_iter().filter(|value| Mark::is_old(value)).collect()
    }

    /// Puts `value` in the place of what was there; `replace_old` takes the tags of old away.
    pub(super) fn put(&mut self, value: &str, replace_old: bool) {
        self.take(replace_old);
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

    /// Whether the file has no tag yet that could hold ours.
    pub(super) fn is_new(&self) -> bool {
        self.new
    }

    /// Everything that is neither ours nor, with `replace_old`, of old, as bytes: the same before and after. Of a file that had
    /// no frames (`new`) it is what its poorer tag says.
    pub(super) fn others(mut self, replace_old: bool, new: bool) -> Result<Vec<u8>, StopReason> {
        self.take(replace_old);
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

    /// Writes them into a file that had them in another state.
    pub(super) fn save(&self, file: &mut File, style: Style) -> Result<(), StopReason> {
        let mut options = WriteOptions::new();
        options.lossy_text_encoding(false);
        options.use_id3v23(self.three && style == Style::Kept);
        file.rewind().map_err(|error| StopReason::io("writing its copy", &error))?;
        guarded(|| {
            let saved = match &self.kind {
                Kind::Frames(frames) => frames.save_to(file, options),
                Kind::Comments(comments) => comments.save_to(file, options),
                Kind::Flac(flac) => flac.save_to(file, options),
                Kind::Atoms(atoms) => atoms.save_to(file, options),
            };
            saved.map_err(|error| StopReason::Failed(format!("its tags cannot be written: {error}")))
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

    /// Takes ours away, and perhaps what is of old.
    fn take(&mut self, replace_old: bool) {
        let goes = |name: &str, value: &str| {
            name.eq_ignore_ascii_case(NAME) || replace_old && name.eq_ignore_ascii_case(OLD_NAME) && Mark::is_old(value)
        };
        match &mut self.kind {
            Kind::Frames(frames) => {
                frames.retain(|frame| !user_text(frame).is_some_and(|(name, value)| goes(name, value)));
            }
            Kind::Comments(comments) => take_comments(comments, goes),
            Kind::Flac(flac) => {
                if let Some(mut comments) = flac.remove_vorbis_comments() {
                    take_comments(&mut comments, goes);
                    flac.set_vorbis_comments(comments);
                }
            }
            Kind::Atoms(atoms) => atoms.retain(|atom| !named_texts(atom).any(|(name, value)| goes(name, value))),
        }
    }
}

/// The name and text of a frame that has a name.
fn user_text<'a>(frame: &'a Frame<'_>) -> Option<(&'a str, &'a str)> {
    match frame {
        Frame::UserText(text) => Some((&text.description, &text.content)),
        _ => None,
    }
}

/// The name and texts of an atom that has a name.
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

fn take_comments(comments: &mut VorbisComments, goes: impl Fn(&str, &str) -> bool) {
    let all: Vec<_> = comments.take_items().collect();
    for (name, value) in all.into_iter().filter(|(name, value)| !goes(name, value)) {
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

/// Adds a tag as bytes.
pub(super) fn dump<T: TagExt>(tag: Option<&T>, bytes: &mut Vec<u8>) -> Result<(), StopReason> {
    let dumped = tag.map_or(Ok(()), |tag| tag.dump_to(bytes, WriteOptions::new()));
    dumped.map_err(|error| {
        StopReason::Failed(format!("its tags cannot be written again ({error}), so nothing is written"))
    })
}
