//! One file from one place to another, so that it is whole at one of them at every moment, and at both only while it is being
//! copied.
//!
//! The name is taken by making an empty file, which fails when anything is there; the file is then renamed over that empty one
//! at once. No hard links: not every disk has them, and the host opens no file that has two names. Where the names lie on two
//! disks, the file is copied beside its target under a hidden name, both are read again and compared, the copy gets its time and
//! its name, and only then does the source go.
//!
//! What was interrupted is told by what is there: an empty file at the target is the name that was taken; a target with the
//! source's bytes beside the source is a copy whose source was still to go.

use std::cell::Cell;
use std::io::{self, ErrorKind};
use std::path::PathBuf;

use super::disk::{Disk, IO, PathMetadata};
use super::limits::LARGEST_COPIED;

/// What carrying takes.
pub(crate) struct Work<'a> {
    pub(crate) disk: &'a dyn Disk,
    /// Whether there is time.
    pub(crate) go_on: &'a dyn Fn() -> bool,
    /// The bytes of which a copy was begun.
    pub(crate) tried: &'a Cell<u64>,
}

/// From where to where.
#[derive(Clone, Debug)]
pub(crate) struct FileMove {
    pub(crate) from: PathBuf,
    pub(crate) to: PathBuf,
    /// Where a copy is made: beside `to`.
    pub(crate) hidden: PathBuf,
    /// What the file has to be still.
    pub(crate) size: u64,
    pub(crate) modified_ns: i64,
    /// The time that a copy gets.
    pub(crate) dated_ns: i64,
    /// Whether the source stays.
    pub(crate) keep: bool,
    /// The bytes that may still be copied in this task.
    pub(crate) room: u64,
}

impl Work<'_> {
    /// Whether it was the time that ended it.
    pub(crate) fn is_over(&self, error: &io::Error) -> bool {
        error.kind() == ErrorKind::TimedOut && !(self.go_on)()
    }
}

/// How it ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum MoveEnd {
    /// It is there; its time and, where it was copied, its digest.
    Arrived { modified_ns: i64, sha256: Option<String> },
    /// It stays where it is, and why.
    Left(String),
    /// There is no room for it. Nothing of it was left at the target.
    Full(String),
    /// It is for the next task.
    Later,
    /// It cannot be told now how far it came: it is looked at again.
    Unclear(String),
}

/// What an earlier attempt came to, that may have begun; nothing when it is as if it had not.
pub(crate) fn resume(work: &Work<'_>, journey: &FileMove) -> Option<MoveEnd> {
    match stands(work, journey) {
        Ok(MoveProgress::Ended(end)) => Some(end),
        Ok(MoveProgress::Begin) => None,
        Err(error) if work.is_over(&error) => Some(MoveEnd::Later),
        Err(error) => Some(MoveEnd::Unclear(error.to_string())),
    }
}

pub(crate) fn carry(work: &Work<'_>, journey: &FileMove) -> MoveEnd {
    match refused(work, journey) {
        Ok(Some(why)) => return why,
        Ok(None) => {}
        Err(error) => return trouble(&error),
    }
    // Only a file that is seen where it was is surely left there.
    begin(work, journey).unwrap_or_else(|error| match work.disk.look(&journey.from) {
        Ok(Some(_)) if work.is_over(&error) => MoveEnd::Later,
        Ok(Some(_)) => trouble(&error),
        Ok(None) | Err(_) => MoveEnd::Unclear(error.to_string()),
    })
}

/// How far an earlier attempt came.
enum MoveProgress {
    /// As far as the beginning; what it left behind is gone.
    Begin,
    Ended(MoveEnd),
}

/// Looks how far an earlier attempt came, and tidies up after it.
fn stands(work: &Work<'_>, journey: &FileMove) -> io::Result<MoveProgress> {
    let disk = work.disk;
    if disk.look(&journey.hidden)?.is_some_and(|seen| seen.file) {
        disk.remove(&journey.hidden)?;
    }
    let (source, target) = (disk.look(&journey.from)?, disk.look(&journey.to)?);
    match (source, target) {
        (_, None) => Ok(MoveProgress::Begin),
        (source, Some(PathMetadata { file: true, size: 0, .. }))
            if source.is_some_and(|seen| is_as_planned(seen, journey)) =>
        {
            disk.remove(&journey.to)?;
            Ok(MoveProgress::Begin)
        }
        // The source of a copy is gone when a later step, which moved it, was interrupted with this one.
        (None, Some(target)) if target.file && target.size == journey.size => {
            let sha256 = if journey.keep { Some(disk.digest(&journey.to, work.go_on)?) } else { None };
            Ok(MoveProgress::Ended(MoveEnd::Arrived { modified_ns: target.modified_ns, sha256 }))
        }
        (Some(source), Some(target)) if target.file && source.file && target.size == source.size => {
            let digest = disk.digest(&journey.to, work.go_on)?;
            if disk.digest(&journey.from, work.go_on)? != digest {
                return Ok(MoveProgress::Ended(taken()));
            }
            if !journey.keep {
                settle(disk, journey)?;
                disk.remove(&journey.from)?;
            }
            Ok(MoveProgress::Ended(MoveEnd::Arrived { modified_ns: target.modified_ns, sha256: Some(digest) }))
        }
        _ => Ok(MoveProgress::Ended(taken())),
    }
}

/// Why it is not even tried.
fn refused(work: &Work<'_>, journey: &FileMove) -> io::Result<Option<MoveEnd>> {
    let left = |why: &str| Ok(Some(MoveEnd::Left(why.to_owned())));
    match work.disk.look(&journey.from)? {
        None => left("the file is not there any more"),
        Some(seen) if !seen.file => left("it is not a regular file any more"),
        Some(seen) if !is_as_planned(seen, journey) => left("the file was changed since the plan"),
        Some(_) => Ok(work.disk.look(&journey.to)?.map(|_| taken())),
    }
}

fn begin(work: &Work<'_>, journey: &FileMove) -> io::Result<MoveEnd> {
    if journey.keep {
        return copy(work, journey);
    }
    match name(work.disk, &journey.from, &journey.to) {
        Ok(()) => Ok(MoveEnd::Arrived { modified_ns: journey.modified_ns, sha256: None }),
        Err(error) if is_elsewhere(&error) => copy(work, journey),
        Err(error) => Err(error),
    }
}

/// Whether a file could not be renamed because its new name is on another disk. The sandbox has no word for that and says
/// `io`, as it does for a disk that fails; copying finds out which it is.
fn is_elsewhere(error: &io::Error) -> bool {
    error.kind() == ErrorKind::CrossesDevices || (cfg!(target_family = "wasm") && error.raw_os_error() == Some(IO))
}

/// Gives a file a name that nobody has.
fn name(disk: &dyn Disk, from: &std::path::Path, to: &std::path::Path) -> io::Result<()> {
    disk.take(to)?;
    disk.rename(from, to).inspect_err(|_| {
        // Only the empty file that was made here.
        if disk.look(to).is_ok_and(|seen| seen.is_some_and(|seen| seen.file && seen.size == 0)) {
            drop(disk.remove(to));
        }
    })
}

fn copy(work: &Work<'_>, journey: &FileMove) -> io::Result<MoveEnd> {
    if journey.size > LARGEST_COPIED {
        return Ok(MoveEnd::Left(format!(
            "it is larger than {} MB and would go to another disk",
            LARGEST_COPIED >> 20
        )));
    }
    if journey.size > journey.room {
        return Ok(MoveEnd::Later);
    }
    let disk = work.disk;
    work.tried.set(work.tried.get().saturating_add(journey.size));
    let copied = copy_beside(work, journey);
    if !matches!(copied, Ok(Ok(_))) {
        drop(disk.remove(&journey.hidden));
    }
    let digest = match copied? {
        Ok(digest) => digest,
        Err(why) => return Ok(MoveEnd::Left(why)),
    };
    name(disk, &journey.hidden, &journey.to).inspect_err(|_| drop(disk.remove(&journey.hidden)))?;
    settle(disk, journey).or_else(|error| take_copy_away(work, journey, error))?;
    if !journey.keep {
        disk.remove(&journey.from).or_else(|error| take_copy_away(work, journey, error))?;
    }
    let modified_ns = disk.look(&journey.to)?.map_or(journey.dated_ns, |seen| seen.modified_ns);
    Ok(MoveEnd::Arrived { modified_ns, sha256: Some(digest) })
}

/// The name of a copy has to be on the disk before its source goes.
fn settle(disk: &dyn Disk, journey: &FileMove) -> io::Result<()> {
    journey.to.parent().map_or(Ok(()), |folder| disk.settle(folder))
}

/// Something went wrong after the copy got its name: it goes, but only while its source is seen to be whole, else it may be the
/// last one. Where the source is gone, the copy is what there is.
fn take_copy_away(work: &Work<'_>, journey: &FileMove, error: io::Error) -> io::Result<()> {
    match work.disk.look(&journey.from)? {
        None => Ok(()),
        Some(seen) => {
            if is_as_planned(seen, journey) {
                drop(work.disk.remove(&journey.to));
            }
            Err(error)
        }
    }
}

/// Makes the copy under its hidden name and compares it. Gives its digest, or why it is none.
fn copy_beside(work: &Work<'_>, journey: &FileMove) -> io::Result<Result<String, String>> {
    let disk = work.disk;
    disk.copy(&journey.from, &journey.hidden, work.go_on)?;
    // A system that cannot set times loses this one; the undo file has it.
    drop(disk.date(&journey.hidden, journey.dated_ns));
    let digest = disk.digest(&journey.hidden, work.go_on)?;
    if disk.digest(&journey.from, work.go_on)? != digest {
        return Ok(Err("the copy is not what was read: the file changed meanwhile, or a disk is failing".to_owned()));
    }
    let still = disk.look(&journey.from)?.is_some_and(|seen| is_as_planned(seen, journey));
    Ok(if still { Ok(digest) } else { Err("the file was changed while it was copied".to_owned()) })
}

fn is_as_planned(seen: PathMetadata, journey: &FileMove) -> bool {
    seen.file && seen.size == journey.size && seen.modified_ns == journey.modified_ns
}

fn taken() -> MoveEnd {
    MoveEnd::Left("something lies at its place already".to_owned())
}

/// What an error means for the step.
pub(crate) fn trouble(error: &io::Error) -> MoveEnd {
    match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::ReadOnlyFilesystem => {
            MoveEnd::Full(error.to_string())
        }
        ErrorKind::AlreadyExists => taken(),
        _ => MoveEnd::Left(error.to_string()),
    }
}
