//! The operator's options for logs, schedules, trackers and documents: the arguments of the audit beside `plans` and
//! `root`.
//!
//! All are optional; `baton.toml` may hold them as defaults. Checked before anything is read, so that a wrong pattern is
//! one clear error and not an empty section. [`Options::KNOWN`] are their names, `RULES.md` has their JSON Schema.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};

use baton_core::glob::Globs;

const LOGS: &[&str] = &["logs/**/*.jsonl", "**/execution_log*.jsonl"];

const TRACKERS: &[&str] = &["**/*issues*.json"];

const DOCUMENTS: &[&str] = &["**/*.md"];

/// Lists of requirements with what they link to.
const ALIGNMENT: &[&str] = &["**/ALIGNMENT_MATRIX.{yml,yaml}", "**/alignment_matrix.{yml,yaml}"];

/// Documents about the past or about missing things: the files that they name need not exist.
const PAST: &[&str] = &[
    "**/CHANGELOG*",
    "**/PLANS_AUDIT_*",
    "**/reports/latest.*",
    "**/AUDIT_FOLLOWUP_*",
    "**/SESSION_REVIEW*",
    "**/{archive,_archive,.archive,03_archive}/**",
    "**/{01_inbox,02_processed,03_failed}/**",
];

/// The options of one audit.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Options {
    /// Patterns of execution logs in JSON lines.
    pub logs: Option<Vec<String>>,
    /// How many per cent of the files must have a fingerprint; 80 if absent.
    pub gate_percent: Option<u8>,
    /// Patterns of issue trackers in JSON.
    pub trackers: Option<Vec<String>>,
    /// What shows that an issue is settled, by the issue's id.
    pub evidence: BTreeMap<String, Evidence>,
    /// What should run, and how often.
    pub processes: Vec<Process>,
    /// Patterns of documents.
    pub documents: Option<Vec<String>>,
    /// Patterns of documents whose references are not looked up; they come on top of those of the past.
    pub past_documents: Vec<String>,
    /// Patterns of lists like `ALIGNMENT_MATRIX.yml`.
    pub alignment: Option<Vec<String>>,
    /// Patterns of source files that documents should name; none if absent, and coverage is not measured.
    pub source_globs: Vec<String>,
    /// How many per cent of the source files must be named; 95 if absent.
    pub coverage_percent: Option<u8>,
    /// How many per cent of the documents may be orphans; 3 if absent.
    pub orphans_percent: Option<u8>,
}

/// What shows that an issue is settled: a file that holds all of these texts.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Evidence {
    /// A pattern of files; one that fits is enough.
    pub file: String,
    /// Texts that the file must hold, as they are.
    pub all: Vec<String>,
}

/// Something that should run again and again. One of the last four says where it is seen.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Process {
    /// What people call it.
    pub name: String,
    /// How often.
    pub every: Option<Interval>,
    /// An agent of the ledger.
    #[serde(default)]
    pub agent: Option<String>,
    /// An action of that agent.
    #[serde(default)]
    pub action: Option<String>,
    /// A name in the execution logs.
    #[serde(default)]
    pub log: Option<String>,
    /// A pattern of files, the newest of which counts.
    #[serde(default)]
    pub file: Option<String>,
}

/// How often something should run.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum Interval {
    /// Seconds between two runs.
    Seconds(u64),
    /// A schedule in words or as a cron expression: shown, not reckoned with.
    Words(String),
}

impl Options {
    /// The names of the arguments.
    pub const KNOWN: [&str; 11] = [
        "logs",
        "gate_percent",
        "trackers",
        "evidence",
        "processes",
        "documents",
        "past_documents",
        "alignment",
        "source_globs",
        "coverage_percent",
        "orphans_percent",
    ];

    /// Parses the options from the arguments of a task; other arguments are ignored.
    ///
    /// # Errors
    /// What is wrong with which argument.
    pub fn of(args: &Map<String, Value>) -> Result<Self, String> {
        let mine = args.iter().filter(|(name, _)| Self::KNOWN.contains(&name.as_str()));
        let mine: Map<String, Value> = mine.map(|(name, value)| (name.clone(), value.clone())).collect();
        let options: Self = serde_json::from_value(Value::Object(mine))
            .map_err(|error| format!("an argument of the audit is not as it should be: {error}"))?;
        options.check()?;
        Ok(options)
    }

    /// Where logs are.
    ///
    /// # Errors
    /// When a pattern is none; never after [`Options::of`].
    pub fn log_globs(&self) -> Result<Globs, String> {
        globs("logs", self.logs.as_deref(), LOGS)
    }

    /// Where trackers are.
    ///
    /// # Errors
    /// When a pattern is none; never after [`Options::of`].
    pub fn tracker_globs(&self) -> Result<Globs, String> {
        globs("trackers", self.trackers.as_deref(), TRACKERS)
    }

    /// What documents are.
    ///
    /// # Errors
    /// When a pattern is none; never after [`Options::of`].
    pub fn document_globs(&self) -> Result<Globs, String> {
        globs("documents", self.documents.as_deref(), DOCUMENTS)
    }

    /// Documents of the past.
    ///
    /// # Errors
    /// When a pattern is none; never after [`Options::of`].
    pub fn past_globs(&self) -> Result<Globs, String> {
        let all: Vec<&str> = PAST.iter().copied().chain(self.past_documents.iter().map(String::as_str)).collect();
        Globs::new(&all).map_err(|error| format!("the argument `past_documents`: {error}"))
    }

    /// Where lists like `ALIGNMENT_MATRIX.yml` are.
    ///
    /// # Errors
    /// When a pattern is none; never after [`Options::of`].
    pub fn alignment_globs(&self) -> Result<Globs, String> {
        globs("alignment", self.alignment.as_deref(), ALIGNMENT)
    }

    /// What source files are.
    ///
    /// # Errors
    /// When a pattern is none; never after [`Options::of`].
    pub fn source_globs(&self) -> Result<Globs, String> {
        globs("source_globs", Some(&self.source_globs), &[])
    }

    /// The share of files with a fingerprint that is asked for.
    #[must_use]
    pub fn gate(&self) -> u8 {
        self.gate_percent.unwrap_or(80)
    }

    /// The share of named source files that is asked for.
    #[must_use]
    pub fn coverage(&self) -> u8 {
        self.coverage_percent.unwrap_or(95)
    }

    /// The share of orphans that is let pass.
    #[must_use]
    pub fn orphans(&self) -> u8 {
        self.orphans_percent.unwrap_or(3)
    }

    fn check(&self) -> Result<(), String> {
        for globs in [
            self.log_globs(),
            self.tracker_globs(),
            self.document_globs(),
            self.past_globs(),
            self.alignment_globs(),
            self.source_globs(),
        ] {
            globs?;
        }
        let shares = [
            ("gate_percent", self.gate_percent),
            ("coverage_percent", self.coverage_percent),
            ("orphans_percent", self.orphans_percent),
        ];
        if let Some((name, _)) = shares.iter().find(|(_, share)| share.is_some_and(|share| share > 100)) {
            return Err(format!("the argument `{name}` must be 0 to 100"));
        }
        for (id, evidence) in &self.evidence {
            evidence.check().map_err(|error| format!("the argument `evidence`, `{id}`: {error}"))?;
        }
        for process in &self.processes {
            process.check().map_err(|error| format!("the argument `processes`, `{}`: {error}", process.name))?;
        }
        Ok(())
    }
}

impl Evidence {
    /// Whether it can be looked for.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn check(&self) -> Result<Globs, String> {
        if self.all.is_empty() || self.all.iter().any(|text| text.trim().is_empty()) {
            return Err("`all` must hold at least one text, and none that is empty".into());
        }
        if self.all.len() > 50 || self.all.iter().any(|text| text.len() > 1_000) {
            return Err("`all` may hold at most 50 texts of 1,000 bytes".into());
        }
        Globs::new(std::slice::from_ref(&self.file)).map_err(|error| error.to_string())
    }
}

impl Process {
    fn check(&self) -> Result<(), String> {
        if self.name.trim().is_empty() {
            return Err("`name` must say what it is called".into());
        }
        if self.agent.is_none() && self.action.is_none() && self.log.is_none() && self.file.is_none() {
            return Err("one of `agent`, `action`, `log` and `file` must say where it is seen".into());
        }
        let globs = self.file.as_ref().map(|file| Globs::new(std::slice::from_ref(file)));
        globs.transpose().map(drop).map_err(|error| error.to_string())
    }
}

fn globs(name: &str, given: Option<&[String]>, own: &[&str]) -> Result<Globs, String> {
    let read = given.map_or_else(|| Globs::new(own), Globs::new);
    read.map_err(|error| format!("the argument `{name}`: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(json: &str) -> Result<Options, String> {
        Options::of(&serde_json::from_str(json).unwrap())
    }

    #[test]
    fn everything_is_optional_and_others_arguments_are_left() {
        let options = of(r#"{"plans": ["a"], "root": "x"}"#).unwrap();
        assert_eq!((options.gate(), options.coverage(), options.orphans()), (80, 95, 3));
        assert!(options.log_globs().unwrap().matches("logs/a/b.jsonl"));
        assert!(options.tracker_globs().unwrap().matches("x/drive_issues_for_board.json"));
        assert!(options.past_globs().unwrap().matches("reports/PLANS_AUDIT_REPORT_20260118_101500.md"));
        assert!(!options.source_globs().unwrap().matches("a.rs"));
    }

    #[test]
    fn all_of_it_can_be_said() {
        let options = of(
            r#"{"logs": ["*.log"], "gate_percent": 90, "evidence": {"DS-001": {"file": "**/Code.js", "all": ["tryLock("]}},
                "processes": [{"name": "sync", "every": 600, "log": "sync"}, {"name": "x", "every": "0 6 * * *", "agent": "a"}]}"#,
        )
        .unwrap();
        assert_eq!(options.gate(), 90);
        assert_eq!(options.processes[1].every, Some(Interval::Words("0 6 * * *".into())));
        assert_eq!(options.evidence["DS-001"].all, ["tryLock("]);
    }

    #[test]
    fn the_readme_has_a_schema_for_each() {
        let readme = include_str!("../RULES.md");
        let schema = readme.split("```json\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
        let schema: Map<String, Value> = serde_json::from_str(schema).unwrap();
        assert_eq!(schema.keys().map(String::as_str).collect::<Vec<_>>(), Options::KNOWN);
    }

    #[test]
    fn mistakes_are_said() {
        let wrong = [
            (r#"{"gate_percent": 101}"#, "`gate_percent` must be 0 to 100"),
            (r#"{"logs": ["a["]}"#, "the argument `logs`: `a[`"),
            (r#"{"logs": "x"}"#, "not as it should be"),
            (r#"{"evidence": {"A-1": {"file": "x", "all": []}}}"#, "`A-1`: `all` must hold"),
            (r#"{"evidence": {"A-1": {"file": "x", "any": []}}}"#, "unknown field `any`"),
            (r#"{"processes": [{"name": "x", "every": 5}]}"#, "where it is seen"),
            (r#"{"processes": [{"name": " ", "log": "x"}]}"#, "`name` must say"),
            (r#"{"processes": [{"name": "x", "file": "a["}]}"#, "is not a valid pattern"),
        ];
        for (json, words) in wrong {
            let error = of(json).unwrap_err();
            assert!(error.contains(words), "{json}: {error}");
        }
    }
}
