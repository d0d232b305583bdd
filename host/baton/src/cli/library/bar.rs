//! The progress bar of a scan; hidden if the output is not a terminal.

use std::time::Instant;

use baton_catalog::library::ItemState;
use baton_library::scan::{Comparison, Event};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::units::{bytes, count};
use crate::output;

/// The bar, with the data for its rate.
pub(super) struct Bar {
    bar: ProgressBar,
    began: Instant,
    read: u64,
    /// Print each file without a fingerprint, with its reason.
    verbose: bool,
}

impl Bar {
    pub(super) fn new(verbose: bool) -> anyhow::Result<Self> {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
        bar.set_style(ProgressStyle::with_template("{spinner} {msg}")?);
        Ok(Self { bar, began: Instant::now(), read: 0, verbose })
    }

    /// Updates the bar.
    pub(super) fn tell(&mut self, event: &Event<'_>) {
        match event {
            Event::Listing { source, items } => {
                self.bar.set_message(format!(
                    "{}: {} items",
                    output::one_line(&source.to_string_lossy()),
                    count(*items)
                ));
                self.bar.tick();
            }
            Event::Listed(listing) => {
                let remarks = listing.remarks.iter().cloned();
                let unread = listing.unread.iter().map(|part| format!("{}: {}", part.path.display(), part.why));
                remarks.chain(unread).for_each(|line| self.line(&line));
            }
            Event::Begin { items, .. } => self.begin(*items),
            Event::Read { path, size, state, why, compared } => {
                self.read += size;
                self.bar.inc(1);
                self.bar.set_message(format!("{}/s", bytes(self.rate())));
                if let Some(line) = remark(*state, *why, *compared, self.verbose) {
                    self.line(&format!("{}: {line}", path.display()));
                }
            }
            Event::Unreachable { source, why } => {
                self.line(&format!(
                    "{} cannot be reached any more: {why}; its remaining files stay pending",
                    source.display()
                ));
            }
        }
    }

    fn begin(&mut self, items: u64) {
        self.began = Instant::now();
        self.bar.set_length(items);
        let template = "{bar:30} {human_pos}/{human_len} {per_sec} {msg} {eta} left";
        if let Ok(style) = ProgressStyle::with_template(template) {
            self.bar.set_style(style);
        }
        self.bar.set_position(0);
    }

    /// The bytes a second since reading started.
    fn rate(&self) -> u64 {
        let ms = u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX).max(1);
        self.read.saturating_mul(1_000) / ms
    }

    fn line(&self, line: &str) {
        self.bar.suspend(|| output::note(&output::one_line(line)));
    }

    /// Removes the bar.
    pub(super) fn end(self) {
        self.bar.finish_and_clear();
    }
}

/// The line to print for a file: only for failures and differences.
fn remark(state: ItemState, why: Option<(&str, &str)>, compared: Option<Comparison>, verbose: bool) -> Option<String> {
    let (word, detail) = why.unwrap_or_default();
    match (compared, state) {
        (Some(Comparison::Differs), ItemState::Fingerprinted) => {
            Some("DIFFERS: its content changed, although its size, time and inode are the same".to_owned())
        }
        (Some(Comparison::Differs), _) => {
            Some(format!("DIFFERS: an earlier scan fingerprinted it, but this one did not: {word}: {detail}"))
        }
        (_, ItemState::Failed) => Some(format!("{word}: {detail}")),
        (_, ItemState::Fingerprinted) if why.is_some() => Some(format!("{word}: {detail}")),
        (_, ItemState::Skipped) if verbose => Some(format!("skipped, {word}: {detail}")),
        _ => None,
    }
}
