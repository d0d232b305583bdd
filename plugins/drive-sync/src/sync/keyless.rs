//! Rows without a key, which a person added on the Drive. Later, the source has the same row with a key. Then the row with the
//! key gets the cells that the person's row has in columns that no property supplies.

use std::collections::HashMap;

use super::column_positions::ColumnPlaces;
use crate::source::SourceDatabase;
use crate::table::{Csv, Kind, Row, canonical, is_read_only};

/// The rows without a key that have a cell in a column that no property supplies.
#[derive(Default)]
pub(super) struct KeylessRows<'a> {
    /// The rows with an equal row in the source, by the key of the row in the source.
    pub(super) by_key: HashMap<&'a str, &'a Row>,
    /// The position of the first row that has no equal row in the source.
    pub(super) left_over: Option<usize>,
}

impl<'a> KeylessRows<'a> {
    /// Finds the equal rows of the source; `is_known` returns whether an earlier row has a key.
    pub(super) fn new(
        csv: Option<&'a Csv>,
        loaded: &'a SourceDatabase,
        columns: &[ColumnPlaces<'_>],
        is_known: impl Fn(&str) -> bool,
    ) -> Self {
        let rows = csv.map_or(&[][..], |csv| csv.rows.as_slice());
        let mut waiting: HashMap<Vec<String>, Vec<(usize, &Row)>> = HashMap::new();
        let all = rows.iter().enumerate().filter(|(_, row)| row.page_id.is_empty() && has_own(row, columns));
        for (number, row) in all {
            waiting.entry(fed(columns, |place| place.left, &row.cells)).or_default().push((number, row));
        }
        let mut found = Self::default();
        if waiting.is_empty() {
            return found;
        }
        for record in loaded.rows.iter().filter(|record| !is_known(&record.page_id)) {
            let cells = fed(columns, |place| place.read, &record.cells);
            // A row is assigned only if it is the only row with these cells. Rows without any value cannot be distinguished.
            if let Some([(_, row)]) = waiting.get(&cells).map(Vec::as_slice)
                && cells.iter().any(|cell| !cell.is_empty())
            {
                found.by_key.insert(&record.page_id, row);
                waiting.remove(&cells);
            }
        }
        found.left_over = waiting.into_values().flatten().map(|(number, _)| number).min();
        found
    }
}

fn has_own(row: &Row, columns: &[ColumnPlaces<'_>]) -> bool {
    let own = columns.iter().filter(|place| place.read.is_none()).filter_map(|place| row.cells.get(place.left?));
    own.into_iter().any(|cell| !cell.is_empty())
}

/// The editable cells of the columns that the source and the CSV on the Drive have.
fn fed(columns: &[ColumnPlaces<'_>], at: impl Fn(&ColumnPlaces<'_>) -> Option<usize>, cells: &[String]) -> Vec<String> {
    let both = columns.iter().filter(|place| place.read.is_some() && place.left.is_some());
    both.filter(|place| !is_read_only(&place.column.kind))
        .map(|place| {
            let text = at(place).and_then(|place| cells.get(place)).map_or("", String::as_str);
            canonical(Kind::from_name(&place.column.kind), text)
        })
        .collect()
}
