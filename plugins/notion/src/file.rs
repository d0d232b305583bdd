//! The CSV file of a data source: row 1 has `__page_id`, `__last_synced_iso` and the names of the properties, row 2 the types, then
//! one row for each page. Beside it, `NAME.json` has the ids of the properties. drive-sync reads both.
//!
//! A cell is a person's edit if it differs from the value that Baton wrote and from Notion's value. A file with edits is not
//! replaced.

use std::collections::{HashMap, HashSet};
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use baton_core::Digest;
use baton_plugin_kit::csv_file::{CsvFile, CsvWriter, read_file};
use baton_plugin_kit::disk::to_storage_full;
use baton_plugin_kit::safe_name;
use baton_plugin_sdk::Error;
use serde_json::{Map, json};

use crate::cell::{canonical, same};
use crate::schema::Property;
use crate::store::{Cells, FileRow, Source, Store, StoredRow};

const PAGE: &str = "__page_id";
const SYNCED: &str = "__last_synced_iso";

/// The granted folder of the files.
#[derive(Clone, Debug)]
pub struct Folder {
    /// Its path in the sandbox.
    pub path: PathBuf,
    /// Its path as the operator knows it.
    pub shown: String,
}

impl Folder {
    /// The path of the CSV file.
    #[must_use]
    pub fn csv(&self, source: &Source) -> PathBuf {
        self.path.join(format!("{}.csv", source.file))
    }

    /// The path of the CSV file as the operator knows it.
    #[must_use]
    pub fn shown(&self, source: &Source) -> String {
        format!("{}/{}.csv", self.shown, source.file)
    }
}

/// The file name, without extension, for a new data source. The data source keeps this name when its title changes.
#[must_use]
pub fn name(title: &str, id: &str) -> String {
    format!("{}_{id}", safe_name(title, 80, "Database"))
}

/// A changed cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EditedCell {
    /// The property.
    pub property: Property,
    /// The text when the file was written.
    pub from: String,
    /// The text in the file.
    pub to: String,
}

/// A changed row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EditedRow {
    /// The id of its page.
    pub page: String,
    /// Its title in the file.
    pub title: String,
    /// The changed cells.
    pub cells: Vec<EditedCell>,
}

/// A person's changes of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Edits {
    /// The changed rows.
    pub rows: Vec<EditedRow>,
    /// Lines whose page id is missing or unknown.
    pub added: Vec<u64>,
    /// The number of rows that were removed from the file.
    pub removed: usize,
    /// The pages of changed rows that were deleted at Notion.
    pub deleted: Vec<String>,
    /// Columns that have cells and whose name is not the name of a property.
    pub columns: Vec<String>,
}

impl Edits {
    /// True if nothing was changed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self == &Self::default()
    }

    /// `2 changed, 1 added, 0 removed rows, 0 added columns`.
    #[must_use]
    pub fn counted(&self) -> String {
        let changed = self.rows.len() + self.deleted.len();
        let (added, removed, columns) = (self.added.len(), self.removed, self.columns.len());
        format!("{changed} changed, {added} added, {removed} removed rows, {columns} added columns")
    }
}

/// A file as it was read.
#[derive(Debug)]
pub struct ReadFile {
    /// The names of the columns after the first two columns.
    pub header: Vec<String>,
    /// The rows with their lines.
    rows: Vec<(u64, String, Vec<String>)>,
}

/// Completes a replacement that a crash interrupted: the new file is complete, but the tables still describe the old file.
///
/// # Errors
/// As `wit/sql.wit`.
pub fn settle(store: Store<'_>, folder: &Folder, source: &mut Source) -> Result<(), Error> {
    if source.next_digest.is_empty() {
        return Ok(());
    }
    if digest(&folder.csv(source)).as_deref() == Some(source.next_digest.as_str()) {
        store.written(&source.id)?;
        source.digest.clone_from(&source.next_digest);
        source.file_properties.clone_from(&source.properties);
    }
    source.next_digest.clear();
    store.save(source)
}

/// Reads the file if a person may have changed it; `None` if it is missing or unchanged.
///
/// # Errors
/// `permanent` if the file cannot be read. The error states the fix.
pub fn changed(folder: &Folder, source: &Source) -> Result<Option<ReadFile>, Error> {
    let path = folder.csv(source);
    if !path.exists() || digest(&path).as_deref() == Some(source.digest.as_str()) {
        return Ok(None);
    }
    let shown = folder.shown(source);
    read(&path).map(Some).map_err(|why| {
        Error::Permanent(format!(
            "{shown} cannot be read: {why}. Correct it, or replace it: baton run notion pull --arg databases={} --arg overwrite=true",
            source.id
        ))
    })
}

fn read(path: &Path) -> Result<ReadFile, String> {
    let file = CsvFile::open(path)?;
    let header = file.header().to_vec();
    let [first, second, names @ ..] = header.as_slice() else { return Err("it has no header".to_owned()) };
    if first != PAGE || second != SYNCED {
        return Err(format!("row 1 does not begin with {PAGE},{SYNCED}"));
    }
    if file.cut || file.spoilt > 0 {
        return Err("it is not UTF-8, or is cut off".to_owned());
    }
    let (mut rows, mut seen) = (Vec::new(), HashSet::new());
    let mut lines = file.lines().peekable();
    while let Some(line) = lines.next() {
        let row = line?;
        if row.cells.len() != header.len() {
            return Err(format!("line {} has {} fields, the header has {}", row.number, row.cells.len(), header.len()));
        }
        if let Some(open) = lines.peek().is_none().then(|| file.open_quote(&row)).flatten() {
            return Err(format!("line {open}: a closing quote is missing"));
        }
        let cells: Vec<String> = row.cells.iter().skip(2).map(str::to_owned).collect();
        let page = row.cells.get(0).unwrap_or_default().trim().to_owned();
        let is_types = page.is_empty() && rows.is_empty() && cells.iter().any(|cell| cell == "title");
        if is_types {
            continue;
        }
        if !page.is_empty() && !seen.insert(page.clone()) {
            return Err(format!("line {}: the file has the row {page} twice", row.number));
        }
        rows.push((row.number, page, cells));
    }
    Ok(ReadFile { header: names.to_vec(), rows })
}

/// The changes that a person made in the file. A column belongs to the first of `properties` that has its name.
#[must_use]
#[expect(clippy::implicit_hasher, reason = "the rows come from the tables of this plugin")]
pub fn edits(file: &ReadFile, properties: &[Property], stored: &HashMap<String, StoredRow>) -> Edits {
    let place = |name: &String| properties.iter().find(|one| one.name.trim() == name);
    let columns: Vec<Option<&Property>> = file.header.iter().map(place).collect();
    let (mut edits, mut seen) = (Edits::default(), 0);
    let is_expected = |row: &StoredRow| row.written.is_some() && row.cells.is_some();
    let has_cells =
        |place: usize| file.rows.iter().any(|(_, _, cells)| cells.get(place).is_some_and(|cell| !cell.is_empty()));
    let unknown = columns.iter().enumerate().filter(|(place, property)| property.is_none() && has_cells(*place));
    edits.columns = unknown.filter_map(|(place, _)| file.header.get(place).cloned()).collect();
    for (line, page, cells) in &file.rows {
        let Some(row) = stored.get(page).filter(|_| !page.is_empty()) else {
            edits.added.push(*line);
            continue;
        };
        seen += usize::from(is_expected(row));
        let changed: Vec<EditedCell> = columns
            .iter()
            .zip(cells)
            .filter_map(|(property, text)| edited(property.as_ref().copied()?, text, row))
            .collect();
        if changed.is_empty() {
            continue;
        }
        if row.cells.is_none() {
            edits.deleted.push(page.clone());
            continue;
        }
        let title = columns.iter().position(|one| one.is_some_and(|one| one.kind == "title"));
        let title = title.and_then(|place| cells.get(place)).cloned().unwrap_or_default();
        edits.rows.push(EditedRow { page: page.clone(), title, cells: changed });
    }
    edits.removed = stored.values().filter(|row| is_expected(row)).count().saturating_sub(seen);
    edits
}

fn edited(property: &Property, text: &str, row: &StoredRow) -> Option<EditedCell> {
    let of = |cells: Option<&Cells>| cells.and_then(|cells| cells.get(&property.id)).cloned().unwrap_or_default();
    let (from, live) = (of(row.written.as_ref()), of(row.cells.as_ref()));
    let to = canonical(&property.kind, text);
    let is_same = |other: &str| same(&property.kind, &to, other);
    let is_edit = row.written.is_some() && !is_same(&from) && !is_same(&live);
    is_edit.then(|| EditedCell { property: property.clone(), from, to })
}

/// Replaces the file by Notion's values. Returns whether its bytes have changed.
///
/// # Errors
/// `retryable` if the folder accepts no file.
pub fn write(store: Store<'_>, folder: &Folder, source: &mut Source) -> Result<bool, Error> {
    let rows = store.file_rows(&source.id)?;
    let bytes = render(&source.properties, &rows).map_err(Error::Permanent)?;
    let new = Digest::of(&bytes).to_string();
    let path = folder.csv(source);
    let is_new = digest(&path).as_deref() != Some(new.as_str());
    if is_new {
        source.next_digest.clone_from(&new);
        store.save(source)?;
        replace(&path, &bytes).map_err(|error| cannot_write(folder, source, error))?;
    }
    store.written(&source.id)?;
    (source.digest, source.next_digest) = (new, String::new());
    source.file_properties.clone_from(&source.properties);
    store.save(source)?;
    let sidecar = sidecar(source, rows.len());
    replace(&path.with_extension("json"), sidecar.as_bytes()).map_err(|error| cannot_write(folder, source, error))?;
    Ok(is_new)
}

fn cannot_write(folder: &Folder, source: &Source, error: io::Error) -> Error {
    let error = to_storage_full(error);
    Error::Retryable(format!("cannot write {}: {error}; the former file is still there", folder.shown(source)))
}

fn render(properties: &[Property], rows: &[FileRow]) -> Result<Vec<u8>, String> {
    let mut csv = CsvWriter::new([PAGE, SYNCED].into_iter().chain(properties.iter().map(|one| one.name.as_str())))?;
    csv.row(["", ""].into_iter().chain(properties.iter().map(|one| one.kind.as_str())))?;
    for row in rows {
        let cell = |property: &Property| row.cells.get(&property.id).map_or("", String::as_str);
        csv.row([row.page.as_str(), &row.synced].into_iter().chain(properties.iter().map(cell)))?;
    }
    csv.into_bytes()
}

fn sidecar(source: &Source, rows: usize) -> String {
    let property = |one: &Property| (one.id.clone(), json!({ "name": one.name, "type": one.kind }));
    let properties: Map<String, serde_json::Value> = source.properties.iter().map(property).collect();
    let is_complete = source.stuck_at.is_empty() && source.reading_from.is_none() && source.full_at > 0;
    let status = if is_complete { "complete" } else { "incomplete" };
    json!({ "id": source.id, "title": source.title, "complete": is_complete, "request_status": status, "row_count": rows,
        "properties": properties })
    .to_string()
}

fn digest(path: &Path) -> Option<String> {
    read_file(path).ok().map(|bytes| Digest::of(&bytes).to_string())
}

/// Writes under a hidden name, then renames, so that a crash leaves no partial file.
fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let hidden = path.with_file_name(format!(".{name}.part"));
    let mut file = File::create(&hidden)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&hidden, path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn property(id: &str, name: &str, kind: &str) -> Property {
        Property { id: id.to_owned(), name: name.to_owned(), kind: kind.to_owned() }
    }

    fn cells(title: &str, bpm: &str) -> Cells {
        [("title", title), ("bpm", bpm)].into_iter().map(|(id, text)| (id.to_owned(), text.to_owned())).collect()
    }

    fn stored(rows: &[(&str, Option<Cells>, Option<Cells>)]) -> HashMap<String, StoredRow> {
        let row = |(page, cells, written): &(&str, Option<Cells>, Option<Cells>)| {
            ((*page).to_owned(), StoredRow { cells: cells.clone(), written: written.clone() })
        };
        rows.iter().map(row).collect()
    }

    fn read_text(text: &str) -> Result<ReadFile, String> {
        let path = std::env::temp_dir().join(format!("baton-notion-{}-{}.csv", std::process::id(), text.len()));
        fs::write(&path, text).map_err(|error| error.to_string())?;
        let found = read(&path);
        drop(fs::remove_file(path));
        found
    }

    const HEAD: &str = "__page_id,__last_synced_iso,Name,BPM\n,,title,number\n";

    #[test]
    fn edits_are_cells_that_neither_the_former_file_nor_notion_has() {
        let file = read_text(&format!("{HEAD}1,,Glow,120.50\n2,,Dusk,90\n3,,Dawn,7\n4,,Gone,2\n,,New,1\n")).unwrap();
        let properties = [property("title", "Name", "title"), property("bpm", "BPM", "number")];
        let rows = stored(&[
            ("1", Some(cells("Glow", "120.5")), Some(cells("Glow", "120.5"))),
            // The file and Notion have the same new value.
            ("2", Some(cells("Dusk", "90")), Some(cells("Dusk", "80"))),
            ("3", Some(cells("Dawn", "5")), Some(cells("Dawn", "6"))),
            ("4", None, Some(cells("Gone", "1"))),
            ("5", Some(cells("Removed", "1")), Some(cells("Removed", "1"))),
            // The row was deleted at Notion and removed from the file.
            ("6", None, Some(cells("Both", "1"))),
        ]);
        let edits = edits(&file, &properties, &rows);
        let changed: Vec<_> = edits
            .rows
            .iter()
            .map(|row| (row.title.as_str(), row.cells[0].from.as_str(), row.cells[0].to.as_str()))
            .collect();
        assert_eq!(changed, [("Dawn", "6", "7")]);
        assert_eq!((edits.added.as_slice(), edits.removed, edits.deleted), ([7].as_slice(), 1, vec!["4".to_owned()]));
    }

    #[test]
    fn a_damaged_file_is_an_error_with_its_line() {
        for (text, why) in [
            ("Name,BPM\n", "row 1 does not begin"),
            ("__page_id,__last_synced_iso,Name,BPM\n1,,Glow\n", "line 2 has 3 fields"),
            ("__page_id,__last_synced_iso,Name,BPM\n1,,a,1\n1,,b,2\n", "line 3: the file has the row 1 twice"),
            ("__page_id,__last_synced_iso,Name,BPM\n1,,a,\"1\n", "closing quote"),
        ] {
            let found = read_text(text).map(|file| file.rows.len());
            assert!(found.as_ref().is_err_and(|error| error.contains(why)), "{text:?}: {found:?}");
        }
    }
}
