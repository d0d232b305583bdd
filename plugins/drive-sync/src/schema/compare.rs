//! Compares the properties that were read with the known columns. A renamed property keeps its column. A new property gets a
//! column at the end. The column and data of a missing property are kept. A property whose type changed gets a second column.
//!
//! A column is removed only if a person approved the removal and enough complete readings in a row did not have its
//! property. For a column that a person added, the approval is enough. An incomplete reading does not count and removes
//! nothing.

use std::collections::BTreeSet;

use super::{Column, Manifest, State};
use crate::table::Database;

/// A difference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// A column was added at the end.
    Added(String),
    /// A column has another header.
    Renamed(String, String),
    /// The property was not in this reading. The column is kept.
    Missing(String),
    /// The property exists again.
    Back(String),
    /// The type changed: (header of the new column, old type, new type).
    Retyped(String, String, String),
    /// The column was removed.
    Deleted(String),
    /// The column can be removed after an approval.
    Waits(String),
}

/// The result of a comparison.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SchemaComparison {
    /// The new columns.
    pub manifest: Manifest,
    /// The differences.
    pub changes: Vec<Change>,
}

/// Conditions of a comparison.
#[derive(Clone, Copy, Debug)]
pub struct CompareOptions<'a> {
    /// Approved columns, by their keys.
    pub approved: &'a BTreeSet<String>,
    /// The number of complete readings without a property that are needed to remove its column.
    pub readings: u32,
    /// False if the source is unchanged since the last reading, because a file that is read twice counts as one reading.
    pub counts: bool,
    /// The time.
    pub now: &'a str,
}

/// Compares a reading with the known columns.
///
/// # Errors
/// If the reading has no property, or has one id twice.
pub fn compare(known: &Manifest, read: &Database, options: CompareOptions<'_>) -> Result<SchemaComparison, String> {
    if read.properties.is_empty() {
        return Err("its source has no properties, so reading it failed; nothing was changed".to_owned());
    }
    let mut ids = BTreeSet::new();
    if let Some(twice) = read.properties.iter().find(|property| !ids.insert(property.id.as_str())) {
        return Err(format!("its source has the property {} twice", twice.id));
    }
    let mut work = Comparer { manifest: known.clone(), changes: Vec::new(), options, complete: read.complete };
    work.manifest.title.clone_from(&read.title);
    work.manifest.request_status.clone_from(&read.request_status);
    for property in &read.properties {
        work.seen(property);
    }
    work.unseen(&ids);
    work.delete();
    let before = work.manifest.columns.clone();
    work.manifest.name_headers();
    for (old, new) in before.iter().zip(&work.manifest.columns) {
        if old.header != new.header && !old.header.is_empty() {
            work.changes.push(Change::Renamed(old.header.clone(), new.header.clone()));
        }
    }
    Ok(SchemaComparison { manifest: work.manifest, changes: work.changes })
}

struct Comparer<'a> {
    manifest: Manifest,
    changes: Vec<Change>,
    options: CompareOptions<'a>,
    complete: bool,
}

impl Comparer<'_> {
    fn seen(&mut self, property: &crate::table::Property) {
        let now = self.options.now;
        let same = |column: &&mut Column| column.property == property.id && column.kind == property.kind;
        let had =
            self.manifest.columns.iter().find(|column| column.property == property.id && column.state == State::Live);
        if let Some(old) = had.filter(|old| old.kind != property.kind) {
            self.changes.push(Change::Retyped(property.name.clone(), old.kind.clone(), property.kind.clone()));
        }
        // The other columns of this id have another type.
        for old in self.manifest.columns.iter_mut().filter(|column| column.property == property.id) {
            if old.kind != property.kind && old.state != State::Retyped {
                (old.state, old.misses) = (State::Retyped, 0);
                now.clone_into(&mut old.last_seen);
            }
        }
        if let Some(column) = self.manifest.columns.iter_mut().find(same) {
            if column.state != State::Live {
                (column.state, column.misses) = (State::Live, 0);
                now.clone_into(&mut column.last_seen);
                self.changes.push(Change::Back(property.name.clone()));
            }
            column.name.clone_from(&property.name);
            column.misses = 0;
            return;
        }
        self.changes.push(Change::Added(property.name.clone()));
        self.manifest.columns.push(Column {
            property: property.id.clone(),
            name: property.name.clone(),
            header: String::new(),
            kind: property.kind.clone(),
            state: State::Live,
            misses: 0,
            first_seen: now.to_owned(),
            last_seen: now.to_owned(),
        });
    }

    fn unseen(&mut self, seen: &BTreeSet<&str>) {
        for column in &mut self.manifest.columns {
            let there = seen.contains(column.property.as_str()) && column.state != State::Retyped;
            if there || column.is_own() {
                continue;
            }
            if column.state == State::Live {
                column.state = State::Missing;
                self.options.now.clone_into(&mut column.last_seen);
                self.changes.push(Change::Missing(column.header.clone()));
            }
            if self.complete && self.options.counts {
                column.misses = column.misses.saturating_add(1);
            }
        }
    }

    fn delete(&mut self) {
        let CompareOptions { approved, readings, .. } = self.options;
        let (complete, changes) = (self.complete, &mut self.changes);
        self.manifest.columns.retain(|column| {
            let may = approved.contains(&column.key());
            // A column that a person added has no property in any reading, so it needs only the approval.
            let ripe = if column.is_own() {
                may
            } else {
                column.state != State::Live && column.misses >= readings && complete
            };
            if ripe {
                let header = column.header.clone();
                changes.push(if may { Change::Deleted(header) } else { Change::Waits(header) });
            }
            !(ripe && may)
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::Property;

    fn read(properties: &[(&str, &str, &str)]) -> Database {
        let property = |(id, name, kind): &(&str, &str, &str)| Property {
            id: (*id).to_owned(),
            name: (*name).to_owned(),
            kind: (*kind).to_owned(),
        };
        Database {
            id: "id-1".into(),
            title: "T".into(),
            properties: properties.iter().map(property).collect(),
            complete: true,
            request_status: None,
            row_count: None,
        }
    }

    fn after(known: &Manifest, database: &Database, approved: &[&str], counts: bool) -> SchemaComparison {
        let approved = approved.iter().map(|text| (*text).to_owned()).collect();
        compare(
            known,
            database,
            CompareOptions { approved: &approved, readings: 3, counts, now: "2026-01-18T10:15:00Z" },
        )
        .unwrap()
    }

    const KEY: &str = r#"["a","number"]"#;

    fn first() -> Manifest {
        after(&Manifest::new("id-1", "T"), &read(&[("title", "Name", "title"), ("a", "Bpm", "number")]), &[], true)
            .manifest
    }

    #[test]
    fn a_renamed_property_keeps_its_column() {
        let compared = after(&first(), &read(&[("title", "Name", "title"), ("a", "Tempo", "number")]), &[], true);
        assert_eq!(compared.manifest.headers(), ["Name", "Tempo"]);
        assert_eq!(compared.changes, [Change::Renamed("Bpm".into(), "Tempo".into())]);
        let swapped = after(&first(), &read(&[("a", "Name", "number"), ("title", "Bpm", "title")]), &[], true);
        assert_eq!(swapped.manifest.headers(), ["Bpm", "Name"]);
        assert_eq!(swapped.manifest.columns[0].property, "title");
    }

    #[test]
    fn a_missing_property_is_removed_only_after_three_complete_readings_and_an_approval() {
        let without = read(&[("title", "Name", "title")]);
        let mut manifest = first();
        for _ in 0..5 {
            let compared = after(&manifest, &without, &[], true);
            assert_eq!(compared.manifest.headers(), ["Name", "Bpm"]);
            manifest = compared.manifest;
        }
        assert_eq!(manifest.columns[1].misses, 5);
        let header = after(&manifest, &without, &["a", "Bpm"], false);
        assert_eq!(header.manifest.headers(), ["Name", "Bpm"], "an approval has the key of a column");
        let gone = after(&manifest, &without, &[KEY], false);
        assert_eq!(
            (gone.manifest.headers(), gone.changes),
            (vec!["Name".to_owned()], vec![Change::Deleted("Bpm".into())])
        );
        let mut early = first();
        for complete in [true, true, false, false] {
            let compared = after(&early, &Database { complete, ..without.clone() }, &[KEY], true);
            assert_eq!(compared.manifest.headers(), ["Name", "Bpm"]);
            early = compared.manifest;
        }
        assert_eq!(early.columns[1].misses, 2);
        assert_eq!(
            after(&early, &without, &[KEY], false).manifest.columns.len(),
            2,
            "the same reading is counted once"
        );
        assert_eq!(after(&early, &without, &[KEY], true).manifest.columns.len(), 1);
    }

    #[test]
    fn a_property_that_exists_again_is_counted_from_zero() {
        let manifest = after(&first(), &read(&[("title", "Name", "title")]), &[], true).manifest;
        let back = after(&manifest, &read(&[("title", "Name", "title"), ("a", "Bpm", "number")]), &[KEY], true);
        assert_eq!((back.manifest.columns[1].misses, back.changes), (0, vec![Change::Back("Bpm".into())]));
    }

    #[test]
    fn another_type_gets_another_column_and_the_old_data_is_kept() {
        let texts = read(&[("title", "Name", "title"), ("a", "Bpm", "rich_text")]);
        let compared = after(&first(), &texts, &[], true);
        assert_eq!(compared.manifest.headers(), ["Name", "Bpm [number]", "Bpm"]);
        assert!(compared.changes.contains(&Change::Retyped("Bpm".into(), "number".into(), "rich_text".into())));
        let back = after(&compared.manifest, &read(&[("title", "Name", "title"), ("a", "Bpm", "number")]), &[], true);
        assert_eq!(back.manifest.headers(), ["Name", "Bpm", "Bpm [rich_text]"]);
    }

    #[test]
    fn headers_are_unique() {
        let twice =
            read(&[("a", "X", "number"), ("b", "X", "number"), ("c", "__page_id", "number"), ("d", "\n", "title")]);
        let headers = after(&Manifest::new("id-1", "T"), &twice, &[], true).manifest.headers();
        assert_eq!(headers, ["X", "X [number]", "__page_id [number]", "(no name)"]);
    }

    #[test]
    fn errors_on_an_unusable_reading() {
        let approved = BTreeSet::new();
        let options = CompareOptions { approved: &approved, readings: 3, counts: true, now: "" };
        assert!(compare(&first(), &read(&[]), options).unwrap_err().contains("no properties"));
        let twice = read(&[("a", "X", "number"), ("a", "Y", "number")]);
        assert!(compare(&first(), &twice, options).unwrap_err().contains("twice"));
    }
}
