//! Writes fingerprints into the tags of files: checks each file, prints its change, and writes it.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

use baton_catalog::library::Library;
use baton_core::path_text;
use baton_library::sync::FingerprintedItem;
use baton_library::sync::tags::{FileNeed, WriteOutcome, check, hash_audio, remove_leftovers, write};
use indicatif::ProgressBar;
use jiff::Timestamp;
use serde_json::json;

use super::options::{Args, bar, stopped_by_ctrl_c};
use super::report::{Line, Report, Status};
use crate::cli::block_on;
use crate::workspace::Workspace;

pub(super) fn sync(args: &Args, workspace: &Workspace, known: &[FingerprintedItem]) -> anyhow::Result<Report> {
    let mut library = args.apply.then(|| Library::open(&workspace.state.catalog())).transpose()?;
    let mut bar = bar(known.len(), if args.apply { "syncing" } else { "reading" })?;
    let run = block_on(async {
        let stop = stopped_by_ctrl_c();
        let run = Run { library: library.as_mut(), ..Run::default() };
        Ok(tokio::task::block_in_place(|| run.over(args, known, &stop, &mut bar)))
    })?;
    bar.finish_and_clear();
    let about = json!({ "beyond_limit": run.beyond });
    let left = known.len() - run.lines.len() - run.beyond;
    let ended = (left > 0).then(|| format!("stopped; files left: {left}; the next sync resumes there"));
    Ok(Report {
        target: "file_tags",
        about: about.as_object().cloned().unwrap_or_default(),
        title: None,
        applied: args.apply,
        lines: run.lines,
        ended,
    })
}

/// The progress of the sync.
#[derive(Default)]
struct Run<'a> {
    /// Receives the new metadata of written files.
    library: Option<&'a mut Library>,
    lines: Vec<Line>,
    changed: usize,
    /// The number of changes beyond the limit.
    beyond: usize,
}

impl Run<'_> {
    fn over(mut self, args: &Args, known: &[FingerprintedItem], stop: &AtomicBool, bar: &mut ProgressBar) -> Self {
        if args.apply {
            let folders: BTreeSet<&Path> = known.iter().filter_map(|known| known.path.parent()).collect();
            for folder in folders {
                remove_leftovers(folder, SystemTime::now());
            }
        }
        for known in known {
            if stop.load(Ordering::Relaxed) {
                break;
            }
            self.write_file(args, known);
            bar.inc(1);
        }
        self
    }

    fn write_file(&mut self, args: &Args, known: &FingerprintedItem) {
        let fit = check(known, args.replace_old);
        let removes = match &fit {
            FileNeed::Needs(_) if self.changed >= args.limit() => {
                self.beyond += 1;
                return;
            }
            FileNeed::Needs(removes) => removes.clone(),
            FileNeed::Has | FileNeed::Skipped(_) | FileNeed::Failed(_) => Vec::new(),
        };
        let adds = if matches!(fit, FileNeed::Needs(_)) { known.mark.value().to_owned() } else { String::new() };
        let status = self.status(args, known, fit);
        let id = path_text::to_text(&known.path).into_owned();
        self.lines.push(Line { id, name: None, has: String::new(), adds, removes, status });
    }

    fn status(&mut self, args: &Args, known: &FingerprintedItem, fit: FileNeed) -> Status {
        match fit {
            FileNeed::Has => Status::Skipped("already_has_fingerprint"),
            FileNeed::Skipped(reason) => Status::Skipped(reason),
            FileNeed::Failed(error) => Status::Failed(error),
            FileNeed::Needs(_) if !args.apply => {
                self.changed += 1;
                Status::Planned
            }
            FileNeed::Needs(_) => {
                let written = write(known, args.replace_old, &hash_audio);
                if matches!(written, WriteOutcome::Skipped(_)) {
                    return status(written);
                }
                self.changed += 1;
                self.record_in_catalog(known, &written);
                pause_after_file(args.pause);
                status(written)
            }
        }
    }
}

impl Run<'_> {
    /// Updates the catalog, so that the next scan does not read the file again. If this fails, the next scan reads it.
    fn record_in_catalog(&mut self, known: &FingerprintedItem, written: &WriteOutcome) {
        if let (Some(library), WriteOutcome::Succeeded(rewritten)) = (&mut self.library, written)
            && let Err(error) = library.record_rewritten(known.number, rewritten, Timestamp::now())
        {
            tracing::warn!("{} is read again by the next scan: {error}", known.path.display());
        }
    }
}

fn pause_after_file(pause: Duration) {
    if !pause.is_zero() {
        std::thread::sleep(pause);
    }
}

fn status(written: WriteOutcome) -> Status {
    match written {
        WriteOutcome::Succeeded(_) => Status::Succeeded,
        WriteOutcome::Skipped(reason) => Status::Skipped(reason),
        WriteOutcome::Failed(error) => Status::Failed(error),
    }
}
