//! Generates a tree of files of any size, and the plans that promise these files. Every run generates the same tree.
//!
//! Plans name their files in the usual forms: a fenced tree, a table, a list. Of every twenty files that a plan
//! names, one is missing, and one has another size than the plan states.

use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::Path;

/// The number of files in one folder.
const PER_FOLDER: usize = 20;

/// The generated tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct GeneratedTree {
    /// Plans below `plans`.
    pub(crate) plans: usize,
    /// Files below `root`.
    pub(crate) files: usize,
    /// Files that the plans name, all together.
    pub(crate) promised: usize,
}

/// Writes a number of files below `folder/root` and a number of plans below `folder/plans` that promise all of the files.
///
/// # Errors
/// When a file cannot be written.
pub(crate) fn make(folder: &Path, plans: usize, files: usize) -> io::Result<GeneratedTree> {
    for nth in 0..files {
        let path = folder.join("root").join(path_of(nth));
        if nth % PER_FOLDER == 0
            && let Some(parent) = path.parent()
        {
            fs::create_dir_all(parent)?;
        }
        fs::write(path, text_of(nth))?;
    }
    let mut promised = 0;
    for nth in 0..plans {
        let (first, last) = (nth * files / plans, (nth + 1) * files / plans);
        let path = folder.join(format!("plans/p{:02}/plan{nth:05}.md", nth / 500));
        if nth % 500 == 0
            && let Some(parent) = path.parent()
        {
            fs::create_dir_all(parent)?;
        }
        promised += last - first;
        fs::write(path, plan(nth, first, last))?;
    }
    Ok(GeneratedTree { plans, files, promised })
}

/// The path of a file below `root`, with a unique name.
#[must_use]
pub(crate) fn path_of(nth: usize) -> String {
    let folder = nth / PER_FOLDER;
    format!("area{:02}/part{folder:04}/module_{nth:06}.py", folder % 40)
}

fn text_of(nth: usize) -> String {
    let mut text = format!("\"\"\"Module {nth}.\"\"\"\n\n\nclass Module{nth:06}Maker:\n    number = {nth}\n");
    for line in 0..nth % 40 {
        let _ = writeln!(text, "\n    def step_{line}(self):\n        return self.number + {line}");
    }
    text
}

/// A plan that promises the files from `first` to `last`, and one missing file for every twenty of them.
fn plan(nth: usize, first: usize, last: usize) -> String {
    let mut text =
        format!("# Plan {nth}\n\n**Date:** 2026-01-08\n**Status:** IN PROGRESS\n\nWhy it is so, in some words.\n");
    let named = |nth: usize| {
        let path = path_of(nth);
        if nth.is_multiple_of(20) { path.replace(".py", "_gone.py") } else { path }
    };
    match nth % 3 {
        0 => {
            let _ = writeln!(text, "\n## Layout\n\n```");
            let mut folder = String::new();
            for nth in first..last {
                let path = named(nth);
                let (parent, name) = path.rsplit_once('/').unwrap_or(("", &path));
                if parent != folder {
                    parent.clone_into(&mut folder);
                    let _ = writeln!(text, "{folder}/");
                }
                let _ = writeln!(text, "├── {name}  # step {nth}");
            }
            text.push_str("```\n");
        }
        1 => {
            text.push_str("\n## Components\n\n| Component | File | Class | Size |\n|---|---|---|---|\n");
            for nth in first..last {
                let bytes = if nth % 20 == 7 { 1 } else { text_of(nth).len() };
                let _ = writeln!(text, "| Part {nth} | `{}` | `Module{nth:06}Maker` | {bytes} bytes |", named(nth));
            }
        }
        _ => {
            text.push_str("\n## Deliverables\n\n");
            for nth in first..last {
                let _ =
                    writeln!(text, "- [{}] `{}`: does step {nth}", if nth % 2 == 0 { "x" } else { " " }, named(nth));
            }
        }
    }
    text.push_str("\n## Success Criteria\n\n- Everything runs\n");
    text
}
