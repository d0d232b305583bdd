//! Mirrors databases to a Drive folder, without duplicates and without losing a column.
//!
//! This file connects the WIT interfaces to the actions in `act`. A Drive is a local folder that a desktop program mounts, or
//! the working copy of a Google Drive account (`account`). `drive` handles the Drive's folders and files, `table` and `schema`
//! the contents of a database, and `source` the sources of databases. `sync` copies between the sources and the Drive, and
//! `health` checks and repairs the Drive. Every change of the Drive is made under a lock (`locks`).
//!
//! The plugin deletes only empty folders, and deletes a column only after an approval. The only files that it deletes
//! without another copy of their bytes are its own old backups and its own copy of the last sync.

pub mod account;
pub mod act;
pub mod arguments;
pub mod context;
pub mod drive;
pub mod health;
pub mod locks;
pub mod memory;
pub mod schema;
pub mod source;
pub mod sync;
pub mod table;
pub mod task_arguments;

use std::time::Duration;

use baton_plugin_kit::host::Host;
use baton_plugin_sdk::{Error, Outcome, Plugin, Task, sql};

/// The plugin.
#[derive(Debug, Clone, Copy)]
pub struct DriveSync;

impl Plugin for DriveSync {
    fn run(task: Task) -> Result<Outcome, Error> {
        let pause = |pause: Duration| std::thread::sleep(pause);
        let (own, catalog) = (sql::own(), sql::catalog());
        let web = account::Networks { drive: &account::drive_web(), sheets: &account::sheets_web() };
        act::run(&task, act::HostServices { own: &own, catalog: &catalog, locks: &Host, pause: &pause, web })
    }
}

baton_plugin_sdk::plugin!(DriveSync, "../manifest.json");
