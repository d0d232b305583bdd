//! Playlists. The pages of a view hold the row numbers of their items in order; each page of a group refers to the page before it. A
//! group is the id of a playlist, or its name in older versions. A row is an item of a playlist, or a track in older versions.

use std::collections::{BTreeMap, HashMap, HashSet};

use baton_plugin_kit::Findings;
use baton_plugin_kit::host::Tables;
use baton_plugin_sdk::sql::Value;
use baton_plugin_sdk::{Error, Severity};

use super::model::{Item, Playlist};
use super::raw::{RawLibrary, RowSubject};

/// The list of all playlists; it has no tracks.
const ROOT: &str = "mediaItemPlaylist-root";

/// A page of more rows is not read; `YapDatabase` keeps 50 in one.
const MOST_BYTES: i64 = 900_000;

/// So many items of all playlists are read.
const MOST_ITEMS: usize = 1_000_000;

/// Names above 1 KiB are none, and are not sorted by either: SQLite would have to load them.
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
    /// Whether a page of it could not be read whole.
    damaged: bool,
}

/// All groups, and whether there may be more of any of them.
#[derive(Debug, Default)]
struct Groups {
    by_name: BTreeMap<String, Group>,
    lost: bool,
}

/// What a group has, in order, and whether that is all.
struct Content {
    items: Vec<Item>,
    whole: bool,
}

/// Fills the playlists that were gathered; a group that is none of them becomes one of its own. A playlist counts as whole only when
/// nothing of the view could be its own and was not read.
///
/// # Errors
/// As `wit/sql.wit`. A library without playlists has no view.
pub(super) fn read(database: &dyn Tables, gathered: &mut RawLibrary, findings: &mut Findings) -> Result<(), Error> {
    let there = "SELECT count(*) FROM sqlite_schema WHERE name = 'view_mediaItemPlaylistView_page'";
    let mut playlists = std::mem::take(&mut gathered.playlists);
    if database.query(there, &[])?.integer() == Some(1) {
        let Groups { by_name, lost } = groups(database, findings)?;
        let mut known = PlaylistNames::of(&playlists);
        let mut is_open = lost;
        for (name, group) in by_name {
            let content = content(&name, group, lost, gathered, findings);
            is_open |= !known.put(&mut playlists, name, content, findings);
        }
        // A playlist without a page has no items, unless one that was not read or has no owner is its own.
        for (playlist, _) in playlists.iter_mut().zip(&known.has_pages).filter(|(_, has_pages)| !**has_pages) {
            playlist.whole = !is_open;
        }
    } else if playlists.iter().any(|playlist| playlist.id != ROOT) {
        let title = format!("there is no view that says what stands in the {} playlists", playlists.len());
        findings.add("playlist", "view", Severity::Medium, title, "");
    }
    playlists.retain(|playlist| playlist.id != ROOT || !playlist.items.is_empty());
    gathered.playlists = playlists;
    Ok(())
}

fn groups(database: &dyn Tables, findings: &mut Findings) -> Result<Groups, Error> {
    let mut groups = Groups::default();
    let mut all = 0;
    for row in database.rows(PAGES, &[MOST_BYTES.into()])? {
        let row = row?;
        let [Value::Text(key), Value::Text(group), before, count, data] = row.as_slice() else {
            findings.add("page", "unnamed", Severity::Medium, "a page of playlists has no key or no group", "");
            groups.lost = true;
            continue;
        };
        let known = groups.by_name.entry(group.clone()).or_default();
        let data = data.as_blob().unwrap_or_default();
        let (chunks, rest) = data.as_chunks::<8>();
        let rows: Vec<i64> = chunks.iter().map(|chunk| i64::from_le_bytes(*chunk)).collect();
        if !rest.is_empty() || count.as_integer() != i64::try_from(rows.len()).ok() {
            let said = count.as_integer().map_or_else(|| "no number of".to_owned(), |count| count.to_string());
            let title = format!("page {key} of the playlist {group} declares {said} rows and has {} bytes", data.len());
            findings.add("page", key, Severity::Medium, title, "");
            known.damaged = true;
        }
        all += rows.len();
        if all > MOST_ITEMS {
            let title = format!(
                "the playlists have more than {MOST_ITEMS} items; from page {key} of the playlist {group} on they are not read"
            );
            findings.add("page", "many", Severity::Medium, title, "");
            known.damaged = true;
            groups.lost = true;
            break;
        }
        known.pages.push(Page { key: key.clone(), before: before.as_text().map(str::to_owned), rows });
    }
    Ok(groups)
}

/// What stands in a group.
fn content(name: &str, mut group: Group, lost: bool, gathered: &RawLibrary, findings: &mut Findings) -> Content {
    group.pages.sort_by(|a, b| a.key.cmp(&b.key));
    let (rows, linked) = in_order(name, group.pages, findings);
    let items = items(name, &rows, gathered, findings);
    let whole = linked && !group.damaged && !lost && items.len() == rows.len();
    Content { items, whole }
}

/// The rows of linked pages, from the first, and whether all are linked. What no link leads to comes last, with a finding: it is
/// there, and where is not said.
fn in_order(group: &str, pages: Vec<Page>, findings: &mut Findings) -> (Vec<i64>, bool) {
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
    let linked = left.is_empty();
    if !linked {
        let title =
            format!("{} pages of the playlist {group} are not linked to its first; they are taken last", left.len());
        let keys: Vec<_> = left.iter().map(|page| page.key.as_str()).collect();
        findings.add("page", &format!("unlinked:{group}"), Severity::Medium, title, keys.join(", "));
    }
    rows.extend(left.into_iter().flat_map(|page| page.rows));
    (rows, linked)
}

fn items(group: &str, rows: &[i64], gathered: &RawLibrary, findings: &mut Findings) -> Vec<Item> {
    let (mut seen, mut items) = (HashSet::new(), Vec::new());
    for row in rows {
        if !seen.insert(*row) {
            let title = format!("row {row} stands twice in the playlist {group}; the first place counts");
            findings.add("playlist", &format!("twice:{group}:{row}"), Severity::Low, title, "");
            continue;
        }
        let track_id = match gathered.about.get(row) {
            Some(RowSubject::Item(id)) => Some(id.clone()),
            Some(RowSubject::Track(place) | RowSubject::Analysis(place) | RowSubject::UserData(place)) => {
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

/// The playlists by what a group may call them.
struct PlaylistNames {
    by_id: HashMap<String, usize>,
    /// The only one of a name; none where several have it.
    by_name: HashMap<String, Option<usize>>,
    has_pages: Vec<bool>,
}

impl PlaylistNames {
    fn of(playlists: &[Playlist]) -> Self {
        let by_id = playlists.iter().enumerate().map(|(place, playlist)| (playlist.id.clone(), place)).collect();
        let mut by_name = HashMap::new();
        for (place, playlist) in playlists.iter().enumerate() {
            by_name.entry(playlist.name.clone()).and_modify(|only| *only = None).or_insert(Some(place));
        }
        Self { by_id, by_name, has_pages: vec![false; playlists.len()] }
    }

    /// Gives items to the playlist of that id, else to the only one of that name; without any it is kept as one of its own, and false
    /// comes back.
    fn put(&mut self, playlists: &mut Vec<Playlist>, group: String, content: Content, findings: &mut Findings) -> bool {
        let named = self.by_name.get(&group).copied();
        let place = self.by_id.get(&group).copied().or(named.flatten());
        let free = place.and_then(|place| playlists.get_mut(place).zip(self.has_pages.get_mut(place)));
        if let Some((playlist, has_pages)) = free.filter(|(_, has_pages)| !**has_pages) {
            *has_pages = true;
            (playlist.items, playlist.whole) = (content.items, content.whole);
            return true;
        }
        let how = if named == Some(None) { "several playlists are called" } else { "no playlist is called" };
        let title = format!("{how} {group}, which a view has tracks of; it is kept under that name");
        findings.add("playlist", &format!("group:{group}"), Severity::Low, title, "");
        playlists.push(Playlist { id: group.clone(), name: group, items: content.items, whole: false });
        false
    }
}
