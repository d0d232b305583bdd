//! What the columns of a CSV are: by property id, not by name, so that a property that was renamed is a column that was renamed and
//! one that is missing is a column that stays.
//!
//! Everything here is a function of what was known and what was read; nothing reads or writes.

mod adopt;
mod compare;
mod manifest;

pub use adopt::{adopted, unknown_columns};
pub use compare::{Change, SchemaComparison, Terms, compare};
pub use manifest::{Column, Manifest, OWN, State};

/// The ending of the manifest that lies beside a CSV.
pub const SIDECAR: &str = ".manifest.json";
