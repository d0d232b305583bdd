//! The audit plugin: reads plans, looks up every file that they promise, and reports which files exist.
//!
//! This file connects the modules to the contract. The modules do not know WebAssembly: `discover` finds plans,
//! `reader` reads them, `index` and `verify` look files up, `report` writes. The plugin never creates a deliverable and
//! uses no language model: the same folders give the same report.

pub mod assertions;
mod count;
pub mod discover;
pub mod earlier_outcomes;
pub mod follow;
pub mod health;
pub mod history;
mod ids;
pub mod index;
pub mod limits;
mod lists;
mod markdown;
pub mod memory;
pub mod page;
pub mod plan;
pub mod reader;
mod refusal;
pub mod remark;
pub mod report;
mod request;
mod run;
pub mod scrub;
pub mod services;
pub mod session;
pub mod time;
pub mod verify;
pub mod yaml;

use baton_plugin_kit::host::Host;
use baton_plugin_sdk::{Error, Outcome, Plugin, Task, git, sql};

pub use run::run;

use crate::services::HostServices;

/// The plugin.
#[derive(Debug, Clone, Copy)]
pub struct Audit;

impl Plugin for Audit {
    fn run(task: Task) -> Result<Outcome, Error> {
        run(
            &task,
            &HostServices {
                progress: &Host,
                git: Some(&git::repository("root")),
                memory: Some(&sql::own()),
                ledger: Some(&Host),
                requests: Some(&Host),
                judge: Some(&Host),
                files: Some(&Host),
            },
        )
    }
}

baton_plugin_sdk::plugin!(Audit, "../manifest.json");
