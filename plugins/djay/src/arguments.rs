//! The arguments of the actions, made from `manifest.json` by `baton plugin types`. Edits are lost.

use baton_plugin_sdk::serde::Deserialize;

/// Arguments of `activity`. Reports what was played, how often, when first and last, and what was played together.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(crate = "baton_plugin_sdk::serde", default, deny_unknown_fields)]
pub struct Activity {
    /// The database or its folder, below the granted folder; absent: where djay puts it.
    pub library: Option<String>,
    /// Read djay's newest daily backup instead.
    pub backup: bool,
    /// Plays from this moment on: 2026-01-18 or RFC 3339.
    pub since: Option<String>,
    /// Plays before this moment.
    pub until: Option<String>,
    /// Pairs that count less are not told; absent: 3.
    pub threshold: Option<u64>,
    /// Lines of each list of the page; absent: 20.
    pub top: Option<u64>,
}

/// One of the values that the manifest names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(crate = "baton_plugin_sdk::serde")]
pub enum ExportFormatsItem {
    /// `csv`.
    #[serde(rename = "csv")]
    Csv,
    /// `json`.
    #[serde(rename = "json")]
    Json,
}

/// Arguments of `export`. Writes the library as five CSV tables and one JSON.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(crate = "baton_plugin_sdk::serde", default, deny_unknown_fields)]
pub struct Export {
    /// The database or its folder, below the granted folder; absent: where djay puts it.
    pub library: Option<String>,
    /// Read djay's newest daily backup instead.
    pub backup: bool,
    /// Whether the names of the files end with the time; absent: they do not.
    pub stamp: bool,
    /// How many older results of each file are kept, as NAME.older-N.csv; absent: all.
    pub keep_older: Option<u64>,
    /// Absent: both.
    pub formats: Option<Vec<ExportFormatsItem>>,
}

/// Arguments of `match-ids`. Finds the tracks of djay among those that other services named in the catalog.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(crate = "baton_plugin_sdk::serde", default, deny_unknown_fields)]
pub struct MatchIds {
    /// The database or its folder, below the granted folder; absent: where djay puts it.
    pub library: Option<String>,
    /// Read djay's newest daily backup instead.
    pub backup: bool,
    /// Only among the tracks of this service; absent: of all but djay.
    pub service: Option<String>,
    /// Report and write nothing to the catalog.
    pub dry_run: bool,
}

/// Arguments of `sync-sessions`. Puts sessions, plays, playlists and tracks into the catalog; again changes nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(crate = "baton_plugin_sdk::serde", default, deny_unknown_fields)]
pub struct SyncSessions {
    /// The database or its folder, below the granted folder; absent: where djay puts it.
    pub library: Option<String>,
    /// Read djay's newest daily backup instead.
    pub backup: bool,
}
