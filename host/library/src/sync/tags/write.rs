//! Writes the tag of one file, and checks it.
//!
//! The order makes it safe: write a copy, compare the copy with the file, check that the file has not changed, and only then rename
//! the copy over the file. If anything fails before, the file is unchanged. A file whose audio is not what was fingerprinted gets
//! no tag: the tag would be wrong.

use std::fs::{self, File, Metadata};
use std::io::{self, Seek as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::sync::atomic::AtomicBool;

use baton_catalog::library::{FileStat, RewrittenFile};
use baton_fingerprint::Options;
use sha2::{Digest as _, Sha256};

use super::attributes::carry;
use super::kind;
use super::limits::{HEARD, LARGEST_BYTES};
use super::stop::StopReason;
use super::tag_writer::{Style, TagWriter};
use super::temporary::Temporary;
use crate::source::{eagle_around, mtime_ns};
use crate::sync::{Format, KnownItem, Mark};

/// How the audio of a file is digested: [`hear`].
///
/// # Errors
/// Why nothing is, for people.
pub type HashAudioFn<'a> = dyn Fn(&Path) -> Result<Audio, String> + 'a;

/// The audio of a file, and by what another program than the one that writes tags opened it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Audio {
    /// The SHA-256 of its packets.
    pub sha256: [u8; 32],
    /// What kind of file it is.
    pub format: Format,
    /// How long it plays, in milliseconds.
    pub duration_ms: u128,
}

/// What a file needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileNeed {
    /// Nothing: it has the tag.
    Has,
    /// The tag; and these others of fingerprints go.
    Needs(Vec<String>),
    /// It is left alone, for this reason.
    Skipped(&'static str),
    /// It cannot be told.
    Failed(String),
}

/// The result for one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WriteOutcome {
    /// It has the tag now, and that was seen. The catalog is to be told, or the next scan reads it again.
    Succeeded(RewrittenFile),
    /// It was left alone, for this reason.
    Skipped(&'static str),
    /// Something failed, and the reason says what. It is as it was, unless that was the look at it after the copy had taken
    /// its place.
    Failed(String),
}

/// The audio of a file, as the library's scan finds it.
///
/// # Errors
/// Why it has no digest.
pub fn hear(file: &Path) -> Result<Audio, String> {
    let options = Options { length: Some(HEARD), hashes: true };
    let sound = baton_fingerprint::read(file, options, &AtomicBool::new(false)).map_err(|error| error.to_string())?;
    let format = Format { container: sound.container.to_owned(), codec: sound.codec.to_owned() };
    let sha256 = sound.audio_sha256.ok_or_else(|| "its audio has no digest".to_owned())?;
    Ok(Audio { sha256, format, duration_ms: sound.duration.as_millis() })
}

/// What a file needs. Its audio is not checked.
#[must_use]
pub fn look(known: &KnownItem, replace_old: bool) -> FileNeed {
    let need = || {
        let (mut file, _) = open(known)?;
        need(&TagWriter::read(&mut file, kind::of(&known.format)?, Style::Kept)?, &known.mark, replace_old)
    };
    match need() {
        Ok(removed) => FileNeed::Needs(removed),
        Err(StopReason::Skipped("already_has_fingerprint")) => FileNeed::Has,
        Err(StopReason::Skipped(reason)) => FileNeed::Skipped(reason),
        Err(StopReason::Failed(error)) => FileNeed::Failed(error),
    }
}

/// What is written into a file.
pub(super) trait Change {
    /// That there is something to write.
    fn need(&self, book: &TagWriter) -> Result<(), StopReason>;

    /// Puts it into the tags.
    fn put(&self, book: &mut TagWriter);

    /// That the tags have it.
    fn has(&self, book: &TagWriter) -> Result<(), StopReason>;

    /// All that is not written, as bytes: the same before and after.
    fn others(&self, book: TagWriter, new: bool) -> Result<Vec<u8>, StopReason>;
}

/// The tag of the fingerprint.
struct Marked<'a> {
    mark: &'a Mark,
    replace_old: bool,
}

impl Change for Marked<'_> {
    fn need(&self, book: &TagWriter) -> Result<(), StopReason> {
        need(book, self.mark, self.replace_old).map(drop)
    }

    fn put(&self, book: &mut TagWriter) {
        book.put(self.mark.value(), self.replace_old);
    }

    fn has(&self, book: &TagWriter) -> Result<(), StopReason> {
        has(book, self.mark)
    }

    fn others(&self, book: TagWriter, new: bool) -> Result<Vec<u8>, StopReason> {
        book.others(self.replace_old, new)
    }
}

/// Gives a file its tag.
pub fn write(known: &KnownItem, replace_old: bool, hash: &HashAudioFn<'_>) -> WriteOutcome {
    match written(known, &Marked { mark: &known.mark, replace_old }, hash, &mut |_| Ok(())) {
        Ok(rewritten) => WriteOutcome::Succeeded(rewritten),
        Err(StopReason::Skipped(reason)) => WriteOutcome::Skipped(reason),
        Err(StopReason::Failed(error)) => WriteOutcome::Failed(error),
    }
}

/// Writes the change. `ready` receives the new metadata of the file right before the copy replaces it.
pub(super) fn written(
    known: &KnownItem,
    change: &dyn Change,
    hash: &HashAudioFn<'_>,
    ready: &mut dyn FnMut(&RewrittenFile) -> Result<(), String>,
) -> Result<RewrittenFile, StopReason> {
    let (mut file, before) = open(known)?;
    let kind = kind::of(&known.format)?;
    let book = TagWriter::read(&mut file, kind, Style::Kept)?;
    change.need(&book)?;
    let digest = known.audio_sha256.ok_or(StopReason::Skipped("audio_not_digested"))?;
    let audio = hash(&known.path).map_err(StopReason::Failed)?;
    if audio.sha256 != digest || audio.format != known.format {
        return Err(StopReason::Skipped("changed_since_scan"));
    }
    let mut copy = Temporary::beside(&known.path, before.ino())?;
    let mut done = put(&mut file, &mut copy, known, change, Style::Kept);
    if done.is_err() && book.can_be_raised() {
        done = put(&mut file, &mut copy, known, change, Style::Raised);
    }
    done?;
    unchanged(&audio, &hash(copy.path()).map_err(StopReason::Failed)?)?;
    carry(&file, &before, &copy.file)
        .map_err(|error| StopReason::io("giving the copy its owner and attributes", &error))?;
    let rewritten = copied(&before, &mut copy.file).map_err(|error| StopReason::io("reading the copy", &error))?;
    if !open(known).is_ok_and(|(_, now)| same(&before, &now)) {
        return Err(StopReason::Failed("somebody changed it meanwhile; sync again".to_owned()));
    }
    ready(&rewritten).map_err(StopReason::Failed)?;
    copy.replace(&known.path).map_err(|error| StopReason::io("putting the copy in its place", &error))?;
    let (mut file, _) = open(known)?;
    change.has(&TagWriter::read(&mut file, kind, Style::Kept)?)?;
    Ok(rewritten)
}

/// That the copy is the file it was made of, but for its tags.
fn unchanged(before: &Audio, copy: &Audio) -> Result<(), StopReason> {
    let what = if before.format != copy.format {
        format!("make it a file of another format ({}, {})", copy.format.container, copy.format.codec)
    } else if before == copy {
        return Ok(());
    } else {
        "change its audio".to_owned()
    };
    Err(StopReason::Failed(format!("writing its tags would {what}; it is left as it is")))
}

/// By what the copy is known when it has taken the file's place.
fn copied(before: &Metadata, copy: &mut File) -> io::Result<RewrittenFile> {
    let mut digest = Sha256::new();
    copy.rewind()?;
    io::copy(copy, &mut digest)?;
    Ok(RewrittenFile { before: stat(before), after: stat(&copy.metadata()?), file_sha256: digest.finalize().into() })
}

/// By what the file at a path is known.
///
/// # Errors
/// When it cannot be asked for.
pub fn stat_of(path: &Path) -> io::Result<FileStat> {
    Ok(stat(&fs::symlink_metadata(path)?))
}

fn stat(file: &Metadata) -> FileStat {
    FileStat { size: file.len(), mtime_ns: mtime_ns(file), inode: file.ino() }
}

/// Makes the copy the file with the tag, and compares.
fn put(
    file: &mut File,
    copy: &mut Temporary,
    known: &KnownItem,
    change: &dyn Change,
    style: Style,
) -> Result<(), StopReason> {
    copy.fill(file).map_err(|error| StopReason::io("making a copy beside it", &error))?;
    let kind = kind::of(&known.format)?;
    let mut book = TagWriter::read(&mut copy.file, kind, style)?;
    let new = book.is_new();
    change.put(&mut book);
    book.save(&mut copy.file, style)?;
    let before = change.others(TagWriter::read(file, kind, style)?, new)?;
    // What is raised has another version, and is read as that.
    let after = TagWriter::read(&mut copy.file, kind, style)?;
    change.has(&after)?;
    if change.others(after, new)? == before {
        Ok(())
    } else {
        Err(StopReason::Failed("not all of its tags would stay as they are; it is left as it is".to_owned()))
    }
}

/// The tags of fingerprints that go. Where there is nothing to write it ends here.
fn need(book: &TagWriter, mark: &Mark, replace_old: bool) -> Result<Vec<String>, StopReason> {
    let values = book.values();
    let olds = if replace_old { book.olds() } else { Vec::new() };
    if values == [mark.value()] && olds.is_empty() {
        return Err(StopReason::Skipped("already_has_fingerprint"));
    }
    Ok(values.into_iter().filter(|value| value != mark.value()).chain(olds).collect())
}

fn has(book: &TagWriter, mark: &Mark) -> Result<(), StopReason> {
    let values = book.values();
    if values == [mark.value()] {
        return Ok(());
    }
    Err(StopReason::Failed(format!("the tag was written, and read again it is {values:?}")))
}

/// Opens a file that may be written.
pub(super) fn open(known: &KnownItem) -> Result<(File, Metadata), StopReason> {
    // Eagle's files are Eagle's, also where a folder within its library was scanned as one.
    if known.item.is_some() || eagle_around(&known.path).is_some() {
        return Err(StopReason::Skipped("in_eagle_library"));
    }
    let failed = |error: io::Error| match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => StopReason::Skipped("not_found"),
        _ => StopReason::io("opening it", &error),
    };
    let found = fs::symlink_metadata(&known.path).map_err(failed)?;
    let reason = if !found.is_file() {
        Some("not_found")
    } else if found.nlink() > 1 {
        // Another name of it would keep the old bytes.
        Some("has_several_names")
    } else if found.permissions().readonly() {
        Some("read_only")
    } else if found.len() > LARGEST_BYTES {
        Some("too_large")
    } else {
        None
    };
    match reason {
        Some(reason) => Err(StopReason::Skipped(reason)),
        None => Ok((File::open(&known.path).map_err(failed)?, found)),
    }
}

fn same(before: &Metadata, now: &Metadata) -> bool {
    let of = |file: &Metadata| (file.dev(), file.ino(), file.len(), file.mtime(), file.mtime_nsec(), file.ctime_nsec());
    of(before) == of(now)
}
