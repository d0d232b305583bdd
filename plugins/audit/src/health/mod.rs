//! The health check of a project: runs, configurations, and references between documents.
//!
//! `logs` and `ledger` read runs, and `runs` adds them up. `processes` compares the runs with the configured intervals.
//! `config` compares configurations with their examples. `documents` reads documents for `links` and `matrix`. `check`
//! combines the results, and `sections` shows them. `config` never returns a value of a configuration, and `scrub` removes
//! secrets from the texts of logs.

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
