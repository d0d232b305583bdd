//! Checks the ledger: it opens, has a known format, its pages and its chain are sound, its write-ahead log does not grow, and
//! its deliveries succeed.

use std::path::{Path, PathBuf};
use std::time::Duration;

use baton_ledger::inspect::{self, StalledDelivery};
use baton_ledger::seal::RowProblem;
use baton_ledger::verify::BrokenRow;
use baton_ledger::{LedgerError, Reader, verify};

use super::super::{ledger as command, task_view};
use super::disk::size;
use super::facts::{Facts, shell_word};
use super::finding::Finding;
use crate::workspace::head;

const CHECK: &str = "ledger";

/// SQLite truncates its log regularly. A larger log means that a reader prevents this.
const LOG: u64 = 256 * 1024 * 1024;

/// An older open delivery is reported. The time is longer than five minutes, the longest pause before a delivery is tried again.
const DELIVERED: Duration = Duration::from_mins(10);

pub(super) fn check(facts: &Facts) -> Vec<Finding> {
    let Ok(state) = &facts.state else {
        return Vec::new();
    };
    let path = state.ledger();
    let place = facts.display(&path);
    let restore = restore(facts, &path);
    // An unreadable ledger is reported below.
    if let Ok(Some(alarm)) = head::check(&facts.root, state) {
        return vec![Finding::fail(CHECK, place, alarm.what, alarm.fix)];
    }
    match &facts.ledger {
        Ok(None) => vec![Finding::ok(CHECK, place, "there is none yet: nothing was recorded")],
        Err(error @ LedgerError::Newer(_)) => {
            vec![Finding::fail(
                CHECK,
                place,
                error.to_string(),
                "cargo install --path host/baton, with the newer version",
            )]
        }
        Err(error) => vec![Finding::fail(CHECK, place, error.to_string(), restore)],
        Ok(Some(reader)) => check_ledger(facts, reader, &path)
            .unwrap_or_else(|error| vec![Finding::fail(CHECK, place, format!("cannot be read: {error}"), restore)]),
    }
}

fn restore(facts: &Facts, path: &Path) -> String {
    let restore = facts.baton("restore --force FILE");
    format!(
        "stop `baton up`, then {restore} with your newest `baton backup`; the command keeps {} beside the restored ledger",
        shell_word(path)
    )
}

fn check_ledger(facts: &Facts, reader: &Reader, path: &Path) -> Result<Vec<Finding>, LedgerError> {
    let place = facts.display(path);
    let inspect::Form { found, known } = inspect::form(reader)?;
    if found < known {
        let what = format!("has format {found}, this baton writes format {known}: run the command, then check again");
        return Ok(vec![Finding::warn(CHECK, place, what, format!("{} updates it", facts.baton("up --once")))]);
    }
    let damage = inspect::quick_check(reader)?;
    if !damage.is_empty() {
        let what = format!("its pages are damaged: {}", damage.join("; "));
        return Ok(vec![Finding::fail(CHECK, place, what, restore(facts, path))]);
    }
    let mut findings = vec![chain(facts, reader, &place)?];
    findings.extend(log(facts, path));
    let open = inspect::undelivered(reader, facts.now, DELIVERED)?;
    findings.extend(open.iter().map(|open| stuck(facts, open)));
    Ok(findings)
}

/// Checks the whole chain and all rows. A record of earlier checks could be forged, so it is not used.
fn chain(facts: &Facts, reader: &Reader, place: &str) -> Result<Finding, LedgerError> {
    let report = verify::verify(reader, None)?;
    Ok(match report.broken {
        Some(broken) => tampered(facts, place, &broken),
        None if report.rows.problems.is_empty() => {
            let (events, rows) = (command::events(report.tip.events), report.rows.rows);
            Finding::ok(CHECK, place, format!("the chain of {events} and {rows} rows are sound"))
        }
        None => changed(facts, place, &report.rows.problems),
    })
}

fn changed(facts: &Facts, place: &str, problems: &[RowProblem]) -> Finding {
    let texts: Vec<String> = problems.iter().map(ToString::to_string).collect();
    let fix = format!("{}; compare with a backup, and restore it if it is sound", facts.baton("ledger verify"));
    Finding::fail(CHECK, place, texts.join("; "), fix)
}

fn tampered(facts: &Facts, place: &str, broken: &BrokenRow) -> Finding {
    let what = format!("the chain breaks at event {} (task {}): {}", broken.seq, broken.task, broken.wrong.explained());
    let fix = format!("{}; compare with a backup, and restore it if it is sound", facts.baton("ledger verify"));
    Finding::fail(CHECK, place, what, fix)
}

fn log(facts: &Facts, path: &Path) -> Option<Finding> {
    let log = PathBuf::from(format!("{}-wal", path.display()));
    let bytes = log.metadata().ok()?.len();
    let what = oversized(bytes)?;
    let fix = format!(
        "stop the program that keeps reading the ledger (`lsof {}`), then restart `baton up`",
        shell_word(path)
    );
    Some(Finding::warn(CHECK, facts.display(&log), what, fix))
}

fn oversized(bytes: u64) -> Option<String> {
    (bytes > LOG).then(|| format!("SQLite's log has {}: a reader prevents its truncation", size(bytes)))
}

/// An overdue delivery. Without a daemon, nothing makes the delivery; with a daemon, the delivery has failed.
fn stuck(facts: &Facts, open: &StalledDelivery) -> Finding {
    let age = task_view::age(open.since, facts.now);
    let what = format!("the {} {} of task {} has not been delivered for {age}", open.kind, open.name, open.task);
    let folder = facts.real(&open.folder);
    if facts.is_served() {
        let fix =
            format!("make {0} a folder that can be written to: mkdir -p {0}; chmod u+rwx {0}", shell_word(&folder));
        return Finding::fail(CHECK, facts.display(&folder), what, fix);
    }
    Finding::warn(CHECK, facts.display(&folder), what, format!("{} delivers it", facts.baton("up")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_larger_than_that_of_a_busy_day_is_reported() {
        assert_eq!(oversized(LOG), None);
        assert!(oversized(LOG + 1).is_some_and(|what| what.contains("256 MiB")));
    }
}
