//! Google Sheets in the folder of a database, as CSV files in `Sheets/NAME_ID/TITLE_ID.csv` of the working copy. Baton does not
//! write to Google Sheets: the Sheets API has no conditional write, so a person's edit at the same moment would be lost.
//!
//! A sheet is read in parts. If the spreadsheet was changed meanwhile, nothing is written, and the next task reads it again.

use std::fs;
use std::path::{Path, PathBuf};

use baton_plugin_kit::host::Call;
use baton_plugin_sdk::Severity;
use serde_json::{Value, json};

use super::api::{Refusal, retryable};
use super::files::encoded;
use super::sheet_cells::{SheetCell, column_name};
use super::sheet_csv::{Rows, render, types};
use super::state::{Account, DatabasePlace};
use super::store::StoredSheet;
use super::transfer::TransferError;
use super::upload::md5;
use crate::drive::{at, at_writing, children, read, replace, sanitised, stamp, write_file};

/// The number of cells of one request: about two megabytes, as the documentation recommends.
const PART_CELLS: usize = 40_000;

/// The maximum number of cells of one spreadsheet, including empty cells.
const MOST_CELLS: usize = 1_000_000;

/// The folder of the CSV files.
const SHEETS: &str = "Sheets";

/// The fields of a cell: its value, and the format that distinguishes a date from a number.
const FIELDS: &str = "sheets(data(rowData(values(effectiveValue,effectiveFormat(numberFormat)))))";

/// A sheet of a spreadsheet.
struct Tab {
    id: i64,
    title: String,
    rows: usize,
    columns: usize,
}

/// The files of one sheet.
struct TabFiles {
    tab: Tab,
    csv: Vec<u8>,
    types: Value,
}

/// Reads the spreadsheets of a database that changed since the last time.
pub(super) fn pull(account: &Account<'_>, place: &DatabasePlace) -> Result<(), TransferError> {
    for sheet in account.store.changed_sheets(&place.database)? {
        let shown = format!("{}/{}", place.folder, sheet.name);
        match read_all(account, &sheet) {
            Ok(Ok(files)) => write_all(account, place, &sheet, &files)?,
            Ok(Err(why)) => report(account, "sheet-skipped", &sheet, format!("{shown}: {why}")),
            // If the spreadsheet was deleted, the changes feed reports it later.
            Err(Refusal::Missing) => {
                report(
                    account,
                    "sheet-refused",
                    &sheet,
                    format!("{shown}: Google does not find the spreadsheet (404)"),
                );
            }
            Err(Refusal::Forbidden(why) | Refusal::Expired(why)) => {
                report(account, "sheet-refused", &sheet, format!("{shown}: the spreadsheet was not read: {why}"));
            }
            Err(refusal) => return Err(refusal.into()),
        }
    }
    Ok(())
}

fn report(account: &Account<'_>, kind: &str, sheet: &StoredSheet, title: String) {
    let evidence = format!("https://docs.google.com/spreadsheets/d/{}", sheet.id);
    account.report(kind, &sheet.id, Severity::Medium, title, evidence);
}

/// The files of all sheets of a spreadsheet, or the reason why the spreadsheet cannot be read.
fn read_all(account: &Account<'_>, sheet: &StoredSheet) -> Result<Result<Vec<TabFiles>, String>, Refusal> {
    let base = format!("/v4/spreadsheets/{}", encoded(&sheet.id));
    let fields =
        "properties(locale,timeZone),sheets(properties(sheetId,title,sheetType,gridProperties(rowCount,columnCount)))";
    let book = account.files.api.json(&Call::new("GET", format!("{base}?fields={fields}")))?;
    let tabs: Vec<Tab> = book.get("sheets").and_then(Value::as_array).into_iter().flatten().filter_map(tab).collect();
    let cells: usize = tabs.iter().map(|tab| tab.rows.saturating_mul(tab.columns)).sum();
    if cells > MOST_CELLS {
        return Ok(Err(format!(
            "it has {cells} cells, empty ones included; the limit is {MOST_CELLS}. Delete empty rows and columns"
        )));
    }
    let mut files = Vec::new();
    for tab in tabs {
        let rows = read_tab(account, &base, &tab)?;
        let csv = match render(&rows) {
            Ok(csv) => csv,
            Err(why) => return Ok(Err(format!("{}: {why}", tab.title))),
        };
        let mut types = types(&rows);
        if let Some(types) = types.as_object_mut() {
            types.insert(
                "spreadsheet".to_owned(),
                json!({ "id": sheet.id, "name": sheet.name, "modified": sheet.modified }),
            );
            types.insert("sheet".to_owned(), json!({ "id": tab.id, "title": tab.title }));
            for name in ["locale", "timeZone"] {
                types
                    .insert(name.to_owned(), book.pointer(&format!("/properties/{name}")).cloned().unwrap_or_default());
            }
        }
        files.push(TabFiles { tab, csv, types });
    }
    let Some(after) = account.files.get(&sheet.id)?.filter(|file| !file.trashed) else { return Err(Refusal::Missing) };
    if after.modified == sheet.modified {
        return Ok(Ok(files));
    }
    account.store.put_sheet(&after)?;
    Ok(Err("it was changed while it was read; the next run reads it again".to_owned()))
}

/// A sheet with cells; charts and connected data have none.
fn tab(sheet: &Value) -> Option<Tab> {
    let properties = sheet.get("properties")?;
    if !matches!(properties.get("sheetType").and_then(Value::as_str), None | Some("GRID")) {
        return None;
    }
    let count = |name: &str| {
        let count = properties.pointer(&format!("/gridProperties/{name}")).and_then(Value::as_u64).unwrap_or_default();
        usize::try_from(count).unwrap_or(usize::MAX)
    };
    Some(Tab {
        // A field with the value 0 may be left out.
        id: properties.get("sheetId").and_then(Value::as_i64).unwrap_or_default(),
        title: properties.get("title").and_then(Value::as_str).unwrap_or_default().to_owned(),
        rows: count("rowCount"),
        columns: count("columnCount"),
    })
}

fn read_tab(account: &Account<'_>, base: &str, tab: &Tab) -> Result<Rows, Refusal> {
    let mut rows = Rows::new();
    let part = (PART_CELLS / tab.columns.max(1)).max(1);
    let (title, last) = (tab.title.replace('\'', "''"), column_name(tab.columns.saturating_sub(1)));
    while rows.len() < tab.rows && tab.columns > 0 {
        let (begin, end) = (rows.len(), (rows.len() + part).min(tab.rows));
        let range = format!("'{title}'!A{}:{last}{end}", begin + 1);
        let path = format!("{base}?ranges={}&fields={FIELDS}", encoded(&range));
        let answer = account.files.api.json(&Call::new("GET", path))?;
        // Without any value in the range, the row data are left out.
        let Some(sheet) = answer.pointer("/sheets/0") else {
            return Err(retryable("Google Sheets returned no sheet for a requested range".to_owned()));
        };
        let found = sheet.pointer("/data/0/rowData").and_then(Value::as_array);
        rows.extend(found.into_iter().flatten().take(end - begin).map(row));
        rows.resize(end, Vec::new());
    }
    Ok(rows)
}

fn row(row: &Value) -> Vec<Option<SheetCell>> {
    row.get("values").and_then(Value::as_array).into_iter().flatten().map(SheetCell::read).collect()
}

/// Writes the files of all sheets. A CSV that was changed in the working copy is kept, and reported.
fn write_all(
    account: &Account<'_>,
    place: &DatabasePlace,
    sheet: &StoredSheet,
    files: &[TabFiles],
) -> Result<(), TransferError> {
    let all = account.root.join(&place.folder).join(SHEETS);
    make(&all)?;
    let folder = named(&all, &sheet.name, &format!("_{}", sheet.id))?;
    make(&folder)?;
    let mut has_all = true;
    for TabFiles { tab, csv, types } in files {
        let path = named(&folder, &tab.title, &format!("_{}.csv", tab.id))?;
        let types_path = named(&folder, &tab.title, &format!("_{}.types.json", tab.id))?;
        let key = format!("sheet:{}:{}", sheet.id, tab.id);
        let seen = stamp(&path)?;
        let own = if seen.is_some() { Some(md5(&read(&path)?)) } else { None };
        let new = md5(csv);
        if own.as_deref() != Some(new.as_str()) {
            let is_unchanged = match own {
                Some(own) => account.store.synced(&key)?.is_last(&own),
                None => true,
            };
            if !is_unchanged || !replace(&path, csv, seen.as_ref())? {
                let title = format!(
                    "{}: this CSV is a copy of a spreadsheet; it was changed by hand, and is not uploaded. Move it away; the next run writes it again",
                    path.strip_prefix(account.root).unwrap_or(&path).display()
                );
                report(account, "sheet-edited-here", sheet, title);
                has_all = false;
                continue;
            }
            account.downloaded.set(account.downloaded.get() + 1);
        }
        account.store.set_synced(&key, &new)?;
        write_file(&types_path, format!("{types:#}\n").as_bytes())?;
    }
    if has_all {
        account.store.set_sheet_read(&sheet.id, &sheet.modified)?;
    }
    Ok(())
}

fn make(folder: &Path) -> std::io::Result<()> {
    match fs::create_dir(folder) {
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        made => made.map_err(|error| at_writing(folder, &error)),
    }
}

/// The path for a spreadsheet or sheet: its present title and `ending`, which contains its id. An existing entry with this
/// ending and another title is renamed.
fn named(folder: &Path, title: &str, ending: &str) -> std::io::Result<PathBuf> {
    let path = folder.join(format!("{}{ending}", sanitised(title)));
    let mut found = children(folder)?.into_iter().map(|(name, _)| folder.join(name));
    let old = found.find(|old| old.to_string_lossy().ends_with(ending));
    match old {
        Some(old) if old != path && fs::symlink_metadata(&path).is_err() => {
            fs::rename(&old, &path).map_err(|error| at(&old, &error))?;
        }
        _ => {}
    }
    Ok(path)
}
