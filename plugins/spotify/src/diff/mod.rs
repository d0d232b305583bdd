//! `diff`: the added, removed and moved entries of each playlist between two exports, or between an export and the catalog.
//!
//! Playlists of the catalog are paired by service and id, playlists of two exports by the path of their file, and all other
//! playlists by name. Two single files are always compared, whatever their names are. If one side is the catalog, only its
//! playlists of the other side's services are compared. Two entries are equal if they have the same URI (all ids of one catalog
//! track are equal) or, without a URI, the same artists and title. A repeated entry counts twice. The catalog has places
//! without a track for episodes and unnamed rows; compared with the catalog, all such places are equal.

mod moves;
mod pair;
mod report;

use std::collections::{HashMap, HashSet};

use baton_plugin_kit::Findings;
use baton_plugin_kit::playlist_names::{playlist_id, report_unknown};
use baton_plugin_sdk::Error;
use serde::Deserialize;

pub use moves::{Changes, changes};
pub use pair::Pair;

use pair::EntryKeys;

use crate::action_result::ActionResult;
use crate::catalog::{self, EntryDetails, MOST_ENTRIES};
use crate::model::{Playlist, SERVICE_CSV, SERVICE_PRIVACY, WantedPlaylist};
use crate::source::{ACCOUNT, CATALOG, PlaylistSources};

/// The arguments.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Args {
    /// The older export: a file or folder, or `catalog`.
    pub from: String,
    /// The newer export, in the same form.
    pub to: String,
    /// Names of playlists; absent: all.
    #[serde(default)]
    pub playlists: Vec<String>,
    /// True if a plan is made that gives the account the playlists of `to`.
    #[serde(default)]
    pub plan: bool,
}

/// Compares two sources.
///
/// # Errors
/// When one of them does not exist or cannot be read.
pub fn diff(sources: PlaylistSources<'_>, args: &Args, findings: &mut Findings) -> Result<ActionResult, Error> {
    let mut load =
        |place: &str| sources.gather(&[place.to_owned()], &args.playlists, EntryDetails::default(), findings);
    let ((mut old, mut names), (mut new, newer)) = (load(&args.from)?, load(&args.to)?);
    // A name is known if either side has a playlist of this name.
    names.extend(newer);
    report_unknown(&format!("`{}`, like `{}`,", args.from, args.to), &args.playlists, &names, findings)?;
    if old.is_empty() && new.is_empty() {
        return Err(Error::Permanent(format!("neither `{}` nor `{}` has such a playlist", args.from, args.to)));
    }
    if args.plan && args.from != ACCOUNT {
        return Err(Error::Permanent(format!(
            "a plan changes the account, so `from` must be `{ACCOUNT}`, and not `{}`",
            args.from
        )));
    }
    // An export has no ids of playlists, so the account's playlists are compared by their names.
    let by_name = [&args.from, &args.to].into_iter().any(|place| place == ACCOUNT);
    match (args.from == CATALOG, args.to == CATALOG) {
        (true, false) => keep_services(&mut old, &new),
        (false, true) => keep_services(&mut new, &old),
        _ => {}
    }
    let account = if args.plan { WantedPlaylist::from_playlists(&new, &args.playlists) } else { Vec::new() };
    let is_catalog = |place: &str| place == CATALOG || place == ACCOUNT;
    let catalog = (is_catalog(&args.from), is_catalog(&args.to));
    let entries: usize = old.iter().chain(&new).map(|playlist| playlist.entries.len()).sum();
    if entries > MOST_ENTRIES {
        return Err(Error::Permanent(format!(
            "`{}` and `{}` have {entries} entries together, more than {MOST_ENTRIES}; name some playlists in `playlists`",
            args.from, args.to
        )));
    }
    let keys = match catalog {
        (false, false) => EntryKeys { catalog: false, aliases: HashMap::new() },
        _ => EntryKeys { catalog: true, aliases: catalog::aliases(sources.catalog)? },
    };
    let key = |place: &str, playlist: &Playlist| match catalog {
        _ if by_name => (playlist_id(&playlist.name), String::new()),
        // A CSV file has one playlist. Its id is not a good key, because it depends on other files with the same name.
        (false, false) if playlist.service == SERVICE_CSV => {
            (sources.below(place, &playlist.file).to_owned(), String::new())
        }
        (false, false) => (sources.below(place, &playlist.file).to_owned(), playlist.id.clone()),
        _ => (playlist.service.clone(), playlist.id.clone()),
    };
    let side = |place: &str, playlists: Vec<Playlist>| ComparisonSide {
        playlists: playlists
            .into_iter()
            .map(|playlist| KeyedPlaylist { key: key(place, &playlist), playlist })
            .collect(),
        is_file: is_file(place),
    };
    let pairs = pair(side(&args.from, old), side(&args.to, new), &keys);
    Ok(ActionResult { account, ..report::result(&pairs, &args.from, &args.to)? })
}

fn is_file(place: &str) -> bool {
    place.to_lowercase().ends_with(".csv")
}

/// Keeps only the catalog's playlists of those services that the other side has. If the other side has no playlists, keeps the
/// playlists of CSV exports and of the privacy export.
fn keep_services(catalog: &mut Vec<Playlist>, other: &[Playlist]) {
    let mut services: HashSet<&str> = other.iter().map(|playlist| playlist.service.as_str()).collect();
    if services.is_empty() {
        services.extend([SERVICE_CSV, SERVICE_PRIVACY]);
    }
    catalog.retain(|playlist| services.contains(playlist.service.as_str()));
}

/// A playlist of one side with its key.
struct KeyedPlaylist {
    key: (String, String),
    playlist: Playlist,
}

/// One side of the comparison.
struct ComparisonSide {
    playlists: Vec<KeyedPlaylist>,
    /// True for a single CSV file.
    is_file: bool,
}

/// Pairs the playlists of both sides, in the order of the new ones.
fn pair(old: ComparisonSide, new: ComparisonSide, keys: &EntryKeys) -> Vec<Pair> {
    let (old_file, new_file) = (old.is_file, new.is_file);
    let compare = |name: String, old: Option<Playlist>, new: Option<Playlist>| {
        Pair::compare(name, old.map(|playlist| playlist.entries), new.map(|playlist| playlist.entries), keys)
    };
    let mut left: Vec<Option<KeyedPlaylist>> = old.playlists.into_iter().map(Some).collect();
    let mut found: Vec<Option<Playlist>> =
        new.playlists.iter().map(|one| take(&mut left, |old| old.key == one.key)).collect();
    for (one, found) in new.playlists.iter().zip(&mut found).filter(|(_, found)| found.is_none()) {
        let id = playlist_id(&one.playlist.name);
        let named = |old: &KeyedPlaylist| playlist_id(&old.playlist.name) == id;
        *found = take(&mut left, |old| named(old) && old.playlist.service == one.playlist.service);
        if found.is_none() {
            // Two files are always compared.
            *found = take(&mut left, |old| named(old) || (old_file && new_file));
        }
    }
    let mut pairs = Vec::new();
    for (one, before) in new.playlists.into_iter().zip(found) {
        // A file is compared only with its playlist.
        if before.is_some() || new_file || !old_file {
            pairs.push(compare(one.playlist.name.clone(), before, Some(one.playlist)));
        }
    }
    let removed = left.into_iter().flatten().filter(|_| old_file || !new_file);
    pairs.extend(removed.map(|old| compare(old.playlist.name.clone(), Some(old.playlist), None)));
    pairs
}

fn take(left: &mut [Option<KeyedPlaylist>], fits: impl Fn(&KeyedPlaylist) -> bool) -> Option<Playlist> {
    left.iter_mut().find(|one| one.as_ref().is_some_and(&fits))?.take().map(|one| one.playlist)
}
