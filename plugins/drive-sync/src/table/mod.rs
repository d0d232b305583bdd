//! What is in a database: its properties with their types, its rows, and how both stand in CSV files.

mod cell;
mod csv_text;
mod kind;
mod records;

pub use cell::{Value, canonical, format, parse, same};
pub use csv_text::{Csv, FILE_MARK, MOST_CELLS, Row, SYNCED, parse_any, parse_csv, parse_plain, render_csv};
pub use kind::{Kind, are_types, is_read_only};

/// A property of a database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Property {
    /// Stays the same when the property is renamed.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// The name of its type, as its service calls it.
    pub kind: String,
}

/// A database as its source says it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Database {
    /// ASCII letters, digits and `-`.
    pub id: String,
    /// What people call it; any text.
    pub title: String,
    /// In the order of its columns.
    pub properties: Vec<Property>,
    /// Whether every property and every row was read.
    pub complete: bool,
    /// How the service says that the reading ended; only `complete` and nothing are good.
    pub request_status: Option<String>,
    /// How many rows were read.
    pub row_count: Option<u64>,
}

/// A row of a source: its cells stand in the order of the properties.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// The key of the row.
    pub page_id: String,
    /// When the row was read where it lives; may be empty.
    pub synced: String,
    /// One for each property.
    pub cells: Vec<String>,
}
