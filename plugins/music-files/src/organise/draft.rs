//! A plan before it is stored.

use std::collections::BTreeMap;

use super::step::Step;

/// A file that a person should check, with the tracks that it may be.
#[derive(Debug)]
pub(crate) struct UnclearFile {
    pub(crate) path: String,
    pub(crate) perhaps: Vec<NamedTrack>,
}

/// A track that the file may be, as `Artist - Title`.
#[derive(Debug)]
pub(crate) struct NamedTrack {
    pub(crate) track: String,
    pub(crate) why: String,
}

/// Why a folder cannot be listed, and how many files stay because of it.
#[derive(Debug)]
pub(crate) struct HiddenFolder {
    pub(crate) why: String,
    pub(crate) files: usize,
}

/// A plan that is being made.
#[derive(Debug, Default)]
pub(crate) struct Draft {
    pub(crate) steps: Vec<Step>,
    pub(crate) unclear: Vec<UnclearFile>,
    /// Files that are already where they belong.
    pub(crate) there: usize,
    /// Files that a rule leaves where they are.
    pub(crate) stays: usize,
    /// Target folders that cannot be listed; the files for them stay.
    pub(crate) hidden: BTreeMap<String, HiddenFolder>,
    /// Files that did not fit into this plan.
    pub(crate) later: usize,
    /// Bytes of the steps in the reports.
    pub(super) text: usize,
    /// True when the reports have reached their largest size.
    pub(super) full: bool,
}
