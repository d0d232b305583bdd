//! Moves or copies one file. At every moment the complete file is at its source or its target; during a copy it may be at both.
//!
//! First an empty file reserves the name of the target. The reservation fails if a file has the name. Then the file is renamed
//! over the empty file. Hard links are not used: not every disk has them, and the host opens no file with two names. If source
//! and target are on different disks, the file is copied next to its target under a hidden name. Source and copy are read again
//! and compared. The copy gets its modification time and its name, and then the source is deleted.
//!
//! The files show how far an interrupted move came. An empty file at the target is a reserved name. If source and target
//! exist with the same bytes, the target is a copy whose source was not deleted yet.

use std::cell::Cell;
use std::io::{self, ErrorKind};
use std::path::PathBuf;

use baton_plugin_kit::disk::is_io_error;

use super::disk::{Disk, PathMetadata};
use super::limits::LARGEST_COPIED;

/// The tools of every move.
pub(crate) struct MoveContext<'a> {
    pub(crate) disk: &'a dyn Disk,
    /// False when the time of the task is over.
    pub(crate) has_time: &'a dyn Fn() -> bool,
    /// Bytes of files whose copy was started.
    pub(crate) copied_bytes: &'a Cell<u64>,
}

/// One file to move.
#[derive(Clone, Debug)]
pub(crate) struct FileMove {
    pub(crate) from: PathBuf,
    pub(crate) to: PathBuf,
    /// Where a copy is written: next to `to`.
    pub(crate) hidden: PathBuf,
    /// The file must still have this size and time.
    pub(crate) size: u64,
    pub(crate) modified_ns: i64,
    /// The time that a copy gets.
    pub(crate) copy_modified_ns: i64,
    /// True if the source is kept, so that the target is a copy.
    pub(crate) keep_source: bool,
    /// Bytes that this task may still copy.
    pub(crate) copy_limit: u64,
}

impl MoveContext<'_> {
    /// True if the time limit caused the error.
    pub(crate) fn is_timeout(&self, error: &io::Error) -> bool {
        error.kind() == ErrorKind::TimedOut && !(self.has_time)()
    }
}

/// The result of a move.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum MoveOutcome {
    /// The file is at its target. The fields are its modification time and, after a copy, its digest.
    Moved { modified_ns: i64, sha256: Option<String> },
    /// The file was not moved, with the reason.
    Left(String),
    /// The disk is full. No file remains at the target.
    Full(String),
    /// The time was used up; the next task tries again.
    Later,
    /// The result of the move is unknown; a later attempt checks again.
    Unclear(String),
}

/// Checks a move that an earlier attempt may have started. `None` if the move has to start from the beginning.
pub(crate) fn resume(context: &MoveContext<'_>, file_move: &FileMove) -> Option<MoveOutcome> {
    match inspect_progress(context, file_move) {
        Ok(MoveProgress::Ended(end)) => Some(end),
        Ok(MoveProgress::NotStarted) => None,
        Err(error) if context.is_timeout(&error) => Some(MoveOutcome::Later),
        Err(error) => Some(MoveOutcome::Unclear(error.to_string())),
    }
}

/// Moves or copies the file.
pub(crate) fn move_file(context: &MoveContext<'_>, file_move: &FileMove) -> MoveOutcome {
    match refusal(context, file_move) {
        Ok(Some(why)) => return why,
        Ok(None) => {}
        Err(error) => return failure(&error),
    }
    // If the source is missing or cannot be checked, the file may be at its target.
    begin(context, file_move).unwrap_or_else(|error| match context.disk.metadata(&file_move.from) {
        Ok(Some(_)) if context.is_timeout(&error) => MoveOutcome::Later,
        Ok(Some(_)) => failure(&error),
        Ok(None) | Err(_) => MoveOutcome::Unclear(error.to_string()),
    })
}

/// The progress of an earlier attempt.
enum MoveProgress {
    /// Nothing was moved; leftovers were deleted.
    NotStarted,
    Ended(MoveOutcome),
}

/// Finds out the progress of an earlier attempt, and deletes its leftovers.
fn inspect_progress(context: &MoveContext<'_>, file_move: &FileMove) -> io::Result<MoveProgress> {
    let disk = context.disk;
    if disk.metadata(&file_move.hidden)?.is_some_and(|seen| seen.file) {
        disk.remove(&file_move.hidden)?;
    }
    let (source, target) = (disk.metadata(&file_move.from)?, disk.metadata(&file_move.to)?);
    match (source, target) {
        (_, None) => Ok(MoveProgress::NotStarted),
        (source, Some(PathMetadata { file: true, size: 0, .. }))
            if source.is_some_and(|seen| is_as_planned(seen, file_move)) =>
        {
            disk.remove(&file_move.to)?;
            Ok(MoveProgress::NotStarted)
        }
        // The source of a copy can be missing: a later step may have moved it before both steps were interrupted.
        (None, Some(target)) if target.file && target.size == file_move.size => {
            let sha256 = if file_move.keep_source { Some(disk.digest(&file_move.to, context.has_time)?) } else { None };
            Ok(MoveProgress::Ended(MoveOutcome::Moved { modified_ns: target.modified_ns, sha256 }))
        }
        (Some(source), Some(target)) if target.file && source.file && target.size == source.size => {
            let digest = disk.digest(&file_move.to, context.has_time)?;
            if disk.digest(&file_move.from, context.has_time)? != digest {
                return Ok(MoveProgress::Ended(name_taken()));
            }
            if !file_move.keep_source {
                sync_target(disk, file_move)?;
                disk.remove(&file_move.from)?;
            }
            Ok(MoveProgress::Ended(MoveOutcome::Moved { modified_ns: target.modified_ns, sha256: Some(digest) }))
        }
        _ => Ok(MoveProgress::Ended(name_taken())),
    }
}

/// The reason not to start, if there is one.
fn refusal(context: &MoveContext<'_>, file_move: &FileMove) -> io::Result<Option<MoveOutcome>> {
    let left = |why: &str| Ok(Some(MoveOutcome::Left(why.to_owned())));
    match context.disk.metadata(&file_move.from)? {
        None => left("the file is missing"),
        Some(seen) if !seen.file => left("it is no longer a regular file"),
        Some(seen) if !is_as_planned(seen, file_move) => left("the file was changed after the plan was made"),
        Some(_) => Ok(context.disk.metadata(&file_move.to)?.map(|_| name_taken())),
    }
}

fn begin(context: &MoveContext<'_>, file_move: &FileMove) -> io::Result<MoveOutcome> {
    if file_move.keep_source {
        return copy(context, file_move);
    }
    match rename_to_free(context.disk, &file_move.from, &file_move.to) {
        Ok(()) => Ok(MoveOutcome::Moved { modified_ns: file_move.modified_ns, sha256: None }),
        Err(error) if is_on_another_disk(&error) => copy(context, file_move),
        Err(error) => Err(error),
    }
}

/// True if a rename failed because the target is on another disk. The sandbox reports the same error (`io`) for a failing disk.
/// The move then continues with a copy, which fails if the disk fails.
fn is_on_another_disk(error: &io::Error) -> bool {
    error.kind() == ErrorKind::CrossesDevices || (cfg!(target_family = "wasm") && is_io_error(error))
}

/// Renames a file to a name that must be free.
fn rename_to_free(disk: &dyn Disk, from: &std::path::Path, to: &std::path::Path) -> io::Result<()> {
    disk.reserve(to)?;
    disk.rename(from, to).inspect_err(|_| {
        // Delete only the empty file that reserved the name.
        if disk.metadata(to).is_ok_and(|seen| seen.is_some_and(|seen| seen.file && seen.size == 0)) {
            drop(disk.remove(to));
        }
    })
}

fn copy(context: &MoveContext<'_>, file_move: &FileMove) -> io::Result<MoveOutcome> {
    if file_move.size > LARGEST_COPIED {
        return Ok(MoveOutcome::Left(format!(
            "it is larger than {} MB, the limit for a copy to another disk",
            LARGEST_COPIED >> 20
        )));
    }
    if file_move.size > file_move.copy_limit {
        return Ok(MoveOutcome::Later);
    }
    let disk = context.disk;
    context.copied_bytes.set(context.copied_bytes.get().saturating_add(file_move.size));
    let copied = copy_beside(context, file_move);
    if !matches!(copied, Ok(Ok(_))) {
        drop(disk.remove(&file_move.hidden));
    }
    let digest = match copied? {
        Ok(digest) => digest,
        Err(why) => return Ok(MoveOutcome::Left(why)),
    };
    rename_to_free(disk, &file_move.hidden, &file_move.to).inspect_err(|_| drop(disk.remove(&file_move.hidden)))?;
    sync_target(disk, file_move).or_else(|error| delete_copy(context, file_move, error))?;
    if !file_move.keep_source {
        disk.remove(&file_move.from).or_else(|error| delete_copy(context, file_move, error))?;
    }
    let modified_ns = disk.metadata(&file_move.to)?.map_or(file_move.copy_modified_ns, |seen| seen.modified_ns);
    Ok(MoveOutcome::Moved { modified_ns, sha256: Some(digest) })
}

/// Flushes the name of a copy, before its source is deleted.
fn sync_target(disk: &dyn Disk, file_move: &FileMove) -> io::Result<()> {
    file_move.to.parent().map_or(Ok(()), |folder| disk.sync_folder(folder))
}

/// Deletes the copy after an error, but only if its source is unchanged: otherwise the copy may be the only good file. If the
/// source is missing, the copy is the only file, and the error is ignored.
fn delete_copy(context: &MoveContext<'_>, file_move: &FileMove, error: io::Error) -> io::Result<()> {
    match context.disk.metadata(&file_move.from)? {
        None => Ok(()),
        Some(seen) => {
            if is_as_planned(seen, file_move) {
                drop(context.disk.remove(&file_move.to));
            }
            Err(error)
        }
    }
}

/// Copies the file under its hidden name and compares the copy. Returns its digest, or the reason why the copy is wrong.
fn copy_beside(context: &MoveContext<'_>, file_move: &FileMove) -> io::Result<Result<String, String>> {
    let disk = context.disk;
    disk.copy(&file_move.from, &file_move.hidden, context.has_time)?;
    // An error is ignored, because some systems cannot set times. The undo list has the original time.
    drop(disk.set_modified(&file_move.hidden, file_move.copy_modified_ns));
    let digest = disk.digest(&file_move.hidden, context.has_time)?;
    if disk.digest(&file_move.from, context.has_time)? != digest {
        return Ok(Err("the copy differs from the file: the file changed meanwhile, or a disk is failing".to_owned()));
    }
    let still = disk.metadata(&file_move.from)?.is_some_and(|seen| is_as_planned(seen, file_move));
    Ok(if still { Ok(digest) } else { Err("the file was changed while it was copied".to_owned()) })
}

fn is_as_planned(seen: PathMetadata, file_move: &FileMove) -> bool {
    seen.file && seen.size == file_move.size && seen.modified_ns == file_move.modified_ns
}

fn name_taken() -> MoveOutcome {
    MoveOutcome::Left("a file exists at its target".to_owned())
}

/// The result of a step that failed with this error.
pub(crate) fn failure(error: &io::Error) -> MoveOutcome {
    match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::ReadOnlyFilesystem => {
            MoveOutcome::Full(error.to_string())
        }
        ErrorKind::AlreadyExists => name_taken(),
        _ => MoveOutcome::Left(error.to_string()),
    }
}
