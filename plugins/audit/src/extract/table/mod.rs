//! Tables: columns understood by their headings, and two-column tables of properties that describe one file.
//!
//! A file in a column for files is promised. In other columns it is promised only where the table lists work and its
//! state; a table of issues, risks or measurements promises nothing.

mod columns;

use self::columns::{CLASS, Columns, LINES, SIZE, STATUS, bit, file_column};
use super::claims;
use super::context::{LineContext, SectionKind};
use super::inline::{Inline, SpanKind};
use super::names;
use super::sentence;
use super::symbols;
use super::words;
use crate::plan::{Form, Kind, Role, Sighting};

#[derive(Debug, Default)]
pub(super) struct Table {
    /// Files.
    pub sightings: Vec<Sighting>,
    /// Folders that it names as places.
    pub folders: Vec<String>,
}

const PROPERTY: &[&str] = &["attribute", "detail", "details", "field", "information", "key", "property", "value"];

/// Reads a table; `excluded` is true where nothing is promised.
#[must_use]
pub(super) fn read(rows: &[Vec<Inline>], excluded: bool) -> Table {
    let mut table = Table::default();
    let Some((header, body)) = rows.split_first() else { return table };
    if is_property_table(header, body) {
        properties(rows, excluded, &mut table);
    } else {
        let mut columns = Columns::of(header);
        if columns.files == 0 && !columns.complains {
            columns.files = file_column(header, body).map_or(0, bit);
        }
        for row in body {
            data_row(row, columns, excluded, &mut table);
        }
    }
    table
}

fn data_row(row: &[Inline], columns: Columns, excluded: bool, table: &mut Table) {
    let cell = |at: Option<usize>| at.and_then(|at| row.get(at));
    let text = |at: Option<usize>| cell(at).map(Inline::plain).filter(|text| !text.is_empty());
    let status = text(columns.status);
    let going = status.as_deref().is_some_and(|status| words::goes(status) || words::only_changes(status));
    let folder = cell(columns.folder).and_then(place).filter(|place| place.kind == Kind::Folder);
    let mut found = Vec::new();
    for (at, cell) in row.iter().enumerate() {
        if columns.files & bit(at) != 0 || (Some(at) == columns.folder && columns.located && names_a_file(cell)) {
            found.extend(file_cell(cell));
        } else if Some(at) != columns.class {
            let listed = columns.status.is_some() && columns.component.is_some() && !columns.complains;
            let ground = match (columns.complains, listed) {
                (true, _) => SectionKind::Excluded,
                (false, true) => SectionKind::Promising,
                (false, false) => SectionKind::Plain,
            };
            let setting = LineContext { ground, ..LineContext::default() };
            found.extend(sentence::sightings(cell, setting, Form::Table));
        }
    }
    let single = found.iter().filter(|sighting| sighting.role == Role::Deliverable).count() == 1;
    for sighting in found.iter_mut().filter(|sighting| sighting.role == Role::Deliverable) {
        if excluded || going {
            sighting.role = Role::Reference;
        }
        sighting.component = text(columns.component.filter(|at| columns.files & bit(*at) == 0));
        sighting.status.clone_from(&status);
        if let Some(folder) = &folder
            && !sighting.path.contains('/')
        {
            sighting.path = format!("{}/{}", folder.path, sighting.path);
        }
        if single {
            sighting.symbols.extend(cell(columns.class).map(classes).unwrap_or_default());
            sighting.symbols.extend(cell(columns.kind).map(classes_in_code).unwrap_or_default());
            sighting.lines = text(columns.lines).and_then(|text| claims::lines_cell(&text));
            sighting.bytes = text(columns.size).and_then(|text| claims::bytes_cell(&text, columns.size_in_bytes));
        }
    }
    table.folders.extend(folder.map(|folder| folder.path));
    table.sightings.extend(found);
}

/// The files of a cell that is there for files: every one in code or linked, or a plain list of names.
fn file_cell(cell: &Inline) -> Vec<Sighting> {
    let promised = LineContext { ground: SectionKind::Promising, listing: true, ..LineContext::default() };
    let marked = sentence::sightings(cell, promised, Form::Table);
    let in_code = cell.spans().iter().any(|span| span.kind == SpanKind::Code || span.link.is_some());
    if in_code {
        return marked;
    }
    let plain = cell.plain();
    let pieces: Vec<&str> = plain.split([',', ';']).map(str::trim).filter(|piece| !piece.is_empty()).collect();
    let whole: Option<Vec<_>> = pieces.iter().map(|piece| any(piece)).collect();
    match whole {
        Some(names) => names
            .into_iter()
            .map(|name| Sighting::new(name.path, name.kind, Form::Table, Role::Deliverable, cell.line()))
            .collect(),
        None => marked,
    }
}

/// The classes of a cell: in code, or the whole cell.
fn classes(cell: &Inline) -> Vec<String> {
    let in_code: Vec<String> = cell
        .spans()
        .iter()
        .filter(|span| span.kind == SpanKind::Code)
        .filter_map(|span| symbols::identifier(&span.text))
        .collect();
    let plain = cell.plain();
    if !in_code.is_empty() {
        in_code
    } else if symbols::is_single_name(&plain) {
        vec![plain]
    } else {
        plain.split([',', ' ']).filter_map(symbols::symbol).collect()
    }
}

/// The classes of a cell that may say something else: only names of classes in code.
fn classes_in_code(cell: &Inline) -> Vec<String> {
    let code = cell.spans().iter().filter(|span| span.kind == SpanKind::Code);
    code.filter_map(|span| symbols::symbol(&span.text)).collect()
}

/// Whether a cell is one file.
fn names_a_file(cell: &Inline) -> bool {
    place(cell).is_some_and(|place| place.kind == Kind::File)
}

/// A cell that is one path.
fn place(cell: &Inline) -> Option<names::Name> {
    any(&cell.plain())
}

/// A file, a folder, or a path that leads out of the audited folder.
fn any(word: &str) -> Option<names::Name> {
    names::file(word).or_else(|| names::folder(word)).or_else(|| names::outside_path(word))
}

/// Two columns, one of them headed as a list of properties or not headed at all, and a row that names a file.
fn is_property_table(header: &[Inline], body: &[Vec<Inline>]) -> bool {
    let [first, second] = header else { return false };
    let titled = [first, second].iter().all(|cell| cell.is_empty())
        || [first, second].iter().any(|cell| PROPERTY.contains(&cell.plain().to_lowercase().as_str()));
    let is_file_row = |row: &[Inline]| matches!(row, [key, value] if is_file_key(key) && place(value).is_some());
    (titled && body.iter().any(|row| is_file_row(row))) || is_file_row(header)
}

fn is_file_key(key: &Inline) -> bool {
    matches!(
        key.plain().to_lowercase().as_str(),
        "file" | "file path" | "filename" | "path" | "script" | "target file" | "output file"
    )
}

/// Joins the rows to one file each; a second `File` row begins another.
fn properties(rows: &[Vec<Inline>], excluded: bool, table: &mut Table) {
    let role = if excluded { Role::Reference } else { Role::Deliverable };
    let mut current: Option<Sighting> = None;
    let mut folder: Option<String> = None;
    for row in rows {
        let [key, value] = row.as_slice() else { continue };
        let plain = value.plain();
        match key.plain().to_lowercase().as_str() {
            _ if is_file_key(key) => {
                if let Some(name) = place(value) {
                    table.sightings.extend(current.take().map(|sighting| located(sighting, folder.take())));
                    current = Some(Sighting::new(name.path, name.kind, Form::Table, role, value.line()));
                }
            }
            "location" | "directory" | "folder" => {
                folder = place(value).filter(|place| place.kind == Kind::Folder).map(|place| place.path);
            }
            name => {
                if let Some(sighting) = &mut current {
                    describe(sighting, name, &plain, value);
                }
            }
        }
    }
    table.folders.extend(folder.clone());
    table.sightings.extend(current.map(|sighting| located(sighting, folder)));
}

fn describe(sighting: &mut Sighting, name: &str, plain: &str, value: &Inline) {
    if SIZE.contains(&name) {
        sighting.bytes = claims::bytes_cell(plain, name.contains("bytes"));
    } else if LINES.contains(&name) {
        sighting.lines = claims::lines_cell(plain);
    } else if CLASS.contains(&name) {
        sighting.symbols = classes(value);
    } else if STATUS.contains(&name) {
        sighting.status = Some(plain.to_owned());
        if words::goes(plain) {
            sighting.role = Role::Reference;
        }
    }
}

fn located(mut sighting: Sighting, folder: Option<String>) -> Sighting {
    if let Some(folder) = folder.filter(|_| !sighting.path.contains('/')) {
        sighting.path = format!("{folder}/{}", sighting.path);
    }
    sighting
}

#[cfg(test)]
mod tests {
    use super::super::blocks::{Block, blocks};
    use super::*;

    fn table(text: &str) -> Table {
        match blocks(text).into_iter().next() {
            Some(Block::Table(rows)) => read(&rows, false),
            other => panic!("{other:?}"),
        }
    }

    fn promised(text: &str) -> Vec<String> {
        table(text)
            .sightings
            .into_iter()
            .filter(|found| found.role == Role::Deliverable)
            .map(|found| found.path)
            .collect()
    }

    #[test]
    fn a_column_for_files_holds_several_names_a_cell() {
        let text = "| Component | Expected Files |\n|---|---|\n| Core | `a.py`, `b.py` |\n| Docs | guide.md, index.md |\n| Rest | none yet |\n";
        assert_eq!(promised(text), ["a.py", "b.py", "guide.md", "index.md"]);
        assert_eq!(table(text).sightings[0].component.as_deref(), Some("Core"));
    }

    #[test]
    fn claims_and_classes_come_from_their_columns() {
        let text = "| Component | File | Class | Lines | Size | Status |\n|-|-|-|-|-|-|\n| Sync | `s.py` | `SyncMaker` | 473 | 1,024 bytes | done |\n| M | `m.py` | Multiple dataclasses | N/A | - | removed |\n";
        let found = table(text).sightings;
        assert_eq!(found[0].symbols, ["SyncMaker"]);
        assert_eq!(found[0].lines.map(|claim| claim.value), Some(473));
        assert_eq!(found[0].bytes.map(|claim| claim.value), Some(1024));
        assert_eq!((found[1].role, found[1].symbols.len()), (Role::Reference, 0));
    }

    #[test]
    fn properties_describe_one_file() {
        let text = "| Property | Value |\n|-|-|\n| File | `m.py` |\n| Location | `/mono/` |\n| Size | 413,280 bytes |\n| Lines | ~8,500+ |\n";
        let found = table(text).sightings;
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].path.as_str(), found[0].line), ("/mono/m.py", 3));
        assert_eq!(found[0].bytes.map(|claim| claim.value), Some(413_280));
        assert_eq!(found[0].lines.map(|claim| claim.value), Some(8500));
    }

    #[test]
    fn a_location_may_be_the_file_itself() {
        let text = "| Deliverable | Location | Status |\n|-|-|-|\n| The till | `shop/till.py` | done |\n| `stock.py` | `shop/` | done |\n";
        assert_eq!(promised(text), ["shop/till.py", "shop/stock.py"]);
    }

    #[test]
    fn work_lists_promise_and_issue_lists_do_not() {
        let work = "| Component | Status | Details |\n|-|-|-|\n| A | done | `lib/a.py` - tested |\n| B | done | Created `b.py` - fills |\n| C | done | Updated `c.py` |\n| D | done | ID `2eae7361-6c27` |\n";
        assert_eq!(promised(work), ["lib/a.py", "b.py"]);
        let issues = "| Issue | Status | Notes |\n|-|-|-|\n| `x.py` fails | open | Created `y.py` |\n";
        assert_eq!(promised(issues), Vec::<String>::new());
        let ids = "| Database | ID |\n|-|-|\n| Tracks | `27ce7361-6c27-80fb` |\n| url | `https://a.org/x.py` |\n";
        assert_eq!(table(ids).sightings, []);
    }
}
