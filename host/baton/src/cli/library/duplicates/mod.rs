//! `baton library duplicates`: finds duplicates and suggests the file to keep. It deletes nothing.

mod json;
mod plan;
mod table;

use std::path::PathBuf;
use std::sync::atomic::AtomicBool;

use baton_library::duplicates::{DuplicateOptions, Duplicates, THRESHOLD, WholePrints, find, find_similar};

use super::super::WorkspaceOptions;
use super::open::open;
use super::units::fingerprinted_length;
use crate::exit::Code;
use crate::output;

/// Find files of the same recording by their fingerprints; suggest the best file of each recording, and say why
///
/// Versions (remix, live, edit, another length or speed) are not duplicates. The first two minutes are compared; longer
/// files that seem to be copies are then read once and compared to their end. Pairs with a similarity below 80 %, or that could
/// not be compared to their end, are listed for review and are not in a group. Files without a fingerprint are only listed for
/// review, by title and artist. Nothing is deleted; --plan writes the suggestions for `baton library quarantine`. Exit 1: nothing
/// could be compared, because no file has a fingerprint.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {
    /// Also write the suggestions into this new file, as JSON
    #[arg(long, value_name = "FILE")]
    plan: Option<PathBuf>,
    /// Leave out pairs with a lower similarity, in per cent
    #[arg(long, value_name = "PERCENT", default_value_t = 0, value_parser = clap::value_parser!(u8).range(0..=100))]
    min_score: u8,
    /// List files without a fingerprint for review if their titles and artists match with at least this score (1 to 1000)
    #[arg(long, value_name = "POINTS", default_value_t = THRESHOLD, value_parser = clap::value_parser!(u32).range(1..=1000))]
    metadata_threshold: u32,
    /// Compare only fingerprints; do not list files without a fingerprint
    #[arg(long, conflicts_with = "metadata_threshold")]
    no_metadata: bool,
    /// Also list other versions of a recording
    #[arg(long)]
    versions: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Args {
    pub(super) fn run(self, options: &WorkspaceOptions) -> anyhow::Result<Code> {
        let Some(catalog) = open(options, self.json, || json::whole(&Duplicates::default()))? else {
            return Ok(Code::Findings);
        };
        let metadata = (!self.no_metadata).then_some(self.metadata_threshold);
        let wanted = DuplicateOptions { metadata, min_score: self.min_score };
        let stop = AtomicBool::new(false);
        let tell = |files| {
            let from = fingerprinted_length();
            output::note(&format!("reading {files} files that are longer than {from}, to compare them to their end"));
        };
        let path = options.need()?.state.catalog();
        let prints = WholePrints { catalog: &path, read: &baton_fingerprint::read, progress: &tell, stop: &stop };
        let found = find(&catalog, &|prints| find_similar(prints, &stop), &|items| prints.load(items), wanted)?;
        if let Some(file) = &self.plan {
            plan::write(file, &found)?;
            output::note(&format!("the plan is in {}; nothing was deleted", file.display()));
        }
        if self.json {
            output::json(&json::whole(&found));
        } else {
            output::print(&table::whole(&found, self.versions));
        }
        if found.fingerprinted() == 0 {
            output::note("nothing was compared: no file has a fingerprint yet; run `baton library scan`");
            return Ok(Code::Findings);
        }
        Ok(Code::Good)
    }
}
