//! The audit as a whole: from a task to an outcome, on temporary folders, on real plans and on arbitrary text.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests may stop where the plugin must not")]

mod bad_input;
mod corpus;
mod forms;
mod library;
mod negatives;
mod properties;
mod remembered;
mod speed;
mod sqlite;
mod support;
#[path = "../../../../tests/benches/audit/tree.rs"]
mod tree;
mod verdicts;
