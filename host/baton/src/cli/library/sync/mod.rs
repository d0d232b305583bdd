//! `baton library sync`: fingerprints from the catalog to Eagle's items (`eagle`), or into the files' tags (`files`).
//! Without `--apply` it only says what it would do.

mod eagle;
mod files;
mod report;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::bail;
use baton_ledger::catalog::Catalog;
use baton_library::sync::eagle::Address;
use baton_library::sync::{KnownItem, known};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::cli::WorkspaceOptions;
use crate::exit::Code;
use crate::workspace::{Workspace, pause};

/// Tell Eagle the fingerprints, as tags of its items, or write them into the files; only shown without --apply
///
/// Each item is read, written and read again; its other tags stay. What was done is not done again, so a sync that ended
/// before its end is simply begun anew.
#[derive(Debug, clap::Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the command line")]
pub(super) struct Args {
    /// Only what lies below these folders, or these files [default: all that was scanned]
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Do it; else it is only shown what would be done
    #[arg(long)]
    apply: bool,
    /// Write into the tags of the files themselves, and leave Eagle and its libraries alone
    #[arg(long, conflicts_with_all = ["url", "token", "timeout"])]
    file_tags: bool,
    /// Also take away the tags of old: `fingerprint:` and the SHA-256 of a file, in files `FINGERPRINT`
    #[arg(long)]
    replace_old: bool,
    /// At most so many are changed
    #[arg(short = 'n', long, value_name = "N")]
    limit: Option<usize>,
    /// A pause after each that was changed, like 100ms
    #[arg(long, value_name = "PAUSE", value_parser = pause, default_value = "0s", hide_default_value = true)]
    pause: Duration,
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    eagle: EagleArgs,
}

/// What only Eagle needs.
#[derive(Debug, clap::Args)]
pub(super) struct EagleArgs {
    /// Where Eagle is
    #[arg(long, value_name = "URL", default_value = Address::DEFAULT)]
    pub(super) url: String,
    /// The secret with Eagle's API token, which it wants of other machines: `baton secret set eagle`
    #[arg(long, value_name = "NAME", default_value = "eagle")]
    pub(super) token: String,
    /// How long one request may take
    #[arg(long, value_name = "TIME", value_parser = pause, default_value = "30s")]
    pub(super) timeout: Duration,
}

impl Args {
    pub(super) fn run(self, place: &WorkspaceOptions) -> anyhow::Result<Code> {
        let workspace = place.need()?;
        let known = self.known(&workspace)?;
        let report = if self.file_tags {
            files::sync(&self, &workspace, &known)?
        } else {
            eagle::sync(&self, &workspace, &known)?
        };
        report.print(self.json);
        Ok(report.code())
    }

    /// The files that have a fingerprint.
    fn known(&self, workspace: &Workspace) -> anyhow::Result<Vec<KnownItem>> {
        let below = self.paths.iter().map(std::path::absolute).collect::<Result<Vec<_>, _>>()?;
        // Of two ways to write a path, nobody knows which one was scanned.
        let resolved = below.iter().filter_map(|path| path.canonicalize().ok());
        let below: Vec<PathBuf> = resolved.chain(below.iter().cloned()).collect();
        let catalog = Catalog::open(&workspace.state.catalog())?;
        let known = catalog.map(|catalog| known(&catalog, &below)).transpose()?.unwrap_or_default();
        if known.is_empty() {
            let there = if below.is_empty() { "" } else { " there" };
            bail!("no file{there} has a fingerprint yet; `baton library scan` makes them");
        }
        Ok(known)
    }

    /// How many may still be changed.
    fn limit(&self) -> usize {
        self.limit.unwrap_or(usize::MAX)
    }
}

fn bar(length: usize, what: &'static str) -> anyhow::Result<ProgressBar> {
    let bar = ProgressBar::with_draw_target(Some(length as u64), ProgressDrawTarget::stderr());
    bar.set_style(ProgressStyle::with_template("{msg} {bar:30} {pos}/{len} {per_sec} {eta}")?);
    bar.set_message(what);
    Ok(bar)
}

/// Becomes true with Ctrl-C. The second one ends the program where it stands.
fn stopped_by_ctrl_c() -> Arc<AtomicBool> {
    let stop = Arc::<AtomicBool>::default();
    let heard = Arc::clone(&stop);
    tokio::spawn(async move {
        while tokio::signal::ctrl_c().await.is_ok() {
            if heard.swap(true, Ordering::Relaxed) {
                std::process::exit(Code::Failed as i32);
            }
            crate::output::note("stopping after this one; what was done stays, and the next sync goes on from there");
        }
    });
    stop
}
