//! The status of one deliverable, with its evidence.

use std::collections::HashSet;

use super::content;
use super::resolve::{Resolved, resolve};
use super::status::Status;
use crate::index::{EntryKind, Found, Index};
use crate::limits;
use crate::plan::{Claim, Deliverable, Kind, Place, Plan, Reference};

/// How a deliverable stands and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// The status.
    pub status: Status,
    /// Where it was found, below the root.
    pub found: Option<String>,
    /// Its size in bytes.
    pub bytes: Option<u64>,
    /// Its number of lines, where it was counted.
    pub lines: Option<u64>,
    /// What a reader should know, in order of weight.
    pub remarks: Vec<String>,
}

impl Verdict {
    fn new(status: Status, remark: Option<String>) -> Self {
        Self { status, found: None, bytes: None, lines: None, remarks: remark.into_iter().collect() }
    }

    fn of(found: &Found, status: Status, remark: Option<String>) -> Self {
        Self { found: Some(found.path.clone()), bytes: found.bytes, ..Self::new(status, remark) }
    }
}

/// Judges the names of one plan against one tree.
#[derive(Debug)]
pub struct Judge<'a> {
    index: &'a Index,
    folders: &'a [String],
    promised: HashSet<&'a str>,
}

impl<'a> Judge<'a> {
    /// A judge for a plan.
    #[must_use]
    pub fn new(index: &'a Index, plan: &'a Plan) -> Self {
        let promised = plan.deliverables.iter().map(|deliverable| deliverable.path.as_str()).collect();
        Self { index, folders: &plan.folders, promised }
    }

    /// How a deliverable stands.
    #[must_use]
    pub fn deliverable(&self, deliverable: &Deliverable) -> Verdict {
        match self.resolved(&deliverable.place, deliverable.kind) {
            Err(reason) => Verdict::new(Status::Unverifiable, Some(format!("{reason}: {}", deliverable.path))),
            Ok(Resolved::There(found, remark)) => there(self.index, deliverable, &found, remark),
            Ok(Resolved::Elsewhere(found, _)) if self.promised.contains(found.path.as_str()) => {
                let remark = format!("the same name at {} is another deliverable of the plan", found.path);
                Verdict::new(Status::Missing, Some(remark))
            }
            Ok(other) => absent(other),
        }
    }

    /// Where a reference was found, or that it was not.
    #[must_use]
    pub fn reference(&self, reference: &Reference) -> Verdict {
        match self.resolved(&reference.place, Kind::File) {
            Err(reason) => Verdict::new(Status::Unverifiable, Some(reason.to_owned())),
            Ok(Resolved::There(found, remark)) => Verdict::of(&found, Status::Present, remark),
            Ok(other) => absent(other),
        }
    }

    fn resolved(&self, place: &Place, kind: Kind) -> Result<Resolved, &'static str> {
        match place {
            Place::Inside { path, anchored } => Ok(resolve(self.index, path, *anchored, kind, self.folders)),
            Place::Outside(reason) => Err(reason),
        }
    }
}

fn absent(resolved: Resolved) -> Verdict {
    match resolved {
        Resolved::There(found, remark) => Verdict::of(&found, Status::Present, remark),
        Resolved::Elsewhere(found, remark) => Verdict::of(&found, Status::Moved, remark),
        Resolved::Nowhere(remark) => Verdict::new(Status::Missing, remark),
    }
}

/// Judges something that exists.
fn there(index: &Index, deliverable: &Deliverable, found: &Found, remark: Option<String>) -> Verdict {
    let fits = match found.kind {
        EntryKind::File => deliverable.kind != Kind::Folder,
        EntryKind::Folder => deliverable.kind != Kind::File,
        EntryKind::Link => {
            return Verdict::of(
                found,
                Status::Unverifiable,
                Some("it is a symbolic link, which is not followed".into()),
            );
        }
        EntryKind::Special => return Verdict::of(found, Status::Unverifiable, Some("it is not a regular file".into())),
    };
    if !fits {
        let is = if found.kind == EntryKind::File { "a file" } else { "a folder" };
        return Verdict::of(found, Status::Missing, Some(format!("what stands there is {is}")));
    }
    let mut verdict = Verdict::of(found, Status::Present, remark);
    if found.kind == EntryKind::File {
        weigh(index, deliverable, found, &mut verdict);
    }
    verdict
}

/// Judges a file by its size and, where that needs reading, by its text.
fn weigh(index: &Index, deliverable: &Deliverable, found: &Found, verdict: &mut Verdict) {
    let Some(bytes) = found.bytes else {
        verdict.status = Status::Unverifiable;
        verdict.remarks.push("its size could not be read".to_owned());
        return;
    };
    if bytes == 0 {
        if !may_be_empty(&found.path) {
            verdict.status = Status::Empty;
            verdict.remarks.push("the file has 0 bytes".to_owned());
        }
        return;
    }
    if bytes <= limits::STUB_BYTES || deliverable.lines.is_some() || !deliverable.symbols.is_empty() {
        match index.read(found) {
            Ok(text) => by_text(deliverable, found, &text.text, text.whole, verdict),
            Err(error) => {
                verdict.status = Status::Unverifiable;
                verdict.remarks.push(format!("it could not be read: {error}"));
                return;
            }
        }
    }
    if verdict.status == Status::Present {
        drift(deliverable.bytes, bytes, "bytes", verdict);
    }
}

fn by_text(deliverable: &Deliverable, found: &Found, text: &str, whole: bool, verdict: &mut Verdict) {
    if whole {
        verdict.lines = Some(content::line_count(text));
    }
    if text.trim().is_empty() && !may_be_empty(&found.path) {
        verdict.status = Status::Empty;
        verdict.remarks.push("the file holds nothing but blanks".to_owned());
        return;
    }
    let stub = if found.bytes.is_some_and(|bytes| bytes <= limits::STUB_BYTES) {
        content::stub_reason(&found.path, text)
    } else {
        None
    };
    if let Some(reason) = stub {
        verdict.status = Status::Stub;
        verdict.remarks.push(reason.to_owned());
        return;
    }
    let undefined = content::undefined(text, &deliverable.symbols);
    if !undefined.is_empty() {
        let unread = if whole { "" } else { " in the part that was read" };
        verdict.status = Status::Partial;
        verdict.remarks.push(format!("not defined{unread}: {}", undefined.join(", ")));
        return;
    }
    if let Some(lines) = verdict.lines {
        drift(deliverable.lines, lines, "lines", verdict);
    }
}

/// Notes a claimed number that the real one does not bear out.
fn drift(claim: Option<Claim>, actual: u64, unit: &str, verdict: &mut Verdict) {
    if let Some(claim) = claim.filter(|claim| !claim.agrees(actual)) {
        verdict.status = Status::Drifted;
        verdict.remarks.push(format!("the plan says {} {unit}, it has {actual}", claim.shown()));
    }
}

/// Files whose being there is all that they are for.
fn may_be_empty(path: &str) -> bool {
    matches!(path.rsplit('/').next(), Some("__init__.py" | ".gitkeep" | ".keep" | "py.typed"))
}
