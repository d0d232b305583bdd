//! `diff`: what has changed between two exports, or between an export and the catalog: added, removed, moved, playlist by playlist.
//!
//! Playlists are the same by their names (a file is compared with a file whatever they are called), entries by their URI; entries
//! without one by artists and title. An entry that stands twice is two.

mod moves;
mod report;

use baton_plugin_kit::Findings;
use baton_plugin_sdk::Error;
use serde::Deserialize;

pub use moves::{Changes, changes};

use crate::catalog::With;
use crate::made::Made;
use crate::model::{Entry, Playlist};
use crate::names::playlist_id;
use crate::source::Sources;

/// The arguments.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Args {
    /// The older export: a file or folder, or `catalog`.
    pub from: String,
    /// The newer one.
    pub to: String,
    /// Names of playlists; all when there are none.
    #[serde(default)]
    pub playlists: Vec<String>,
}

/// A playlist on both sides; one of them may be missing.
#[derive(Clone, Debug, Default)]
pub struct Pair {
    /// As it is called, the newer name first.
    pub name: String,
    /// Before.
    pub old: Option<Vec<Entry>>,
    /// After.
    pub new: Option<Vec<Entry>>,
    /// What is different.
    pub changes: Changes,
}

impl Pair {
    fn of(name: String, old: Option<Vec<Entry>>, new: Option<Vec<Entry>>) -> Self {
        let names = |entries: &Option<Vec<Entry>>| entries.iter().flatten().map(Entry::identity).collect::<Vec<_>>();
        let changes = changes(&names(&old), &names(&new));
        Self { name, old, new, changes }
    }

    /// Whether both are there and nothing is different.
    #[must_use]
    pub fn is_same(&self) -> bool {
        self.old.is_some() && self.new.is_some() && self.changes.is_empty()
    }
}

/// Compares.
///
/// # Errors
/// When one of the two is not there or cannot be read.
pub fn diff(sources: Sources<'_>, args: &Args, findings: &mut Findings) -> Result<Made, Error> {
    let mut load = |place: &str| sources.load(&[place.to_owned()], &args.playlists, With::default(), findings);
    let (old, new) = (load(&args.from)?, load(&args.to)?);
    if old.is_empty() && new.is_empty() {
        return Err(Error::Permanent(format!("neither `{}` nor `{}` has such a playlist", args.from, args.to)));
    }
    let pairs = pair(old, new, (is_file(&args.from), is_file(&args.to)));
    report::made(&pairs, &args.from, &args.to)
}

fn is_file(place: &str) -> bool {
    place.to_lowercase().ends_with(".csv")
}

/// Puts the playlists of both sides together, in the order of the new.
fn pair(mut old: Vec<Playlist>, mut new: Vec<Playlist>, (old_file, new_file): (bool, bool)) -> Vec<Pair> {
    // Two files are compared whatever they are called; a file with many playlists picks the one of its name.
    if old_file && new_file && old.len() == 1 && new.len() == 1 {
        let (old, new) = (old.remove(0), new.remove(0));
        return vec![Pair::of(new.name, Some(old.entries), Some(new.entries))];
    }
    let ids = |playlists: &[Playlist]| playlists.iter().map(|one| playlist_id(&one.name)).collect::<Vec<_>>();
    if new_file && !old_file {
        let wanted = ids(&new);
        old.retain(|playlist| wanted.contains(&playlist_id(&playlist.name)));
    } else if old_file && !new_file {
        let wanted = ids(&old);
        new.retain(|playlist| wanted.contains(&playlist_id(&playlist.name)));
    }
    let mut pairs = Vec::new();
    for playlist in new {
        let id = playlist_id(&playlist.name);
        let before = old.iter().position(|one| playlist_id(&one.name) == id).map(|at| old.remove(at).entries);
        pairs.push(Pair::of(playlist.name, before, Some(playlist.entries)));
    }
    pairs.extend(old.into_iter().map(|playlist| Pair::of(playlist.name, Some(playlist.entries), None)));
    pairs
}
