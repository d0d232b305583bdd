//! `baton ledger`: whether the ledger's chain of events is whole, and the chain as text, for whoever wants to check it
//! without Baton.
//!
//! Both read one moment of the ledger, change nothing, and need the same memory however long it is. The export's last
//! line says how many events stand before it and which hash is the last: it is made from what was really written, and
//! an export without it was cut.

use std::fs::{self, File};
use std::io::{self, BufWriter, ErrorKind, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use baton_ledger::Reader;
use baton_ledger::verify::{self, Found, Head, Report, Row};
use serde_json::{Value, json};

use super::{Place, task_view};
use crate::exit::Code;
use crate::output;
use crate::workspace::Workspace;

/// Check the ledger's chain of events, or export it
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    Verify(Verify),
    Export(Export),
}

impl Args {
    /// # Errors
    /// When there is no ledger, or it cannot be read or written out.
    pub(super) fn run(self, place: &Place) -> anyhow::Result<Code> {
        let reader = reader(&place.need()?)?;
        match self.action {
            Action::Verify(verify) => verify.run(&reader),
            Action::Export(export) => export.run(&reader),
        }
    }
}

/// Check that no event was edited, taken out or moved: exit 0 sound, 1 broken, 2 could not check
#[derive(Debug, clap::Args)]
struct Verify {
    /// A head that was known earlier, or its first 12 digits or more: it must still be in the chain
    ///
    /// Every RETURN carries one (`baton.ledger_head`), every backup and export says one. One that is not in the chain
    /// any more means that the ledger was cut or rewritten since.
    #[arg(long, value_name = "H")]
    head: Option<Head>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Print the chain of events as JSON Lines
///
/// One event a line, oldest first, with every column that is hashed; the last line is
/// {"schema":1,"events":N,"head":"..."}.
///
/// The hash of an event is SHA-256, in lower-case hexadecimal digits, over ten texts in this order: `prev`, `task`,
/// `at`, `actor`, `action`, `reason`, `state`, `input_hash`, `output_hash`, `plugin_digest`. Each goes in as its length
/// in bytes (64 bits, unsigned, little-endian) followed by its UTF-8 bytes; `at` is milliseconds since 1970 in UTC, in
/// decimal; null is the empty text. `prev` is the hash of the event before, for the first one 64 zeros; `seq` counts
/// from 1 without gaps.
#[derive(Debug, clap::Args)]
struct Export {
    /// The new file; nothing is overwritten [default: standard output]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// Opens the ledger for reading.
///
/// # Errors
/// When nothing was ever written, or it cannot be read.
pub(super) fn reader(workspace: &Workspace) -> anyhow::Result<Reader> {
    match task_view::reader(workspace)? {
        Some(reader) => Ok(reader),
        None => bail!("there is no ledger at {}: nothing was ever written down", workspace.state.ledger().display()),
    }
}

/// So many events, in words.
pub(super) fn events(count: u64) -> String {
    format!("{count} {}", if count == 1 { "event" } else { "events" })
}

impl Verify {
    fn run(self, reader: &Reader) -> anyhow::Result<Code> {
        let report = verify::verify(reader, self.head.as_ref())?;
        if let (Some(head), Some(Found::Several(count)), None) = (&self.head, report.found, &report.broken) {
            bail!("{count} events have a hash that begins with {head}; give more of it");
        }
        if self.json {
            output::json(&as_json(&report, self.head.as_ref()));
        } else {
            output::print(&output::clean(&as_text(&report, self.head.as_ref())));
        }
        Ok(if report.is_sound() { Code::Good } else { Code::Findings })
    }
}

fn as_text(report: &Report, head: Option<&Head>) -> String {
    let (count, last) = (events(report.tip.events), &report.tip.head);
    let mut text = match &report.broken {
        None => format!("sound: {count}, head {last}\n"),
        Some(broken) => {
            let (seq, task, why) = (broken.seq, &broken.task, broken.wrong.explained());
            format!("broken at event {seq} of {count} (task {task}): {why}\n")
        }
    };
    match (head, report.found) {
        (Some(head), Some(Found::At(seq))) => text.push_str(&format!("found: {head} is the head at event {seq}\n")),
        (Some(head), Some(Found::Nowhere)) => {
            text.push_str(&format!(
                "not found: {head} is no head of this chain: the ledger was cut or rewritten since\n"
            ));
        }
        _ => {}
    }
    text
}

fn as_json(report: &Report, head: Option<&Head>) -> Value {
    let broken = report.broken.as_ref().map(|broken| {
        let wrong = broken.wrong;
        json!({ "seq": broken.seq, "task": broken.task, "wrong": wrong.as_str(), "explained": wrong.explained() })
    });
    let asked = head.map(|head| {
        let seq = if let Some(Found::At(seq)) = report.found { Some(seq) } else { None };
        json!({ "head": head.to_string(), "seq": seq })
    });
    json!({
        "schema": 1,
        "sound": report.is_sound(),
        "events": report.tip.events,
        "head": report.tip.head,
        "broken": broken,
        "asked": asked,
    })
}

impl Export {
    fn run(self, reader: &Reader) -> anyhow::Result<Code> {
        match self.out {
            Some(path) => export_to_file(reader, &path)?,
            None => match export(reader, &mut io::stdout().lock()) {
                // The reader has seen enough.
                Err(error) if is_closed_pipe(&error) => {}
                done => done.context("failed to write the export")?,
            },
        }
        Ok(Code::Good)
    }
}

fn is_closed_pipe(error: &anyhow::Error) -> bool {
    error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == ErrorKind::BrokenPipe)
}

/// A file that is not whole does not stay.
fn export_to_file(reader: &Reader, path: &Path) -> anyhow::Result<()> {
    let failed = || format!("failed to write {}", path.display());
    let mut file = match File::create_new(path) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            bail!("{} exists already; an export overwrites nothing: name a new file", path.display());
        }
        made => made.with_context(failed)?,
    };
    let done = export(reader, &mut file).and_then(|()| Ok(file.sync_all()?));
    done.inspect_err(|_| drop(fs::remove_file(path))).with_context(failed)
}

fn export(reader: &Reader, out: &mut impl Write) -> anyhow::Result<()> {
    let mut out = BufWriter::new(out);
    let tip = verify::each(reader, |row| -> anyhow::Result<()> { Ok(writeln!(out, "{}", line(row))?) })?;
    writeln!(out, "{}", json!({ "schema": 1, "events": tip.events, "head": tip.head }))?;
    Ok(out.flush()?)
}

fn line(row: &Row) -> Value {
    json!({
        "seq": row.seq,
        "task": row.task,
        "at": row.at,
        "actor": row.actor,
        "action": row.action,
        "reason": row.reason,
        "state": row.state,
        "input_hash": row.input_hash,
        "output_hash": row.output_hash,
        "plugin_digest": row.plugin_digest,
        "prev": row.prev,
        "hash": row.hash,
    })
}

#[cfg(test)]
mod tests {
    use baton_ledger::verify::{Broken, Tip, Wrong};

    use super::*;

    fn report(broken: Option<Wrong>, found: Option<Found>) -> Report {
        let broken = broken.map(|wrong| Broken { seq: 3, task: "t".to_owned(), wrong });
        Report { tip: Tip { events: 7, head: "ab".repeat(32) }, broken, found }
    }

    #[test]
    fn a_report_says_where_it_breaks_and_whether_the_head_is_there() {
        let head: Head = "ababababab12".parse().unwrap();
        let text = as_text(&report(Some(Wrong::Missing), Some(Found::Nowhere)), Some(&head));
        assert_eq!(
            text,
            "broken at event 3 of 7 events (task t): a row is missing before it\n\
             not found: ababababab12 is no head of this chain: the ledger was cut or rewritten since\n"
        );
        let value = as_json(&report(None, Some(Found::At(5))), Some(&head));
        assert_eq!(
            (&value["sound"], &value["broken"], &value["asked"]["seq"]),
            (&json!(true), &json!(null), &json!(5))
        );
        let value = as_json(&report(Some(Wrong::Order), None), None);
        assert_eq!((&value["sound"], &value["broken"]["wrong"]), (&json!(false), &json!("order")));
        assert_eq!(value["asked"], json!(null));
    }
}
