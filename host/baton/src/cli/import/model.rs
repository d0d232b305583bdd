//! The items that an importer has read.

use std::collections::BTreeSet;

use baton_core::Digest;
use baton_core::handoff::Priority;
use baton_dispatch::request_check::TITLE_CHARACTERS;
use jiff::Timestamp;

/// An open item of another tool.
#[derive(Clone, Debug)]
pub(super) struct ImportedItem {
    /// The id of the item in the other tool.
    pub(super) origin: String,
    /// The name of the project or of another scope. It distinguishes items with the same id.
    pub(super) scope: String,
    pub(super) title: String,
    /// The text of the item, as Markdown.
    pub(super) body: String,
    pub(super) priority: Priority,
    /// The ids of the items that must be done first.
    pub(super) depends_on: Vec<String>,
    /// The assignee, in the words of the other tool.
    pub(super) assignee: Option<String>,
    pub(super) created_at: Option<Timestamp>,
}

/// An entry of the other tool that is not imported.
#[derive(Clone, Debug)]
pub(super) struct SkippedItem {
    pub(super) origin: String,
    pub(super) reason: String,
}

/// Everything that an importer has read.
#[derive(Debug, Default)]
pub(super) struct Import {
    /// The tool.
    pub(super) tool: &'static str,
    pub(super) items: Vec<ImportedItem>,
    /// The ids of the items that are done in the other tool.
    pub(super) done: BTreeSet<String>,
    pub(super) skipped: Vec<SkippedItem>,
}

impl Import {
    pub(super) fn skip(&mut self, origin: impl Into<String>, reason: impl Into<String>) {
        self.skipped.push(SkippedItem { origin: origin.into(), reason: reason.into() });
    }

    /// The `handoff_id` of an item. The id is the same in each import, so that an item becomes only one request.
    pub(super) fn handoff_id(&self, item: &ImportedItem) -> String {
        let word = |text: &str| -> String {
            text.chars().filter(|c| c.is_ascii_alphanumeric() || "-_.".contains(*c)).take(40).collect()
        };
        let unique = Digest::of_parts(&[self.tool.as_bytes(), item.scope.as_bytes(), item.origin.as_bytes()]).short(8);
        format!("{}-{}-{unique}", self.tool, word(&item.origin))
    }
}

/// A text as a title: one line, not longer than a title may be.
pub(super) fn title(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    line.chars().filter(|c| !c.is_control()).take(TITLE_CHARACTERS).collect()
}
