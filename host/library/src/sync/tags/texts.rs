//! The text fields by which copies of a recording are compared, for each tag type.

use std::borrow::Cow;

use baton_catalog::library::Tags;
use lofty::TextEncoding;
use lofty::id3::v2::{Frame, FrameId, Id3v2Tag, TextInformationFrame};
use lofty::mp4::{Atom, AtomData, AtomIdent, Ilst};
use lofty::ogg::tag::VorbisComments;

use super::tag_writer::{Kind, TagWriter};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Field {
    Title,
    Artist,
    Album,
    Isrc,
}

/// All fields.
pub(super) const FIELDS: [Field; 4] = [Field::Title, Field::Artist, Field::Album, Field::Isrc];

impl Field {
    /// The value in `tags`; `None` if it is blank.
    pub(super) fn of(self, tags: &Tags) -> Option<&str> {
        let text = match self {
            Self::Title => &tags.title,
            Self::Artist => &tags.artist,
            Self::Album => &tags.album,
            Self::Isrc => &tags.isrc,
        };
        text.as_deref().filter(|text| !text.trim().is_empty())
    }

    /// The value in `tags`, for writing.
    pub(super) fn of_mut(self, tags: &mut Tags) -> &mut Option<String> {
        match self {
            Self::Title => &mut tags.title,
            Self::Artist => &mut tags.artist,
            Self::Album => &mut tags.album,
            Self::Isrc => &mut tags.isrc,
        }
    }

    const fn frame(self) -> &'static str {
        match self {
            Self::Title => "TIT2",
            Self::Artist => "TPE1",
            Self::Album => "TALB",
            Self::Isrc => "TSRC",
        }
    }

    const fn comment(self) -> &'static str {
        match self {
            Self::Title => "TITLE",
            Self::Artist => "ARTIST",
            Self::Album => "ALBUM",
            Self::Isrc => "ISRC",
        }
    }

    const fn atom(self) -> AtomIdent<'static> {
        match self {
            Self::Title => AtomIdent::Fourcc(*b"\xa9nam"),
            Self::Artist => AtomIdent::Fourcc(*b"\xa9ART"),
            Self::Album => AtomIdent::Fourcc(*b"\xa9alb"),
            Self::Isrc => AtomIdent::Freeform { mean: Cow::Borrowed("com.apple.iTunes"), name: Cow::Borrowed("ISRC") },
        }
    }
}

impl TagWriter {
    /// The value of a field; `None` if it is blank.
    pub(super) fn text(&self, field: Field) -> Option<String> {
        let text = match &self.kind {
            Kind::Frames(frames) => in_frames(frames, field),
            Kind::Comments(comments) => in_comments(comments, field),
            Kind::Flac(flac) => flac.vorbis_comments().and_then(|comments| in_comments(comments, field)),
            Kind::Atoms(atoms) => in_atoms(atoms, field),
        };
        text.filter(|text| !text.trim().is_empty()).map(str::to_owned)
    }

    /// Sets a field.
    pub(super) fn put_text(&mut self, field: Field, text: &str) {
        self.remove_text(field);
        match &mut self.kind {
            Kind::Frames(frames) => {
                let id = FrameId::Valid(Cow::Borrowed(field.frame()));
                // Both 2.3 and 2.4 support this encoding.
                frames.insert(Frame::Text(TextInformationFrame::new(id, TextEncoding::UTF16, text.to_owned())));
            }
            Kind::Comments(comments) => comments.push(field.comment().to_owned(), text.to_owned()),
            Kind::Flac(flac) => {
                let mut comments = flac.vorbis_comments().cloned().unwrap_or_default();
                comments.push(field.comment().to_owned(), text.to_owned());
                flac.set_vorbis_comments(comments);
            }
            Kind::Atoms(atoms) => atoms.insert(Atom::new(field.atom(), AtomData::UTF8(text.to_owned()))),
        }
    }

    /// Removes a field.
    pub(super) fn remove_text(&mut self, field: Field) {
        match &mut self.kind {
            Kind::Frames(frames) => frames.retain(|frame| frame.id().as_str() != field.frame()),
            Kind::Comments(comments) => remove_comment(comments, field),
            Kind::Flac(flac) => {
                if let Some(mut comments) = flac.remove_vorbis_comments() {
                    remove_comment(&mut comments, field);
                    flac.set_vorbis_comments(comments);
                }
            }
            Kind::Atoms(atoms) => atoms.retain(|atom| *atom.ident() != field.atom()),
        }
    }
}

fn in_frames(frames: &Id3v2Tag, field: Field) -> Option<&str> {
    frames.into_iter().find_map(|frame| match frame {
        Frame::Text(text) if frame.id().as_str() == field.frame() => Some(&*text.value),
        _ => None,
    })
}

fn in_comments(comments: &VorbisComments, field: Field) -> Option<&str> {
    comments.get(field.comment())
}

fn in_atoms(atoms: &Ilst, field: Field) -> Option<&str> {
    atoms.get(&field.atom())?.data().find_map(|data| match data {
        AtomData::UTF8(text) | AtomData::UTF16(text) => Some(text.as_str()),
        _ => None,
    })
}

fn remove_comment(comments: &mut VorbisComments, field: Field) {
    let all: Vec<_> = comments.take_items().collect();
    for (name, value) in all.into_iter().filter(|(name, _)| !name.eq_ignore_ascii_case(field.comment())) {
        comments.push(name, value);
    }
}
