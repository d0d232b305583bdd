//! Audits four plans against 1,400 files: the real plans, and a tree of files with the real names and sizes, completed with
//! generated files. If the real plans and the list of files are missing, everything is generated.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use baton_tests::{Workspace, repository};

use crate::measure::{Audits, SETTLED};
use crate::report::Report;
use crate::{Scale, floor, place, tree};

const PLANS: usize = 4;
const FILES: usize = 1_400;
const COLD_MS: f64 = 300.0;
const UNCHANGED_MS: f64 = 30.0;

/// Measures and reports.
///
/// # Errors
/// When an audit does not succeed.
pub(crate) fn run(scale: Scale, report: &mut Report) -> anyhow::Result<()> {
    let mut cold = Audits::default();
    let mut last = None;
    for _ in 0..scale.cold {
        let (workspace, what) = workspace()?;
        cold.add(&workspace)?;
        last = Some((workspace, what));
    }
    let (workspace, what) = last.context("there is a round at least")?;
    report.part(format!("Four plans against 1,400 files ({what})"));
    cold.tell("cold", COLD_MS, report);
    // This audit is not counted: it reads again the files that were written just before the first audit.
    std::thread::sleep(SETTLED);
    Audits::default().add(&workspace)?;
    let mut unchanged = Audits::default();
    for _ in 0..scale.unchanged {
        unchanged.add(&workspace)?;
    }
    unchanged.tell("nothing changed", UNCHANGED_MS, report);
    floor::add(&workspace, scale.unchanged, report)
}

/// A workspace with plans and tree, and their description.
fn workspace() -> anyhow::Result<(Workspace, String)> {
    let workspace = place::workspace()?;
    let (plans, files) = match corpus() {
        Some(folder) => real(&folder, workspace.root())?,
        None => (0, 0),
    };
    tree::make(workspace.root(), PLANS.saturating_sub(plans), FILES.saturating_sub(files))?;
    std::thread::sleep(SETTLED);
    Ok((workspace, format!("{plans} real plans and {files} real files among them")))
}

/// The real plans: below `BATON_CORPUS`, else in `../shared/corpus`.
fn corpus() -> Option<PathBuf> {
    let named = std::env::var_os("BATON_CORPUS").map(PathBuf::from);
    let folder = named.unwrap_or_else(|| repository().join("../shared/corpus")).join("plans");
    folder.join("tree.tsv").is_file().then_some(folder)
}

/// Copies the plans and builds the tree from the list; returns the number of each.
fn real(corpus: &Path, root: &Path) -> anyhow::Result<(usize, usize)> {
    let mut plans = 0;
    for entry in fs::read_dir(corpus)? {
        let path = entry?.path();
        if path.extension().is_some_and(|ending| ending == "md")
            && let Some(name) = path.file_name()
        {
            fs::copy(&path, root.join("plans").join(name))?;
            plans += 1;
        }
    }
    let mut files = 0;
    for row in fs::read_to_string(corpus.join("tree.tsv"))?.lines().skip(1) {
        let cells: Vec<&str> = row.split('\t').collect();
        let [path, bytes, lines, symbols @ ..] = cells.as_slice() else { continue };
        let path = root.join("root").join(path);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        let symbols = symbols.first().copied().unwrap_or_default();
        fs::write(path, content(bytes.parse()?, lines.parse()?, symbols))?;
        files += 1;
    }
    Ok((plans, files))
}

/// A file that has about this number of bytes and lines and defines these names.
fn content(bytes: usize, lines: usize, symbols: &str) -> String {
    let mut text = String::new();
    for symbol in symbols.split(',').filter(|symbol| !symbol.is_empty()) {
        let what = if symbol.starts_with(char::is_uppercase) { "class" } else { "def" };
        let _ = writeln!(text, "{what} {symbol}():\n    number = 1");
    }
    let written = text.lines().count();
    let missing = lines.saturating_sub(written).max(1);
    let width = bytes.saturating_sub(text.len()) / missing;
    for _ in 0..missing {
        let _ = writeln!(text, "#{}", "x".repeat(width.saturating_sub(2)));
    }
    text
}
