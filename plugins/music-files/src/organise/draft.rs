//! A plan before it is stored.

use std::collections::BTreeMap;

use super::step::Step;

/// A file that a person should check, with the tracks that it may be.
#[derive(Debug)]
pub(crate) struct UnclearFile {
    pub(crate) path: String,
    pub(crate) perhaps: Vec<(String, String)>,
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
    /// Files that stay, because their target folder cannot be read: by that folder, the reason and the number of files.
    pub(crate) hidden: BTreeMap<String, (String, usize)>,
    /// Files that did not fit into this plan.
    pub(crate) later: usize,
    /// Bytes of the steps in the reports.
    pub(super) text: usize,
    /// True when the reports have reached their largest size.
    pub(super) full: bool,
}
