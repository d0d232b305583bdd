//! Keeps databases mirrored in a Drive folder, without duplicates and without losing a column.
//!
//! This file is the glue to the contract; `act` has the actions. A Drive is a local folder, as programs for the desktop mount one:
//! `drive` knows folders and files, `table` and `schema` what is in a database, `source` where databases come from, `sync` brings
//! one to the other, `health` looks after the Drive. Whatever changes the Drive does so under a claim (`claim`).
//!
//! It never removes a folder that has something in it, never a file whose bytes are nowhere else but old backups that are
//! recognised as such and its own copy of what was written last, and never a column that nobody approved.

pub mod act;
pub mod arguments;
pub mod claim;
pub mod context;
pub mod drive;
pub mod health;
pub mod memory;
pub mod schema;
pub mod source;
pub mod sync;
pub mod table;
pub mod task_arguments;

use std::time::Duration;

use baton_plugin_kit::host::HostLocks;
use baton_plugin_sdk::{Error, Outcome, Plugin, Task, sql};

/// The plugin.
#[derive(Debug, Clone, Copy)]
pub struct DriveSync;

impl Plugin for DriveSync {
    fn run(task: Task) -> Result<Outcome, Error> {
        let pause = |pause: Duration| std::thread::sleep(pause);
        let (own, catalog) = (sql::own(), sql::catalog());
        act::run(&task, act::HostServices { own: &own, catalog: &catalog, claims: &HostLocks, pause: &pause })
    }
}

baton_plugin_sdk::plugin!(DriveSync, "../manifest.json");
