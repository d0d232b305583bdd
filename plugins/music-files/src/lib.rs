//! Moves music files into folders by playlist. The action `organise` makes a plan, `apply` moves the files, `undo` moves them
//! back, and `wanted` lists missing tracks.
//!
//! This file passes the host services to the module of an action. The other modules use folders, tables and traits but nothing of
//! WebAssembly, so native tests run them on real databases.

pub mod organise;
pub mod wanted;

use baton_plugin_kit::host::Host;
use baton_plugin_sdk::{Error, Outcome, Plugin, Task, sql};

/// The plugin.
#[derive(Debug, Clone, Copy)]
pub struct MusicFiles;

impl Plugin for MusicFiles {
    fn run(task: Task) -> Result<Outcome, Error> {
        match task.action.as_str() {
            "organise" => organise::plan(&task, &sql::catalog(), &sql::own(), &Host),
            "apply" => organise::apply(&task, &sql::catalog(), &sql::own(), &Host),
            "undo" => organise::undo(&task, &sql::catalog(), &sql::own(), &Host),
            "wanted" => wanted::list(&task, &sql::catalog()),
            other => Err(Error::Permanent(format!("there is no action `{other}`"))),
        }
    }
}

baton_plugin_sdk::plugin!(MusicFiles, "../manifest.json");
