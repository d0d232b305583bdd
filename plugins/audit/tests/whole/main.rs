//! The audit as a whole: from a task to an outcome, on temporary folders, on real plans and on arbitrary text.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests may stop where the plugin must not")]

mod alignment;
mod corpus;
mod discovery;
mod forms;
mod lending;
mod library;
mod negatives;
mod performance;
mod properties;
mod session;
mod support;
mod traceability;
