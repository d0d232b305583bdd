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

use std::io::{self, ErrorKind};
use std::path::PathBuf;

use super::disk::{Disk, IO, Seen};
use super::limits::LARGEST_COPIED;

/// From where to where.
#[derive(Clone, Debug)]
pub(crate) struct Journey {
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

/// How it ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// It is there; its time and, where it was copied, its digest and size.
    Arrived { modified_ns: i64, copied: Option<(String, u64)> },
    /// It stays where it is, and why.
    Left(String),
    /// There is no room for it. Nothing of it was left at the target.
    Full(String),
    /// It is for the next task.
    Later,
    /// It cannot be told now how far it came: it is looked at again.
    Unclear(String),
}

/// Carries a file. `again` when an earlier attempt may have begun.
pub(crate) fn carry(disk: &dyn Disk, journey: &Journey, again: bool) -> End {
    if again {
        match stands(disk, journey) {
            Ok(Stand::Ended(end)) => return end,
            Ok(Stand::Begin) => {}
            Err(error) => return End::Unclear(error.to_string()),
        }
    }
    match refused(disk, journey) {
        Ok(Some(why)) => return why,
        Ok(None) => {}
        Err(error) => return trouble(&error),
    }
    // Only a file that is seen where it was is surely left there.
    begin(disk, journey).unwrap_or_else(|error| match disk.look(&journey.from) {
        Ok(Some(_)) => trouble(&error),
        Ok(None) | Err(_) => End::Unclear(error.to_string()),
    })
}

/// How far an earlier attempt came.
pub(crate) enum Stand {
    /// As far as the beginning; what it left behind is gone.
    Begin,
    Ended(End),
}

/// Looks how far an earlier attempt came, and tidies up after it.
pub(crate) fn stands(disk: &dyn Disk, journey: &Journey) -> io::Result<Stand> {
    if disk.look(&journey.hidden)?.is_some_and(|seen| seen.file) {
        disk.remove(&journey.hidden)?;
    }
    let (source, target) = (disk.look(&journey.from)?, disk.look(&journey.to)?);
    match (source, target) {
        (_, None) => Ok(Stand::Begin),
        (source, Some(Seen { file: true, size: 0, .. })) if source.is_some_and(|seen| is_as_planned(seen, journey)) => {
            disk.remove(&journey.to)?;
            Ok(Stand::Begin)
        }
        // The source of a copy is gone when a later step, which moved it, was interrupted with this one.
        (None, Some(target)) if target.file && target.size == journey.size => {
            let copied = if journey.keep { Some((disk.digest(&journey.to)?, 0)) } else { None };
            Ok(Stand::Ended(End::Arrived { modified_ns: target.modified_ns, copied }))
        }
        (Some(source), Some(target)) if target.file && source.file && target.size == source.size => {
            let digest = disk.digest(&journey.to)?;
            if disk.digest(&journey.from)? != digest {
                return Ok(Stand::Ended(taken()));
            }
            if !journey.keep {
                disk.remove(&journey.from)?;
            }
            Ok(Stand::Ended(End::Arrived { modified_ns: target.modified_ns, copied: Some((digest, 0)) }))
        }
        _ => Ok(Stand::Ended(taken())),
    }
}

/// Why it is not even tried.
fn refused(disk: &dyn Disk, journey: &Journey) -> io::Result<Option<End>> {
    let left = |why: &str| Ok(Some(End::Left(why.to_owned())));
    match disk.look(&journey.from)? {
        None => left("the file is not there any more"),
        Some(seen) if !seen.file => left("it is no regular file any more"),
        Some(seen) if !is_as_planned(seen, journey) => left("the file was changed since the plan"),
        Some(_) => Ok(disk.look(&journey.to)?.map(|_| taken())),
    }
}

fn begin(disk: &dyn Disk, journey: &Journey) -> io::Result<End> {
    if journey.keep {
        return copy(disk, journey);
    }
    match name(disk, &journey.from, &journey.to) {
        Ok(()) => Ok(End::Arrived { modified_ns: journey.modified_ns, copied: None }),
        Err(error) if is_elsewhere(&error) => copy(disk, journey),
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

fn copy(disk: &dyn Disk, journey: &Journey) -> io::Result<End> {
    if journey.size > LARGEST_COPIED {
        return Ok(End::Left(format!("it is larger than {} MB and would go to another disk", LARGEST_COPIED >> 20)));
    }
    if journey.size > journey.room {
        return Ok(End::Later);
    }
    let copied = copy_beside(disk, journey);
    if !matches!(copied, Ok(Ok(_))) {
        drop(disk.remove(&journey.hidden));
    }
    let digest = match copied? {
        Ok(digest) => digest,
        Err(why) => return Ok(End::Left(why)),
    };
    name(disk, &journey.hidden, &journey.to).inspect_err(|_| drop(disk.remove(&journey.hidden)))?;
    if let Some(folder) = journey.to.parent() {
        disk.settle(folder);
    }
    if !journey.keep {
        remove_source(disk, journey)?;
    }
    let modified_ns = disk.look(&journey.to)?.map_or(journey.dated_ns, |seen| seen.modified_ns);
    Ok(End::Arrived { modified_ns, copied: Some((digest, journey.size)) })
}

/// Removes what was copied. Where that cannot be, the copy goes, but only while its source is seen to be whole: else it may be
/// the last one.
fn remove_source(disk: &dyn Disk, journey: &Journey) -> io::Result<()> {
    let Err(error) = disk.remove(&journey.from) else { return Ok(()) };
    match disk.look(&journey.from)? {
        None => Ok(()),
        Some(seen) => {
            if is_as_planned(seen, journey) {
                drop(disk.remove(&journey.to));
            }
            Err(error)
        }
    }
}

/// Makes the copy under its hidden name and compares it. Gives its digest, or why it is none.
fn copy_beside(disk: &dyn Disk, journey: &Journey) -> io::Result<Result<String, String>> {
    disk.copy(&journey.from, &journey.hidden)?;
    // A system that cannot set times loses this one; the undo file has it.
    drop(disk.date(&journey.hidden, journey.dated_ns));
    let digest = disk.digest(&journey.hidden)?;
    if disk.digest(&journey.from)? != digest {
        return Ok(Err("the copy is not what was read: the file changed meanwhile, or a disk is failing".to_owned()));
    }
    let still = disk.look(&journey.from)?.is_some_and(|seen| is_as_planned(seen, journey));
    Ok(if still { Ok(digest) } else { Err("the file was changed while it was copied".to_owned()) })
}

fn is_as_planned(seen: Seen, journey: &Journey) -> bool {
    seen.file && seen.size == journey.size && seen.modified_ns == journey.modified_ns
}

fn taken() -> End {
    End::Left("something lies at its place already".to_owned())
}

/// What an error means for the step.
pub(crate) fn trouble(error: &io::Error) -> End {
    match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => End::Full(error.to_string()),
        ErrorKind::AlreadyExists => taken(),
        _ => End::Left(error.to_string()),
    }
}
