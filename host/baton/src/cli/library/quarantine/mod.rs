//! `baton library quarantine PLAN`: carries out a plan of `baton library duplicates --plan`. Superfluous files move to a
//! trash folder on their volume, or to Eagle's trash. Nothing is deleted, and `--undo` moves the files back.
//!
//! `plan` reads the plan and checks that a file is unchanged, `integrity_check` checks that the kept file is intact, `trash` chooses
//! the trash folder, `journal` records the steps, `move_files` moves files, `tags` copies tags to the kept file, `eagle`
//! calls Eagle, `resume` finishes a killed run, `undo` reverts a run, `catalog` updates the catalog, `files` renames, `report`
//! prints the result.

mod catalog;
mod eagle;
mod files;
mod integrity_check;
mod journal;
mod move_files;
mod plan;
mod report;
mod resume;
mod tags;
mod trash;
mod undo;

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use baton_library::sync::eagle::{Address, Eagle, Token};
use tokio::runtime::{Builder, Runtime};

use self::eagle::EagleConnection;
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
/// PLAN is a file from `baton library duplicates --plan`. Baton computes the digest of each file again and decodes the
/// kept file to its end; a file that changed since the comparison stays where it is. If only the superfluous file has a
/// title, artist, album or ISRC, Baton first writes this tag into the kept file; existing tags are not overwritten. Files
/// move to `.baton-trash` in the scanned folder, under their relative path; items of Eagle move to Eagle's trash through
/// Eagle's API. If a track was linked to the superfluous file, Baton links it to the kept file. Nothing is deleted. The
/// next run, or `--resume`, finishes a run that was killed. Exit 1: something was refused.
#[derive(Debug, clap::Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the command line")]
pub(in crate::cli) struct Args {
    /// The duplicates plan
    #[arg(value_name = "PLAN", required_unless_present_any = ["undo", "resume"])]
    plan: Option<PathBuf>,
    /// Move the files of an earlier run back; NUMBER is the number that the run printed. Baton removes the tags that the run
    /// wrote into kept files. First restore the items of Eagle in Eagle, as the output says: an item that is still in
    /// Eagle's trash is refused
    #[arg(long, value_name = "NUMBER", conflicts_with_all = ["plan", "trash", "resume"])]
    undo: Option<String>,
    /// Only finish a run that was killed
    #[arg(long, conflicts_with_all = ["plan", "trash", "dry_run"])]
    resume: bool,
    /// Use this trash folder, which must be on the volume of the files and outside of scanned folders [default: .baton-trash in
    /// the scanned folder, which scans skip]
    #[arg(long, value_name = "FOLDER")]
    trash: Option<PathBuf>,
    /// Do not copy tags from superfluous files to kept files
    #[arg(long)]
    without_tags: bool,
    /// Check and count only; move nothing
    #[arg(long)]
    dry_run: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    eagle: EagleArgs,
}

impl Args {
    pub(super) fn run(self, options: &WorkspaceOptions) -> anyhow::Result<Code> {
        let workspace = options.need()?;
        let catalog = workspace.state.catalog();
        let journals = Journals::open(catalog.with_file_name("quarantine"))?;
        let connect = || connect(&self.eagle, &workspace);
        let mut eagle = EagleConnection::new(&connect);
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
                move_files::move_all(&plan, &self.move_options(&catalog), &journals, &mut eagle, &mut report)?;
            }
        }
        report.print(self.json, self.dry_run);
        let has_work = !(report.moved.is_empty() && report.tagged.is_empty() && report.refused.is_empty());
        let nothing_undone = report.was_undone && !has_work;
        if nothing_undone {
            output::note("refused: there is nothing to undo, because all files of that run were moved back already");
        }
        Ok(if report.refused.is_empty() && !nothing_undone { Code::Good } else { Code::Findings })
    }

    fn move_options<'a>(&self, catalog: &'a Path) -> move_files::MoveOptions<'a> {
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
