//! What an importer has read.

use std::collections::BTreeSet;

use baton_core::Digest;
use baton_core::handoff::Priority;
use jiff::Timestamp;

/// The longest title in characters, as for `baton send`.
const TITLE_CHARACTERS: usize = 200;

/// An open item of another tool.
#[derive(Clone, Debug)]
pub(super) struct ImportedItem {
    /// Its id in the other tool.
    pub(super) origin: String,
    pub(super) title: String,
    /// Markdown.
    pub(super) body: String,
    pub(super) priority: Priority,
    /// The ids of the items that must be done first.
    pub(super) depends_on: Vec<String>,
    /// Who should do it, in the words of the other tool.
    pub(super) assignee: Option<String>,
    pub(super) created_at: Option<Timestamp>,
}

/// Something that is not imported.
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
    /// The list, project or archive, so that equal ids of two of them differ.
    pub(super) list: String,
    pub(super) items: Vec<ImportedItem>,
    /// The ids of what is done in the other tool.
    pub(super) done: BTreeSet<String>,
    pub(super) skipped: Vec<SkippedItem>,
}

impl Import {
    pub(super) fn skip(&mut self, origin: impl Into<String>, reason: impl Into<String>) {
        self.skipped.push(SkippedItem { origin: origin.into(), reason: reason.into() });
    }

    /// The `handoff_id` of an item. It is the same in each import, so that an item is imported once.
    pub(super) fn handoff_id(&self, origin: &str) -> String {
        let word = |text: &str| -> String {
            text.chars().filter(|c| c.is_ascii_alphanumeric() || "-_.".contains(*c)).take(40).collect()
        };
        let unique = Digest::of_parts(&[self.tool.as_bytes(), self.list.as_bytes(), origin.as_bytes()]).short(8);
        format!("{}-{}-{unique}", self.tool, word(origin))
    }
}

/// A text as a title: one line, not longer than a title may be.
pub(super) fn title(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    line.chars().filter(|c| !c.is_control()).take(TITLE_CHARACTERS).collect()
}
