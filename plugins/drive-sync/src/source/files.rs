//! Databases as files: `NAME.csv` and its sidecar `NAME.json`.
//!
//! A CSV without a sidecar is a database only if the first two cells of its row of types are `ids=names` and `id=ID`. Then the
//! headers are ids, the title of the database is the file name, and a reading never counts as complete. Exports of Notion are
//! recognised by their names (`notion.rs`).

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};

use super::{SourceDatabase, notion, sidecar};
use crate::drive::{children_and_unreadable, is_id, read, stamp};
use crate::table::{Csv, Database, FILE_MARK, Property, Record, parse_csv};

/// The files of a database, not read yet.
#[derive(Clone, Debug)]
pub struct FoundFiles {
    /// `NAME`.
    pub name: String,
    csv: PathBuf,
    sidecar: Option<PathBuf>,
    /// A text that changes when the files change. The error is the reason why the files cannot be checked.
    pub stamp: Result<String, String>,
}

/// The databases of a folder, sorted by name, and the number of file names that are not UTF-8.
///
/// # Errors
/// When the folder cannot be read.
pub fn list(folder: &Path) -> io::Result<(Vec<FoundFiles>, usize)> {
    let (children, unreadable) = children_and_unreadable(folder)?;
    let names: BTreeMap<_, _> = children.into_iter().collect();
    let csvs = names.keys().filter(|name| !name.starts_with('.')).filter_map(|name| name.strip_suffix(".csv"));
    // Notion may export two files of one database. Then only the file with all rows is used.
    let in_part = |name: &str| notion::ParsedExportName::parse(name).is_some_and(|named| !named.all);
    let csvs = csvs.filter(|name| !(in_part(name) && names.contains_key(&format!("{name}_all.csv"))));
    let found = csvs
        .map(|name| {
            let beside = format!("{name}.json");
            let csv = folder.join(format!("{name}.csv"));
            let sidecar = names.contains_key(&beside).then(|| folder.join(beside));
            let stamp = stamps(&csv, sidecar.as_deref());
            FoundFiles { name: name.to_owned(), csv, sidecar, stamp }
        })
        .collect();
    Ok((found, unreadable))
}

fn stamps(csv: &Path, sidecar: Option<&Path>) -> Result<String, String> {
    let one = |path: &Path| match stamp(path) {
        Ok(Some(stamp)) => Ok(stamp.as_str().to_owned()),
        Ok(None) => Err("it was deleted".to_owned()),
        Err(error) => Err(bare(&error)),
    };
    let beside = sidecar.map(one).transpose()?.unwrap_or_default();
    Ok(format!("{}/{beside}", one(csv)?))
}

/// The text of an error without its path, because the operator does not know paths of the sandbox.
fn bare(error: &io::Error) -> String {
    let text = error.to_string();
    text.rsplit_once(": ").map_or(text.clone(), |(_, why)| why.to_owned())
}

/// A database without its rows.
///
/// # Errors
/// If the sidecar cannot be read, or if there is no sidecar and the headers of the CSV are not ids.
pub fn head(found: &FoundFiles) -> Result<Database, String> {
    found.stamp.clone()?;
    match &found.sidecar {
        Some(path) => sidecar::read(&read(path).map_err(|error| bare(&error))?)
            .map_err(|error| format!("its sidecar {}.json is not usable: {error}", found.name)),
        None => match exported(found)? {
            Some(loaded) => Ok(loaded.database),
            None => database_of_csv(&found.name, &csv_of(found)?),
        },
    }
}

/// A database with its rows. The CSV and the sidecar must not change while they are read.
///
/// # Errors
/// If a file cannot be read or is incomplete, if CSV and sidecar do not match, or if a file changes while it is read.
pub fn load(found: &FoundFiles) -> Result<SourceDatabase, String> {
    if let Some(loaded) = exported(found)? {
        return unchanged(found).map(|()| loaded);
    }
    let database = head(found)?;
    let csv = csv_of(found)?;
    unchanged(found)?;
    let places = places(&csv, &database)?;
    let rows = csv.rows.into_iter().map(|row| {
        let cells = places.iter().map(|place| row.cells.get(*place).cloned().unwrap_or_default()).collect();
        Record { page_id: row.page_id, synced: row.synced, cells }
    });
    SourceDatabase { rows: rows.collect(), database }.checked()
}

fn unchanged(found: &FoundFiles) -> Result<(), String> {
    if stamps(&found.csv, found.sidecar.as_deref()) == found.stamp {
        return Ok(());
    }
    Err("it changed while it was read; the next sync reads it again".to_owned())
}

/// The database, if Notion exported the file.
fn exported(found: &FoundFiles) -> Result<Option<SourceDatabase>, String> {
    let Some(named) = notion::ParsedExportName::parse(&found.name).filter(|_| found.sidecar.is_none()) else {
        return Ok(None);
    };
    found.stamp.clone()?;
    let bytes = read(&found.csv).map_err(|error| bare(&error))?;
    if notion::has_keys(&bytes) { Ok(None) } else { notion::load(named, &bytes).map(Some) }
}

fn csv_of(found: &FoundFiles) -> Result<Csv, String> {
    parse_csv(&read(&found.csv).map_err(|error| bare(&error))?)
}

fn database_of_csv(name: &str, csv: &Csv) -> Result<Database, String> {
    let [mark, id] = &csv.marks;
    let id = id.strip_prefix("id=").filter(|id| mark == FILE_MARK && is_id(id));
    let id = id.ok_or_else(|| {
        format!("it has no sidecar {name}.json, and its row 2 does not begin with `{FILE_MARK},id=ID`")
    })?;
    let property =
        |(header, kind): (&String, &String)| Property { id: header.clone(), name: header.clone(), kind: kind.clone() };
    Ok(Database {
        id: id.to_owned(),
        title: name.to_owned(),
        properties: csv.header.iter().zip(&csv.kinds).map(property).collect(),
        complete: false,
        request_status: None,
        row_count: None,
    })
}

/// The positions of the properties in the CSV. The headers must be the ids of all properties or the names of all properties. A
/// mixture is an error, because a name can equal the id of another property.
fn places(csv: &Csv, database: &Database) -> Result<Vec<usize>, String> {
    let all = |header: fn(&Property) -> &str| -> Result<Vec<usize>, String> {
        database.properties.iter().map(|property| place(csv, header(property))).collect()
    };
    let found = all(|property| &property.id).or_else(|_| all(|property| &property.name))?;
    let mut taken = BTreeSet::new();
    for (property, place) in database.properties.iter().zip(&found) {
        if !taken.insert(place) {
            return Err(format!("two properties are named `{}`: give the columns their ids as headers", property.name));
        }
        let kind = csv.kinds.get(*place).map_or("", String::as_str);
        if kind != property.kind {
            return Err(format!(
                "the type of `{}` is {kind} in its row 2, but {} in its sidecar",
                property.name, property.kind
            ));
        }
    }
    if found.len() == csv.header.len() {
        Ok(found)
    } else {
        Err("it has columns that its sidecar does not have".to_owned())
    }
}

fn place(csv: &Csv, wanted: &str) -> Result<usize, String> {
    let mut places = csv.header.iter().enumerate().filter(|(_, header)| *header == wanted).map(|(place, _)| place);
    match (places.next(), places.next()) {
        (Some(place), None) => Ok(place),
        (Some(_), Some(_)) => Err(format!("two columns are named `{wanted}`: give the columns their ids as headers")),
        (None, _) => Err(format!(
            "it has no column for the property `{wanted}`; the headers must all be ids of properties, or all be names"
        )),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    const CSV: &str = "__page_id,__last_synced_iso,Name,Bpm\n,,title,number\np1,2026-01-18T10:15:00Z,One,1\n";
    const SIDECAR: &str = r#"{"id":"id-1","title":"T","complete":true,"row_count":1,
        "properties":{"a":{"name":"Bpm","type":"number"},"title":{"name":"Name","type":"title"}}}"#;

    fn found(csv: &str, sidecar: Option<&str>) -> FoundFiles {
        let folder = tempfile::tempdir().unwrap().keep();
        fs::write(folder.join("T.csv"), csv).unwrap();
        if let Some(text) = sidecar {
            fs::write(folder.join("T.json"), text).unwrap();
        }
        list(&folder).unwrap().0.remove(0)
    }

    #[test]
    fn columns_are_found_by_id_and_by_name() {
        for header in ["Name,Bpm", "title,a"] {
            let loaded = load(&found(&CSV.replace("Name,Bpm", header), Some(SIDECAR))).unwrap();
            assert_eq!(loaded.rows[0].cells, ["1", "One"]);
            assert!(loaded.database.complete);
        }
    }

    #[test]
    fn a_name_equal_to_the_id_of_another_property_is_not_an_id() {
        let sidecar = r#"{"id":"id-1","title":"T","complete":true,
            "properties":{"bpm":{"name":"Tempo","type":"number"},"x":{"name":"bpm","type":"number"}}}"#;
        let csv = "__page_id,__last_synced_iso,Tempo,bpm\n,,number,number\np1,,120,7\n";
        assert_eq!(load(&found(csv, Some(sidecar))).unwrap().rows[0].cells, ["120", "7"]);
        let by_id = csv.replace("Tempo,bpm", "x,bpm");
        assert_eq!(load(&found(&by_id, Some(sidecar))).unwrap().rows[0].cells, ["7", "120"]);
    }

    #[test]
    fn a_csv_without_a_sidecar_needs_marks() {
        assert!(head(&found(CSV, None)).unwrap_err().contains("no sidecar T.json"));
        let says = CSV.replace(",,title", "ids=names,id=id-7,title");
        let loaded = load(&found(&says, None)).unwrap();
        assert_eq!((loaded.database.id.as_str(), loaded.database.complete), ("id-7", false));
        assert_eq!(loaded.database.properties[0].id, "Name");
    }

    #[test]
    fn errors_on_inconsistent_files() {
        let more = format!("{CSV}p1,,Two,2\n");
        for (csv, sidecar, why) in [
            (CSV.to_owned(), SIDECAR.replace("1,", "9,"), "is incomplete"),
            (CSV.replace(",Bpm\n", ",a\n"), SIDECAR.to_owned(), "no column for"),
            (CSV.replace("number", "text"), SIDECAR.to_owned(), "in its row 2"),
            (CSV.replace("p1,2", ",2"), SIDECAR.to_owned(), "no __page_id"),
            (more, SIDECAR.replace("\"row_count\":1,", ""), "earlier row"),
            (CSV.trim_end_matches(",1\n").to_owned(), SIDECAR.to_owned(), "fields"),
            (CSV.replace("__page_id", "page_id"), SIDECAR.to_owned(), "row 1"),
            (CSV.to_owned(), "{".to_owned(), "not usable"),
        ] {
            let error = load(&found(&csv, Some(&sidecar))).unwrap_err();
            assert!(error.contains(why), "{why}: {error}");
        }
    }

    #[test]
    fn a_folder_in_place_of_a_file_is_reported_and_not_opened() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("T.csv")).unwrap();
        assert_eq!(head(&list(folder.path()).unwrap().0[0]).unwrap_err(), "it is not a regular file");
    }
}
