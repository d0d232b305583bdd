//! Executes the steps of a plan in order, forward or back. Each step is in the journal before it starts; several are written together,
//! because each commit waits for the disk.

use std::cell::Cell;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::io;
use std::path::PathBuf;
use std::time::Instant;

use baton_plugin_kit::host::{HeldLock, Locks, Writable};
use baton_plugin_sdk::{Error, Task};

use super::disk::{Disk, RealDisk};
use super::journal::{Journal, StepEnd, StoredPlan, StoredStep};
use super::limits::{MOST_COPIED, MOVING, TOGETHER};
use super::locations::Locations;
use super::move_file::{FileMove, MoveEnd, Work, carry, resume, trouble};
use super::roots::{self, Root, join};
use super::step::{Direction, StepAction, StepPlace};

/// What moving needs.
pub struct MoveTools<'a> {
    /// The catalog, which has to know where files lie.
    pub catalog: &'a dyn Writable,
    /// The plugin's own database.
    pub own: &'a dyn Writable,
    /// So that one task at a time moves files.
    pub claims: &'a dyn Locks,
    /// The files.
    pub disk: &'a dyn Disk,
    /// Whether there is time for another step.
    pub go_on: &'a dyn Fn() -> bool,
}

/// Does something with the real file system and the time that a task has.
pub(crate) fn really<T>(
    (catalog, own): (&dyn Writable, &dyn Writable),
    claims: &dyn Locks,
    work: impl FnOnce(&MoveTools<'_>) -> T,
) -> T {
    let begun = Instant::now();
    work(&MoveTools { catalog, own, claims, disk: &RealDisk, go_on: &|| begun.elapsed() < MOVING })
}

/// Waits for nobody: another task that moves files is reason enough to try again later.
///
/// # Errors
/// `retryable` when another has it, else as `wit/claims.wit`.
pub(crate) fn alone(claims: &dyn Locks) -> Result<Box<dyn HeldLock>, Error> {
    let held = claims.take("organise")?;
    held.ok_or_else(|| Error::Retryable("another task is moving files; only one may do so at a time".to_owned()))
}

/// The plan that is meant.
///
/// # Errors
/// `permanent` when there is none.
pub(crate) fn plan_of(which: &str, journal: &Journal<'_>) -> Result<StoredPlan, Error> {
    if let Some(plan) = journal.find(which)? {
        return Ok(plan);
    }
    let known = journal.newest()?;
    let known = if known.is_empty() {
        "there is none yet: baton run music-files organise".to_owned()
    } else {
        known.join(", ")
    };
    Err(Error::Permanent(format!("there is no plan `{}`; the newest: {known}", which.escape_debug())))
}

/// Why it ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum StopReason {
    /// All steps were looked at.
    Finished,
    /// The time or the bytes of this task are used up.
    Later,
    /// A disk is full.
    Full(String),
    /// All steps were looked at, and of some it cannot be told how they ended.
    Unclear(String),
}

/// That steps are to be looked at again.
pub(crate) fn unclear(why: &str) -> Error {
    Error::Retryable(format!("a disk does not answer, and whether a file was moved cannot be told: {why}"))
}

/// Another task would not come further.
fn too_slow() -> MoveEnd {
    MoveEnd::Left(
        "the time of a whole task was not enough to copy and compare it: it is too large for so slow a disk".to_owned(),
    )
}

/// Takes the steps of a plan.
pub(crate) struct Mover<'a> {
    pub(super) means: &'a MoveTools<'a>,
    pub(super) journal: &'a Journal<'a>,
    pub(super) plan: &'a StoredPlan,
    pub(super) way: Direction,
    pub(super) roots: HashMap<String, PathBuf>,
    /// Folders that are known to be there.
    pub(super) there: HashSet<PathBuf>,
    /// Bytes of which a copy was begun.
    tried: Cell<u64>,
    /// Whether a step was tried: the first one has all the time that a task has.
    begun: bool,
    /// Steps of which it cannot be told how they ended, and why of the last.
    unclear: (HashSet<i64>, String),
}

impl<'a> Mover<'a> {
    /// For a plan, with the folders that these steps need.
    ///
    /// # Errors
    /// `needs-grant` when one of them is not granted for writing.
    pub(crate) fn new(
        task: &Task,
        (means, journal): (&'a MoveTools<'a>, &'a Journal<'a>),
        plan: &'a StoredPlan,
        way: Direction,
        steps: &[StoredStep],
    ) -> Result<Self, Error> {
        let granted: Vec<Root> = [roots::named(task, "music"), roots::named(task, "organised")].concat();
        let mut roots = HashMap::new();
        for at in steps.iter().flat_map(|step| [&step.from, &step.to]) {
            if roots.contains_key(&at.root) {
                continue;
            }
            let found = granted.iter().find(|root| root.host == at.root && root.writable);
            let found = found.ok_or_else(|| {
                Error::NeedsGrant(format!(
                    "the plan moves files in {0}, which is not granted for writing: baton plugin grant music-files files:rw={1}={0}",
                    at.root, at.folder
                ))
            })?;
            roots.insert(at.root.clone(), found.path.clone());
        }
        Ok(Self {
            means,
            journal,
            plan,
            way,
            roots,
            there: HashSet::new(),
            tried: Cell::new(0),
            begun: false,
            unclear: Default::default(),
        })
    }

    /// Takes them, in this order.
    ///
    /// # Errors
    /// As `wit/sql.wit`: what was not written down is looked at again by the next attempt.
    pub(crate) fn take(&mut self, steps: &[StoredStep]) -> Result<StopReason, Error> {
        let (intended, ..) = self.way.states();
        for together in steps.chunks(TOGETHER) {
            let numbers: Vec<_> = together.iter().map(|step| step.step).collect();
            self.journal.begin(&self.plan.id, &numbers, intended)?;
            let (ended, locations, stopped) = self.together(together)?;
            locations.tell(self.means.catalog)?;
            self.journal.end(&self.plan.id, &ended)?;
            if stopped != StopReason::Finished {
                // What an earlier attempt began, or this one and nobody knows how far, is still to be looked at.
                let ended: HashSet<_> = ended.iter().map(|ended| ended.step).collect();
                let open = |step: &&StoredStep| step.state == intended || self.unclear.0.contains(&step.step);
                let rest = together.iter().filter(|step| !ended.contains(&step.step) && !open(step));
                let rest: Vec<_> = rest.map(|step| step.step).collect();
                self.journal.begin(&self.plan.id, &rest, self.way.before())?;
                return Ok(stopped);
            }
        }
        let (unclear, why) = &self.unclear;
        Ok(if unclear.is_empty() { StopReason::Finished } else { StopReason::Unclear(why.clone()) })
    }

    fn together(&mut self, steps: &[StoredStep]) -> Result<(Vec<StepEnd>, Locations, StopReason), Error> {
        let (mut ended, mut folders, mut locations) = (Vec::new(), BTreeSet::new(), Locations::default());
        let (intended, done, left) = self.way.states();
        let mut stopped = StopReason::Finished;
        for step in steps {
            let first = !self.begun;
            let end = if (self.means.go_on)() { self.step(step, step.state == intended)? } else { MoveEnd::Later };
            let end = if first && self.begun && end == MoveEnd::Later { too_slow() } else { end };
            let mut note = StepEnd { step: step.step, state: done, note: None, placed_ns: None, sha256: None };
            match end {
                MoveEnd::Arrived { modified_ns, sha256 } => {
                    locations.note(step, self.way, modified_ns, sha256.as_deref());
                    if self.way == Direction::There {
                        (note.placed_ns, note.sha256) = (Some(modified_ns), sha256);
                    }
                    folders.extend(self.parents(step));
                }
                MoveEnd::Left(why) => (note.state, note.note) = (left, Some(why)),
                MoveEnd::Full(why) => stopped = StopReason::Full(why),
                MoveEnd::Later => stopped = StopReason::Later,
                MoveEnd::Unclear(why) => {
                    self.unclear.0.insert(step.step);
                    self.unclear.1 = why;
                    continue;
                }
            }
            if stopped != StopReason::Finished {
                break;
            }
            ended.push(note);
        }
        for folder in &folders {
            // The files are whole at one place or the other whatever this says; what is written down is looked at again.
            drop(self.means.disk.settle(folder));
        }
        Ok((ended, locations, stopped))
    }

    fn step(&mut self, step: &StoredStep, again: bool) -> Result<MoveEnd, Error> {
        let Some(journey) = self.journey(step) else {
            return Ok(MoveEnd::Left("its folder is not granted".to_owned()));
        };
        self.begun = true;
        if self.way == Direction::Back && step.act == StepAction::Copy {
            let over = |error: &io::Error| if self.work().is_over(error) { MoveEnd::Later } else { trouble(error) };
            return Ok(self.take_back(step, &journey, again).unwrap_or_else(|error| over(&error)));
        }
        let to = if self.way == Direction::There { &step.to } else { &step.from };
        // Looked at before anything else may fail.
        if let Some(end) = again.then(|| resume(&self.work(), &journey)).flatten() {
            return Ok(end);
        }
        let ended = self.make_folders(to)?;
        Ok(ended.unwrap_or_else(|| carry(&self.work(), &journey)))
    }

    /// What an interrupted step came to; nothing when it has not begun.
    pub(crate) fn settle(&self, step: &StoredStep) -> Option<MoveEnd> {
        resume(&self.work(), &self.journey(step)?)
    }

    fn work(&self) -> Work<'_> {
        Work { disk: self.means.disk, go_on: self.means.go_on, tried: &self.tried }
    }

    fn journey(&self, step: &StoredStep) -> Option<FileMove> {
        let place = |at: &StepPlace| Some(join(self.roots.get(&at.root)?, &at.path));
        let (source, target) = (place(&step.from)?, place(&step.to)?);
        let placed = step.placed_ns.unwrap_or(step.modified_ns);
        let (from, to, modified_ns) = match self.way {
            Direction::There => (source, target, step.modified_ns),
            Direction::Back => (target, source, placed),
        };
        let hidden = to.with_file_name(format!(".baton-{}-{}.part", self.plan.id, step.step));
        Some(FileMove {
            from,
            to,
            hidden,
            size: step.size,
            modified_ns,
            dated_ns: step.modified_ns,
            keep: step.act == StepAction::Copy,
            // The first file may always be copied, else a large one would wait for ever.
            room: if self.tried.get() == 0 { u64::MAX } else { MOST_COPIED.saturating_sub(self.tried.get()) },
        })
    }

    /// Removes a copy that was made, when it is still that and not the last one. `again` when an earlier attempt may have.
    fn take_back(&self, step: &StoredStep, journey: &FileMove, again: bool) -> io::Result<MoveEnd> {
        let disk = self.means.disk;
        let gone = MoveEnd::Arrived { modified_ns: step.modified_ns, sha256: None };
        let Some(copy) = disk.look(&journey.from)? else {
            return Ok(if again { gone } else { MoveEnd::Left("the copy is not there any more".to_owned()) });
        };
        let same = copy.file && copy.size == step.size && copy.modified_ns == journey.modified_ns;
        if !same || Some(disk.digest(&journey.from, self.means.go_on)?) != step.sha256 {
            return Ok(MoveEnd::Left("the copy was changed since".to_owned()));
        }
        if !disk.look(&journey.to)?.is_some_and(|seen| seen.file && seen.size == step.size) {
            return Ok(MoveEnd::Left("the file that it is a copy of is not there any more".to_owned()));
        }
        if Some(disk.digest(&journey.to, self.means.go_on)?) != step.sha256 {
            return Ok(MoveEnd::Left("the file that it is a copy of was changed since".to_owned()));
        }
        disk.remove(&journey.from)?;
        Ok(gone)
    }
}
