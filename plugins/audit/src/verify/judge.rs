//! Decides the status of every deliverable of one plan, with its evidence.
//!
//! First it resolves every path. Then it loads the facts of all found files from the cache at once, and reads only the files
//! that are not in the cache.

use std::collections::{BTreeSet, HashSet};

use super::before::{PreviousVerdict, PreviousVerdicts};
use super::evidence::{Symbol, Verdict};
use super::facts::{Fact, Facts};
use super::ignored::IgnoredNames;
use super::resolve::{Lookup, PathContext, ResolvedPath, resolve};
use super::roots::{base_folder, below_root, in_renamed_folders, is_there, other_checkout, repository_names};
use super::status::Status;
use crate::index::{EntryKind, FoundEntry, Index};
use crate::plan::{Deliverable, Form, Kind, Place, Plan, Purpose, SizeAssertion};

/// The verdicts on one plan.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct JudgedPlan {
    /// One for each deliverable, in the same order.
    pub deliverables: Vec<Verdict>,
    /// One for each reference, in the same order.
    pub references: Vec<Verdict>,
}

impl JudgedPlan {
    /// Drops folders that only trees name: missing folders in which a file is reported as missing, and the repository's
    /// name.
    pub fn drop_missing_folders(&mut self, plan: &mut Plan) {
        let absent = plan.deliverables.iter().zip(&self.deliverables).filter(|(_, verdict)| {
            matches!(verdict.status, Status::Missing | Status::Moved | Status::Phantom | Status::Removed)
        });
        let absent: BTreeSet<&str> = absent.map(|(item, _)| item.path.as_str()).collect();
        let is_dropped = |item: &Deliverable, verdict: &Verdict| {
            let below = format!("{}/", item.path);
            let holds = || absent.range(below.as_str()..).next().is_some_and(|path| path.starts_with(&below));
            // The first row of a tree may be the repository's name.
            let named = verdict.status == Status::Present && verdict.found.is_none();
            let drawn = item.kind == Kind::Folder && item.done_at.is_none();
            let drawn = drawn && item.mentions.iter().all(|mention| mention.form == Form::Tree);
            drawn && (named || verdict.status == Status::Missing && holds())
        };
        let pairs = plan.deliverables.iter().zip(&self.deliverables);
        let keep: Vec<bool> = pairs.map(|(item, verdict)| !is_dropped(item, verdict)).collect();
        let pairs = std::mem::take(&mut plan.deliverables).into_iter().zip(std::mem::take(&mut self.deliverables));
        let kept = pairs.zip(keep).filter(|(_, keep)| *keep).map(|(pair, _)| pair);
        (plan.deliverables, self.deliverables) = kept.unzip();
    }
}

/// Judges the names of plans against one tree.
pub struct Judge<'a, 'm> {
    index: &'a Index,
    facts: &'a mut Facts<'m>,
    ignored: &'a mut IgnoredNames,
}

impl<'a, 'm> Judge<'a, 'm> {
    /// A judge that uses the known facts and `.gitignore` files. It adds the facts and files that it reads to the known
    /// ones.
    #[must_use]
    pub fn new(index: &'a Index, facts: &'a mut Facts<'m>, ignored: &'a mut IgnoredNames) -> Self {
        Self { index, facts, ignored }
    }

    /// Judges every file that a plan names; `before` is the plan's data from the last audit.
    #[must_use]
    pub fn plan(&mut self, plan: &Plan, before: &PreviousVerdicts) -> JudgedPlan {
        let based = self.based(plan);
        let plan = based.as_ref().unwrap_or(plan);
        let mut lookups: Vec<Lookup> =
            plan.deliverables.iter().map(|item| self.look_up(&item.place, item.kind, item.is_drawn(), plan)).collect();
        let roots = repository_names(plan, &lookups);
        for (item, lookup) in plan.deliverables.iter().zip(&mut lookups) {
            below_root(self.index, item, &roots, lookup);
        }
        in_renamed_folders(self.index, plan, &mut lookups);
        // The paths of all deliverables. A file at one of these paths cannot be the new place of another, moved file.
        let found = lookups.iter().filter_map(|lookup| match lookup {
            Ok(ResolvedPath::There(found, _)) => Some(found.path.clone()),
            _ => None,
        });
        let promised: HashSet<String> = plan.deliverables.iter().map(|item| item.path.clone()).chain(found).collect();
        let index = self.index;
        self.facts.prefetch(lookups.iter().filter_map(|lookup| file_of(lookup)).map(|found| Facts::key(index, found)));
        let deliverables = plan.deliverables.iter().zip(lookups);
        let deliverables = deliverables
            .map(|(item, lookup)| {
                if item.kind == Kind::Folder && roots.contains(&item.path) && !is_there(&lookup) {
                    return Verdict::new(
                        Status::Present,
                        Some("it is the audited folder under another name".to_owned()),
                    );
                }
                self.deliverable(item, lookup, &promised, &plan.folders, before)
            })
            .collect();
        let references = plan.references.iter();
        let references = references
            .map(|reference| {
                judge_reference(self.look_up(&reference.place, Kind::File, reference.form == Form::Tree, plan))
            })
            .collect();
        JudgedPlan { deliverables, references }
    }

    /// A copy of the plan with adjusted paths, if its paths do not begin at the root of the tree.
    fn based(&self, plan: &Plan) -> Option<Plan> {
        let (folder, checkout) = (base_folder(self.index, plan), other_checkout(self.index, plan));
        (folder.is_some() || checkout.is_some()).then(|| {
            let mut plan = plan.clone();
            plan.add_folder(folder);
            if let Some(checkout) = checkout {
                plan.move_places(&checkout);
            }
            plan
        })
    }

    fn look_up(&self, place: &Place, kind: Kind, drawn: bool, plan: &Plan) -> Lookup {
        let (path, anchored) = match place {
            Place::Inside { path, anchored } => (path, *anchored),
            Place::Outside(reason) => return Err(reason),
        };
        match resolve(self.index, path, PathContext { anchored, kind, folders: &plan.folders, drawn }) {
            judge_existing @ ResolvedPath::There(..) => Ok(judge_existing),
            _ if self.index.unreadable_above(path).is_some() => Err("a folder above it could not be read"),
            other => Ok(other),
        }
    }

    fn deliverable(
        &mut self,
        item: &Deliverable,
        lookup: Lookup,
        promised: &HashSet<String>,
        folders: &[String],
        before: &PreviousVerdicts,
    ) -> Verdict {
        if item.purpose == Purpose::Delete {
            return deleted(item, lookup);
        }
        let mut verdict = match lookup {
            Err(reason) => Verdict::new(Status::Unverifiable, Some(format!("{reason}: {}", item.path))),
            Ok(ResolvedPath::There(found, remark)) => self.judge_existing(item, &found, remark),
            Ok(ResolvedPath::Elsewhere(found, _)) if promised.contains(found.path.as_str()) => {
                let remark = format!("the same name at {} is another deliverable of the plan", found.path);
                Verdict::new(Status::Missing, Some(remark))
            }
            Ok(ResolvedPath::Elsewhere(found, remark)) => self.moved(&found, remark, before.row(&item.path)),
            Ok(ResolvedPath::Unclear(remark)) => Verdict::new(Status::Unverifiable, Some(remark)),
            Ok(ResolvedPath::Nowhere(_)) if item.purpose == Purpose::ChangeOrDelete => {
                Verdict::new(Status::Deleted, None)
            }
            Ok(ResolvedPath::Nowhere(remark)) => self.missing(item, remark, folders),
        };
        check_done_statement(item, &mut verdict);
        verdict
    }

    /// Judges something that does not exist. It is unverifiable if the plan calls it done and git ignores it; otherwise it
    /// is missing.
    fn missing(&mut self, item: &Deliverable, remark: Option<String>, folders: &[String]) -> Verdict {
        match item.done_at.and_then(|_| self.ignored.by(self.index, &item.path, item.kind, folders)) {
            Some(by) => Verdict::new(Status::Unverifiable, Some(format!("{by} excludes it from the repository"))),
            None => Verdict::new(Status::Missing, remark),
        }
    }

    /// Judges something that exists.
    fn judge_existing(&mut self, item: &Deliverable, found: &FoundEntry, remark: Option<String>) -> Verdict {
        let fits = match found.kind {
            EntryKind::File => item.kind != Kind::Folder,
            EntryKind::Folder => item.kind != Kind::File,
            EntryKind::Link => {
                let remark = "it is a symbolic link, which is not followed".to_owned();
                return Verdict::of(found, Status::Unverifiable, Some(remark));
            }
            EntryKind::Special => {
                return Verdict::of(found, Status::Unverifiable, Some("it is not a regular file".into()));
            }
        };
        if !fits {
            let is = if found.kind == EntryKind::File { "a file" } else { "a folder" };
            return Verdict::of(found, Status::Missing, Some(format!("the path is {is}")));
        }
        let mut verdict = Verdict::of(found, Status::Present, remark);
        if found.kind == EntryKind::File {
            self.judge_content(item, found, &mut verdict);
        }
        verdict
    }

    /// Judges a file with the right name in another place. If its content is the same as at the last audit, a remark says
    /// that it is the same file.
    fn moved(&mut self, found: &FoundEntry, remark: Option<String>, before: Option<&PreviousVerdict>) -> Verdict {
        let mut verdict = Verdict::of(found, Status::Moved, remark);
        let before = before.and_then(|kept| kept.sha256.as_ref());
        if let Ok(fact) = self.facts.of(self.index, found, &[]) {
            verdict.sha256.clone_from(&fact.sha256);
            verdict.lines = fact.lines;
            if before.is_some() && before == fact.sha256.as_ref() {
                let evidence = "its SHA-256 is the same as at the old place in the last audit, so it is the same file";
                verdict.remarks.push(evidence.to_owned());
            }
        }
        verdict
    }

    /// Judges a file by its size and by its text.
    fn judge_content(&mut self, item: &Deliverable, found: &FoundEntry, verdict: &mut Verdict) {
        let Some(bytes) = found.bytes else {
            verdict.status = Status::Unverifiable;
            verdict.remarks.push("its size could not be read".to_owned());
            return;
        };
        match self.facts.of(self.index, found, &item.symbols) {
            Ok(fact) => {
                verdict.sha256.clone_from(&fact.sha256);
                verdict.lines = fact.lines;
                if bytes == 0 {
                    empty(found, "the file has 0 bytes", verdict);
                } else {
                    by_text(item, found, fact, verdict);
                }
            }
            Err(error) => {
                verdict.status = Status::Unverifiable;
                verdict.remarks.push(format!("it could not be read: {error}"));
                return;
            }
        }
        if verdict.status == Status::Present && bytes > 0 {
            drift(item.bytes, bytes, "bytes", verdict);
        }
    }
}

/// Judges a file that the plan deletes.
fn deleted(item: &Deliverable, lookup: Lookup) -> Verdict {
    match lookup {
        Err(reason) => Verdict::new(Status::Unverifiable, Some(format!("{reason}: {}", item.path))),
        Ok(ResolvedPath::There(found, _))
            if found.path == item.path || found.path.ends_with(&format!("/{}", item.path)) =>
        {
            match item.done_at {
                Some(line) => Verdict::of(
                    &found,
                    Status::Phantom,
                    Some(format!("line {line} says that it was deleted, but it exists")),
                ),
                None => Verdict::of(&found, Status::Open, Some("the plan deletes it, but it still exists".into())),
            }
        }
        Ok(_) => Verdict::new(Status::Deleted, None),
    }
}

/// The file whose content the verdict needs.
fn file_of(lookup: &Lookup) -> Option<&FoundEntry> {
    match lookup {
        Ok(ResolvedPath::There(found, _) | ResolvedPath::Elsewhere(found, _)) => {
            Some(found).filter(|found| found.kind == EntryKind::File)
        }
        _ => None,
    }
}

/// The verdict on a reference.
fn judge_reference(lookup: Lookup) -> Verdict {
    match lookup {
        Err(reason) => Verdict::new(Status::Unverifiable, Some(reason.to_owned())),
        Ok(ResolvedPath::There(found, remark)) => Verdict::of(&found, Status::Present, remark),
        Ok(ResolvedPath::Elsewhere(found, remark)) => Verdict::of(&found, Status::Moved, remark),
        Ok(ResolvedPath::Unclear(remark)) => Verdict::new(Status::Unverifiable, Some(remark)),
        Ok(ResolvedPath::Nowhere(remark)) => Verdict::new(Status::Missing, remark),
    }
}

/// Checks a deliverable that the plan reports as done. It is a phantom if it is missing, empty or a stub, or if the file has
/// none of the promised definitions.
fn check_done_statement(item: &Deliverable, verdict: &mut Verdict) {
    let Some(line) = item.done_at else { return };
    let really = match verdict.status {
        Status::Missing => "it is missing",
        Status::Empty => "it is empty",
        Status::Stub => "it is a stub",
        Status::Partial if verdict.symbols.iter().all(|symbol| symbol.line.is_none()) => {
            "it defines nothing that the plan promises for it"
        }
        _ => return,
    };
    verdict.status = Status::Phantom;
    verdict.remarks.insert(0, format!("line {line} calls it done, but {really}"));
}

fn empty(found: &FoundEntry, remark: &str, verdict: &mut Verdict) {
    if !may_be_empty(&found.path) {
        verdict.status = Status::Empty;
        verdict.remarks.push(remark.to_owned());
    }
}

fn by_text(item: &Deliverable, found: &FoundEntry, fact: &Fact, verdict: &mut Verdict) {
    if fact.blank {
        empty(found, "the file has only white space", verdict);
        return;
    }
    if let Some(stub) = fact.stub {
        verdict.status = Status::Stub;
        verdict.remarks.push(stub.reason().to_owned());
        return;
    }
    let looked = item.symbols.iter().map(|name| (name, fact.definition(name).flatten()));
    verdict.symbols = looked.map(|(name, line)| Symbol { name: name.clone(), line }).collect();
    let undefined: Vec<&str> =
        verdict.symbols.iter().filter(|symbol| symbol.line.is_none()).map(|symbol| symbol.name.as_str()).collect();
    if !undefined.is_empty() {
        let unread = if fact.whole { "" } else { " in the part that was read" };
        verdict.remarks.push(format!("not defined{unread}: {}", undefined.join(", ")));
        verdict.status = Status::Partial;
        return;
    }
    if let Some(lines) = verdict.lines {
        drift(item.lines, lines, "lines", verdict);
    }
}

/// Records a stated number that differs from the real one.
fn drift(claim: Option<SizeAssertion>, actual: u64, unit: &str, verdict: &mut Verdict) {
    if let Some(claim) = claim.filter(|claim| !claim.agrees(actual)) {
        verdict.status = Status::Drifted;
        verdict.remarks.push(format!("the plan says {} {unit}, but the file has {actual}", claim.shown()));
    }
}

/// True for files that may be empty because only their existence matters.
fn may_be_empty(path: &str) -> bool {
    matches!(path.rsplit('/').next(), Some("__init__.py" | ".gitkeep" | ".keep" | "mod.rs" | "py.typed"))
}
