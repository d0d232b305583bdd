//! Writes the events that a prune will delete to a separate file, in the format of an export.
//!
//! The file is written under a hidden name, flushed to the disk and then renamed. Only its owner can read the file, and it
//! replaces no other file. The same events give the same bytes. So a prune that is repeated after an interruption uses the
//! existing archive.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, BufReader, BufWriter, ErrorKind, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use super::{Plan, PruneError};
use crate::database::Reader;
use crate::export::{ExportError, end, line};
use crate::verify::{ChainTip, each_up_to};
use crate::{LedgerError, whole_file};

/// The destination of an archive.
#[derive(Clone, Debug)]
pub enum Target {
    /// A file in this folder, named after the numbers of its events. The folder is created if it is missing.
    Folder(PathBuf),
    /// This new file.
    File(PathBuf),
}

/// An archive on disk.
pub(super) struct WrittenArchive {
    /// The absolute path.
    pub(super) path: PathBuf,
    /// The hash of the archive's last event.
    pub(super) head: String,
    /// SHA-256 of the archive's bytes.
    pub(super) digest: String,
}

/// Writes the events of `plan` to an archive.
pub(super) fn write(reader: &Reader, plan: &Plan, target: &Target) -> Result<WrittenArchive, PruneError> {
    let wanted = match target {
        Target::Folder(folder) => folder.join(format!("events-{}-{}.jsonl", plan.first, plan.last)),
        Target::File(file) => file.clone(),
    };
    let failed = |source| PruneError::Write { path: wanted.clone(), source };
    if let Target::Folder(folder) = target {
        DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(failed)?;
    }
    let folder = baton_files::folder_of(&wanted).canonicalize().map_err(failed)?;
    let hidden = folder.join(whole_file::hidden_name(reader, "prune")?);
    let written = fill(reader, plan, &hidden, &wanted).and_then(|ArchiveHashes { head, digest }| {
        let path = publish(&hidden, &folder, &wanted, matches!(target, Target::Folder(_)), &digest)?;
        Ok(WrittenArchive { path, head, digest })
    });
    drop(fs::remove_file(&hidden));
    let written = written?;
    baton_files::sync_folder(&folder).map_err(failed)?;
    Ok(written)
}

/// The hashes of [`WrittenArchive`].
struct ArchiveHashes {
    head: String,
    digest: String,
}

/// Writes the hidden file.
fn fill(reader: &Reader, plan: &Plan, hidden: &Path, wanted: &Path) -> Result<ArchiveHashes, PruneError> {
    let failed = |source| PruneError::Write { path: wanted.to_owned(), source };
    let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(hidden).map_err(failed)?;
    let mut out = BufWriter::new(HashingWriter { out: &file, hash: whole_file::Hasher::default() });
    let tip = events(reader, plan, &mut out).map_err(|error| match error {
        ArchiveError::Export(ExportError::Write(source)) => failed(source),
        ArchiveError::Export(ExportError::Ledger(error)) => PruneError::Ledger(error),
        ArchiveError::Broken(seq) => PruneError::Broken { seq },
    })?;
    let hashing = out.into_inner().map_err(|error| failed(error.into_error()))?;
    let digest = hashing.hash.end();
    file.sync_all().map_err(failed)?;
    Ok(ArchiveHashes { head: tip.head, digest })
}

/// Why the events were not written.
enum ArchiveError {
    Export(ExportError),
    Broken(i64),
}

impl From<LedgerError> for ArchiveError {
    fn from(error: LedgerError) -> Self {
        Self::Export(error.into())
    }
}

impl From<io::Error> for ArchiveError {
    fn from(error: io::Error) -> Self {
        Self::Export(error.into())
    }
}

/// Writes the events. Checks each event again, so that the archive contains only events that are sound.
fn events(reader: &Reader, plan: &Plan, out: &mut impl Write) -> Result<ChainTip, ArchiveError> {
    let (mut count, mut before) = (0, None);
    let tip = each_up_to(reader, plan.last, |row| -> Result<(), ArchiveError> {
        let follows = before.as_ref().is_none_or(|before| *before == row.prev);
        if !follows || !row.is_as_written() || row.seq != plan.first.saturating_add(count) {
            return Err(ArchiveError::Broken(row.seq));
        }
        (count, before) = (count + 1, Some(row.hash.clone()));
        Ok(writeln!(out, "{}", line(row))?)
    })?;
    if tip.next() != plan.last.saturating_add(1) {
        return Err(ArchiveError::Broken(tip.next()));
    }
    writeln!(out, "{}", end(count.unsigned_abs(), &tip.head))?;
    Ok(tip)
}

/// Renames the archive to the given name. In the folder of archives, renames it to the first name that is unused, or whose
/// file has exactly these bytes.
fn publish(hidden: &Path, folder: &Path, wanted: &Path, may_differ: bool, digest: &str) -> Result<PathBuf, PruneError> {
    let stem = wanted.file_stem().unwrap_or_default().to_string_lossy();
    let mut path = folder.join(wanted.file_name().unwrap_or_default());
    let mut number = 1_u32;
    loop {
        match baton_files::publish(hidden, &path) {
            Ok(()) => return Ok(path),
            Err(error) if error.kind() != ErrorKind::AlreadyExists => {
                return Err(PruneError::Write { path, source: error });
            }
            Err(_) if !may_differ => return Err(PruneError::Exists { path }),
            Err(_) if digest_of(&path).is_ok_and(|found| found == digest) => return Ok(path),
            Err(_) => {
                number = number.saturating_add(1);
                path = folder.join(format!("{stem}-{number}.jsonl"));
            }
        }
    }
}

fn digest_of(path: &Path) -> io::Result<String> {
    let mut hash = whole_file::Hasher::default();
    let mut file = BufReader::new(baton_files::open(path)?);
    let mut buffer = [0; 1 << 14];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(hash.end()),
            count => hash.add(buffer.get(..count).unwrap_or_default()),
        }
    }
}

/// A writer that hashes the bytes that it passes on.
struct HashingWriter<'a> {
    out: &'a File,
    hash: whole_file::Hasher,
}

impl Write for HashingWriter<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.out.write(bytes)?;
        self.hash.add(bytes.get(..count).unwrap_or_default());
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
