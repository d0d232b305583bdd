//! A database as Notion exports it (`…` → Export → Markdown & CSV): `Title 5a1e9c302fa38048adc6fe9a6e37a9a4.csv`, sometimes with
//! `…_all.csv`, which has the rows that the view hides.
//!
//! The file has no keys and no types. The key of a row is its title, even an empty title. Equal titles get a number. The first
//! column is the title. All other columns are text, because types that are guessed from cells would change between exports. An
//! export may omit rows, so a reading is never complete.

use std::collections::HashMap;

use baton_core::Digest;

use super::SourceDatabase;
use crate::drive::{id_key, is_uuid};
use crate::table::{Database, Property, Record, parse_plain};

/// Hexadecimal digits of an id of Notion.
const ID_LENGTH: usize = 32;

/// The parts of the name of an export.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ParsedExportName<'a> {
    title: &'a str,
    id: &'a str,
    /// True if the file has all rows: its name ends in `_all`.
    pub(super) all: bool,
}

impl<'a> ParsedExportName<'a> {
    /// Parses a file name without its extension; `None` if it is not a name of Notion.
    pub(super) fn parse(name: &'a str) -> Option<Self> {
        let (rest, all) = name.strip_suffix("_all").map_or((name, false), |rest| (rest, true));
        let (title, id) = rest.rsplit_once(' ')?;
        is_uuid(id).then_some(Self { title: title.trim(), id, all })
    }
}

/// True if a file has the form of this plugin's CSVs, with keys, even if its name is a name of Notion.
pub(super) fn has_keys(bytes: &[u8]) -> bool {
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let text = text.strip_prefix(b"\"").unwrap_or(text);
    text.starts_with(b"__page_id")
}

/// Reads an export.
pub(super) fn load(named: ParsedExportName<'_>, bytes: &[u8]) -> Result<SourceDatabase, String> {
    let (header, rows) = parse_plain(bytes)?;
    if let Some(twice) = header.iter().enumerate().find(|(place, name)| header.iter().take(*place).any(|n| n == *name))
    {
        return Err(format!("two columns are named `{}`", twice.1));
    }
    let kind = |place| if place == 0 { "title" } else { "rich_text" };
    let property = |(place, name): (usize, &String)| Property {
        id: name.clone(),
        name: name.clone(),
        kind: kind(place).to_owned(),
    };
    let properties = header.iter().enumerate().map(property).collect();
    let mut times: HashMap<String, usize> = HashMap::new();
    let record = |cells: Vec<String>| {
        // Rows without a title are numbered, because a key that is made from cells would change when a cell changes.
        let known_by = cells.first().map(|title| title.trim()).unwrap_or_default();
        let digest = Digest::of(known_by.as_bytes()).to_string();
        let key = digest.get(..ID_LENGTH).unwrap_or(&digest).to_owned();
        let number = times.entry(key.clone()).or_insert(0);
        *number += 1;
        let page_id = if *number == 1 { key } else { format!("{key}-{number}") };
        Record { page_id, synced: String::new(), cells }
    };
    let rows = rows.into_iter().map(record).collect();
    let database = Database {
        id: id_key(named.id),
        title: named.title.to_owned(),
        properties,
        complete: false,
        request_status: None,
        row_count: None,
    };
    SourceDatabase { database, rows }.checked()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAME: &str = "Music Tracks 5a1e9c302fa38048adc6fe9a6e37a9a4";

    fn loaded(text: &str) -> Result<SourceDatabase, String> {
        load(ParsedExportName::parse(NAME).unwrap(), text.as_bytes())
    }

    #[test]
    fn only_files_with_names_of_notion_are_its_exports() {
        let named = ParsedExportName::parse(NAME).unwrap();
        assert_eq!((named.title, named.id.len(), named.all), ("Music Tracks", 32, false));
        assert!(ParsedExportName::parse(&format!("{NAME}_all")).unwrap().all);
        let dashed = ParsedExportName::parse("Music Tracks 5a1e9c30-2fa3-8048-adc6-fe9a6e37a9a4").unwrap();
        assert_eq!((dashed.title, id_key(dashed.id)), ("Music Tracks", named.id.to_owned()));
        for other in [
            "Music Tracks",
            "5a1e9c302fa38048adc6fe9a6e37a9a4",
            "Tracks 5a1e9c30",
            "T_5a1e9c302fa38048adc6fe9a6e37a9a4",
        ] {
            assert_eq!(ParsedExportName::parse(other), None, "{other}");
        }
        assert!(has_keys(b"\xef\xbb\xbf__page_id,x") && has_keys(b"\"__page_id\",x") && !has_keys(b"Name,x"));
    }

    #[test]
    fn rows_keep_their_keys_when_other_cells_change_and_rows_of_one_title_are_distinct() {
        let first = loaded("\u{feff}Name,BPM,Done\nNight Bus,120,Yes\nGlow,,No\nGlow,98,No\n,1,\n").unwrap();
        let kinds: Vec<_> = first.database.properties.iter().map(|property| property.kind.as_str()).collect();
        assert_eq!(
            (kinds.as_slice(), first.database.complete),
            (["title", "rich_text", "rich_text"].as_slice(), false)
        );
        assert_eq!(first.rows[0].cells, ["Night Bus", "120", "Yes"]);
        let second = loaded("Name,BPM,Done\nGlow,,No\nNight Bus,121,Yes\nGlow,98,No\n,1,\n").unwrap();
        let keys = |loaded: &SourceDatabase| {
            let mut keys: Vec<_> = loaded.rows.iter().map(|row| row.page_id.clone()).collect();
            keys.sort();
            keys
        };
        assert_eq!(keys(&first), keys(&second));
        assert_eq!(first.rows[0].page_id, second.rows[1].page_id);
        // A row without a title keeps its key when another cell changes.
        let third = loaded("Name,BPM,Done\nGlow,,No\nNight Bus,121,Yes\nGlow,98,No\n,2,Yes\n").unwrap();
        assert_eq!(keys(&second), keys(&third));
    }

    #[test]
    fn errors_on_incomplete_exports() {
        for (text, why) in
            [("", "empty"), ("Name,A,A\n", "two columns"), ("Name,A\nx\n", "line 2"), ("Name\n\"x", "cut off")]
        {
            assert!(loaded(text).unwrap_err().contains(why), "{text:?}");
        }
    }
}
