//! Reads playlists from the pages of a view. A page lists the row numbers of its items in order, and each page of a group
//! refers to the previous page. The name of a group is the id of a playlist or, in older versions, the name of a playlist. A
//! row is an item of a playlist or, in older versions, a track.

use std::collections::{BTreeMap, HashMap, HashSet};

use baton_plugin_kit::Findings;
use baton_plugin_kit::host::Tables;
use baton_plugin_sdk::sql::Value;
use baton_plugin_sdk::{Error, Severity};

use super::model::{Item, Playlist};
use super::raw::{RawLibrary, RowSubject};

/// The id of djay's list of all playlists. This list has no tracks.
const ROOT: &str = "mediaItemPlaylist-root";

/// Maximum size of a page in bytes. `YapDatabase` writes 50 rows into a page, which need 400 bytes.
const MOST_BYTES: i64 = 900_000;

/// Maximum number of items of all playlists.
const MOST_ITEMS: usize = 1_000_000;

/// Names above 1 KiB are ignored and not loaded. The pages come in the order of the rows, because SQLite would have to load
/// all names to sort by them.
const PAGES: &str = "SELECT CASE WHEN octet_length(pageKey) <= 1024 THEN pageKey END, \
    CASE WHEN octet_length(\"group\") <= 1024 THEN \"group\" END, \
    CASE WHEN octet_length(prevPageKey) <= 1024 THEN prevPageKey WHEN prevPageKey IS NOT NULL THEN '' END, \
    CASE WHEN typeof(count) = 'integer' THEN count END, \
    CASE WHEN typeof(data) = 'blob' AND length(data) <= ?1 THEN data END \
    FROM \"view_mediaItemPlaylistView_page\" ORDER BY rowid";

#[derive(Debug)]
struct Page {
    key: String,
    before: Option<String>,
    rows: Vec<i64>,
}

#[derive(Debug, Default)]
struct Group {
    pages: Vec<Page>,
    /// True if a page of the group could not be read completely.
    damaged: bool,
}

/// All groups, and whether pages of any group may be missing.
#[derive(Debug, Default)]
struct Groups {
    by_name: BTreeMap<String, Group>,
    is_incomplete: bool,
}

/// The items of a group, in order, and whether they are complete.
struct Content {
    items: Vec<Item>,
    whole: bool,
}

/// Fills the playlists. If no playlist belongs to a group, the group becomes a new playlist. A playlist is complete only if no
/// unread part of the view can belong to it.
///
/// # Errors
/// As `wit/sql.wit`. A library without playlists has no view.
pub(super) fn read(database: &dyn Tables, raw: &mut RawLibrary, findings: &mut Findings) -> Result<(), Error> {
    let there = "SELECT count(*) FROM sqlite_schema WHERE name = 'view_mediaItemPlaylistView_page'";
    let mut playlists = std::mem::take(&mut raw.playlists);
    if database.query(there, &[])?.integer() == Some(1) {
        let Groups { by_name, is_incomplete } = groups(database, findings)?;
        let mut known = PlaylistNames::new(&playlists);
        let mut may_have_other_pages = is_incomplete;
        for (name, group) in by_name {
            let content = content(&name, group, is_incomplete, raw, findings);
            may_have_other_pages |= !known.put(&mut playlists, name, content, findings);
        }
        // A playlist without a page is empty, unless a page that was not read, or a page of an unknown group, can belong to
        // it.
        for (playlist, _) in playlists.iter_mut().zip(&known.has_pages).filter(|(_, has_pages)| !**has_pages) {
            playlist.whole = !may_have_other_pages;
        }
    } else if playlists.iter().any(|playlist| playlist.id != ROOT) {
        let title = format!("the view with the items of the {} playlists is missing", playlists.len());
        findings.add("playlist", "view", Severity::Medium, title, "");
    }
    playlists.retain(|playlist| playlist.id != ROOT || !playlist.items.is_empty());
    raw.playlists = playlists;
    Ok(())
}

fn groups(database: &dyn Tables, findings: &mut Findings) -> Result<Groups, Error> {
    let mut groups = Groups::default();
    let mut all = 0;
    for row in database.rows(PAGES, &[MOST_BYTES.into()])? {
        let row = row?;
        let [Value::Text(key), Value::Text(group), before, count, data] = row.as_slice() else {
            findings.add("page", "unnamed", Severity::Medium, "a page of playlists has no key or no group", "");
            groups.is_incomplete = true;
            continue;
        };
        let known = groups.by_name.entry(group.clone()).or_default();
        let data = data.as_blob().unwrap_or_default();
        let (chunks, rest) = data.as_chunks::<8>();
        let rows: Vec<i64> = chunks.iter().map(|chunk| i64::from_le_bytes(*chunk)).collect();
        if !rest.is_empty() || count.as_integer() != i64::try_from(rows.len()).ok() {
            let declared = count.as_integer().map_or_else(|| "no number of".to_owned(), |count| count.to_string());
            let title =
                format!("page {key} of the playlist {group} declares {declared} rows, but has {} bytes", data.len());
            findings.add("page", key, Severity::Medium, title, "");
            known.damaged = true;
        }
        all += rows.len();
        if all > MOST_ITEMS {
            let title = format!(
                "the playlists have more than {MOST_ITEMS} items; page {key} of the playlist {group} and all later pages are not read"
            );
            findings.add("page", "many", Severity::Medium, title, "");
            known.damaged = true;
            groups.is_incomplete = true;
            break;
        }
        known.pages.push(Page { key: key.clone(), before: before.as_text().map(str::to_owned), rows });
    }
    Ok(groups)
}

/// The items of a group.
fn content(name: &str, mut group: Group, is_incomplete: bool, raw: &RawLibrary, findings: &mut Findings) -> Content {
    group.pages.sort_by(|a, b| a.key.cmp(&b.key));
    let (rows, linked) = in_order(name, group.pages, findings);
    let items = items(name, &rows, raw, findings);
    let whole = linked && !group.damaged && !is_incomplete && items.len() == rows.len();
    Content { items, whole }
}

/// The rows of all pages, and whether the links between the pages give their order. Pages that no link connects with the first
/// page come last, with a finding, because their position is unknown.
fn in_order(group: &str, pages: Vec<Page>, findings: &mut Findings) -> (Vec<i64>, bool) {
    let mut after: HashMap<Option<String>, Vec<Page>> = HashMap::new();
    for page in pages {
        after.entry(page.before.clone()).or_default().push(page);
    }
    let (mut rows, mut left, mut at) = (Vec::new(), Vec::new(), None);
    // The loop ends, because each step removes a page.
    while let Some(mut next) = after.remove(&at).filter(|next| !next.is_empty()) {
        let page = next.remove(0);
        left.extend(next);
        rows.extend(page.rows);
        at = Some(page.key);
    }
    left.extend(after.into_values().flatten());
    left.sort_by(|a, b| a.key.cmp(&b.key));
    let linked = left.is_empty();
    if !linked {
        let title = format!(
            "{} pages of the playlist {group} are not linked to its first page; their items are at the end of the playlist",
            left.len()
        );
        let keys: Vec<_> = left.iter().map(|page| page.key.as_str()).collect();
        findings.add("page", &format!("unlinked:{group}"), Severity::Medium, title, keys.join(", "));
    }
    rows.extend(left.into_iter().flat_map(|page| page.rows));
    (rows, linked)
}

fn items(group: &str, rows: &[i64], raw: &RawLibrary, findings: &mut Findings) -> Vec<Item> {
    let (mut seen, mut items) = (HashSet::new(), Vec::new());
    for row in rows {
        if !seen.insert(*row) {
            let title = format!("row {row} occurs twice in the playlist {group}; only the first place is kept");
            findings.add("playlist", &format!("twice:{group}:{row}"), Severity::Low, title, "");
            continue;
        }
        let track_id = match raw.subjects.get(row) {
            Some(RowSubject::Item(id)) => Some(id.clone()),
            Some(RowSubject::Track(place) | RowSubject::Analysis(place) | RowSubject::UserData(place)) => {
                raw.tracks.get(*place).map(|track| track.id.clone())
            }
            None => None,
        };
        match track_id {
            Some(track_id) => items.push(Item { track_id, track: None }),
            None => {
                let title = format!("the playlist {group} names row {row}, which is not a track or could not be read");
                findings.add("playlist", &format!("unknown:{group}:{row}"), Severity::Low, title, "");
            }
        }
    }
    items
}

/// The playlists by possible names of their groups.
struct PlaylistNames {
    by_id: HashMap<String, usize>,
    /// The index of the playlist with each name; `None` if several playlists have the name.
    by_name: HashMap<String, Option<usize>>,
    has_pages: Vec<bool>,
}

impl PlaylistNames {
    fn new(playlists: &[Playlist]) -> Self {
        let by_id = playlists.iter().enumerate().map(|(place, playlist)| (playlist.id.clone(), place)).collect();
        let mut by_name = HashMap::new();
        for (place, playlist) in playlists.iter().enumerate() {
            by_name.entry(playlist.name.clone()).and_modify(|only| *only = None).or_insert(Some(place));
        }
        Self { by_id, by_name, has_pages: vec![false; playlists.len()] }
    }

    /// Adds items to the playlist whose id is `group`, else to the only playlist with this name. Otherwise makes a new
    /// playlist and returns false.
    fn put(&mut self, playlists: &mut Vec<Playlist>, group: String, content: Content, findings: &mut Findings) -> bool {
        let named = self.by_name.get(&group).copied();
        let place = self.by_id.get(&group).copied().or(named.flatten());
        let free = place.and_then(|place| playlists.get_mut(place).zip(self.has_pages.get_mut(place)));
        if let Some((playlist, has_pages)) = free.filter(|(_, has_pages)| !**has_pages) {
            *has_pages = true;
            (playlist.items, playlist.whole) = (content.items, content.whole);
            return true;
        }
        let how = if named == Some(None) { "several playlists have" } else { "no playlist has" };
        let title = format!("{how} the name {group} of a group of tracks; the group becomes a playlist with that name");
        findings.add("playlist", &format!("group:{group}"), Severity::Low, title, "");
        playlists.push(Playlist { id: group.clone(), name: group, items: content.items, whole: false });
        false
    }
}
