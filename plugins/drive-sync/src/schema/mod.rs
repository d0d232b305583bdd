//! The columns of a CSV. A column stores the id of its property, so it still belongs to the property after the property was
//! renamed. Then the column gets the new name. The column of a missing property is kept.
//!
//! All functions are pure.

mod adopt;
mod compare;
mod manifest;

pub use adopt::{adopted, unknown_columns};
pub use compare::{Change, CompareOptions, SchemaComparison, compare};
pub use manifest::{Column, Manifest, OWN, State};

/// The suffix of the manifest beside a CSV.
pub const SIDECAR: &str = ".manifest.json";
