//! `baton library scan SOURCE…`: lists sources and fingerprints new and changed files.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::bail;
use baton_catalog::Catalog;
use baton_catalog::library::Source as LibrarySource;
use baton_core::path_text;
use baton_library::scan::{Listing, Options, Reads, Report, scan};
use baton_library::source::SourceRoot as Source;
use serde_json::{Value, json};

use super::super::{WorkspaceOptions, block_on};
use super::bar::Bar;
use super::units::{bytes, count, counted, length};
use super::wait::wait_for_lock;
use crate::exit::Code;
use crate::output::{self, Table};

/// List the files of folders and Eagle libraries, and fingerprint new and changed files
///
/// The result of each file is stored at once: a scan that was interrupted or killed resumes where it stopped. Files with the
/// same size, time and inode as before are not read again. A file that the scan does not find is marked as missing, unless its
/// volume is unmounted or was replaced. Audio files are never changed.
#[derive(Debug, clap::Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the command line")]
pub(in crate::cli) struct Args {
    /// A folder with music, or an Eagle library (X.library) [default: all sources that were scanned before]
    #[arg(value_name = "SOURCE")]
    sources: Vec<PathBuf>,
    /// Read at most this many files
    #[arg(long, value_name = "N")]
    limit: Option<u64>,
    /// How many files to read at the same time [default: one for each core]
    #[arg(short, long, value_name = "N")]
    jobs: Option<NonZeroUsize>,
    /// List and count only; do not read or write anything
    #[arg(long, conflicts_with_all = ["verify", "limit"])]
    dry_run: bool,
    /// Also read files with a fingerprint again, and report changed content; with --limit, begin with the
    /// files whose last reading is the oldest
    #[arg(long)]
    verify: bool,
    /// Also read files again that failed or were skipped
    #[arg(long)]
    retry: bool,
    /// Mark all files that are not found as missing, even if the volume may be unmounted or the whole folder was deleted
    #[arg(long, requires = "sources")]
    gone: bool,
    /// Also print each skipped file
    #[arg(short, long)]
    verbose: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Args {
    pub(super) fn run(self, options: &WorkspaceOptions) -> anyhow::Result<Code> {
        let catalog = options.need()?.state.catalog();
        let sources = self.roots(&catalog)?;
        let options = self.options();
        let begun = Instant::now();
        let report = block_on(async {
            let stop = Arc::new(AtomicBool::new(false));
            tokio::spawn(stopped(Arc::clone(&stop)));
            let mut bar = Bar::new(self.verbose)?;
            let read = &baton_fingerprint::check;
            let report = tokio::task::block_in_place(|| {
                wait_for_lock(&stop, || scan(&catalog, &sources, &options, read, &mut |event| bar.tell(event), &stop))
            });
            bar.end();
            Ok(report?)
        })?;
        if self.json {
            output::json(&as_json(&report, begun.elapsed()));
        } else {
            output::print(&as_text(&report, begun.elapsed(), self.dry_run));
        }
        let nothing = report.sources.iter().all(is_empty);
        if nothing && !report.stopped {
            output::note(
                "no audio file was found there; name the folder that has the music: `baton library scan FOLDER`",
            );
        }
        let unread = has_no_fingerprint(&report);
        if unread {
            output::note(
                "no file could be fingerprinted; `baton library scan --retry --verbose` prints the reason for each",
            );
        }
        Ok(if report.has_faults() || report.stopped || nothing || unread { Code::Findings } else { Code::Good })
    }

    fn options(&self) -> Options {
        let jobs = self.jobs.unwrap_or_else(|| Options::default().jobs);
        let Self { limit, verify, retry, dry_run, gone, .. } = *self;
        Options { jobs, limit, verify, retry, dry_run, confirm_missing: gone, time: None, emptied: false }
    }

    /// The sources to scan: each named source once or, if none is named, all known sources.
    fn roots(&self, catalog: &Path) -> anyhow::Result<Vec<Source>> {
        if self.sources.is_empty() {
            let known =
                Catalog::open(catalog)?.map(|catalog| catalog.library_sources()).transpose()?.unwrap_or_default();
            if known.is_empty() {
                bail!("there is nothing to scan yet; name a folder or an Eagle library: `baton library scan FOLDER`");
            }
            return Ok(known.into_iter().map(|source| Source { path: source.path, kind: source.kind }).collect());
        }
        let mut roots: Vec<Source> = Vec::new();
        for path in &self.sources {
            let root = match Source::of(path) {
                Err(_) if self.gone && std::fs::symlink_metadata(path).is_err() => removed(path, catalog)?,
                root => root?,
            };
            if !roots.contains(&root) {
                roots.push(root);
            }
        }
        Ok(roots)
    }
}

/// True if a source was reached and has never had an audio file.
fn is_empty(listing: &Listing) -> bool {
    let Listing { items, missing, kept, unread, failure, .. } = listing;
    items + missing + kept == 0 && unread.is_empty() && failure.is_none()
}

/// True if files were read, but neither these files nor unchanged ones have a fingerprint.
fn has_no_fingerprint(report: &Report) -> bool {
    let reads = &report.reads;
    reads.items > 0
        && reads.fingerprinted + reads.same + reads.differ == 0
        && report.sources.iter().all(|listing| listing.unchanged == 0)
}

/// The source whose folder was deleted.
fn removed(path: &Path, catalog: &Path) -> anyhow::Result<Source> {
    let known = Catalog::open(catalog)?.map(|catalog| catalog.library_sources()).transpose()?.unwrap_or_default();
    let named = std::path::absolute(path)?;
    // The existing part of its path may contain links.
    let real = named.ancestors().find_map(|there| Some((there.canonicalize().ok()?, named.strip_prefix(there).ok()?)));
    let real = real.map_or_else(|| named.clone(), |(there, rest)| there.join(rest));
    let is_it = |source: &&LibrarySource| source.path == named || source.path == real;
    if let Some(source) = known.iter().find(is_it) {
        return Ok(Source { path: source.path.clone(), kind: source.kind });
    }
    match known.iter().find(|source| real.starts_with(&source.path)) {
        Some(source) => bail!(
            "{} is a folder inside a source; `--gone` works on whole sources: `baton library scan --gone {}`",
            path.display(),
            baton_core::shell::quoted(&source.path.to_string_lossy())
        ),
        None => bail!("{} is not a source; `baton library sources` lists the sources", path.display()),
    }
}

/// Waits for the first interrupt or termination signal, and then stops the scan. The next scan reads unfinished files.
async fn stopped(stop: Arc<AtomicBool>) {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut ended) = signal(SignalKind::terminate()) else {
        return;
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = ended.recv() => {}
    }
    stop.store(true, Ordering::Relaxed);
}

fn as_json(report: &Report, took: Duration) -> Value {
    let reads = &report.reads;
    json!({
        "schema": 1,
        "stopped": report.stopped,
        "took_ms": u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
        "sources": report.sources.iter().map(source_as_json).collect::<Vec<_>>(),
        "read": {
            "files": reads.items,
            "bytes": reads.bytes,
            "audio_ms": reads.audio_ms,
            "fingerprinted": reads.fingerprinted,
            "damaged": reads.damaged,
            "skipped": reads.skipped,
            "failed": reads.failed,
            "same": reads.same,
            "differ": reads.differ,
        },
    })
}

fn source_as_json(listing: &Listing) -> Value {
    let unread = listing.unread.iter().map(|part| json!({ "path": path_text::to_text(&part.path), "why": part.why }));
    json!({
        "path": path_text::to_text(&listing.source),
        "kind": listing.kind.as_str(),
        "items": listing.items,
        "new": listing.new,
        "changed": listing.changed,
        "pending": listing.pending,
        "again": listing.again,
        "unchanged": listing.unchanged,
        "missing": listing.missing,
        "kept": listing.kept,
        "bytes_to_read": listing.bytes,
        "unread": unread.collect::<Vec<_>>(),
        "remarks": listing.remarks,
        "failure": listing.failure,
    })
}

fn as_text(report: &Report, took: Duration, dry_run: bool) -> String {
    let mut table = Table::new(&["SOURCE", "ITEMS", "NEW", "CHANGED", "NOT READ YET", "UNCHANGED", "MISSING"]);
    for listing in &report.sources {
        let numbers = [listing.items, listing.new, listing.changed, listing.pending + listing.again];
        let rest = [listing.unchanged, listing.missing];
        let numbers = numbers.into_iter().chain(rest).map(count);
        table.row(std::iter::once(listing.source.display().to_string()).chain(numbers));
    }
    let mut text = table.lines(|_, _, cell| cell);
    for listing in &report.sources {
        if let Some(failure) = &listing.failure {
            let line = format!("{} cannot be reached: {failure}; its items are unchanged", listing.source.display());
            text.push_str(&format!("{}\n", output::one_line(&line)));
        }
    }
    if dry_run {
        let wanted: (u64, u64) = report
            .sources
            .iter()
            .fold((0, 0), |(items, bytes), listing| (items + listing.to_read(), bytes + listing.bytes));
        let missing: u64 = report.sources.iter().map(|listing| listing.missing).sum();
        let stopped = if report.stopped { "stopped before the end; the sources may have more files\n" } else { "" };
        let (items, size) = (counted(wanted.0, "file"), bytes(wanted.1));
        return text
            + &format!("{items} ({size}) would be read, {} would be marked as missing\n{stopped}", count(missing));
    }
    text + &read(&report.reads, took) + if report.stopped { "stopped; the next scan resumes here\n" } else { "" }
}

fn read(reads: &Reads, took: Duration) -> String {
    let ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX).max(1);
    let rate = reads.items.saturating_mul(10_000) / ms;
    let rate =
        format!("{}.{} files/s, {}/s", count(rate / 10), rate % 10, bytes(reads.bytes.saturating_mul(1_000) / ms));
    let mut text = format!(
        "{} read in {} ({rate}): {} fingerprinted ({} of audio)\n",
        counted(reads.items, "file"),
        length(ms),
        count(reads.fingerprinted),
        length(reads.audio_ms)
    );
    if reads.damaged > 0 {
        text.push_str(&format!(
            "{} of them are damaged, so only their intact part was fingerprinted\n",
            count(reads.damaged)
        ));
    }
    for (what, reasons) in [("skipped", &reads.skipped), ("failed", &reads.failed)] {
        for (reason, items) in reasons {
            text.push_str(&format!("{} {what}: {reason}\n", count(*items)));
        }
    }
    if reads.same + reads.differ > 0 {
        text.push_str(&format!("{} are unchanged, {} differ\n", count(reads.same), count(reads.differ)));
    }
    text
}
