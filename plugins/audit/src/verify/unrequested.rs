//! Finds files that no plan names: files that a plan leaves out although it lists their folder in full, and stubs of
//! generators in any folder.
//!
//! These files are not deliverables and never part of a completion. Files without a stub's text are reported only in folders
//! for which a plan has a full list. A stub is recognised by its text, so small source files must be read. Only files in
//! folders that changed since the last audit are read, up to a limit per run.

use std::collections::{BTreeMap, HashMap};
use std::io::Read;

use serde::Serialize;

use super::content;
use super::judge::JudgedPlan;
use crate::count::count;
use crate::index::{EntryKind, Index};
use crate::limits;
use crate::page::{Block, Cell, Table};
use crate::plan::Plan;
use crate::remark::NoteSeverity;
use crate::report::Gap;

/// Extensions of the output of compilers and interpreters.
const COMPILED: &[&str] = &["a", "class", "dll", "dylib", "exe", "lib", "o", "obj", "pyc", "pyd", "pyo", "rlib", "so"];

/// The entries of the tree that some plan names.
#[derive(Debug, Default)]
pub struct RequestedEntries {
    named: Vec<bool>,
}

impl RequestedEntries {
    /// Starts without names.
    #[must_use]
    pub fn new(index: &Index) -> Self {
        Self { named: vec![false; index.len()] }
    }

    /// Adds the files that a plan promises or mentions.
    pub fn add(&mut self, index: &Index, judged: &JudgedPlan) {
        let verdicts = judged.deliverables.iter().chain(&judged.references);
        for at in verdicts.filter_map(|verdict| index.position(verdict.found.as_deref()?)) {
            if let Some(named) = self.named.get_mut(at) {
                *named = true;
            }
        }
    }

    fn has(&self, at: usize) -> bool {
        self.named.get(at).copied().unwrap_or(false)
    }
}

/// The plans that have a full list of at least one folder, each with these folders.
#[derive(Debug, Default)]
pub struct Enumerations {
    plans: Vec<(String, Vec<String>)>,
}

impl Enumerations {
    /// Adds a plan.
    pub fn add(&mut self, index: &Index, shown: &str, plan: &Plan) {
        let there = |folder: &&String| index.find(folder).is_some_and(|found| found.kind == EntryKind::Folder);
        let folders: Vec<String> = plan.enumerated.iter().filter(there).cloned().collect();
        if !folders.is_empty() {
            self.plans.push((shown.to_owned(), folders));
        }
    }
}

/// Files that no plan requested.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct UnrequestedFiles {
    /// For each plan with a full list of a folder: the files in the folder that the list leaves out.
    pub plans: Vec<PlanUnrequestedFiles>,
    /// Stubs of generators that no plan names.
    pub junk: Vec<String>,
    /// Number of files that are not listed because there are too many.
    pub left_out: usize,
    /// Number of source files that were not read because there are too many; the next audit continues with them.
    pub not_looked: usize,
}

/// The unrequested files of one plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PlanUnrequestedFiles {
    /// The plan.
    pub plan: String,
    /// The files, by path.
    pub files: Vec<String>,
}

/// A folder that was searched for stubs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SearchedFolder {
    /// Modification time of the folder, in nanoseconds since 1970.
    pub changed_ns: u64,
    /// Number of source files in it that no plan names.
    pub files: u64,
    /// The stubs in it, by name.
    pub junk: Vec<String>,
}

/// Folders that were searched, by path; the root is the empty path.
pub type Folders = BTreeMap<String, SearchedFolder>;

/// Finds unrequested files, using the folders of the last audit. Returns the folders of this audit, without those that
/// changed less than two seconds before `now_ns`.
#[must_use]
pub fn unrequested(
    index: &Index,
    asked: &RequestedEntries,
    enumerations: &Enumerations,
    before: &Folders,
    now_ns: u64,
) -> (UnrequestedFiles, Folders) {
    let mut found = UnrequestedFiles::default();
    let loose = loose_files(index, asked);
    beside(&loose, enumerations, &mut found);
    let folders = junk(index, &loose, before, now_ns, &mut found);
    (found, folders)
}

/// Files that no plan names, by folder.
fn loose_files<'a>(index: &'a Index, asked: &RequestedEntries) -> HashMap<&'a str, Vec<&'a str>> {
    let mut loose: HashMap<&str, Vec<&str>> = HashMap::new();
    for at in (0..index.len()).filter(|at| !asked.has(*at)) {
        if let Some((path, EntryKind::File)) = index.path(at).filter(|(path, _)| !index.is_apart(path)) {
            let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
            loose.entry(folder).or_default().push(name);
        }
    }
    loose
}

/// Adds the files that a plan leaves out although it lists their folder in full.
fn beside(loose: &HashMap<&str, Vec<&str>>, enumerations: &Enumerations, found: &mut UnrequestedFiles) {
    let mut room = limits::UNREQUESTED;
    for (plan, folders) in &enumerations.plans {
        let mut files = Vec::new();
        for folder in folders {
            let names = loose.get(folder.as_str()).map(Vec::as_slice).unwrap_or_default();
            for name in names.iter().filter(|name| counts(name)) {
                if room == 0 || files.len() >= limits::UNREQUESTED_PER_PLAN {
                    found.left_out += 1;
                } else {
                    room -= 1;
                    files.push(join(folder, name));
                }
            }
        }
        if !files.is_empty() {
            files.sort();
            found.plans.push(PlanUnrequestedFiles { plan: plan.clone(), files });
        }
    }
}

/// False for files that a full list may leave out, such as `LICENSE` or `till.pyc`.
fn counts(name: &str) -> bool {
    let upper = name.to_ascii_uppercase();
    let ending = name.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase()).unwrap_or_default();
    !(name.starts_with('.')
        || name == "__init__.py"
        || upper.starts_with("LICENSE")
        || upper.starts_with("README")
        || name.ends_with('~')
        || COMPILED.contains(&ending.as_str()))
}

/// Finds stubs of generators.
fn junk(
    index: &Index,
    loose: &HashMap<&str, Vec<&str>>,
    before: &Folders,
    now_ns: u64,
    found: &mut UnrequestedFiles,
) -> Folders {
    let mut folders: Vec<(&str, &Vec<&str>)> = loose.iter().map(|(folder, names)| (*folder, names)).collect();
    // Generators leave stubs near the root, so a limited search begins there.
    folders.sort_by_key(|(folder, _)| (folder.split('/').count(), *folder));
    let mut known = Folders::new();
    let mut room = limits::STUB_CANDIDATES;
    for (folder, names) in folders {
        let changed_ns = index.folder_changed_ns(folder);
        let code: Vec<&str> = names.iter().copied().filter(|name| content::is_code(name)).collect();
        let files = code.len() as u64;
        let same = |earlier: &&SearchedFolder| Some(earlier.changed_ns) == changed_ns && earlier.files == files;
        let names: Vec<&str> = match before.get(folder).filter(same) {
            // If the folder did not change, only its earlier stubs are read: such a stub may have been filled in the
            // meantime.
            Some(earlier) => code.into_iter().filter(|name| earlier.junk.iter().any(|junk| junk == name)).collect(),
            None => code,
        };
        if names.len() > room {
            found.not_looked += names.len();
            continue;
        }
        room -= names.len();
        let junk: Vec<String> =
            names.into_iter().filter(|name| says_generated(index, &join(folder, name))).map(str::to_owned).collect();
        for name in &junk {
            if found.junk.len() < limits::UNREQUESTED {
                found.junk.push(join(folder, name));
            } else {
                found.left_out += 1;
            }
        }
        if let Some(changed_ns) = changed_ns.filter(|changed| changed.saturating_add(limits::RACY_NS) <= now_ns) {
            known.insert(folder.to_owned(), SearchedFolder { changed_ns, files, junk });
        }
    }
    found.junk.sort();
    known
}

fn says_generated(index: &Index, path: &str) -> bool {
    let Some(found) = index.find(path) else { return false };
    if !found.bytes.is_some_and(|bytes| bytes > 0 && bytes <= limits::STUB_BYTES) {
        return false;
    }
    let mut bytes = Vec::new();
    let read = index.open(&found).and_then(|file| file.take(limits::STUB_BYTES).read_to_end(&mut bytes));
    read.is_ok() && content::says_generated(&String::from_utf8_lossy(&bytes).to_lowercase())
}

fn join(folder: &str, name: &str) -> String {
    if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") }
}

impl UnrequestedFiles {
    /// A finding for each file.
    #[must_use]
    pub fn gaps(&self) -> Vec<Gap> {
        let beside = self.plans.iter().flat_map(|plan| plan.files.iter().map(move |path| (plan.plan.as_str(), path)));
        let beside = beside.map(|(plan, path)| {
            let title = format!("UNREQUESTED: {path} ({plan})");
            let evidence = format!("found: {path}; {plan} has a full list of that folder, and no plan names this file");
            Gap::new(&format!("{plan}:{path}:unrequested"), NoteSeverity::Info, &title, &evidence)
        });
        let junk = self.junk.iter().map(|path| {
            let title = format!("UNREQUESTED: {path} is only a placeholder, and no plan names it");
            let evidence = format!("found: {path}; {}", content::Stub::Generated.reason());
            Gap::new(&format!("tree:{path}:unrequested"), NoteSeverity::Medium, &title, &evidence)
        });
        junk.chain(beside).collect()
    }

    /// The report blocks; empty if there are no unrequested files.
    #[must_use]
    pub fn blocks(&self) -> Vec<Block> {
        if self.plans.is_empty() && self.junk.is_empty() && self.not_looked == 0 {
            return Vec::new();
        }
        let mut table = Table::new(&["File", "Remark"]);
        for path in &self.junk {
            let remark = Cell::text(format!("a stub: {}", content::Stub::Generated.reason()));
            table.row([Cell::code(path), remark]);
        }
        for plan in &self.plans {
            for path in &plan.files {
                let remark = Cell::text(format!("{} has a full list of the folder, without this file", plan.plan));
                table.row([Cell::code(path), remark]);
            }
        }
        let mut blocks = vec![
            Block::Heading("Unrequested Files".to_owned()),
            Block::Text("No plan names these. They are not part of any completion.".to_owned()),
        ];
        if !table.rows.is_empty() {
            blocks.push(Block::Table(table));
        }
        if self.left_out > 0 {
            blocks.push(Block::Text(format!("{} more are not listed.", self.left_out)));
        }
        if self.not_looked > 0 {
            let text = format!("{} not checked for stubs: too many.", count(self.not_looked, "source file"));
            blocks.push(Block::Text(text));
        }
        blocks
    }
}
