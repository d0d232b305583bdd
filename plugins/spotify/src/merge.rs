//! `merge`: makes one playlist from several playlists or exports. It keeps the order of the entries, and only the first of
//! equal entries.

use std::collections::HashSet;

use baton_plugin_kit::Findings;
use baton_plugin_kit::counted;
use baton_plugin_kit::playlist_names::{one_line, playlist_id};
use baton_plugin_sdk::{Error, Severity};
use serde::Deserialize;

use crate::action_result::{ActionResult, CSV, file};
use crate::catalog::EntryDetails;
use crate::export::csv;
use crate::model::{Entry, Playlist, WantedPlaylist};
use crate::names::FileNames;
use crate::source::PlaylistSources;

/// The arguments.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Args {
    /// Files and folders in order of preference, or `catalog`.
    pub from: Vec<String>,
    /// Names of the wanted playlists; absent: all playlists.
    #[serde(default)]
    pub playlists: Vec<String>,
    /// The name of the new playlist.
    pub name: String,
    /// The number of older results to keep; absent: all.
    #[serde(default)]
    pub keep_older: Option<usize>,
    /// True if the action also makes a plan that writes the new playlist to the account.
    #[serde(default)]
    pub plan: bool,
}

/// The entries of all playlists, each once, and the number of entries that were dropped because of their names. Two entries are equal if
/// they have the same URI or, without a URI, the same artists, title, album and length. Entries without a name are left out.
#[must_use]
pub fn merge(playlists: &[Playlist]) -> (Vec<Entry>, usize) {
    let (mut seen, mut by_names) = (HashSet::new(), 0);
    let entries = playlists.iter().flat_map(|playlist| &playlist.entries);
    let something = entries.filter(|entry| entry.uri.is_some() || !entry.title.is_empty());
    let once = something.filter(|entry| {
        // An edit has another length, and a single has another album, so equal names are not enough.
        let version =
            entry.uri.is_none().then(|| (entry.album.as_ref().map(|album| album.to_lowercase()), entry.duration_ms));
        let new = seen.insert((entry.identity(), version));
        by_names += usize::from(!new && entry.uri.is_none());
        new
    });
    let once = once.cloned().collect();
    (once, by_names)
}

/// Merges playlists.
///
/// # Errors
/// When a named file or playlist does not exist.
pub fn run(sources: PlaylistSources<'_>, args: &Args, findings: &mut Findings) -> Result<ActionResult, Error> {
    let with = EntryDetails { features: true };
    let playlists = sources.load(&args.from, &args.playlists, with, findings)?;
    if playlists.is_empty() {
        return Err(Error::Permanent(format!("`{}` has no such playlist", args.from.join("`, `"))));
    }
    // Sort the playlists in the order of the names in the arguments.
    let playlists = in_order(playlists, &args.playlists);
    let (entries, by_names) = merge(&playlists);
    if by_names > 0 {
        let title = format!(
            "{by_names} entries without a URI were dropped, because an earlier entry has the same artists, title, album and length"
        );
        findings.add("same-names", &args.name, Severity::Info, title, "");
    }
    let before: usize = playlists.iter().map(|playlist| playlist.entries.len()).sum();
    let summary = format!(
        "{} with {} became `{}` with {}.",
        counted(playlists.len(), "playlist", "playlists"),
        counted(before, "entry", "entries"),
        one_line(&args.name),
        entries.len()
    );
    let name = format!("{}.csv", FileNames::default().reserve(&args.name));
    let exports = vec![file(name, CSV, csv::write(&entries)?)];
    let is_incomplete = playlists.iter().any(|playlist| !playlist.complete);
    let wanted = || WantedPlaylist { is_incomplete, ..WantedPlaylist::new(&args.name, &entries) };
    let account = if args.plan { vec![wanted()] } else { Vec::new() };
    Ok(ActionResult { summary, exports, account, keep_older: args.keep_older, ..ActionResult::default() })
}

fn in_order(mut playlists: Vec<Playlist>, names: &[String]) -> Vec<Playlist> {
    let order: Vec<_> = names.iter().map(|name| playlist_id(name)).collect();
    let place = |playlist: &Playlist| {
        let id = playlist_id(&playlist.name);
        order.iter().position(|name| *name == id).unwrap_or(order.len())
    };
    playlists.sort_by_key(place);
    playlists
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Entry, Playlist};
    use crate::uri::Uri;

    fn playlist(ids: &str) -> Playlist {
        let entry = |c: char| Entry {
            uri: (c != 'x').then(|| Uri::Local(format!("spotify:local:{c}:::1"))),
            title: if c == 'x' { String::new() } else { c.to_string() },
            ..Entry::default()
        };
        Playlist { entries: ids.chars().map(entry).collect(), ..Playlist::default() }
    }

    fn merge(playlists: &[Playlist]) -> Vec<Entry> {
        super::merge(playlists).0
    }

    fn titles(entries: &[Entry]) -> String {
        entries.iter().map(|entry| entry.title.as_str()).collect()
    }

    #[test]
    fn the_first_wins_and_order_is_kept() {
        assert_eq!(titles(&merge(&[playlist("cab"), playlist("axd"), playlist("")])), "cabd");
        let mut named = playlist("a");
        named.entries[0].uri = None;
        assert_eq!(titles(&merge(&[named.clone(), named.clone(), playlist("a")])), "aa");
        let mut edit = named.clone();
        edit.entries[0].duration_ms = Some(180_000);
        let (entries, by_names) = super::merge(&[named.clone(), edit.clone(), named, edit]);
        assert_eq!((entries.len(), by_names), (2, 2), "another length is another version");
    }

    proptest! {
        #[test]
        fn merging_again_changes_nothing_and_nothing_is_lost(a in "[a-e]{0,9}", b in "[c-h]{0,9}") {
            let once = merge(&[playlist(&a), playlist(&b)]);
            let again = merge(&[Playlist { entries: once.clone(), ..Playlist::default() }, playlist(&b), playlist(&a)]);
            prop_assert_eq!(titles(&once), titles(&again));
            prop_assert!(a.chars().chain(b.chars()).all(|c| titles(&once).contains(c)));
            prop_assert!(titles(&once).starts_with(&titles(&merge(&[playlist(&a)]))));
        }
    }
}
