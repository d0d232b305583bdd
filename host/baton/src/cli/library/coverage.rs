//! `baton library coverage`: shows how many files have a fingerprint, whether that share is high enough, and which files
//! have none.

use baton_catalog::Catalog;
use baton_catalog::library::Entry;
use baton_core::path_text;
use baton_library::coverage::{Coverage, CoveragePart, FINGERPRINTED_MS, MissingCount, REQUIRED_PERCENT};
use serde_json::{Value, json};

use super::super::WorkspaceOptions;
use super::open::open;
use super::units::{count, fingerprinted_length, percent};
use crate::exit::Code;
use crate::output::{self, Table};

/// Show the fingerprint coverage of the library, and what is missing to reach the required share
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {
    /// The required share, in per cent
    #[arg(long, value_name = "PERCENT", default_value_t = REQUIRED_PERCENT, value_parser = clap::value_parser!(u8).range(1..=100))]
    gate: u8,
    /// Also list at most this many files without a fingerprint
    #[arg(long, value_name = "N", default_value_t = 0)]
    missing: u32,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Args {
    pub(super) fn run(self, options: &WorkspaceOptions) -> anyhow::Result<Code> {
        let Some(catalog) = open(options, self.json, || as_json(&Coverage::empty(self.gate), &[]))? else {
            return Ok(Code::Findings);
        };
        let coverage = Coverage::load(&catalog, self.gate)?;
        let without = without(&catalog, self.missing)?;
        if self.json {
            output::json(&as_json(&coverage, &without));
        } else {
            output::print(&as_text(&coverage, &without));
        }
        Ok(if coverage.total.is_reached() { Code::Good } else { Code::Findings })
    }
}

fn without(catalog: &Catalog, most: u32) -> anyhow::Result<Vec<Entry>> {
    if most == 0 { Ok(Vec::new()) } else { Ok(catalog.library_items_without_fingerprint(most)?) }
}

fn as_json(coverage: &Coverage, without: &[Entry]) -> Value {
    let sources = coverage.sources.iter().map(|source| {
        json!({
            "path": path_text::to_text(&source.path),
            "failure": source.failure,
            "counts": part_json(&source.part),
        })
    });
    let files = without.iter().map(|entry| {
        json!({
            "path": path_text::to_text(&entry.path),
            "state": entry.state.as_str(),
            "reason": entry.reason.as_deref().unwrap_or("not_read"),
            "detail": entry.detail,
        })
    });
    json!({
        "schema": 1,
        "gate_percent": coverage.gate_percent,
        "fingerprinted_in_part": { "items": coverage.partly_fingerprinted, "first_ms": FINGERPRINTED_MS },
        "total": part_json(&coverage.total),
        "sources": sources.collect::<Vec<_>>(),
        "without": files.collect::<Vec<_>>(),
    })
}

fn part_json(part: &CoveragePart) -> Value {
    let reason = |missing: &MissingCount| json!({ "state": missing.state.as_str(), "reason": missing.reason, "items": missing.items });
    json!({
        "items": part.items,
        "fingerprinted": part.fingerprinted,
        "per_mille": part.tenths(),
        "pending": part.pending,
        "failed": part.failed,
        "skipped": part.skipped,
        "missing": part.missing,
        "reached": part.is_reached(),
        "needed": part.needed,
        "reachable": part.is_reachable(),
        "reasons": part.reasons.iter().map(reason).collect::<Vec<_>>(),
    })
}

fn as_text(coverage: &Coverage, without: &[Entry]) -> String {
    let mut table = Table::new(&["SOURCE", "ITEMS", "FINGERPRINTED", "", "NOT READ", "FAILED", "SKIPPED", "MISSING"]);
    let mut row = |name: String, part: &CoveragePart| {
        let numbers = [part.pending, part.failed, part.skipped, part.missing].map(count);
        let shares = [name, count(part.items), count(part.fingerprinted), percent(part.tenths())];
        table.row(shares.into_iter().chain(numbers));
    };
    for source in &coverage.sources {
        row(source.path.display().to_string(), &source.part);
    }
    row("all".to_owned(), &coverage.total);
    let mut text = table.lines(|_, _, cell| cell);
    text.push_str(&reasons(&coverage.total));
    for source in &coverage.sources {
        if let Some(failure) = &source.failure {
            let line = format!(
                "{} cannot be reached, so the state of its items is from the last scan: {failure}",
                source.path.display()
            );
            text.push_str(&format!("\n{}", output::one_line(&line)));
        }
    }
    text.push_str(&format!("\n{}\n", gate(coverage)));
    text.push_str(&in_part(coverage));
    text + &files(without)
}

fn reasons(total: &CoveragePart) -> String {
    if total.reasons.is_empty() {
        return String::new();
    }
    let mut table = Table::new(&["REASON", "", "ITEMS", "FIX"]);
    for missing_count in &total.reasons {
        let fix = fix(&missing_count.reason).to_owned();
        table.row([
            missing_count.reason.clone(),
            missing_count.state.as_str().to_owned(),
            count(missing_count.items),
            fix,
        ]);
    }
    format!("\n{}", table.lines(|_, _, cell| cell))
}

/// The fix for a reason.
fn fix(reason: &str) -> &'static str {
    match reason {
        "not_read" => "`baton library scan`",
        "not_found" => "restore the file, or remove the item from its library",
        "unreadable" => "make the file readable, then run `baton library scan --retry`",
        "changed" => "`baton library scan` when no program writes to it any more",
        "corrupt" => "replace the file",
        "unsupported" | "protected" => "get a copy in a supported format: flac, mp3, aac, vorbis, wav",
        "too_short" => "nothing: the file is too short for a fingerprint",
        _ => "",
    }
}

fn gate(coverage: &Coverage) -> String {
    let (total, gate) = (&coverage.total, coverage.gate_percent);
    if total.items == 0 {
        return "no source has an audio file, so there is nothing to fingerprint; `baton library scan FOLDER` adds a source"
            .to_owned();
    }
    let share = percent(total.tenths());
    if total.is_reached() {
        return format!("{share} of {} items: the required share of {gate} % is reached", count(total.items));
    }
    let needed =
        format!("{share} of {} items: {} more are needed for {gate} %", count(total.items), count(total.needed));
    if total.is_reachable() {
        return needed;
    }
    let could = count(total.pending + total.failed);
    format!("{needed}, but only {could} are possible: {} cannot have a fingerprint", count(total.skipped))
}

/// The number of items that are longer than the fingerprinted part.
fn in_part(coverage: &Coverage) -> String {
    if coverage.partly_fingerprinted == 0 {
        return String::new();
    }
    format!(
        "{} items are longer than the fingerprinted part, which is the first {}\n",
        count(coverage.partly_fingerprinted),
        fingerprinted_length()
    )
}

fn files(without: &[Entry]) -> String {
    if without.is_empty() {
        return String::new();
    }
    let mut table = Table::new(&["REASON", "FILE", "MORE"]);
    for entry in without {
        let reason = entry.reason.clone().unwrap_or_else(|| "not_read".to_owned());
        table.row([reason, entry.path.display().to_string(), entry.detail.clone().unwrap_or_default()]);
    }
    format!("\n{}", table.lines(|_, _, cell| cell))
}
