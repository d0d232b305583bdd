//! One step of a plan: a file, its source, its target and the reason.

use serde::Serialize;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum StepAction {
    Move,
    Copy,
}

impl StepAction {
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Move => "move",
            Self::Copy => "copy",
        }
    }

    pub(crate) fn parse(word: &str) -> Self {
        if word == "copy" { Self::Copy } else { Self::Move }
    }
}

/// A place: a path below a granted folder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct StepPlace {
    /// `music` or `organised`.
    pub(crate) folder: String,
    /// The path of that folder on the host.
    pub(crate) root: String,
    pub(crate) path: String,
}

impl StepPlace {
    pub(crate) fn on_host(&self) -> String {
        format!("{}/{}", self.root, self.path)
    }
}

/// The track of a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct StepTrack {
    pub(crate) id: i64,
    pub(crate) title: String,
    pub(crate) artist: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Step {
    /// Counted from 1.
    pub(crate) step: u32,
    #[serde(rename = "do")]
    pub(crate) act: StepAction,
    pub(crate) from: StepPlace,
    pub(crate) to: StepPlace,
    pub(crate) size: u64,
    pub(crate) modified_ns: i64,
    /// The digest in the catalog, if the catalog has this size and time for the file. Otherwise `apply` computes the digest when
    /// it copies the file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) sha256: Option<String>,
    pub(crate) reason: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) track: Option<StepTrack>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) playlist: Option<String>,
}

/// Whether the steps of a plan are applied or undone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    Apply,
    Undo,
}

impl Direction {
    /// The names of the states that a step goes through.
    pub(super) const fn states(self) -> StepStates {
        match self {
            Self::Apply => StepStates { before: "planned", begun: "intended", done: "done", left: "left" },
            Self::Undo => StepStates { before: "done", begun: "undoing", done: "undone", left: "kept" },
        }
    }
}

/// The names of the states of a step in the journal.
#[derive(Clone, Copy, Debug)]
pub(super) struct StepStates {
    pub(super) before: &'static str,
    pub(super) begun: &'static str,
    pub(super) done: &'static str,
    /// The state of a step that was not done. The journal has the reason.
    pub(super) left: &'static str,
}
