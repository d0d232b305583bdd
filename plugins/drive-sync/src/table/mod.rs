//! The contents of a database: its properties with their types, its rows, and their form in CSV files.

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
    /// The id, which stays when the property is renamed.
    pub id: String,
    /// The name.
    pub name: String,
    /// The name of its type at its service.
    pub kind: String,
}

/// A database, as described by its source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Database {
    /// The id: ASCII letters, digits and `-`.
    pub id: String,
    /// The title: any text.
    pub title: String,
    /// The properties, in the order of the columns.
    pub properties: Vec<Property>,
    /// True if every property and every row was read.
    pub complete: bool,
    /// The status at the end of the reading, from the service. Only `complete` and an absent status mean a
    /// complete reading.
    pub request_status: Option<String>,
    /// The number of rows that were read.
    pub row_count: Option<u64>,
}

/// A row of a source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// The key of the row.
    pub page_id: String,
    /// When the row was read from its service; may be empty.
    pub synced: String,
    /// One cell for each property, in order.
    pub cells: Vec<String>,
}
