//! The health check of a project: runs, configurations, and references between documents.
//!
//! `logs` and `ledger` read runs, which `runs` adds up; `processes` compares them with the configured intervals; `config`
//! compares configurations with their examples; `documents` reads documents for `links` and `matrix`. `check` combines
//! them, `sections` shows them. No value of a configuration leaves `config`, and texts of logs pass through `scrub`.

mod check;
mod config;
mod documents;
mod ledger;
mod links;
mod logs;
mod lookup;
mod matrix;
mod options;
mod processes;
mod runs;
mod sections;

pub use check::{Health, Sources, check};
pub use config::{ConfigRow, VariableState};
pub use documents::Documents;
pub use links::BrokenReference;
pub use logs::LogFile;
pub use matrix::{MatrixRow, MatrixVerdict};
pub use options::{Options, Process};
pub use processes::{ProcessRow, Punctuality};
pub use runs::{ErrorRow, RunRow, RunSource};
pub use sections::sections;
