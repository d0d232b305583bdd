//! Writes the chain as text, one event on each line, so that other programs can check it. Archives have the same
//! format.
//!
//! Each event is a JSON object with every column of its row. The last line, `{"schema":1,"events":N,"head":"…"}`, has the
//! number of written events and the hash of the last event. If the last line is missing, the text is incomplete. The export
//! of a pruned ledger begins after the pruned events, so its first `seq` is greater than 1.

use std::io::{self, Write};

use baton_core::text;
use serde_json::{Map, Value, json};

use crate::LedgerError;
use crate::database::Reader;
use crate::verify::{self, Row};

const KEYS: usize = 12;

/// Why an export failed.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The ledger cannot be read.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The output cannot be written.
    #[error("the events cannot be written: {0}")]
    Write(#[from] io::Error),
}

/// Writes every event of the ledger, and the last line. Texts of plugins may contain control characters for terminals, so
/// these characters are escaped as `\u…`. An archive of the same events may escape other characters. The JSON values are
/// still equal, and a check of the chain parses the lines.
pub fn write(reader: &Reader, out: &mut impl Write) -> Result<(), ExportError> {
    let mut written = 0;
    let tip = verify::each(reader, |row| -> Result<(), ExportError> {
        written += 1;
        Ok(writeln!(out, "{}", text::json(&line(row).to_string()))?)
    })?;
    writeln!(out, "{}", end(written, &tip.head))?;
    Ok(out.flush()?)
}

pub(crate) fn line(row: &Row) -> Value {
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

/// The last line.
pub(crate) fn end(events: u64, head: &str) -> Value {
    json!({ "schema": 1, "events": events, "head": head })
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Line {
    /// An event.
    Event(Box<Row>),
    /// The last line: the number of events before it, and the hash of the last event.
    End(u64, String),
}

/// Reads a line; `None` when it is neither an event nor the last line.
pub(crate) fn parse(text: &str) -> Option<Line> {
    let Ok(Value::Object(object)) = serde_json::from_str(text) else {
        return None;
    };
    if object.contains_key("schema") {
        return Some(Line::End(object.get("events")?.as_u64()?, string(&object, "head")?));
    }
    event(&object).filter(|_| object.len() == KEYS).map(|row| Line::Event(Box::new(row)))
}

fn event(object: &Map<String, Value>) -> Option<Row> {
    let number = |key| object.get(key).and_then(Value::as_i64);
    let optional = |key| match object.get(key)? {
        Value::Null => Some(None),
        Value::String(text) => Some(Some(text.clone())),
        _ => None,
    };
    Some(Row {
        seq: number("seq")?,
        task: string(object, "task")?,
        at: number("at")?,
        actor: string(object, "actor")?,
        action: string(object, "action")?,
        reason: string(object, "reason")?,
        state: string(object, "state")?,
        input_hash: optional("input_hash")?,
        output_hash: optional("output_hash")?,
        plugin_digest: optional("plugin_digest")?,
        prev: string(object, "prev")?,
        hash: string(object, "hash")?,
    })
}

fn string(object: &Map<String, Value>, key: &str) -> Option<String> {
    object.get(key).and_then(Value::as_str).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_are_escaped_without_a_change_of_the_value() {
        let folder = tempfile::tempdir().unwrap();
        let ledger = crate::Ledger::open(&folder.path().join("l.db"), "test").unwrap();
        let reason = "a\u{9b}31mred\u{202e}b\u{2028}c\u{85}d\u{7f}e\u{e0041}\u{1b}\nf";
        ledger
            .write_blocking(move |tx| {
                let (state, at) = (baton_core::State::Queued, jiff::Timestamp::UNIX_EPOCH);
                let event = crate::event::Event::new("t".to_owned(), "x", "queued", reason.to_owned(), state, at);
                crate::event::append(tx, &event)
            })
            .unwrap();
        let mut out = Vec::new();
        write(&ledger.reader().unwrap(), &mut out).unwrap();
        let shown = String::from_utf8(out).unwrap();
        assert!(!shown.chars().any(|c| c != '\n' && text::is_unprintable(c)), "{shown}");
        match shown.lines().next().and_then(parse) {
            Some(Line::Event(row)) => assert!(row.reason == reason && row.is_as_written(), "{row:?}"),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_line_is_parsed_to_the_original_row() {
        let row = Row {
            seq: 7,
            task: "t".to_owned(),
            at: -1,
            actor: "an \"actor\"\n".to_owned(),
            action: "é".to_owned(),
            reason: String::new(),
            state: "running".to_owned(),
            input_hash: None,
            output_hash: Some("ab".to_owned()),
            plugin_digest: None,
            prev: "p".to_owned(),
            hash: "h".to_owned(),
        };
        let text = line(&row).to_string();
        assert_eq!(parse(&text), Some(Line::Event(Box::new(row))));
        assert_eq!(parse(&end(3, "h").to_string()), Some(Line::End(3, "h".to_owned())));
        for wrong in ["", "{}", "[]", "{\"seq\":1}", &text.replace("null", "1"), &text.replacen('{', "{\"more\":1,", 1)]
        {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }
}
