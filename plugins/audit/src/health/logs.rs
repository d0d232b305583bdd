//! Execution logs: files of JSON lines below the root, one record per line.
//!
//! Recognised fields, in any case: `timestamp`, `ts`, `time`; `level`, `severity`; `duration_ms`, `duration`,
//! `elapsed`; `status`, `result`, `success`; `name`, `workflow`, `script`, `action`; `error`. A record is the end of a
//! run if it has a result or a duration. Lines that are not JSON objects are counted and skipped.

use baton_core::glob::Globs;
use serde::Serialize;
use serde_json::{Map, Value};

use super::runs::{Record, RunRow, RunSource, Runs};
use crate::count::{count, is};
use crate::index::Index;
use crate::limits;
use crate::remark::{NoteSeverity, Remark};
use crate::scrub::scrub;
use crate::time;

const NAME_BYTES: usize = 100;

/// The content of the logs.
#[derive(Debug, Default)]
pub(super) struct Logs {
    /// The files, the newest first.
    pub(super) files: Vec<LogFile>,
    /// Runs by name.
    pub(super) runs: Vec<RunRow>,
    /// Remarks about the reading.
    pub(super) notes: Vec<Remark>,
}

/// A log file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LogFile {
    /// Its path below the root.
    pub path: String,
    /// Number of its records.
    pub records: usize,
    /// The number of its lines that are not records.
    pub broken: usize,
    /// True if it was read completely.
    pub whole: bool,
}

/// Reads the logs. Never fails: problems become notes.
pub(super) fn logs(index: &Index, globs: &Globs) -> Logs {
    let mut out = Logs::default();
    let (paths, _) = index.matching(globs, usize::MAX);
    let mut found: Vec<_> = paths.iter().filter_map(|path| index.find(path)).collect();
    found.sort_by_cached_key(|found| (std::cmp::Reverse(index.modified(found)), found.path.clone()));
    if found.len() > limits::LOG_FILES {
        let title = format!("{} logs were found; only the newest {} were read", found.len(), limits::LOG_FILES);
        out.notes.push(Remark::new("logs:too-many", NoteSeverity::Low, title, ""));
        found.truncate(limits::LOG_FILES);
    }
    let mut runs = Runs::default();
    let mut room = limits::LOG_BYTES;
    for found in found {
        let most = limits::LOG_FILE_BYTES.min(room);
        match index.read_tail(&found, most) {
            Ok(content) => {
                room = room.saturating_sub(content.text.len() as u64);
                let file = read(&found.path, &content.text, content.whole, &mut runs);
                out.notes.extend(note(&file));
                out.files.push(file);
            }
            Err(error) => {
                let title = format!("the log {} could not be read", found.path);
                out.notes.push(Remark::new(
                    format!("{}:log:unreadable", found.path),
                    NoteSeverity::Low,
                    title,
                    error.to_string(),
                ));
            }
        }
    }
    if runs.left_out > 0 {
        let title = format!("{} with other names {} left out", count(runs.left_out, "record"), is(runs.left_out));
        out.notes.push(Remark::new("logs:too-many-names", NoteSeverity::Low, title, ""));
    }
    out.runs = runs.rows(RunSource::Logs);
    out
}

fn note(file: &LogFile) -> Option<Remark> {
    let title = match (file.broken, file.whole) {
        (0, true) => return None,
        (0, false) => format!("only the end of the log {} was read", file.path),
        (broken, _) => format!("{} of the log {} {} not JSON", count(broken, "line"), file.path, is(broken)),
    };
    let weight = if file.broken > 0 { NoteSeverity::Low } else { NoteSeverity::Info };
    Some(Remark::new(format!("{}:log:not-whole", file.path), weight, title, ""))
}

fn read(path: &str, text: &str, whole: bool, runs: &mut Runs) -> LogFile {
    let stem = path.rsplit('/').next().unwrap_or(path).split('.').next().unwrap_or_default();
    let mut file = LogFile { path: path.to_owned(), records: 0, broken: 0, whole };
    for (at, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let parsed = if line.len() > limits::LOG_LINE_BYTES { None } else { serde_json::from_str(line).ok() };
        let Some(Value::Object(fields)) = parsed else {
            file.broken += 1;
            continue;
        };
        file.records += 1;
        // If only the end was read, line numbers are unknown.
        let seen_at = if whole { format!("{path}:{}", at + 1) } else { path.to_owned() };
        runs.add(record(&fields, stem, seen_at));
    }
    file
}

fn record(fields: &Map<String, Value>, stem: &str, seen_at: String) -> Record {
    let get = |names: &[&str]| names.iter().find_map(|name| field(fields, name));
    let words = |names: &[&str]| get(names).and_then(Value::as_str);
    let level = words(&["level", "severity", "levelname"]).unwrap_or_default().to_lowercase();
    let bad_level = matches!(level.as_str(), "error" | "critical" | "fatal");
    let error = get(&["error", "exception"]).and_then(message);
    let error = error.or_else(|| bad_level.then(|| get(&["message", "msg", "event"]).and_then(message)).flatten());
    let duration_ms = get(&["duration_ms", "elapsed_ms"]).and_then(|value| milliseconds(value, 1.0)).or_else(|| {
        get(&["duration", "elapsed", "duration_s", "duration_seconds"]).and_then(|value| milliseconds(value, 1000.0))
    });
    let said = get(&["success", "status", "result"]).and_then(succeeded);
    let unsaid = get(&["success", "status", "result"]).is_none();
    let succeeded = said.or_else(|| (unsaid && (duration_ms.is_some() || error.is_some())).then_some(error.is_none()));
    let name = ["name", "workflow", "script", "action"].into_iter().find_map(|name| words(&[name]));
    Record {
        name: scrub(&short(name.map(str::trim).filter(|name| !name.is_empty()).unwrap_or(stem), NAME_BYTES)),
        at: get(&["timestamp", "ts", "time"]).and_then(at),
        succeeded,
        duration_ms,
        error,
        seen_at,
    }
}

/// A field by its name, ignoring case.
fn field<'a>(fields: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    let found =
        fields.get(name).or_else(|| fields.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|pair| pair.1));
    found.filter(|value| !value.is_null())
}

/// The error message, one line without secrets; `None` if there was no error.
fn message(value: &Value) -> Option<String> {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Object(fields) => {
            let inner = ["message", "msg", "type", "code"].into_iter().find_map(|name| field(fields, name));
            inner.map_or_else(
                || value.to_string(),
                |inner| inner.as_str().map_or_else(|| inner.to_string(), str::to_owned),
            )
        }
        Value::Bool(true) => "error".to_owned(),
        Value::Array(items) if !items.is_empty() => value.to_string(),
        _ => return None,
    };
    // Secrets are removed before the text is cut, because a part of a secret would not be recognised.
    let line = short(&scrub(&short(&text, limits::LOG_LINE_BYTES)), limits::WORDS_BYTES);
    (!line.trim().is_empty() && !line.eq_ignore_ascii_case("none")).then_some(line)
}

/// The text as one line of at most `most` bytes.
fn short(text: &str, most: usize) -> String {
    let mut out: String = text.split(char::is_control).collect::<Vec<_>>().join(" ");
    let mut end = most.min(out.len());
    while !out.is_char_boundary(end) {
        end -= 1;
    }
    out.truncate(end);
    out
}

fn at(value: &Value) -> Option<i64> {
    value.as_str().map_or_else(|| value.as_f64().and_then(time::number_ms), time::read)
}

/// A duration: a number of `unit` milliseconds, or a number with its own unit (`23.3s`, `450 ms`, `2 min`).
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "checked to be a whole positive number in range"
)]
fn milliseconds(value: &Value, unit: f64) -> Option<u64> {
    let (number, unit) = match value {
        Value::String(text) => {
            let text = text.trim();
            let (number, word) = text.split_at(text.find(|sign: char| sign.is_alphabetic()).unwrap_or(text.len()));
            let unit = match word {
                "" => unit,
                "ms" | "milliseconds" => 1.0,
                "s" | "sec" | "secs" | "second" | "seconds" => 1_000.0,
                "m" | "min" | "minutes" => 60_000.0,
                "h" | "hours" => 3_600_000.0,
                _ => return None,
            };
            (number.trim().parse::<f64>().ok()?, unit)
        }
        _ => (value.as_f64()?, unit),
    };
    let ms = (number * unit).round();
    (0.0..1e15).contains(&ms).then_some(ms as u64)
}

/// The result of a run according to the record; `None` if it has not ended.
fn succeeded(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(well) => Some(*well),
        Value::Number(number) => Some(matches!(number.as_i64(), Some(0 | 200..300))),
        Value::String(text) => match text.trim().to_lowercase().as_str() {
            "success" | "succeeded" | "successful" | "ok" | "complete" | "completed" | "done" | "pass" | "passed"
            | "finished" | "true" => Some(true),
            "fail" | "failed" | "failure" | "error" | "errored" | "timeout" | "timed_out" | "crashed" | "aborted"
            | "cancelled" | "canceled" | "false" => Some(false),
            _ => None,
        },
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(lines: &str) -> (LogFile, Vec<RunRow>) {
        let mut runs = Runs::default();
        let file = read("logs/sync.jsonl", lines, true, &mut runs);
        (file, runs.rows(RunSource::Logs))
    }

    #[test]
    fn every_key_is_understood() {
        let (file, rows) = row(concat!(
            r#"{"timestamp":"2026-01-13T13:17:00Z","workflow":"W","status":"success","duration":23.3}"#,
            "\n",
            r#"{"ts":1768310000,"script":"W","result":"FAILED","elapsed":"450ms","error":{"message":"no"}}"#,
            "\n",
            r#"{"Time":"2026-01-13 13:18:00","name":"W","success":true,"duration_ms":100}"#,
            "\n",
            r#"{"name":"W","status":"running"}"#,
            "\n",
            r#"{"level":"ERROR","message":"boom"}"#,
            "\n",
        ));
        assert_eq!((file.records, file.broken, rows.len()), (5, 0, 2));
        let w = &rows[0];
        assert_eq!((w.name.as_str(), w.runs, w.failed), ("W", 3, 1));
        assert_eq!((w.p50_ms, w.p95_ms), (Some(450), Some(23_300)));
        assert_eq!((w.errors[0].message.as_str(), w.errors[0].seen_at.as_str()), ("no", "logs/sync.jsonl:2"));
        assert_eq!((rows[1].name.as_str(), rows[1].failed), ("sync", 1));
    }

    #[test]
    fn broken_lines_are_counted_and_skipped() {
        let long = format!("{{\"name\":\"{}\"}}", "x".repeat(limits::LOG_LINE_BYTES));
        let (file, rows) = row(&format!(
            "{{\"name\":\nnot json\n[1]\n\n{long}\n{{\"name\":\"a\",\"success\":true}}\n{}\n",
            "[".repeat(5_000)
        ));
        assert_eq!((file.records, file.broken, rows.len()), (1, 5, 1));
        assert!(note(&file).unwrap().title.contains("5 lines"));
    }

    #[test]
    fn rows_contain_no_secrets() {
        let (_, rows) = row(concat!(
            r#"{"name":"a","status":"failed","error":"401 for Bearer abcdef123"}"#,
            "\n",
            r#"{"name":"a","status":"failed","error":{"request":{"api_key":"hunter2"}}}"#,
            "\n",
        ));
        let shown = serde_json::to_string(&rows).unwrap();
        assert!(!shown.contains("abcdef123") && !shown.contains("hunter2"), "{shown}");
        assert_eq!(rows[0].errors.len(), 2);
    }
}
