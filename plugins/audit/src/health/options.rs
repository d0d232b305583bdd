//! The arguments of `health` beside `root`; all are optional. `REFERENCE.md` has their JSON Schema.

use crate::lists::list;
use baton_core::glob::Globs;
use serde::Deserialize;
use serde_json::{Map, Value};

const LOGS: &[&str] = &["logs/**/*.jsonl", "**/execution_log*.jsonl"];

const DOCUMENTS: &[&str] = &["**/*.md"];

/// Documents about the past: the files that they name need not exist.
const PAST: &[&str] = list!(
    "**/CHANGELOG* **/PLANS_AUDIT_* **/reports/latest.* **/AUDIT_FOLLOWUP_* **/SESSION_REVIEW* \
            **/{archive,_archive,.archive,03_archive}/** **/{01_inbox,02_processed,03_failed}/**"
);

/// The checked options.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Execution logs in JSON lines.
    pub(super) logs: Globs,
    /// Documents.
    pub(super) documents: Globs,
    /// Documents whose references are not looked up.
    pub(super) past_documents: Globs,
    /// Processes with their expected intervals.
    pub(super) processes: Vec<Process>,
}

/// The arguments before they are checked.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Arguments {
    logs: Option<Vec<String>>,
    processes: Vec<Process>,
    documents: Option<Vec<String>>,
    past_documents: Vec<String>,
}

/// A process that runs regularly. `agent`, `log` or `file` names where its runs are recorded.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Process {
    /// Its name in the report.
    pub name: String,
    /// Seconds between two runs.
    pub every: u64,
    /// An agent of the ledger.
    #[serde(default)]
    pub agent: Option<String>,
    /// A name in the execution logs.
    #[serde(default)]
    pub log: Option<String>,
    /// A pattern of files; the newest one counts.
    #[serde(default)]
    pub file: Option<String>,
}

impl Options {
    /// The names of the arguments.
    pub const KNOWN: [&str; 4] = ["logs", "processes", "documents", "past_documents"];

    /// Parses the options from the arguments of a task; other arguments are ignored.
    ///
    /// # Errors
    /// The argument and its problem.
    pub fn of(args: &Map<String, Value>) -> Result<Self, String> {
        let mine = args.iter().filter(|(name, _)| Self::KNOWN.contains(&name.as_str()));
        let mine: Map<String, Value> = mine.map(|(name, value)| (name.clone(), value.clone())).collect();
        let args: Arguments = serde_json::from_value(Value::Object(mine))
            .map_err(|error| format!("an argument of `health` is not valid: {error}"))?;
        for process in &args.processes {
            process.check().map_err(|error| format!("the argument `processes`, `{}`: {error}", process.name))?;
        }
        let past: Vec<&str> = PAST.iter().copied().chain(args.past_documents.iter().map(String::as_str)).collect();
        Ok(Self {
            logs: globs("logs", args.logs.as_deref(), LOGS)?,
            documents: globs("documents", args.documents.as_deref(), DOCUMENTS)?,
            past_documents: globs("past_documents", None, &past)?,
            processes: args.processes,
        })
    }
}

impl Process {
    fn check(&self) -> Result<(), String> {
        if self.name.trim().is_empty() {
            return Err("`name` must not be empty".into());
        }
        if self.agent.is_none() && self.log.is_none() && self.file.is_none() {
            return Err("one of `agent`, `log` and `file` must say where its runs are visible".into());
        }
        let globs = self.file.as_ref().map(|file| Globs::new(std::slice::from_ref(file)));
        globs.transpose().map(drop).map_err(|error| error.to_string())
    }
}

fn globs(name: &str, given: Option<&[String]>, default: &[&str]) -> Result<Globs, String> {
    let read = given.map_or_else(|| Globs::new(default), Globs::new);
    read.map_err(|error| format!("the argument `{name}`: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(json: &str) -> Result<Options, String> {
        Options::of(&serde_json::from_str(json).unwrap())
    }

    #[test]
    fn everything_is_optional_and_other_arguments_are_ignored() {
        let options = of(r#"{"plans": ["a"], "root": "x"}"#).unwrap();
        assert!(options.logs.matches("logs/a/b.jsonl"));
        assert!(options.past_documents.matches("reports/PLANS_AUDIT_REPORT_20260118_101500.md"));
        let options = of(r#"{"logs": ["*.log"], "processes": [{"name": "x", "every": 60, "log": "x"}]}"#).unwrap();
        assert_eq!((options.logs.matches("a.log"), options.processes[0].every), (true, 60));
    }

    #[test]
    fn the_rules_have_a_schema_for_each() {
        let rules = include_str!("../../REFERENCE.md");
        let schema = rules.split("```json\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
        let schema: Map<String, Value> = serde_json::from_str(schema).unwrap();
        assert_eq!(schema.keys().map(String::as_str).collect::<Vec<_>>(), Options::KNOWN);
    }

    #[test]
    fn mistakes_are_named() {
        let wrong = [
            (r#"{"logs": ["a["]}"#, "the argument `logs`: `a[`"),
            (r#"{"logs": "x"}"#, "is not valid"),
            (r#"{"processes": [{"name": "x", "every": 5}]}"#, "where its runs are visible"),
            (r#"{"processes": [{"name": "x", "every": "daily", "log": "x"}]}"#, "is not valid"),
            (r#"{"processes": [{"name": " ", "every": 5, "log": "x"}]}"#, "`name` must not be empty"),
            (r#"{"processes": [{"name": "x", "every": 5, "file": "a["}]}"#, "is not a valid pattern"),
        ];
        for (json, words) in wrong {
            let error = of(json).unwrap_err();
            assert!(error.contains(words), "{json}: {error}");
        }
    }
}
