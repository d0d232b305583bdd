//! Mirrors databases of Notion to CSV files, carries edits of the files back, and publishes audits, findings and tracks as pages.
//!
//! This file opens the host services, calls the module of the action and converts its result to an outcome. Only
//! `apply.rs` changes something at Notion.
//!
//! | file | what |
//! |---|---|
//! | `baton_plugin_kit::notion` | requests, their rate and rate limits, queries |
//! | `schema.rs`, `cell.rs` | properties, and the texts of their values |
//! | `store.rs`, `journal.rs` | the plugin's own tables: rows and plans |
//! | `read.rs`, `file.rs` | the rows of a data source, and its CSV file |
//! | `pull.rs`, `push.rs`, `apply.rs` | the actions |
//! | `publish.rs`, `entry.rs` | the action `publish`: which pages are wanted |
//! | `target.rs`, `marked_pages.rs` | the database of published pages, and the pages that Baton finds by their markers |
//! | `views.rs` | the views of published findings |
//! | `services.rs`, `action_result.rs` | what the actions share |

pub mod action_result;
pub mod apply;
pub mod cell;
pub mod entry;
pub mod file;
pub mod journal;
pub mod marked_pages;
pub mod publish;
pub mod pull;
pub mod push;
pub mod read;
pub mod schema;
pub mod services;
pub mod store;
pub mod target;
pub mod views;

use std::num::NonZeroU32;
use std::path::PathBuf;

use baton_plugin_kit::host::Host;
use baton_plugin_kit::{Findings, time};
use baton_plugin_sdk::{Error, Mount, Outcome, Plugin, Task, sql};

use crate::action_result::ActionResult;
use crate::file::Folder;
use crate::services::Services;
use baton_plugin_kit::notion::{Api, RATE, host_web};

/// The plugin.
#[derive(Debug, Clone, Copy)]
pub struct Notion;

impl Plugin for Notion {
    fn run(task: Task) -> Result<Outcome, Error> {
        let (own, web) = (sql::own(), host_web("api"));
        let as_folder = |mount: &Mount| Folder { path: PathBuf::from(&mount.path), shown: mount.shown_as.clone() };
        let folder = task.mounts("notion").find(|mount| mount.writable).map(as_folder);
        let services = Services {
            own: &own,
            locks: &Host,
            progress: &Host,
            folder: folder.as_ref(),
            now: &task.now,
            now_ms: time::parse(&task.now).unwrap_or_default(),
            task: &task.id,
        };
        let api = |rate: Option<NonZeroU32>| Api::new(&web, rate.map_or(RATE, NonZeroU32::get));
        let mut findings = Findings::default();
        let made = match task.action.as_str() {
            "pull" => {
                let args: pull::Args = task.args_as()?;
                pull::pull(&api(args.requests_per_second), services, &args, &mut findings)?
            }
            "push" => {
                let args: push::Args = task.args_as()?;
                push::push(&api(args.requests_per_second), services, &args, &mut findings)?
            }
            "publish" => {
                let args: publish::Args = task.args_as()?;
                let [reports, tracks] = ["reports", "tracks"].map(|name| task.mounts(name).next().map(as_folder));
                let inputs = publish::Inputs { reports: reports.as_ref(), tracks: tracks.as_ref() };
                publish::publish(&api(args.requests_per_second), services, inputs, &args, &mut findings)?
            }
            "apply" => {
                let args: apply::Args = task.args_as()?;
                apply::apply(&api(args.requests_per_second), services, &args, &mut findings)?
            }
            "undo" => {
                let args: apply::Args = task.args_as()?;
                apply::undo(&api(args.requests_per_second), services, &args, &mut findings)?
            }
            other => return Err(Error::Permanent(format!("there is no action `{other}`"))),
        };
        Ok(outcome(made, findings))
    }
}

fn outcome(made: ActionResult, findings: Findings) -> Outcome {
    let mut outcome = Outcome::with_kind(made.kind, made.summary);
    (outcome.next_steps, outcome.artifacts, outcome.findings) = (made.next_steps, made.reports, findings.into_list());
    outcome
}

baton_plugin_sdk::plugin!(Notion, "../manifest.json");
