//! Where a written path of a report leads, and what stands there.
//!
//! Reports write paths as people remember them: from the root, from some folder, or by the name alone. A claim is held
//! against every file that the words may mean; the files that the same table names tell which one it is. What a line of
//! a file says is never repeated, because it may be a secret.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

use super::claim::{FileSays, LineSays, Outcome};
use super::number::grouped;
use crate::index::{EntryKind, Found, Index};
use crate::limits;
use crate::note::Weight;
use crate::plan::{self, Place};
use crate::verify::content::{line_count, line_defines};

/// Where a path leads.
enum Spot {
    /// To one of these.
    Found(Vec<Found>),
    /// Nowhere; a remark where the same name is elsewhere.
    Nowhere(Option<String>),
    /// It cannot be looked up.
    Unknown(String),
}

/// Looks things up in the audited tree.
pub(super) struct Lookup<'a> {
    index: &'a Index,
    read: Cell<u64>,
    lines: RefCell<BTreeMap<String, u64>>,
}

impl<'a> Lookup<'a> {
    /// A look-up in a tree.
    #[must_use]
    pub(super) fn new(index: &'a Index) -> Self {
        Self { index, read: Cell::new(0), lines: RefCell::new(BTreeMap::new()) }
    }

    /// Whether exactly this path is there.
    #[must_use]
    pub(super) fn has(&self, path: &str) -> bool {
        matches!(Place::of(path), Place::Inside { path, .. } if !path.is_empty() && self.index.find(&path).is_some())
    }

    /// Whether a file is there and as it is said to be.
    #[must_use]
    pub(super) fn file(&self, says: &FileSays) -> Outcome {
        let found = match self.spot(&says.path, &says.beside) {
            Spot::Unknown(reason) => return Outcome::unknown(reason),
            Spot::Nowhere(remark) => return absent(&says.path, remark),
            Spot::Found(found) => found,
        };
        let weighed: Vec<Result<(bool, String), String>> = found.iter().map(|found| self.weigh(says, found)).collect();
        let of = match weighed.len() {
            0 | 1 => String::new(),
            several => format!(" (one of {several} files of that name)"),
        };
        if let Some(Ok((_, seen))) = weighed.iter().find(|one| matches!(one, Ok((true, _)))) {
            return Outcome::holds(format!("{seen}{of}"));
        }
        match weighed.into_iter().next() {
            Some(Ok((_, seen))) => Outcome::fails(Weight::Medium, format!("{seen}{of}")),
            Some(Err(reason)) => Outcome::unknown(reason),
            None => absent(&says.path, None),
        }
    }

    /// Whether one file is as it is said to be, and what was seen.
    fn weigh(&self, says: &FileSays, found: &Found) -> Result<(bool, String), String> {
        let path = &found.path;
        let bytes = match (found.kind, found.bytes) {
            (EntryKind::File, Some(bytes)) => bytes,
            (EntryKind::Folder, _) => return Ok((false, format!("{path} is a folder"))),
            _ => return Err(format!("{path} is a link or no regular file, which is not followed")),
        };
        let mut seen = format!("{path}: {} bytes", grouped(bytes.into()));
        let mut holds = true;
        let mut compare = |said: Option<plan::Claim>, real: u64, unit: &str| {
            if let Some(said) = said {
                holds &= said.agrees(real);
                if !said.agrees(real) {
                    seen = format!("{path} has {} {unit}, written {}", grouped(real.into()), said.shown());
                } else if unit == "lines" {
                    seen = format!("{seen}, {} lines", grouped(real.into()));
                }
            }
        };
        compare(says.bytes, bytes, "bytes");
        if says.lines.is_some() {
            compare(says.lines, self.count(found)?, "lines");
        }
        Ok((holds, seen))
    }

    fn count(&self, found: &Found) -> Result<u64, String> {
        if let Some(count) = self.lines.borrow().get(&found.path) {
            return Ok(*count);
        }
        let count = line_count(&self.text(found)?);
        self.lines.borrow_mut().insert(found.path.clone(), count);
        Ok(count)
    }

    fn text(&self, found: &Found) -> Result<String, String> {
        let path = &found.path;
        let read = self.read.get().saturating_add(found.bytes.unwrap_or_default());
        if read > limits::CLAIM_READ_BYTES {
            return Err(format!(
                "{path} was not read: this audit has read {} MiB for claims",
                limits::CLAIM_READ_BYTES / 1024 / 1024
            ));
        }
        self.read.set(read);
        let content = self.index.read(found).map_err(|error| format!("{path} could not be read: {error}"))?;
        if content.whole { Ok(content.text) } else { Err(format!("{path} is too large to be read as a whole")) }
    }

    /// Whether a line says what it is said to say.
    #[must_use]
    pub(super) fn line(&self, says: &LineSays) -> Outcome {
        let found = match self.spot(&says.path, &[]) {
            Spot::Unknown(reason) => return Outcome::unknown(reason),
            Spot::Nowhere(remark) => return absent(&says.path, remark),
            Spot::Found(found) => found,
        };
        let mut outcomes = found.iter().map(|found| match self.text(found) {
            Ok(text) => line_in(says, &found.path, &text),
            Err(reason) => Outcome::unknown(reason),
        });
        let Some(first) = outcomes.next() else { return absent(&says.path, None) };
        outcomes.fold(first, |best, next| if next.verdict < best.verdict { next } else { best })
    }

    fn spot(&self, written: &str, beside: &[String]) -> Spot {
        if self.index.roots().is_empty() {
            return Spot::Unknown("no folder to look into was granted".to_owned());
        }
        let (path, anchored) = match Place::of(written) {
            Place::Outside(reason) => return Spot::Unknown(format!("{reason}: {written}")),
            Place::Inside { path, anchored } => (path, anchored),
        };
        if let Some(found) = self.index.find(&path).or_else(|| self.below_own_name(&path)) {
            return Spot::Found(vec![found]);
        }
        let name = path.rsplit('/').next().unwrap_or(&path);
        let same: Vec<&str> = self.index.named(name, EntryKind::File).collect();
        let tail = format!("/{path}");
        let meant: Vec<&str> =
            if anchored { Vec::new() } else { same.iter().filter(|found| found.ends_with(&tail)).copied().collect() };
        let meant = self.narrowed(meant, beside);
        let found: Vec<Found> = meant.iter().filter_map(|path| self.index.find(path)).collect();
        match (found.is_empty(), self.index.notes().first()) {
            (false, _) => Spot::Found(found),
            (true, Some(note)) => Spot::Unknown(format!("the tree was not indexed as a whole: {note}")),
            (true, None) => Spot::Nowhere(same.first().map(|path| format!("the same name is at {path}"))),
        }
    }

    /// A path that begins with the audited folder's own name.
    fn below_own_name(&self, path: &str) -> Option<Found> {
        let (first, rest) = path.split_once('/')?;
        let own =
            self.index.roots().iter().any(|root| root.shown.trim_end_matches('/').rsplit('/').next() == Some(first));
        if own { self.index.find(rest) } else { None }
    }

    /// The files among several of one name that live with the most of the files named beside.
    fn narrowed<'b>(&self, meant: Vec<&'b str>, beside: &[String]) -> Vec<&'b str> {
        if meant.len() < 2 || beside.is_empty() {
            return meant;
        }
        let company = |path: &str| {
            let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
            let there = |name: &&String| self.index.find(&format!("{folder}/{name}")).is_some();
            beside.iter().filter(there).count()
        };
        let counted: Vec<(usize, &str)> = meant.iter().map(|path| (company(path), *path)).collect();
        let most = counted.iter().map(|(count, _)| *count).max().unwrap_or_default();
        if most < 2 {
            return meant;
        }
        counted.into_iter().filter(|(count, _)| *count == most).map(|(_, path)| path).collect()
    }
}

fn absent(path: &str, remark: Option<String>) -> Outcome {
    let remark = remark.map_or(String::new(), |remark| format!("; {remark}"));
    Outcome::fails(Weight::High, format!("there is no {path} below the audited folders{remark}"))
}

fn line_in(says: &LineSays, path: &str, text: &str) -> Outcome {
    let total = line_count(text);
    let place = if says.first == says.last {
        format!("{path}:{}", says.first)
    } else {
        format!("{path}:{}-{}", says.first, says.last)
    };
    let at = |wanted: &dyn Fn(&str) -> bool| {
        text.lines().zip(1_u64..).filter(|(line, _)| wanted(line)).map(|(_, at)| at).collect::<Vec<u64>>()
    };
    let within = |lines: &[u64]| lines.iter().find(|at| (says.first..=says.last).contains(at)).copied();
    if let Some(content) = &says.content {
        let lines = at(&|line| line.trim() == content.trim());
        return match (within(&lines), lines.first()) {
            (Some(at), _) => Outcome::holds(format!("{path}:{at} says so")),
            (None, Some(at)) => {
                Outcome::fails(Weight::Medium, format!("it stands at {path}:{at}, not at line {}", says.first))
            }
            (None, None) => Outcome::fails(Weight::Medium, format!("no line of {path} says so; it has {total} lines")),
        };
    }
    if let Some(symbol) = &says.symbol {
        let defined = at(&|line| line_defines(line, symbol));
        let named = at(&|line| line.contains(symbol.as_str()));
        let around = |lines: &[u64]| {
            lines.iter().find(|at| (says.first.saturating_sub(2)..=says.last.saturating_add(2)).contains(*at)).copied()
        };
        let inside = (says.first < says.last && says.last <= total)
            .then(|| defined.iter().rfind(|at| **at <= says.last).copied())
            .flatten();
        return match (around(&defined).or_else(|| around(&named)).or(inside), defined.first()) {
            (Some(at), _) => Outcome::holds(format!("{symbol} stands at {path}:{at}")),
            (None, Some(at)) => Outcome::fails(
                Weight::Medium,
                format!("{symbol} is defined at {path}:{at}, not at line {}", says.first),
            ),
            (None, None) => {
                Outcome::fails(Weight::Medium, format!("{path} does not define {symbol}; it has {total} lines"))
            }
        };
    }
    Outcome::of(says.last <= total, format!("{place}: the file has {} lines", grouped(total.into())))
}
