//! Reads djay Pro's library: exports, sessions, activity, and matches with the catalog.
//!
//! The host makes a snapshot of the library, even while djay writes; the plugin never writes to the library. `tsaf` decodes
//! djay's objects, `library` reads its database, and each action has a module. Only this file and `run.rs` use the interface
//! of the host.

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
