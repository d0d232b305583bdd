//! `baton library quarantine PLAN`: carries out a plan of `baton library duplicates --plan`. What the plan calls superfluous goes into
//! a trash folder on its own volume, or into Eagle's trash; nothing is deleted, and `--undo` moves it back.
//!
//! `plan` reads the plan and checks that a file is the one that was compared, `whole` that the kept one is intact, `trash` tells where
//! files go, `journal` keeps what is done, `carry` moves, `tags` gives the kept file the tags of the other, `eagle` asks Eagle, `resume`
//! finishes what a killed run left, `undo` takes all of it back.

mod carry;
mod eagle;
mod journal;
mod plan;
mod resume;
mod tags;
mod trash;
mod undo;
mod whole;

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use baton_ledger::catalog::library::FileLink;
use baton_ledger::path_text;
use serde_json::{Value, json};

use self::eagle::Asked;
use self::journal::Journals;
use self::plan::Plan;
use super::super::Place;
use super::sync::EagleArgs;
use super::units::{bytes, count};
use crate::exit::Code;
use crate::output;

/// Move what a plan of duplicates calls superfluous into a trash folder, or move it back
///
/// The plan is one of `baton library duplicates --plan`. Each file is digested again and the better one is decoded to its end; what is
/// not as it was compared stays where it is. A title, artist, album or ISRC that only the file has which goes is written into the better
/// file first, never over one that is there. Files go into `.baton-trash` in the folder that was scanned, under their path there; items
/// of Eagle go into Eagle's trash through its API. A track that djay or another program names the file for is the better file from then
/// on. Nothing is deleted. A run that was killed is finished by the next one, or by `--resume`. Exit 1: something was refused.
#[derive(Debug, clap::Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the command line")]
pub(in crate::cli) struct Args {
    /// The plan
    #[arg(value_name = "PLAN", required_unless_present_any = ["undo", "resume"])]
    plan: Option<PathBuf>,
    /// Move back what an earlier run moved; its number was printed then. Kept files lose the tags that they got. Items of Eagle are put
    /// back in Eagle by a person: it is said how, and what is not back yet is refused
    #[arg(long, value_name = "NUMBER", conflicts_with_all = ["plan", "trash", "resume"])]
    undo: Option<String>,
    /// Only finish what a run left that was killed
    #[arg(long, conflicts_with_all = ["plan", "trash", "dry_run"])]
    resume: bool,
    /// The trash folder, on the volume of the files and outside of what is scanned [default: .baton-trash in the scanned folder]
    #[arg(long, value_name = "FOLDER")]
    trash: Option<PathBuf>,
    /// Leave the tags that only the file has which goes, instead of writing them into the kept file
    #[arg(long)]
    without_tags: bool,
    /// Check and count only; nothing is moved
    #[arg(long)]
    dry_run: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    eagle: EagleArgs,
}

impl Args {
    /// # Errors
    /// When there is no workspace, the plan is not one, or the journal cannot be written.
    pub(super) fn run(self, place: &Place) -> anyhow::Result<Code> {
        let workspace = place.need()?;
        let catalog = workspace.state.catalog();
        let journals = Journals::open(catalog.with_file_name("quarantine"))?;
        let mut eagle = Asked::new(&self.eagle, &workspace);
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
                carry::carry(&plan, &self.wish(&catalog), &journals, &mut eagle, &mut report)?;
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

    fn wish<'a>(&self, catalog: &'a Path) -> carry::Wish<'a> {
        let (trash, without_tags, dry_run) = (self.trash.clone(), self.without_tags, self.dry_run);
        carry::Wish { catalog, trash, without_tags, dry_run }
    }
}

/// A file that went from one place to another.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Moved {
    from: PathBuf,
    to: PathBuf,
    bytes: u64,
}

/// A file that stayed, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Stayed {
    path: PathBuf,
    why: String,
}

/// An item of Eagle.
#[derive(Clone, Debug, PartialEq, Eq)]
struct EagleFile {
    path: PathBuf,
    library: PathBuf,
    id: String,
    bytes: u64,
    /// The file that is kept instead, and the link that it has.
    kept: PathBuf,
    link: Option<FileLink>,
}

/// What came of a run.
#[derive(Debug, Default)]
struct Report {
    /// The number of the run, where something was moved.
    number: Option<String>,
    moved: Vec<Moved>,
    /// Kept files that get tags, or lose them again, with the names of those.
    tagged: Vec<(PathBuf, Vec<&'static str>)>,
    /// Runs that were finished.
    resumed: Vec<String>,
    /// Whether the run had been taken back before.
    was_undone: bool,
    /// Items of which nobody knows whether they went into Eagle's trash.
    unknown: usize,
    /// Items that are to go, or went, into Eagle's trash.
    eagle: Vec<EagleFile>,
    /// What is left alone because nothing is to be gained.
    skipped: Vec<Stayed>,
    refused: Vec<Stayed>,
}

impl Report {
    fn refuse(&mut self, path: &Path, why: impl Into<String>) {
        self.refused.push(Stayed { path: path.to_owned(), why: why.into() });
    }

    fn print(&self, json: bool, dry_run: bool) {
        if json {
            output::json(&self.as_json());
            return;
        }
        for stayed in self.skipped.iter().chain(&self.refused) {
            output::note(&output::one_line(&format!("{} stays: {}", stayed.path.display(), stayed.why)));
        }
        for run in &self.resumed {
            output::note(&format!("run {run} had not ended; it is finished now"));
        }
        for (path, tags) in &self.tagged {
            output::note(&output::one_line(&format!("{}: tags {}", path.display(), tags.join(", "))));
        }
        let size: u64 =
            self.moved.iter().map(|moved| moved.bytes).chain(self.eagle.iter().map(|file| file.bytes)).sum();
        let number = |count: usize| self::count(u64::try_from(count).unwrap_or(u64::MAX));
        let would = if dry_run { "would be " } else { "" };
        output::print(&format!(
            "{} files {would}moved, {} items {would}put into Eagle's trash ({}); {} left alone, {} refused\n",
            number(self.moved.len()),
            number(self.eagle.len()),
            bytes(size),
            number(self.skipped.len()),
            number(self.refused.len())
        ));
        if let Some(number) = &self.number {
            output::print(&format!("`baton library quarantine --undo {number}` moves them back\n"));
        }
    }

    fn as_json(&self) -> Value {
        let stayed = |stayed: &Stayed| json!({ "path": path_text::to_text(&stayed.path), "why": stayed.why });
        let moved = |moved: &Moved| json!({ "from": path_text::to_text(&moved.from), "to": path_text::to_text(&moved.to), "bytes": moved.bytes });
        let tagged = |(path, tags): &(PathBuf, Vec<&str>)| json!({ "path": path_text::to_text(path), "tags": tags });
        let item =
            |file: &EagleFile| json!({ "id": file.id, "path": path_text::to_text(&file.path), "bytes": file.bytes });
        json!({
            "schema": 1,
            "undo": self.number,
            "moved": self.moved.iter().map(moved).collect::<Vec<_>>(),
            "tagged": self.tagged.iter().map(tagged).collect::<Vec<_>>(),
            "resumed": self.resumed,
            "eagle": self.eagle.iter().map(item).collect::<Vec<_>>(),
            "skipped": self.skipped.iter().map(stayed).collect::<Vec<_>>(),
            "refused": self.refused.iter().map(stayed).collect::<Vec<_>>(),
        })
    }
}
