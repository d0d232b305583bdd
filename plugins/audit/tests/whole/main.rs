//! The whole audit: from a task to an outcome, on temporary folders, on real plans and on arbitrary text.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests may stop where the plugin must not")]

mod bad_input;
mod claims;
mod corpus;
mod discovery;
mod forms;
mod health;
mod labelled;
mod library;
mod narrowed;
mod negatives;
mod properties;
mod remembered;
mod report_forms;
mod report_html;
mod report_judges;
mod report_schema;
mod report_support;
mod report_words;
mod runs;
mod session;
mod sqlite;
mod stated;
mod support;
mod test_services;
mod verdicts;
