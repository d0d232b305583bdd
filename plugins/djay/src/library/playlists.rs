//! Playlists: what stands in them, and in which order, lies in the pages of a view. A page holds row numbers; the pages of one group
//! are linked by the page before. A group is a playlist's id (its name in older versions), a row an item of a playlist (a track's own
//! row in older versions).

use std::collections::{BTreeMap, HashMap, HashSet};

use baton_plugin_kit::Findings;
use baton_plugin_kit::lent::Tables;
use baton_plugin_sdk::sql::Value;
use baton_plugin_sdk::{Error, Severity};

use super::model::{Item, Playlist};
use super::read::{About, Gathered};

/// The list of all playlists; it has no tracks.
const ROOT: &str = "mediaItemPlaylist-root";

/// A page of more rows is not read; `YapDatabase` keeps 50 in one.
const MOST_BYTES: i64 = 900_000;

/// So many items of all playlists are read.
const MOST_ITEMS: usize = 1_000_000;

const PAGES: &str = "SELECT pageKey, \"group\", prevPageKey, count, CASE WHEN length(data) <= ?1 THEN data END \
    FROM \"view_mediaItemPlaylistView_page\" ORDER BY \"group\", pageKey";

#[derive(Debug)]
struct Page {
    key: String,
    before: Option<String>,
    rows: Vec<i64>,
}

/// Fills the playlists that were gathered; a group that is none of them becomes one of its own.
///
/// # Errors
/// As `wit/sql.wit`. A library without playlists has no view.
pub(super) fn read(database: &dyn Tables, gathered: &mut Gathered, findings: &mut Findings) -> Result<(), Error> {
    let there = "SELECT count(*) FROM sqlite_schema WHERE name = 'view_mediaItemPlaylistView_page'";
    let mut playlists = std::mem::take(&mut gathered.playlists);
    if database.query(there, &[])?.integer() == Some(1) {
        for (group, pages) in groups(database, findings)? {
            let rows = in_order(&group, pages, findings);
            let items = items(&group, &rows, gathered, findings);
            put(&mut playlists, group, items, findings);
        }
    }
    playlists.retain(|playlist| playlist.id != ROOT || !playlist.items.is_empty());
    gathered.playlists = playlists;
    Ok(())
}

fn groups(database: &dyn Tables, findings: &mut Findings) -> Result<BTreeMap<String, Vec<Page>>, Error> {
    let mut groups: BTreeMap<String, Vec<Page>> = BTreeMap::new();
    let mut all = 0;
    for row in database.rows(PAGES, &[MOST_BYTES.into()])? {
        let row = row?;
        let [Value::Text(key), Value::Text(group), before, count, data] = row.as_slice() else {
            findings.add("page", "unnamed", Severity::Medium, "a page of playlists has no key or no group", "");
            continue;
        };
        let data = data.as_blob().unwrap_or_default();
        let (chunks, rest) = data.as_chunks::<8>();
        let rows: Vec<i64> = chunks.iter().map(|chunk| i64::from_le_bytes(*chunk)).collect();
        if !rest.is_empty() || count.as_integer() != i64::try_from(rows.len()).ok() {
            let said = count.as_integer().map_or_else(|| "no number of".to_owned(), |count| count.to_string());
            let title =
                format!("page {key} of the playlist {group} says that it has {said} rows and has {} bytes", data.len());
            findings.add("page", key, Severity::Medium, title, "");
        }
        all += rows.len();
        if all > MOST_ITEMS {
            let title = format!(
                "the playlists have more than {MOST_ITEMS} items; from the playlist {group} on they are not read"
            );
            findings.add("page", "many", Severity::Medium, title, "");
            break;
        }
        let page = Page { key: key.clone(), before: before.as_text().map(str::to_owned), rows };
        groups.entry(group.clone()).or_default().push(page);
    }
    Ok(groups)
}

/// The rows of linked pages, from the first. What no link leads to comes last, with a finding: it is there, and where is not said.
fn in_order(group: &str, pages: Vec<Page>, findings: &mut Findings) -> Vec<i64> {
    let mut after: HashMap<Option<String>, Vec<Page>> = HashMap::new();
    for page in pages {
        after.entry(page.before.clone()).or_default().push(page);
    }
    let (mut rows, mut left, mut at) = (Vec::new(), Vec::new(), None);
    // Each page is taken out, so this ends.
    while let Some(mut next) = after.remove(&at).filter(|next| !next.is_empty()) {
        let page = next.remove(0);
        left.extend(next);
        rows.extend(page.rows);
        at = Some(page.key);
    }
    left.extend(after.into_values().flatten());
    left.sort_by(|a, b| a.key.cmp(&b.key));
    if !left.is_empty() {
        let title =
            format!("{} pages of the playlist {group} are not linked to its first; they are taken last", left.len());
        let keys: Vec<_> = left.iter().map(|page| page.key.as_str()).collect();
        findings.add("page", &format!("unlinked:{group}"), Severity::Medium, title, keys.join(", "));
    }
    rows.extend(left.into_iter().flat_map(|page| page.rows));
    rows
}

fn items(group: &str, rows: &[i64], gathered: &Gathered, findings: &mut Findings) -> Vec<Item> {
    let (mut seen, mut items) = (HashSet::new(), Vec::new());
    for row in rows {
        if !seen.insert(*row) {
            let title = format!("row {row} stands twice in the playlist {group}; the first place counts");
            findings.add("playlist", &format!("twice:{group}:{row}"), Severity::Low, title, "");
            continue;
        }
        let track_id = match gathered.about.get(row) {
            Some(About::Item(id)) => Some(id.clone()),
            Some(About::Track(place) | About::Analysis(place) | About::UserData(place)) => {
                gathered.tracks.get(*place).map(|track| track.id.clone())
            }
            None => None,
        };
        match track_id {
            Some(track_id) => items.push(Item { track_id, track: None }),
            None => {
                let title = format!("the playlist {group} names row {row}, which is no track or could not be read");
                findings.add("playlist", &format!("unknown:{group}:{row}"), Severity::Low, title, "");
            }
        }
    }
    items
}

/// Gives items to the playlist of that id, else to the only one of that name.
fn put(playlists: &mut Vec<Playlist>, group: String, items: Vec<Item>, findings: &mut Findings) {
    if let Some(playlist) = playlists.iter_mut().find(|playlist| playlist.id == group) {
        playlist.items = items;
        return;
    }
    let mut named = playlists.iter_mut().filter(|playlist| playlist.name == group && playlist.items.is_empty());
    match (named.next(), named.next()) {
        (Some(playlist), None) => playlist.items = items,
        (first, _) => {
            let how = if first.is_some() { "several playlists are called" } else { "no playlist is called" };
            let title = format!("{how} {group}, which a view has tracks of; it is kept under that name");
            findings.add("playlist", &format!("group:{group}"), Severity::Low, title, "");
            playlists.push(Playlist { id: group.clone(), name: group, items });
        }
    }
}
