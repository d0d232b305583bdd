//! The output of plugin attempts (standard output and standard error), for `why` and `plugin log`. The ledger keeps the
//! newest [`KEPT`] attempts of each plugin, and [`MOST`] bytes of each attempt.
//!
//! Every function fails only when the database fails.

use baton_core::log_gap;
use jiff::Timestamp;
use rusqlite::params;

use crate::LedgerError;
use crate::database::{Reader, Tx};
use crate::inspect::has_form;

/// The first format of the ledger with this table.
const FORM: i64 = 17;

/// For each plugin, the number of newest attempts whose logs are kept.
pub const KEPT: u32 = 200;

/// The maximum number of stored bytes of one attempt: a quarter from the beginning of the output, the rest from its end,
/// because a panic message is at the end.
pub const MOST: usize = 16 << 10;

/// The log of one attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttemptLog {
    pub plugin: String,
    pub task: String,
    /// The number of the attempt, from 1.
    pub attempt: u32,
    /// When the attempt ended.
    pub at: Timestamp,
    pub text: String,
}

/// Records a log, unless it is empty.
pub fn record(tx: &Tx<'_>, log: &AttemptLog) -> Result<(), LedgerError> {
    if log.text.trim().is_empty() {
        return Ok(());
    }
    let AttemptLog { plugin, task, attempt, at, text } = log;
    let sql = "INSERT INTO attempt_logs (plugin, task, attempt, at, text) VALUES (?1, ?2, ?3, ?4, ?5)";
    let values = params![plugin, task, attempt, at.as_millisecond(), shortened(text)];
    tx.connection.prepare_cached(sql)?.execute(values)?;
    let sql = "DELETE FROM attempt_logs WHERE plugin = ?1 AND id <=
               (SELECT id FROM attempt_logs WHERE plugin = ?1 ORDER BY id DESC LIMIT 1 OFFSET ?2)";
    tx.connection.prepare_cached(sql)?.execute(params![plugin, KEPT])?;
    Ok(())
}

/// The logs of a task, the oldest first.
pub fn of_task(reader: &Reader, task: &str) -> Result<Vec<AttemptLog>, LedgerError> {
    read(reader, "task = ?1 ORDER BY id LIMIT ?2", task, KEPT)
}

/// The newest `most` logs of a plugin, the oldest of them first.
pub fn of_plugin(reader: &Reader, plugin: &str, most: u32) -> Result<Vec<AttemptLog>, LedgerError> {
    let mut logs = read(reader, "plugin = ?1 ORDER BY id DESC LIMIT ?2", plugin, most)?;
    logs.reverse();
    Ok(logs)
}

fn read(reader: &Reader, which: &str, name: &str, most: u32) -> Result<Vec<AttemptLog>, LedgerError> {
    if !has_form(reader, FORM)? {
        return Ok(Vec::new());
    }
    let sql = format!("SELECT plugin, task, attempt, at, text FROM attempt_logs WHERE {which}");
    let mut select = reader.connection.prepare_cached(&sql)?;
    let rows = select.query_map(params![name, most], |row| {
        let at = Timestamp::from_millisecond(row.get(3)?).unwrap_or(Timestamp::UNIX_EPOCH);
        Ok(AttemptLog { plugin: row.get(0)?, task: row.get(1)?, attempt: row.get(2)?, at, text: row.get(4)? })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The beginning and the end of a long text, cut at character boundaries, with a line that states the size of the gap. The
/// size includes the bytes that the sandbox has left out before.
fn shortened(text: &str) -> String {
    if text.len() <= MOST {
        return text.to_owned();
    }
    let (head, tail) = (text.floor_char_boundary(MOST / 4), text.ceil_char_boundary(text.len() - MOST / 4 * 3));
    let (first, last) = (text.get(..head).unwrap_or_default(), text.get(tail..).unwrap_or_default());
    let left_out = text.get(head..tail).unwrap_or_default();
    let before: u64 = left_out.lines().filter_map(log_gap::bytes_of).fold(0, u64::saturating_add);
    format!("{first}\n{}\n{last}", log_gap::line(before.saturating_add(left_out.len() as u64)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Ledger;

    fn log(plugin: &str, attempt: u32, text: &str) -> AttemptLog {
        let (plugin, task, text) = (plugin.to_owned(), "t".to_owned(), text.to_owned());
        AttemptLog { plugin, task, attempt, at: Timestamp::UNIX_EPOCH, text }
    }

    #[test]
    fn the_newest_of_each_plugin_are_kept() {
        let folder = tempfile::tempdir().unwrap();
        let ledger = Ledger::open(&folder.path().join("l.db"), "test").unwrap();
        let job = |tx: &Tx<'_>| {
            record(tx, &log("other", 1, "stays"))?;
            record(tx, &log("p", 1, " \n"))?;
            (0..KEPT + 5).try_for_each(|number| record(tx, &log("p", number, "line")))
        };
        ledger.write_blocking(job).unwrap();
        let reader = ledger.reader().unwrap();
        let all = of_plugin(&reader, "p", u32::MAX).unwrap();
        assert_eq!((all.len(), all[0].attempt), (KEPT as usize, 5));
        let newest: Vec<_> = of_plugin(&reader, "p", 2).unwrap().into_iter().map(|log| log.attempt).collect();
        assert_eq!(newest, [KEPT + 3, KEPT + 4]);
        assert_eq!(of_plugin(&reader, "other", 9).unwrap(), [log("other", 1, "stays")]);
        assert_eq!(of_task(&reader, "t").unwrap().len(), KEPT as usize);
    }

    #[test]
    fn a_long_text_keeps_its_beginning_and_its_end() {
        let text = format!("begin{}é{}end", "x".repeat(MOST), "é".repeat(MOST));
        let kept = shortened(&text);
        assert!(kept.starts_with("begin") && kept.ends_with("end") && kept.len() < MOST + 100, "{}", kept.len());
        assert!(kept.lines().any(|line| log_gap::bytes_of(line).is_some()));
        let text = format!("{}\n… 1000000 bytes left out …\n{}", "x".repeat(MOST), "x".repeat(MOST));
        let gap = shortened(&text).lines().find_map(log_gap::bytes_of);
        assert_eq!(gap, Some((1_000_000 + text.len() - MOST) as u64), "both gaps are counted as one");
        assert_eq!(shortened("short"), "short");
    }
}
