//! Writes the tag of one file, and verifies it.
//!
//! The order of the steps makes the write safe: write a copy, compare the copy with the file, check that the file has not
//! changed, and only then rename the copy over the file. If anything fails before, the file is unchanged. A file whose audio
//! differs from the fingerprinted audio gets no tag, because the tag would be wrong.

use std::fs::{self, File, Metadata};
use std::io::{self, Seek as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::sync::atomic::AtomicBool;

use baton_catalog::library::{FileStat, RewrittenFile};
use baton_fingerprint::Options;
use sha2::{Digest as _, Sha256};

use super::attributes::copy_attributes;
use super::kind;
use super::limits::{DIGESTED_LENGTH, LARGEST_BYTES};
use super::stop::StopReason;
use super::tag_writer::{Style, TagWriter};
use super::temporary::TemporaryCopy;
use crate::source::{eagle_around, stat};
use crate::sync::{FingerprintedItem, Format, Mark};

/// Computes the digest of a file's audio: [`hash_audio`]. An error is the reason for people.
pub type HashAudioFn<'a> = dyn Fn(&Path) -> Result<Audio, String> + 'a;

/// The audio of a file, as symphonia reads it; lofty writes the tags.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Audio {
    /// The SHA-256 of its packets.
    pub sha256: [u8; 32],
    /// Its format.
    pub format: Format,
    /// Its playing time in milliseconds.
    pub duration_ms: u128,
}

/// The decision for one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileNeed {
    /// Nothing is written: the file has the tag.
    Has,
    /// The tag must be written. Contains the fingerprint tags that are removed.
    Needs(Vec<String>),
    /// The file is skipped. Contains the code of the reason.
    Skipped(&'static str),
    /// The file could not be checked.
    Failed(String),
}

/// The result for one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WriteOutcome {
    /// The tag was written and verified. The caller updates the catalog; otherwise the next scan reads the file again.
    Succeeded(RewrittenFile),
    /// The file was skipped. Contains the code of the reason.
    Skipped(&'static str),
    /// The write failed. Contains the reason. The file is unchanged, unless the verification after the replacement failed.
    Failed(String),
}

/// Reads the audio of a file as the scan does. Fails if it has no digest.
pub fn hash_audio(file: &Path) -> Result<Audio, String> {
    let options = Options { length: Some(DIGESTED_LENGTH), hashes: true };
    let sound = baton_fingerprint::read(file, options, &AtomicBool::new(false)).map_err(|error| error.to_string())?;
    let format = Format { container: sound.container.to_owned(), codec: sound.codec.to_owned() };
    let sha256 = sound.audio_sha256.ok_or_else(|| "its audio has no digest".to_owned())?;
    Ok(Audio { sha256, format, duration_ms: sound.duration.as_millis() })
}

/// Checks what must be written. Does not read the audio.
#[must_use]
pub fn check(known: &FingerprintedItem, replace_old: bool) -> FileNeed {
    let need = || {
        let (mut file, _) = open(known)?;
        need(&TagWriter::read(&mut file, kind::file_type(&known.format)?, Style::Keep)?, &known.mark, replace_old)
    };
    match need() {
        Ok(removed) => FileNeed::Needs(removed),
        Err(StopReason::Skipped("already_has_fingerprint")) => FileNeed::Has,
        Err(StopReason::Skipped(reason)) => FileNeed::Skipped(reason),
        Err(StopReason::Failed(error)) => FileNeed::Failed(error),
    }
}

/// A change of a file's tags.
pub(super) trait Change {
    /// Checks that there is something to write.
    fn need(&self, writer: &TagWriter) -> Result<(), StopReason>;

    /// Writes the change to the tags.
    fn apply(&self, writer: &mut TagWriter);

    /// Checks that the tags contain the change.
    fn has(&self, writer: &TagWriter) -> Result<(), StopReason>;

    /// Everything that the change does not affect, as bytes. These bytes must be equal before and after the change.
    fn unaffected(&self, writer: TagWriter, new: bool) -> Result<Vec<u8>, StopReason>;
}

/// The fingerprint tag.
struct FingerprintChange<'a> {
    mark: &'a Mark,
    replace_old: bool,
}

impl Change for FingerprintChange<'_> {
    fn need(&self, writer: &TagWriter) -> Result<(), StopReason> {
        need(writer, self.mark, self.replace_old).map(drop)
    }

    fn apply(&self, writer: &mut TagWriter) {
        writer.set(self.mark.value(), self.replace_old);
    }

    fn has(&self, writer: &TagWriter) -> Result<(), StopReason> {
        has(writer, self.mark)
    }

    fn unaffected(&self, writer: TagWriter, new: bool) -> Result<Vec<u8>, StopReason> {
        writer.without_fingerprint(self.replace_old, new)
    }
}

/// Writes the fingerprint tag.
pub fn write(known: &FingerprintedItem, replace_old: bool, hash: &HashAudioFn<'_>) -> WriteOutcome {
    match write_change(known, &FingerprintChange { mark: &known.mark, replace_old }, hash, &mut |_| Ok(())) {
        Ok(rewritten) => WriteOutcome::Succeeded(rewritten),
        Err(StopReason::Skipped(reason)) => WriteOutcome::Skipped(reason),
        Err(StopReason::Failed(error)) => WriteOutcome::Failed(error),
    }
}

/// Writes the change. `ready` receives the new metadata of the file right before the copy replaces it.
pub(super) fn write_change(
    known: &FingerprintedItem,
    change: &dyn Change,
    hash: &HashAudioFn<'_>,
    ready: &mut dyn FnMut(&RewrittenFile) -> Result<(), String>,
) -> Result<RewrittenFile, StopReason> {
    let (mut file, before) = open(known)?;
    let kind = kind::file_type(&known.format)?;
    let writer = TagWriter::read(&mut file, kind, Style::Keep)?;
    change.need(&writer)?;
    let digest = known.audio_sha256.ok_or(StopReason::Skipped("audio_not_digested"))?;
    let audio = hash(&known.path).map_err(StopReason::Failed)?;
    if audio.sha256 != digest || audio.format != known.format {
        return Err(StopReason::Skipped("changed_since_scan"));
    }
    let mut copy = TemporaryCopy::beside(&known.path, before.ino())?;
    let mut done = write_copy(&mut file, &mut copy, known, change, Style::Keep);
    if done.is_err() && writer.can_be_upgraded() {
        done = write_copy(&mut file, &mut copy, known, change, Style::Upgrade);
    }
    done?;
    check_unchanged(&audio, &hash(copy.path()).map_err(StopReason::Failed)?)?;
    copy_attributes(&file, &before, &copy.file)
        .map_err(|error| StopReason::io("copying its owner and attributes", &error))?;
    let rewritten =
        rewritten_file(&before, &mut copy.file).map_err(|error| StopReason::io("reading the copy", &error))?;
    if !open(known).is_ok_and(|(_, now)| is_same_file(&before, &now)) {
        return Err(StopReason::Failed("another program changed it in the meantime; sync again".to_owned()));
    }
    ready(&rewritten).map_err(StopReason::Failed)?;
    copy.replace(&known.path).map_err(|error| StopReason::io("replacing it with the copy", &error))?;
    let (mut file, _) = open(known)?;
    change.has(&TagWriter::read(&mut file, kind, Style::Keep)?)?;
    Ok(rewritten)
}

/// Checks that the copy differs from the file only in its tags.
fn check_unchanged(before: &Audio, copy: &Audio) -> Result<(), StopReason> {
    let what = if before.format != copy.format {
        format!("make it a file of another format ({}, {})", copy.format.container, copy.format.codec)
    } else if before == copy {
        return Ok(());
    } else {
        "change its audio".to_owned()
    };
    Err(StopReason::Failed(format!("writing its tags would {what}; the file is unchanged")))
}

/// The metadata of the file before, and of the copy that will replace it.
fn rewritten_file(before: &Metadata, copy: &mut File) -> io::Result<RewrittenFile> {
    let mut digest = Sha256::new();
    copy.rewind()?;
    io::copy(copy, &mut digest)?;
    Ok(RewrittenFile { before: stat(before), after: stat(&copy.metadata()?), file_sha256: digest.finalize().into() })
}

/// The metadata of the file at `path`.
pub fn stat_of(path: &Path) -> io::Result<FileStat> {
    Ok(stat(&fs::symlink_metadata(path)?))
}

/// Copies the file, writes the change into the copy, and compares all other tags.
fn write_copy(
    file: &mut File,
    copy: &mut TemporaryCopy,
    known: &FingerprintedItem,
    change: &dyn Change,
    style: Style,
) -> Result<(), StopReason> {
    copy.fill(file).map_err(|error| StopReason::io("creating a copy beside it", &error))?;
    let kind = kind::file_type(&known.format)?;
    let mut writer = TagWriter::read(&mut copy.file, kind, style)?;
    let new = writer.is_new();
    change.apply(&mut writer);
    writer.save(&mut copy.file, style)?;
    let before = change.unaffected(TagWriter::read(file, kind, style)?, new)?;
    // A converted tag has another version, so it is read as that version.
    let after = TagWriter::read(&mut copy.file, kind, style)?;
    change.has(&after)?;
    if change.unaffected(after, new)? == before {
        Ok(())
    } else {
        Err(StopReason::Failed("writing would change other tags of the file; the file is unchanged".to_owned()))
    }
}

/// The fingerprint tags that are removed. [`StopReason::Skipped`] if there is nothing to write.
fn need(writer: &TagWriter, mark: &Mark, replace_old: bool) -> Result<Vec<String>, StopReason> {
    let values = writer.values();
    let old_values = if replace_old { writer.old_values() } else { Vec::new() };
    if values == [mark.value()] && old_values.is_empty() {
        return Err(StopReason::Skipped("already_has_fingerprint"));
    }
    Ok(values.into_iter().filter(|value| value != mark.value()).chain(old_values).collect())
}

fn has(writer: &TagWriter, mark: &Mark) -> Result<(), StopReason> {
    let values = writer.values();
    if values == [mark.value()] {
        return Ok(());
    }
    Err(StopReason::Failed(format!("the tag was written, but reads back as {values:?}")))
}

/// Opens a file for writing tags, if that is allowed.
pub(super) fn open(known: &FingerprintedItem) -> Result<(File, Metadata), StopReason> {
    // Eagle libraries are excluded, even if a folder within one was scanned as a folder.
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
        // The other names would keep the old content.
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
        None => Ok((baton_files::open(&known.path).map_err(failed)?, found)),
    }
}

fn is_same_file(before: &Metadata, now: &Metadata) -> bool {
    let of = |file: &Metadata| (file.dev(), file.ino(), file.len(), file.mtime(), file.mtime_nsec(), file.ctime_nsec());
    of(before) == of(now)
}
