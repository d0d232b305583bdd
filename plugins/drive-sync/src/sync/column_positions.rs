//! The positions of columns in the source, in the CSV on the Drive and in the copy of the last sync.

use crate::drive::digest;
use crate::schema::{Column, Manifest, State};
use crate::source::SourceDatabase;
use crate::table::{Csv, Row, render_csv};

/// SHA-256 of the first row of the CSV.
#[must_use]
pub fn header_digest(header: &[String]) -> String {
    let first = Csv { header: header.to_vec(), kinds: vec![String::new(); header.len()], ..Csv::default() };
    let bytes = render_csv(&first).unwrap_or_default();
    digest(bytes.split_inclusive(|byte| *byte == b'\n').next().unwrap_or_default())
}

/// The data before this sync: the CSV on the Drive, and the copy of the last sync for data that somebody removed from the CSV.
#[derive(Clone, Copy)]
pub(super) struct PreviousState<'a> {
    pub(super) left: Option<&'a Csv>,
    pub(super) base: Option<&'a Csv>,
}

/// A row in the CSV and in the copy.
#[derive(Clone, Copy)]
pub(super) struct ExistingRow<'a> {
    pub(super) left: Option<&'a Row>,
    pub(super) base: Option<&'a Row>,
}

/// The positions of a column.
pub(super) struct ColumnPlaces<'a> {
    pub(super) column: &'a Column,
    /// The position in the source; `None` if the source does not have the property.
    pub(super) read: Option<usize>,
    /// The position in the CSV on the Drive.
    pub(super) left: Option<usize>,
    /// The position in the copy of the last sync.
    base: Option<usize>,
}

impl<'a> ColumnPlaces<'a> {
    pub(super) fn new(column: &'a Column, loaded: &SourceDatabase, before: PreviousState<'_>, old: &Manifest) -> Self {
        let same = |known: &&Column| known.property == column.property && known.kind == column.kind;
        let known = old.columns.iter().find(same);
        let left = known.zip(before.left).and_then(|(known, csv)| csv.header.iter().position(|it| *it == known.header));
        let base = known.zip(before.base).and_then(|(known, csv)| place_in_base(csv, known, old));
        let read = loaded.database.properties.iter().position(|property| property.id == column.property);
        Self { column, read: read.filter(|_| column.state == State::Live), left, base }
    }

    /// The cell before this sync: from the CSV, or from the copy if somebody removed the column or the row from the CSV.
    pub(super) fn before(&self, had: ExistingRow<'_>) -> String {
        let left = had.left.zip(self.left).and_then(|(row, place)| row.cells.get(place));
        let base = || had.base.zip(self.base).and_then(|(row, place)| row.cells.get(place));
        left.or_else(base).cloned().unwrap_or_default()
    }
}

/// The position of a column in the copy of the last sync. The copy is searched for the header of the column. If a person has
/// changed the header since the last sync, the copy is searched for the name of the property, unless another column has that
/// name as its header.
pub(super) fn place_in_base(base: &Csv, column: &Column, manifest: &Manifest) -> Option<usize> {
    let place = |wanted: &str| base.header.iter().position(|header| header == wanted);
    let other = || manifest.columns.iter().any(|other| other.header == column.name);
    let found = place(&column.header).or_else(|| if other() { None } else { place(&column.name) });
    found.filter(|place| base.kinds.get(*place).is_none_or(|kind| *kind == column.kind))
}
