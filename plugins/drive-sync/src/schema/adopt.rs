//! Columns that no manifest describes: the columns of a Drive that is older than this program, and columns that a person added.
//!
//! A column of an older Drive belongs to the property with its name. A person decides about every other column: Baton never
//! assigns such a column to a property and never removes it automatically.

use std::collections::BTreeSet;

use super::{Column, Manifest, State};
use crate::table::{Csv, Database};

/// The manifest of a CSV without a manifest. Each column gets the property with its name; a column without such a property
/// is left out.
#[must_use]
pub fn adopted(csv: &Csv, read: &Database, now: &str) -> Manifest {
    let mut manifest = Manifest::new(&read.id, &read.title);
    let mut taken = BTreeSet::new();
    for (header, kind) in csv.header.iter().zip(&csv.kinds) {
        let named =
            read.properties.iter().find(|property| property.name.trim() == header.trim() && taken.insert(&property.id));
        let Some(property) = named else { continue };
        manifest.columns.push(Column {
            property: property.id.clone(),
            name: property.name.clone(),
            header: header.clone(),
            // The type in the CSV is used, so that a different type in the source counts as a change.
            kind: if kind.is_empty() { property.kind.clone() } else { kind.clone() },
            state: State::Live,
            misses: 0,
            first_seen: now.to_owned(),
            last_seen: now.to_owned(),
        });
    }
    manifest
}

/// The columns of a CSV that its manifest does not know.
#[must_use]
pub fn unknown_columns(csv: &Csv, manifest: &Manifest) -> Vec<String> {
    let known: BTreeSet<&str> = manifest.columns.iter().map(|column| column.header.as_str()).collect();
    let mut seen = BTreeSet::new();
    // The second occurrence of a header is unknown, because nothing distinguishes the two.
    csv.header
        .iter()
        .filter(|header| !known.contains(header.as_str()) || !seen.insert(header.as_str()))
        .cloned()
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::Property;

    #[test]
    fn columns_of_an_older_drive_are_found_by_name_and_others_need_a_decision() {
        let csv = Csv {
            header: ["Name", "Bpm", "My notes", "Name"].map(str::to_owned).into(),
            kinds: ["title", "rich_text", "", "title"].map(str::to_owned).into(),
            ..Csv::default()
        };
        let property =
            |id: &str, name: &str, kind: &str| Property { id: id.into(), name: name.into(), kind: kind.into() };
        let read = Database {
            id: "id-1".into(),
            title: "T".into(),
            properties: vec![property("title", "Name", "title"), property("a", "Bpm", "number")],
            complete: true,
            request_status: None,
            row_count: None,
        };
        let manifest = adopted(&csv, &read, "now");
        assert_eq!(
            (manifest.headers(), manifest.columns[1].kind.as_str()),
            (vec!["Name".to_owned(), "Bpm".into()], "rich_text")
        );
        assert_eq!(unknown_columns(&csv, &manifest), ["My notes", "Name"]);
    }
}
