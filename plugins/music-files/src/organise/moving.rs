//! Executes the steps of a plan in order, or undoes them. Each step is recorded in the journal before it starts. Several
//! steps are recorded together, because each commit waits for the disk.

use std::cell::Cell;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::io;
use std::path::PathBuf;
use std::time::Instant;

use baton_plugin_kit::host::{HeldLock, Locks, Writable};
use baton_plugin_sdk::{Error, Task};

use super::disk::{Disk, RealDisk};
use super::journal::{Journal, StepResult, StoredPlan, StoredStep};
use super::limits::{MOST_COPIED, MOVING, TOGETHER};
use super::locations::Locations;
use super::move_file::{FileMove, MoveContext, MoveOutcome, failure, move_file, resume};
use super::roots::{self, Root, join};
use super::step::{Direction, StepAction, StepPlace};

/// The services of `apply` and `undo`.
pub struct MoveTools<'a> {
    /// The catalog, which gets the new paths.
    pub catalog: &'a dyn Writable,
    /// The plugin's own database.
    pub own: &'a dyn Writable,
    /// The locks: one task at a time moves files.
    pub locks: &'a dyn Locks,
    /// The file operations.
    pub disk: &'a dyn Disk,
    /// False when the time of the task is over.
    pub has_time: &'a dyn Fn() -> bool,
}

/// Runs `work` on the real file system, within the time of a task.
pub(crate) fn with_real_disk<T>(
    catalog: &dyn Writable,
    own: &dyn Writable,
    locks: &dyn Locks,
    work: impl FnOnce(&MoveTools<'_>) -> T,
) -> T {
    let begun = Instant::now();
    work(&MoveTools { catalog, own, locks, disk: &RealDisk, has_time: &|| begun.elapsed() < MOVING })
}

/// Locks the moving of files, without waiting.
///
/// # Errors
/// `retryable` when another task holds the lock, else as `wit/locks.wit`.
pub(crate) fn lock_moves(locks: &dyn Locks) -> Result<Box<dyn HeldLock>, Error> {
    let held = locks.take("organise")?;
    held.ok_or_else(|| Error::Retryable("another task is moving files; only one may do so at a time".to_owned()))
}

/// Finds a plan by id, digest or name.
///
/// # Errors
/// `permanent` when there is no such plan.
pub(crate) fn find_plan(which: &str, journal: &Journal<'_>) -> Result<StoredPlan, Error> {
    if let Some(plan) = journal.find(which)? {
        return Ok(plan);
    }
    let known = journal.newest()?;
    let known =
        if known.is_empty() { "none; make one: baton run music-files organise".to_owned() } else { known.join(", ") };
    Err(Error::Permanent(format!("there is no plan `{which}`; the newest: {known}")))
}

/// A task that applies or undoes a plan.
#[derive(Clone, Copy)]
pub(crate) struct PlanRun<'a> {
    pub(crate) task: &'a Task,
    pub(crate) tools: &'a MoveTools<'a>,
    pub(crate) journal: &'a Journal<'a>,
    pub(crate) plan: &'a StoredPlan,
}

/// Why a task stopped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum StopReason {
    /// All steps were tried.
    Finished,
    /// The time or the bytes of the task are used up.
    Later,
    /// A disk is full.
    Full(String),
    /// All steps were tried, and the result of some steps is unknown.
    Unclear(String),
}

/// The error that makes a later attempt check steps again.
pub(crate) fn unclear(why: &str) -> Error {
    Error::Retryable(format!("a disk does not respond, so it is unknown whether a file was moved: {why}"))
}

/// The result for a file that cannot be moved in the time of a whole task. It is not tried again, because a later task would
/// not have more time.
fn too_slow() -> MoveOutcome {
    MoveOutcome::Left(
        "the time limit of a task is too short to copy and compare it: the file is too large for this slow disk"
            .to_owned(),
    )
}

/// The results of some steps, for the journal and the catalog.
struct StepBatch {
    ended: Vec<StepResult>,
    locations: Locations,
    stopped: StopReason,
}

/// Executes the steps of a plan.
pub(crate) struct Mover<'a> {
    pub(super) tools: &'a MoveTools<'a>,
    pub(super) journal: &'a Journal<'a>,
    pub(super) plan: &'a StoredPlan,
    pub(super) direction: Direction,
    pub(super) roots: HashMap<String, PathBuf>,
    /// Folders that exist.
    pub(super) existing: HashSet<PathBuf>,
    /// Bytes of files whose copy was started.
    copied_bytes: Cell<u64>,
    /// True after the first step began. The first step has all the time of the task.
    begun: bool,
    /// Steps whose result is unknown.
    unclear: HashSet<i64>,
    /// The reason why the result of the last step in `unclear` is unknown.
    unclear_reason: String,
}

impl<'a> Mover<'a> {
    /// A mover with the folders that the steps of the plan need.
    ///
    /// # Errors
    /// `needs-grant` when one of these folders is not granted for writing.
    pub(crate) fn new(run: &PlanRun<'a>, direction: Direction, steps: &[StoredStep]) -> Result<Self, Error> {
        let PlanRun { task, tools, journal, plan } = *run;
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
            tools,
            journal,
            plan,
            direction,
            roots,
            existing: HashSet::new(),
            copied_bytes: Cell::new(0),
            begun: false,
            unclear: HashSet::new(),
            unclear_reason: String::new(),
        })
    }

    /// Executes the steps in this order.
    ///
    /// # Errors
    /// As `wit/sql.wit`. The next attempt checks again the steps whose result is not in the journal.
    pub(crate) fn run(&mut self, steps: &[StoredStep]) -> Result<StopReason, Error> {
        let states = self.direction.states();
        for together in steps.chunks(TOGETHER) {
            let numbers: Vec<_> = together.iter().map(|step| step.step).collect();
            self.journal.begin(&self.plan.id, &numbers, states.begun)?;
            let StepBatch { ended, locations, stopped } = self.run_together(together)?;
            locations.write(self.tools.catalog)?;
            self.journal.end(&self.plan.id, &ended)?;
            if stopped != StopReason::Finished {
                // Steps that an earlier attempt began, and steps with an unknown result, keep their state.
                let ended: HashSet<_> = ended.iter().map(|ended| ended.step).collect();
                let open = |step: &&StoredStep| step.state == states.begun || self.unclear.contains(&step.step);
                let rest = together.iter().filter(|step| !ended.contains(&step.step) && !open(step));
                let rest: Vec<_> = rest.map(|step| step.step).collect();
                self.journal.begin(&self.plan.id, &rest, states.before)?;
                return Ok(stopped);
            }
        }
        Ok(if self.unclear.is_empty() {
            StopReason::Finished
        } else {
            StopReason::Unclear(self.unclear_reason.clone())
        })
    }

    fn run_together(&mut self, steps: &[StoredStep]) -> Result<StepBatch, Error> {
        let (mut ended, mut folders, mut locations) = (Vec::new(), BTreeSet::new(), Locations::default());
        let states = self.direction.states();
        let mut stopped = StopReason::Finished;
        for step in steps {
            let first = !self.begun;
            let end =
                if (self.tools.has_time)() { self.step(step, step.state == states.begun)? } else { MoveOutcome::Later };
            let end = if first && self.begun && end == MoveOutcome::Later { too_slow() } else { end };
            let mut note =
                StepResult { step: step.step, state: states.done, note: None, placed_ns: None, sha256: None };
            match end {
                MoveOutcome::Moved { modified_ns, sha256 } => {
                    locations.add(step, self.direction, modified_ns, sha256.as_deref());
                    if self.direction == Direction::Apply {
                        (note.placed_ns, note.sha256) = (Some(modified_ns), sha256);
                    }
                    folders.extend(self.parents(step));
                }
                MoveOutcome::Left(why) => (note.state, note.note) = (states.left, Some(why)),
                MoveOutcome::Full(why) => stopped = StopReason::Full(why),
                MoveOutcome::Later => stopped = StopReason::Later,
                MoveOutcome::Unclear(why) => {
                    self.unclear.insert(step.step);
                    self.unclear_reason = why;
                    continue;
                }
            }
            if stopped != StopReason::Finished {
                break;
            }
            ended.push(note);
        }
        for folder in &folders {
            // An error is ignored, because each file is complete at its source or target, and after a crash the next attempt
            // checks the steps in the journal again.
            drop(self.tools.disk.sync_folder(folder));
        }
        Ok(StepBatch { ended, locations, stopped })
    }

    fn step(&mut self, step: &StoredStep, again: bool) -> Result<MoveOutcome, Error> {
        let Some(file_move) = self.file_move(step) else {
            return Ok(MoveOutcome::Left("its folder is not granted".to_owned()));
        };
        self.begun = true;
        if self.direction == Direction::Undo && step.act == StepAction::Copy {
            let over =
                |error: &io::Error| if self.context().is_timeout(error) { MoveOutcome::Later } else { failure(error) };
            return Ok(self.delete_copy(step, &file_move, again).unwrap_or_else(|error| over(&error)));
        }
        let to = if self.direction == Direction::Apply { &step.to } else { &step.from };
        // An interrupted step is checked before the folders are created, because creating folders can fail.
        if let Some(end) = again.then(|| resume(&self.context(), &file_move)).flatten() {
            return Ok(end);
        }
        let ended = self.make_folders(to)?;
        Ok(ended.unwrap_or_else(|| move_file(&self.context(), &file_move)))
    }

    /// Checks an interrupted step. `None` if nothing was moved.
    pub(crate) fn resume_step(&self, step: &StoredStep) -> Option<MoveOutcome> {
        resume(&self.context(), &self.file_move(step)?)
    }

    fn context(&self) -> MoveContext<'_> {
        MoveContext { disk: self.tools.disk, has_time: self.tools.has_time, copied_bytes: &self.copied_bytes }
    }

    fn file_move(&self, step: &StoredStep) -> Option<FileMove> {
        let place = |at: &StepPlace| Some(join(self.roots.get(&at.root)?, &at.path));
        let (source, target) = (place(&step.from)?, place(&step.to)?);
        let placed = step.placed_ns.unwrap_or(step.modified_ns);
        let (from, to, modified_ns) = match self.direction {
            Direction::Apply => (source, target, step.modified_ns),
            Direction::Undo => (target, source, placed),
        };
        let hidden = to.with_file_name(format!(".baton-{}-{}.part", self.plan.id, step.step));
        Some(FileMove {
            from,
            to,
            hidden,
            size: step.size,
            modified_ns,
            copy_modified_ns: step.modified_ns,
            keep_source: step.act == StepAction::Copy,
            // The first copied file may have any size. Otherwise a large file would never be copied.
            copy_limit: match self.copied_bytes.get() {
                0 => u64::MAX,
                copied => MOST_COPIED.saturating_sub(copied),
            },
        })
    }

    /// Deletes a copy if the copy and its source are unchanged. `again` is true if an earlier attempt may have deleted the
    /// copy.
    fn delete_copy(&self, step: &StoredStep, file_move: &FileMove, again: bool) -> io::Result<MoveOutcome> {
        let disk = self.tools.disk;
        let deleted = MoveOutcome::Moved { modified_ns: step.modified_ns, sha256: None };
        let Some(copy) = disk.metadata(&file_move.from)? else {
            return Ok(if again { deleted } else { MoveOutcome::Left("the copy is missing".to_owned()) });
        };
        let same = copy.file && copy.size == step.size && copy.modified_ns == file_move.modified_ns;
        if !same || Some(disk.digest(&file_move.from, self.tools.has_time)?) != step.sha256 {
            return Ok(MoveOutcome::Left("the copy was changed after it was made".to_owned()));
        }
        if !disk.metadata(&file_move.to)?.is_some_and(|seen| seen.file && seen.size == step.size) {
            return Ok(MoveOutcome::Left("the original of the copy is missing".to_owned()));
        }
        if Some(disk.digest(&file_move.to, self.tools.has_time)?) != step.sha256 {
            return Ok(MoveOutcome::Left("the original was changed after the copy was made".to_owned()));
        }
        disk.remove(&file_move.from)?;
        Ok(deleted)
    }
}
