//! `baton library quarantine PLAN`: carries out a plan of `baton library duplicates --plan`. What the plan calls superfluous goes into
//! a trash folder on its own volume, or into Eagle's trash; nothing is deleted, and `--undo` moves it back.
//!
//! `plan` reads the plan and checks that a file is the one that was compared, `whole` that the kept one is intact, `trash` tells where
//! files go, `journal` keeps what is done, `move_files` moves, `tags` gives the kept file the tags of the other, `eagle` asks Eagle, `resume`
//! finishes what a killed run left, `undo` takes all of it back, `told` tells the catalog, `files` renames, `report` says what was done.

mod eagle;
mod files;
mod journal;
mod move_files;
mod plan;
mod report;
mod resume;
mod tags;
mod told;
mod trash;
mod undo;
mod whole;

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use baton_library::sync::eagle::{Address, Eagle, Token};
use tokio::runtime::{Builder, Runtime};

use self::eagle::Asked;
use self::journal::Journals;
use self::plan::Plan;
use self::report::Report;
use super::super::{WorkspaceOptions, has_descriptors};
use super::sync::EagleArgs;
use crate::exit::Code;
use crate::output;
use crate::secrets::SecretStore;
use crate::workspace::Workspace;

/// Move the superfluous files of a duplicates plan into a trash folder, or move them back
///
/// The plan is one of `baton library duplicates --plan`. Each file is digested again and the better one is decoded to its end; what is
/// not as it was compared stays where it is. A title, artist, album or ISRC that only the file has which goes is written into the better
/// file first, never over one that is there. Files go into `.baton-trash` in the folder that was scanned, under their path there; items
/// of Eagle go into Eagle's trash through its API. A track that djay or another program names the file for is the better file from then
/// on. Nothing is deleted. A run that was killed is finished by the next one, or by `--resume`. Exit 1: something was refused.
#[derive(Debug, clap::Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the command line")]
pub(in crate::cli) struct Args {
    #[arg(value_name = "PLAN", required_unless_present_any = ["undo", "resume"])]
    plan: Option<PathBuf>,
    /// Move back what an earlier run moved; its number was printed then. Kept files lose the tags that they got. Items of Eagle are put
    /// back in Eagle by a person: it is said how, and what is not back yet is refused
    #[arg(long, value_name = "NUMBER", conflicts_with_all = ["plan", "trash", "resume"])]
    undo: Option<String>,
    /// Only finish a run that was killed
    #[arg(long, conflicts_with_all = ["plan", "trash", "dry_run"])]
    resume: bool,
    /// The trash folder, on the volume of the files and outside of what is scanned [default: .baton-trash in the scanned folder]
    #[arg(long, value_name = "FOLDER")]
    trash: Option<PathBuf>,
    /// Leave the tags that only the file has which goes, instead of writing them into the kept file
    #[arg(long)]
    without_tags: bool,
    /// Check and count only; move nothing
    #[arg(long)]
    dry_run: bool,
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    eagle: EagleArgs,
}

impl Args {
    pub(super) fn run(self, place: &WorkspaceOptions) -> anyhow::Result<Code> {
        let workspace = place.need()?;
        let catalog = workspace.state.catalog();
        let journals = Journals::open(catalog.with_file_name("quarantine"))?;
        let connect = || connect(&self.eagle, &workspace);
        let mut eagle = Asked::new(&connect);
        let mut report = Report::default();
        if let Some(number) = &self.undo {
            report = undo::undo(&journals, number, &catalog, &mut eagle, self.dry_run)?;
        } else {
            let plan = self
                .plan
                .as_ref()
                .map(|plan| Plan::read(plan).with_context(|| format!("failed to use {}", plan.display())));
            let plan = plan.transpose()?;
            if !self.dry_run {
                resume::resume(&journals, &catalog, &mut eagle, &mut report)?;
            }
            if let Some(plan) = plan {
                move_files::carry(&plan, &self.wish(&catalog), &journals, &mut eagle, &mut report)?;
            }
        }
        report.print(self.json, self.dry_run);
        let has_work = !(report.moved.is_empty() && report.tagged.is_empty() && report.refused.is_empty());
        let nothing_undone = report.was_undone && !has_work;
        if nothing_undone {
            output::note("refused: there is nothing to undo: every file of that run is back");
        }
        Ok(if report.refused.is_empty() && !nothing_undone { Code::Good } else { Code::Findings })
    }

    fn wish<'a>(&self, catalog: &'a Path) -> move_files::MoveOptions<'a> {
        let (trash, without_tags, dry_run) = (self.trash.clone(), self.without_tags, self.dry_run);
        move_files::MoveOptions { catalog, trash, without_tags, dry_run }
    }
}

fn connect(args: &EagleArgs, workspace: &Workspace) -> anyhow::Result<(Runtime, Eagle)> {
    let address = Address::parse(&args.url)?;
    let secret = SecretStore::of(&workspace.state).get(&args.token)?;
    let token = Token::new(&args.token, secret.map(|secret| secret.expose().to_owned()));
    has_descriptors()?;
    let runtime = Builder::new_multi_thread().enable_all().build()?;
    let eagle = runtime.block_on(Eagle::connect(address, token, args.timeout))?;
    Ok((runtime, eagle))
}
