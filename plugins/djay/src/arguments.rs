//! The arguments of the actions, made from `manifest.json` by `baton plugin types`. Edits are lost.

use baton_plugin_sdk::serde::Deserialize;

/// Arguments of `activity`. Reports which tracks were played, how often, when first and last, and which were played together.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(crate = "baton_plugin_sdk::serde", default, deny_unknown_fields)]
pub struct Activity {
    /// The database or its folder, below the granted folder; absent: djay's usual path.
    pub library: Option<String>,
    /// Read djay's newest daily backup instead.
    pub backup: bool,
    /// Plays from this time on: 2026-01-18 or RFC 3339.
    pub since: Option<String>,
    /// Plays before this time.
    pub until: Option<String>,
    /// Leave out pairs of tracks with a lower count; absent: 3.
    pub threshold: Option<u64>,
    /// How many lines each list of the report page has; absent: 20.
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

/// Arguments of `export`. Writes the library to five CSV files and one JSON file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(crate = "baton_plugin_sdk::serde", default, deny_unknown_fields)]
pub struct Export {
    /// The database or its folder, below the granted folder; absent: djay's usual path.
    pub library: Option<String>,
    /// Read djay's newest daily backup instead.
    pub backup: bool,
    /// Add the time to the names of the files.
    pub stamp: bool,
    /// How many older results of each file to keep, as NAME.older-N.csv; absent: all.
    pub keep_older: Option<u64>,
    /// The formats; absent: both.
    pub formats: Option<Vec<ExportFormatsItem>>,
}

/// Arguments of `match-ids`. Matches the tracks of djay with those of other services in the catalog.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(crate = "baton_plugin_sdk::serde", default, deny_unknown_fields)]
pub struct MatchIds {
    /// The database or its folder, below the granted folder; absent: djay's usual path.
    pub library: Option<String>,
    /// Read djay's newest daily backup instead.
    pub backup: bool,
    /// Match only with tracks of this service; absent: of all services but djay.
    pub service: Option<String>,
    /// Report and write nothing to the catalog.
    pub dry_run: bool,
}

/// Arguments of `sync-sessions`. Writes sessions, plays, playlists and tracks to the catalog; a second run changes nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(crate = "baton_plugin_sdk::serde", default, deny_unknown_fields)]
pub struct SyncSessions {
    /// The database or its folder, below the granted folder; absent: djay's usual path.
    pub library: Option<String>,
    /// Read djay's newest daily backup instead.
    pub backup: bool,
}
