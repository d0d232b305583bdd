//! The columns of a CSV. A column belongs to a property by its id, not by its name: a renamed property renames its column,
//! and the column of a missing property stays.
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
