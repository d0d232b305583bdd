//! The reports: Markdown, CSV, JSON.

use std::fmt::Write as _;

use baton_plugin_kit::counted;
use baton_plugin_kit::csv_file::CsvWriter;
use baton_plugin_kit::markdown::cell;
use baton_plugin_sdk::Error;
use serde_json::{Value, json};

use super::pair::Pair;
use crate::action_result::{ActionResult, CSV, JSON, MARKDOWN, file};
use crate::model::Entry;
use crate::uri::Uri;

/// Maximum number of changes of one playlist in the Markdown. The CSV has all changes.
const SHOWN: usize = 100;

/// Maximum number of changes of all playlists in the JSON. Each change needs a kilobyte of memory.
const IN_JSON: usize = 20_000;

struct Change<'a> {
    what: &'static str,
    old: Option<usize>,
    new: Option<usize>,
    entry: &'a Entry,
}

fn list(pair: &Pair) -> Vec<Change<'_>> {
    let old = |at: &usize| pair.old.as_ref().and_then(|entries| entries.get(*at));
    let new = |at: &usize| pair.new.as_ref().and_then(|entries| entries.get(*at));
    let changes = &pair.changes;
    let removed = changes
        .removed
        .iter()
        .filter_map(|at| Some(Change { what: "removed", old: Some(*at), new: None, entry: old(at)? }));
    let added = changes
        .added
        .iter()
        .filter_map(|at| Some(Change { what: "added", old: None, new: Some(*at), entry: new(at)? }));
    let moved = changes
        .moved
        .iter()
        .filter_map(|(from, to)| Some(Change { what: "moved", old: Some(*from), new: Some(*to), entry: new(to)? }));
    removed.chain(added).chain(moved).collect()
}

/// The files and the summary.
pub(super) fn result(pairs: &[Pair], from: &str, to: &str) -> Result<ActionResult, Error> {
    let wrong = |error: String| Error::Permanent(error);
    let sum = |count: fn(&Pair) -> usize| pairs.iter().map(count).sum::<usize>();
    let (added, removed, moved) = (
        sum(|pair| pair.changes.added.len()),
        sum(|pair| pair.changes.removed.len()),
        sum(|pair| pair.changes.moved.len()),
    );
    let same = pairs.iter().filter(|pair| pair.is_same()).count();
    let summary = if added + removed + moved == 0 && same == pairs.len() {
        format!("Nothing is different: {} the same in {from} and {to}.", counted(same, "playlist is", "playlists are"))
    } else {
        format!(
            "From {from} to {to}: {added} added, {removed} removed, {moved} moved; {same} of {} the same.",
            counted(pairs.len(), "playlist is", "playlists are")
        )
    };
    let mut csv = CsvWriter::new([
        "Playlist",
        "Change",
        "Old Position",
        "New Position",
        "Track URI",
        "Track Name",
        "Artist Name(s)",
    ])
    .map_err(wrong)?;
    let mut page = format!("# Changes in playlists\n\n{summary}\n");
    let (mut data, mut room) = (Vec::new(), IN_JSON);
    for pair in pairs {
        let changes = list(pair);
        for change in &changes {
            csv.row(row(&pair.name, change)).map_err(wrong)?;
        }
        if !pair.is_same() {
            section(&mut page, pair, &changes);
        }
        let shown = changes.get(..room).unwrap_or(&changes);
        room -= shown.len();
        data.push(value(pair, shown, changes.len() - shown.len()));
    }
    let data = json!({ "from": from, "to": to, "added": added, "removed": removed, "moved": moved, "playlists": data });
    let reports = vec![
        file("PLAYLIST_DIFF.md", MARKDOWN, page),
        file("playlist-diff.csv", CSV, csv.into_bytes().map_err(wrong)?),
        file("playlist-diff.json", JSON, format!("{data:#}\n")),
    ];
    Ok(ActionResult { summary, reports, ..ActionResult::default() })
}

fn place(at: Option<usize>) -> String {
    at.map(|at| (at + 1).to_string()).unwrap_or_default()
}

fn uri(entry: &Entry) -> String {
    entry.uri.as_ref().map(Uri::text).unwrap_or_default()
}

fn row(name: &str, change: &Change<'_>) -> [String; 7] {
    let entry = change.entry;
    let (old, new) = (place(change.old), place(change.new));
    [name.to_owned(), change.what.to_owned(), old, new, uri(entry), entry.title.clone(), entry.artists.join(";")]
}

fn section(page: &mut String, pair: &Pair, changes: &[Change<'_>]) {
    let state = match (&pair.old, &pair.new) {
        (None, _) => " (new)",
        (_, None) => " (removed)",
        _ => "",
    };
    let _ = write!(page, "\n## {}{state}\n\n| change | from | to | track |\n|---|---|---|---|\n", cell(&pair.name));
    for change in changes.iter().take(SHOWN) {
        let named = cell(&change.entry.named());
        let _ = writeln!(page, "| {} | {} | {} | {named} |", change.what, place(change.old), place(change.new));
    }
    if changes.len() > SHOWN {
        let _ = write!(page, "\n{} more are in the CSV file.\n", changes.len() - SHOWN);
    }
}

/// `more` is the number of changes that only the CSV has.
fn value(pair: &Pair, changes: &[Change<'_>], more: usize) -> Value {
    let changes: Vec<_> = changes
        .iter()
        .map(|change| {
            json!({
                "change": change.what,
                "old_position": change.old.map(|at| at + 1),
                "new_position": change.new.map(|at| at + 1),
                "uri": change.entry.uri.as_ref().map(Uri::text),
                "title": change.entry.title,
                "artists": change.entry.artists,
            })
        })
        .collect();
    let entries = |side: &Option<Vec<Entry>>| side.as_ref().map(Vec::len);
    json!({
        "name": pair.name,
        "old_entries": entries(&pair.old),
        "new_entries": entries(&pair.new),
        "changes": changes,
        "more_in_csv": more,
    })
}
