//! The options of `baton library sync`, its progress bar and how Ctrl-C stops it.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use baton_library::sync::eagle::Address;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::exit::Code;
use crate::workspace::pause;

/// Write fingerprints to the tags of Eagle items or of files; without --apply only show what would change
///
/// Each item is read, written and read again; its other tags stay. Items that have the tag are skipped, so an interrupted
/// sync can simply be started again.
#[derive(Debug, clap::Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the command line")]
pub(in crate::cli) struct Args {
    /// Only these files and the files below these folders [default: all scanned files]
    #[arg(value_name = "PATH")]
    pub(super) paths: Vec<PathBuf>,
    /// Write the tags; without --apply, changes are only shown
    #[arg(long)]
    pub(super) apply: bool,
    /// Write into the tags of the files instead of Eagle
    #[arg(long, conflicts_with_all = ["url", "token", "timeout"])]
    pub(super) file_tags: bool,
    /// Also remove the old tags: in Eagle `fingerprint:…` and SHA-256 values, in files `FINGERPRINT`
    #[arg(long)]
    pub(super) replace_old: bool,
    /// Change at most this many
    #[arg(short = 'n', long, value_name = "N")]
    pub(super) limit: Option<usize>,
    /// Pause after each change, like 100ms
    #[arg(long, value_name = "PAUSE", value_parser = pause, default_value = "0s", hide_default_value = true)]
    pub(super) pause: Duration,
    /// Print JSON
    #[arg(long)]
    pub(super) json: bool,
    #[command(flatten)]
    pub(super) eagle: EagleArgs,
}

/// The options for Eagle.
#[derive(Debug, clap::Args)]
pub(in crate::cli::library) struct EagleArgs {
    /// The address of Eagle
    #[arg(long, value_name = "URL", default_value = Address::DEFAULT)]
    pub(in crate::cli::library) url: String,
    /// The name of the secret with Eagle's API token, needed if Eagle runs on another machine: `baton secret set eagle`
    #[arg(long, value_name = "NAME", default_value = "eagle")]
    pub(in crate::cli::library) token: String,
    /// How long one request may take
    #[arg(long, value_name = "TIME", value_parser = pause, default_value = "30s")]
    pub(in crate::cli::library) timeout: Duration,
}

impl Args {
    /// The maximum number of changes.
    pub(super) fn limit(&self) -> usize {
        self.limit.unwrap_or(usize::MAX)
    }
}

pub(super) fn bar(length: usize, what: &'static str) -> anyhow::Result<ProgressBar> {
    let bar = ProgressBar::with_draw_target(Some(length as u64), ProgressDrawTarget::stderr());
    bar.set_style(ProgressStyle::with_template("{msg} {bar:30} {pos}/{len} {per_sec} {eta}")?);
    bar.set_message(what);
    Ok(bar)
}

/// Becomes true with Ctrl-C. The second Ctrl-C exits immediately.
pub(super) fn stopped_by_ctrl_c() -> Arc<AtomicBool> {
    let stop = Arc::<AtomicBool>::default();
    let requested = Arc::clone(&stop);
    tokio::spawn(async move {
        while tokio::signal::ctrl_c().await.is_ok() {
            if requested.swap(true, Ordering::Relaxed) {
                std::process::exit(Code::Failed as i32);
            }
            crate::output::note("stopping after this item; written items stay changed, and the next sync resumes here");
        }
    });
    stop
}
