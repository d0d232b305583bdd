//! A plan before it is stored.

use std::collections::BTreeMap;

use super::step::Step;

/// A file whose track a person has to decide, with the candidates.
#[derive(Debug)]
pub(crate) struct UnclearFile {
    pub(crate) path: String,
    pub(crate) candidates: Vec<TrackCandidate>,
}

/// A track that the file may be, as `Artist - Title`.
#[derive(Debug)]
pub(crate) struct TrackCandidate {
    pub(crate) track: String,
    pub(crate) why: String,
}

/// A folder that cannot be listed: the reason, and the number of files that are not moved because of it.
#[derive(Debug)]
pub(crate) struct HiddenFolder {
    pub(crate) why: String,
    pub(crate) files: usize,
}

/// A plan before it is stored.
#[derive(Debug, Default)]
pub(crate) struct Draft {
    pub(crate) steps: Vec<Step>,
    pub(crate) unclear: Vec<UnclearFile>,
    /// Files that are already in their folders.
    pub(crate) there: usize,
    /// Files that stay where they are because of a rule with `leave`.
    pub(crate) stays: usize,
    /// Target folders that cannot be listed; files for them are not moved.
    pub(crate) hidden: BTreeMap<String, HiddenFolder>,
    /// Files that are left for the next plan, because this plan is full.
    pub(crate) later: usize,
    /// Bytes of the steps in the reports.
    pub(super) text: usize,
    /// True when the reports have reached their largest size.
    pub(super) full: bool,
}
