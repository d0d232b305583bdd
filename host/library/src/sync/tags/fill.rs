//! Tags that one copy of a recording has and the kept one lacks are written into the kept one, in the same way as fingerprints: never
//! over a tag that is there, and only where all else stays as it was.

use baton_ledger::catalog::library::{Rewritten, Tags};

use super::book::{Book, Style};
use super::kind;
use super::stop::Stop;
use super::texts::{FIELDS, Field};
use super::write::{Change, Hash, open, written};
use crate::sync::Known;

/// Hears which tags the file will have, and as what it is known then, right before the copy takes the file's place.
///
/// # Errors
/// Why the file stays as it is, for people.
pub type Ready<'a> = dyn FnMut(&Tags, &Rewritten) -> Result<(), String> + 'a;

/// Writes those of `wanted` into a file that it lacks. None where it lacks none of them.
///
/// # Errors
/// Why the file is as it was, for people.
pub fn fill(known: &Known, wanted: &Tags, hash: &Hash<'_>, ready: &mut Ready<'_>) -> Result<Option<Rewritten>, String> {
    filled(known, wanted, hash, ready).map_err(|stop| match stop {
        Stop::Skipped(reason) => words(reason).to_owned(),
        Stop::Failed(error) => error,
    })
}

fn filled(known: &Known, wanted: &Tags, hash: &Hash<'_>, ready: &mut Ready<'_>) -> Result<Option<Rewritten>, Stop> {
    let (mut file, _) = open(known)?;
    let book = Book::read(&mut file, kind::of(&known.format)?, Style::Kept)?;
    let missing = missing(&book, wanted);
    if missing == Tags::default() {
        return Ok(None);
    }
    let change = Texts { tags: &missing };
    written(known, &change, hash, &mut |rewritten| ready(&missing, rewritten)).map(Some)
}

/// Those of `wanted` that a file lacks.
fn missing(book: &Book, wanted: &Tags) -> Tags {
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
    fn need(&self, book: &Book) -> Result<(), Stop> {
        match self.each().find(|(field, _)| book.text(*field).is_some()) {
            Some(_) => Err(Stop::Failed("somebody gave it the tag meanwhile; run it again".to_owned())),
            None => Ok(()),
        }
    }

    fn put(&self, book: &mut Book) {
        self.each().for_each(|(field, text)| book.put_text(field, text));
    }

    fn has(&self, book: &Book) -> Result<(), Stop> {
        match self.each().find(|(field, text)| book.text(*field).as_deref() != Some(*text)) {
            Some((field, text)) => {
                let found = book.text(field);
                Err(Stop::Failed(format!("`{text}` was written, and read again it is {found:?}")))
            }
            None => Ok(()),
        }
    }

    fn others(&self, mut book: Book, new: bool) -> Result<Vec<u8>, Stop> {
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
        "in_eagle_library" => "it is in a library of Eagle, where Baton writes nothing",
        "has_several_names" => "it has several names (hard links), of which the others would keep the old tags",
        "read_only" => "it is read only",
        "too_large" => "it is larger than 1 GiB",
        "not_found" => "it is not there",
        "id3_before_header" => "a tag stands before its header, which other programs refuse",
        "id3v2.2" => "its tag is of version 2.2, which is read and not written; save its tags with a tagger",
        "audio_not_digested" => "its audio has no digest; `baton library scan --verify` makes one",
        "changed_since_scan" => "it has changed since it was scanned; `baton library scan` reads it",
        other => other,
    }
}
