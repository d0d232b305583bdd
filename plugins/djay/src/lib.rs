//! Reads djay Pro's library: exports, sessions, activity, and which tracks are which.
//!
//! The library is read from a snapshot that the host makes, also while djay writes, and never written. This file is the glue to the
//! contract; the rooms take tables and records and know nothing of WebAssembly: `tsaf` reads djay's objects, `library` its
//! database, and one room each does an action.

pub mod activity;
pub mod args;
pub mod arguments;
pub mod export;
pub mod library;
pub mod matches;
mod run;
mod shared;
pub mod sync;
pub mod text;
pub mod tsaf;
pub mod withdraw;

use baton_plugin_sdk::{Error, Outcome, Plugin, Task};

/// The plugin.
#[derive(Debug, Clone, Copy)]
pub struct Djay;

impl Plugin for Djay {
    fn run(task: Task) -> Result<Outcome, Error> {
        run::run(&task)
    }
}

baton_plugin_sdk::plugin!(Djay, "../manifest.json");
