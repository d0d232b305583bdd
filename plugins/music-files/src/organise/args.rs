//! The arguments of `organise`, `apply` and `undo`.

use std::num::NonZeroU32;

use baton_plugin_sdk::{Error, Task};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::rules::RuleText;

/// The target of a track that is in several playlists.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum ManyPlaylists {
    /// The folder of the first playlist, in the order of `preference`, then by name.
    #[default]
    First,
    /// The folder of each playlist. The file is moved to one of these folders and copied to the other folders.
    Copy,
    /// The folder for unassigned files.
    Unassigned,
}

/// The arguments of `organise`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Options {
    pub(crate) plan_name: Option<String>,
    pub(crate) in_several: ManyPlaylists,
    /// Names of playlists, the preferred first.
    pub(crate) preference: Vec<String>,
    /// True if the liked songs are a playlist for tracks that are in no other playlist.
    pub(crate) liked: bool,
    pub(crate) rules: Vec<RuleText>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            plan_name: None,
            in_several: ManyPlaylists::First,
            preference: Vec::new(),
            liked: true,
            rules: Vec::new(),
        }
    }
}

impl Options {
    /// Parses the arguments of a task.
    pub(crate) fn parse(task: &Task) -> Result<Self, Error> {
        read(task)
    }
}

/// The arguments of `apply`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Apply {
    /// The id, the digest or the name of the plan.
    pub(crate) plan: String,
    /// The largest age of the plan, in hours.
    pub(crate) max_age_h: Option<NonZeroU32>,
}

impl Apply {
    /// Parses the arguments of a task.
    pub(crate) fn parse(task: &Task) -> Result<Self, Error> {
        read(task)
    }
}

/// The arguments of `undo`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Undo {
    /// The id, the digest or the name of the plan.
    pub(crate) plan: String,
}

impl Undo {
    /// Parses the arguments of a task.
    pub(crate) fn parse(task: &Task) -> Result<Self, Error> {
        read(task)
    }
}

fn read<A: DeserializeOwned>(task: &Task) -> Result<A, Error> {
    serde_json::from_str(&task.args).map_err(|error| Error::Permanent(format!("the arguments are invalid: {error}")))
}
