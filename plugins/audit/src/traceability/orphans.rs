//! Files without references: documents without a link to them, source files that no document names.

use std::collections::BTreeSet;

use baton_core::glob::Globs;
use serde::Serialize;

use super::alignment_yml::AlignmentRow;
use super::documents::Documents;
use super::lookup::{self, Target};
use super::matrix::MatrixRow;
use crate::index::{EntryKind, Index};
use crate::limits;
use crate::options::Options;
use crate::yaml::{self, Node, Value};

/// Files where a reader or a program begins: they need no link.
const ENTRIES: &[&str] = &[
    "**/{README,readme,Readme,index,INDEX,SUMMARY,_sidebar}.md",
    "**/{LICENSE,LICENCE,CONTRIBUTING,CODE_OF_CONDUCT,SECURITY,SUPPORT,AGENTS,CLAUDE,GEMINI}*.md",
    "**/.*/**",
];

/// Lists of pages of a site.
const NAVIGATIONS: &[&str] = &["**/mkdocs.{yml,yaml}"];

/// Documents without a link to them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Orphans {
    /// Documents that should be linked to.
    pub documents: usize,
    /// How many are not.
    pub count: usize,
    /// The first ones of them.
    pub first: Vec<String>,
}

/// Source files that documents name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Coverage {
    /// Source files.
    pub files: usize,
    /// How many are named.
    pub named: usize,
    /// The first ones that are not.
    pub unnamed: Vec<String>,
}

/// The references of documents: paths, and folders with their content.
pub(super) struct NamedFiles<'a> {
    paths: BTreeSet<&'a str>,
    folders: BTreeSet<&'a str>,
}

impl<'a> NamedFiles<'a> {
    /// Everything that documents, matrices and lists name.
    pub(super) fn of(
        index: &Index,
        documents: &'a Documents,
        lists: &'a [AlignmentRow],
        pages: &'a BTreeSet<String>,
    ) -> Self {
        let rows = |row: &'a MatrixRow| row.references.iter().filter_map(|code| code.found.as_deref());
        let linked =
            |row: &'a AlignmentRow| row.documents.iter().chain(&row.code).filter_map(|linked| linked.found.as_deref());
        let meant: Vec<&str> = documents.matrix.iter().flat_map(rows).chain(lists.iter().flat_map(linked)).collect();
        let is_folder = |path: &&str| index.find(path).is_some_and(|found| found.kind == EntryKind::Folder);
        let folders = meant.iter().copied().filter(is_folder).collect();
        let paths = documents.named.iter().chain(pages).map(String::as_str).chain(meant).collect();
        Self { paths, folders }
    }

    fn has(&self, path: &str) -> bool {
        let above = || {
            path.match_indices('/').any(|(at, _)| path.get(..at).is_some_and(|folder| self.folders.contains(folder)))
        };
        self.paths.contains(path) || above()
    }
}

/// Pages that a site's list of pages names.
#[must_use]
pub(super) fn pages(index: &Index) -> BTreeSet<String> {
    let (lists, _) = index.matching(&Globs::new(NAVIGATIONS).unwrap_or_default(), limits::TRACKERS);
    let mut out = BTreeSet::new();
    for list in lists {
        let Some(content) = index.find(list).and_then(|found| index.read_head(&found, limits::DOCUMENT_BYTES).ok())
        else {
            continue;
        };
        let Ok(node) = yaml::parse(&content.text) else { continue };
        let mut words = Vec::new();
        leaves(&node, &mut words);
        for page in words.into_iter().filter(|word| word.ends_with(".md")) {
            for place in [format!("docs/{page}"), page.to_owned()] {
                if let Target::Inside(path) = lookup::beside(list, &place) {
                    out.insert(path);
                }
            }
        }
    }
    out
}

/// The words of a document; its depth is bounded where it is read.
fn leaves<'a>(node: &'a Node, out: &mut Vec<&'a str>) {
    match &node.value {
        Value::Word(_) => out.extend(node.word()),
        Value::List(nodes) => nodes.iter().for_each(|node| leaves(node, out)),
        Value::Map(pairs) => pairs.iter().for_each(|(_, node)| leaves(node, out)),
    }
}

/// The documents without a reference.
#[must_use]
pub(super) fn orphans(documents: &Documents, named: &NamedFiles<'_>) -> Orphans {
    let entries = Globs::new(ENTRIES).unwrap_or_default();
    let mut out = Orphans::default();
    for path in documents.read.iter().filter(|path| !entries.matches(path) && !documents.plans.contains(*path)) {
        out.documents += 1;
        if !named.has(path) {
            out.count += 1;
            if out.first.len() < limits::ROWS {
                out.first.push(path.clone());
            }
        }
    }
    out
}

/// The source files with a reference; none when no pattern says what a source file is.
#[must_use]
pub(super) fn coverage(index: &Index, options: &Options, named: &NamedFiles<'_>) -> Option<Coverage> {
    if options.source_globs.is_empty() {
        return None;
    }
    let globs = options.source_globs().unwrap_or_default();
    let mut out = Coverage::default();
    for path in index.files().filter(|path| globs.matches(path)) {
        out.files += 1;
        if named.has(path) {
            out.named += 1;
        } else if out.unnamed.len() < limits::ROWS {
            out.unnamed.push(path.to_owned());
        }
    }
    Some(out)
}
