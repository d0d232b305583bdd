//! Tags that one copy of a recording has and the kept one lacks are written into the kept one, in the same way as fingerprints: never
//! over a tag that is there, and only where all else stays as it was.

use baton_catalog::library::{RewrittenFile, Tags};

use super::kind;
use super::stop::StopReason;
use super::tag_writer::{Style, TagWriter};
use super::texts::{FIELDS, Field};
use super::write::{Change, HashAudioFn, open, written};
use crate::sync::KnownItem;

/// Hears which tags the file will have, and as what it is known then, right before the copy takes the file's place.
///
/// # Errors
/// Why the file stays as it is, for people.
pub type Ready<'a> = dyn FnMut(&Tags, &RewrittenFile) -> Result<(), String> + 'a;

/// Writes those of `wanted` into a file that it lacks. None where it lacks none of them.
///
/// # Errors
/// Why the file is as it was, for people.
pub fn fill(
    known: &KnownItem,
    wanted: &Tags,
    hash: &HashAudioFn<'_>,
    ready: &mut Ready<'_>,
) -> Result<Option<RewrittenFile>, String> {
    filled(known, wanted, hash, ready).map_err(|stop| match stop {
        StopReason::Skipped(reason) => words(reason).to_owned(),
        StopReason::Failed(error) => error,
    })
}

fn filled(
    known: &KnownItem,
    wanted: &Tags,
    hash: &HashAudioFn<'_>,
    ready: &mut Ready<'_>,
) -> Result<Option<RewrittenFile>, StopReason> {
    let (mut file, _) = open(known)?;
    let book = TagWriter::read(&mut file, kind::of(&known.format)?, Style::Kept)?;
    let missing = missing(&book, wanted);
    if missing == Tags::default() {
        return Ok(None);
    }
    let change = Texts { tags: &missing };
    written(known, &change, hash, &mut |rewritten| ready(&missing, rewritten)).map(Some)
}

/// Those of `wanted` that a file lacks.
fn missing(book: &TagWriter, wanted: &Tags) -> Tags {
    let mut missing = Tags::default();
    for field in FIELDS {
        if book.text(field).is_none() {
            *field.of_mut(&mut missing) = field.of(wanted).map(str::to_owned);
        }
    }
    missing
}

struct Texts<'a> {
    tags: &'a Tags,
}

impl Texts<'_> {
    fn each(&self) -> impl Iterator<Item = (Field, &str)> {
        FIELDS.into_iter().filter_map(|field| Some((field, field.of(self.tags)?)))
    }
}

impl Change for Texts<'_> {
    fn need(&self, book: &TagWriter) -> Result<(), StopReason> {
        match self.each().find(|(field, _)| book.text(*field).is_some()) {
            Some(_) => Err(StopReason::Failed("somebody gave it the tag meanwhile; run it again".to_owned())),
            None => Ok(()),
        }
    }

    fn put(&self, book: &mut TagWriter) {
        self.each().for_each(|(field, text)| book.put_text(field, text));
    }

    fn has(&self, book: &TagWriter) -> Result<(), StopReason> {
        match self.each().find(|(field, text)| book.text(*field).as_deref() != Some(*text)) {
            Some((field, text)) => {
                let found = book.text(field);
                Err(StopReason::Failed(format!("`{text}` was written, and read again it is {found:?}")))
            }
            None => Ok(()),
        }
    }

    fn others(&self, mut book: TagWriter, new: bool) -> Result<Vec<u8>, StopReason> {
        // `others` leaves the tag of the fingerprint out.
        let mut bytes = book.values().concat().into_bytes();
        self.each().for_each(|(field, _)| book.take_text(field));
        bytes.extend(book.others(false, new)?);
        Ok(bytes)
    }
}

/// Why a file is left alone, for people.
fn words(reason: &str) -> &str {
    match reason {
        "unsupported_format" => "Baton writes no tags into files of its format",
        "in_eagle_library" => "it is in an Eagle library, where Baton writes nothing",
        "has_several_names" => "it has several names (hard links), of which the others would keep the old tags",
        "read_only" => "it is read only",
        "too_large" => "it is larger than 1 GiB",
        "not_found" => "it does not exist",
        "id3_before_header" => "it has a tag before its header, which other programs refuse",
        "id3v2.2" => "its tag is of version 2.2, which is read and not written; save its tags with a tagger",
        "audio_not_digested" => "its audio has no digest; `baton library scan --verify` makes one",
        "changed_since_scan" => "it has changed since it was scanned; `baton library scan` reads it",
        other => other,
    }
}
