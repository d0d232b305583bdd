//! Compares issue trackers in JSON with the files: open issues that are settled, and settled issues without their files.
//!
//! A tracker is a list of objects with an id, or an object that holds such lists. What shows that an issue is settled is
//! said in the options, or in the entry itself under `evidence` or `fixed_when`: a pattern of files and texts that one of
//! them must hold, all of them, as they are. An issue without such a pattern is listed and not judged.

use std::collections::{BTreeMap, BTreeSet};

use baton_core::glob::Globs;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::index::Index;
use crate::limits;
use crate::remark::{NoteSeverity, Remark};
use crate::report::Gap;

const TRACKERS: &[&str] = &["**/*issues*.json"];

/// The arguments of a session review about trackers.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Options {
    /// Patterns of issue trackers in JSON.
    pub trackers: Option<Vec<String>>,
    /// What shows that an issue is settled, by the issue's id.
    pub evidence: BTreeMap<String, Evidence>,
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

impl Options {
    /// The names of the arguments.
    pub const KNOWN: [&str; 2] = ["trackers", "evidence"];

    fn globs(&self) -> Result<Globs, String> {
        let read = self.trackers.as_ref().map_or_else(|| Globs::new(TRACKERS), |given| Globs::new(given));
        read.map_err(|error| format!("the argument `trackers`: {error}"))
    }

    /// Checks the patterns.
    ///
    /// # Errors
    /// What is wrong with which argument.
    pub fn check(&self) -> Result<(), String> {
        self.globs()?;
        for (id, evidence) in &self.evidence {
            evidence.check().map_err(|error| format!("the argument `evidence`, `{id}`: {error}"))?;
        }
        Ok(())
    }
}

impl Evidence {
    fn check(&self) -> Result<Globs, String> {
        if self.all.is_empty() || self.all.iter().any(|text| text.trim().is_empty()) {
            return Err("`all` must hold at least one text, and none that is empty".into());
        }
        if self.all.len() > 50 || self.all.iter().any(|text| text.len() > 1_000) {
            return Err("`all` may hold at most 50 texts of 1,000 bytes".into());
        }
        Globs::new(std::slice::from_ref(&self.file)).map_err(|error| error.to_string())
    }
}

/// What a tracker says of an issue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum IssueState {
    /// Still to be done; also where the tracker says nothing.
    Open,
    /// Settled.
    Settled,
    /// Given up: a duplicate, invalid, not to be fixed.
    Dropped,
}

/// What the files show of an issue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase", tag = "shown", content = "where")]
pub enum FileEvidence {
    /// Nothing says what would show it.
    Unasked,
    /// Every text is in one file: `path:line` of each.
    Settled(Vec<String>),
    /// These texts are in no file that holds the others.
    Missing(Vec<String>),
    /// The pattern cannot be used, with the reason.
    Unusable(String),
}

/// An issue of a tracker.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TrackedIssue {
    /// The tracker.
    pub tracker: String,
    /// The line of its id, from 1; 0 where it was not found.
    pub line: usize,
    /// Its id.
    pub id: String,
    /// Its title.
    pub title: String,
    /// Its status, in the tracker's words.
    pub status: String,
    /// What that means.
    pub state: IssueState,
    /// What the files show.
    pub evidence: FileEvidence,
}

/// Every tracker.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Trackers {
    /// The files that are trackers.
    pub files: Vec<String>,
    /// Their issues, in their order.
    pub issues: Vec<TrackedIssue>,
    /// Issues for which there was no room.
    pub left_out: usize,
    /// What could not be read.
    #[serde(skip)]
    pub notes: Vec<Remark>,
}

/// Reads the trackers and looks for the evidence.
#[must_use]
pub fn trackers(index: &Index, options: &Options) -> Trackers {
    let mut out = Trackers::default();
    let (paths, more) = index.matching(&options.globs().unwrap_or_default(), limits::TRACKERS);
    if more > 0 {
        let title = format!("{more} more trackers were not read; the argument `trackers` says which count");
        out.notes.push(Remark::new("trackers:too-many", NoteSeverity::Low, title, ""));
    }
    let mut search = Search { index, room: limits::EVIDENCE_BYTES_READ, files: BTreeMap::new() };
    for path in paths {
        tracker(options, path, &mut search, &mut out);
    }
    let listed: BTreeSet<&str> = out.issues.iter().map(|issue| issue.id.as_str()).collect();
    let unlisted = options.evidence.keys().filter(|id| !listed.contains(id.as_str()));
    out.notes.extend(unlisted.map(|id| {
        let title = format!("the argument `evidence` names the issue {id}, which no tracker lists");
        Remark::new(format!("trackers:{id}:unlisted"), NoteSeverity::Info, title, "")
    }));
    out
}

impl Trackers {
    /// What is not as it should be.
    #[must_use]
    pub fn findings(&self) -> Vec<Gap> {
        let notes = self.notes.iter().map(|note| Gap::new(&note.key, note.weight, &note.title, &note.evidence));
        notes.chain(self.issues.iter().filter_map(finding)).collect()
    }
}

fn finding(issue: &TrackedIssue) -> Option<Gap> {
    let (id, tracker) = (&issue.id, &issue.tracker);
    let (kind, weight, title, evidence) = match (issue.state, &issue.evidence) {
        (IssueState::Open, FileEvidence::Settled(places)) => (
            "listed-open",
            NoteSeverity::Medium,
            format!("{id} is listed as open, its evidence is there: {}", places.join(", ")),
            format!("set its status in {tracker} to resolved"),
        ),
        (IssueState::Settled, FileEvidence::Missing(texts)) => (
            "listed-resolved",
            NoteSeverity::High,
            format!("{id} is listed as {}, its evidence is not there", issue.status),
            format!("not found: {}", texts.join(", ")),
        ),
        (_, FileEvidence::Unusable(reason)) => {
            ("evidence", NoteSeverity::Low, format!("the evidence of {id} cannot be looked for"), reason.clone())
        }
        _ => return None,
    };
    let evidence = format!("{tracker}:{}; {evidence}", issue.line);
    Some(Gap::new(&format!("{tracker}:{id}:{kind}"), weight, &title, &evidence).at(tracker, issue.line))
}

fn tracker(options: &Options, path: &str, search: &mut Search<'_>, out: &mut Trackers) {
    let index = search.index;
    let read = index.find(path).ok_or("it was deleted".to_owned()).and_then(|found| {
        let content = index.read(&found).map_err(|error| error.to_string())?;
        if content.whole { Ok(content.text) } else { Err("it is too large".to_owned()) }
    });
    let parsed = read.and_then(|text| {
        let value = serde_json::from_str::<Value>(&text).map_err(|error| error.to_string())?;
        Ok((text, value))
    });
    let (text, value) = match parsed {
        Ok(parsed) => parsed,
        Err(error) => {
            let title = format!("the tracker {path} could not be read");
            out.notes.push(Remark::new(format!("{path}:tracker:unreadable"), NoteSeverity::Low, title, error));
            return;
        }
    };
    let mut lines = IdLines { text: &text, at: 0, line: 1 };
    let mut any = false;
    for entry in entries(&value) {
        let Some(id) = word(entry, &["id", "key", "identifier", "number"]) else { continue };
        any = true;
        if out.issues.len() >= limits::TRACKER_ENTRIES {
            out.left_out += 1;
            continue;
        }
        let status = word(entry, &["status", "state"]).unwrap_or_default();
        let evidence = options.evidence.get(&id).cloned().or_else(|| own_evidence(entry));
        out.issues.push(TrackedIssue {
            tracker: path.to_owned(),
            line: lines.of(&id),
            title: word(entry, &["title", "name", "summary", "description"]).unwrap_or_default(),
            state: state(&status),
            status,
            evidence: evidence.map_or(FileEvidence::Unasked, |evidence| search.look(&evidence)),
            id,
        });
    }
    if any {
        out.files.push(path.to_owned());
    }
}

/// The objects of a list, or of the lists that an object holds.
fn entries(value: &Value) -> Vec<&Map<String, Value>> {
    let lists: Vec<&Value> = match value {
        Value::Object(fields) => fields.values().collect(),
        list => vec![list],
    };
    lists.into_iter().filter_map(Value::as_array).flatten().filter_map(Value::as_object).collect()
}

/// The first of these fields with a text. The text of an object is its `name`.
fn word(entry: &Map<String, Value>, names: &[&str]) -> Option<String> {
    names.iter().find_map(|name| {
        let text = match entry.get(*name)? {
            Value::String(text) => text.trim().to_owned(),
            Value::Number(number) => number.to_string(),
            Value::Object(inner) => inner.get("name")?.as_str()?.trim().to_owned(),
            _ => return None,
        };
        (!text.is_empty()).then(|| cut(&text))
    })
}

fn cut(text: &str) -> String {
    text.chars().take(limits::WORDS_BYTES / 2).collect()
}

fn own_evidence(entry: &Map<String, Value>) -> Option<Evidence> {
    ["evidence", "fixed_when"].iter().find_map(|name| serde_json::from_value(entry.get(*name)?.clone()).ok())
}

fn state(status: &str) -> IssueState {
    let plain = status.to_lowercase().replace(['_', '-'], " ");
    match plain.trim() {
        "resolved" | "fixed" | "done" | "closed" | "complete" | "completed" | "implemented" | "solved" | "verified"
        | "merged" | "shipped" => IssueState::Settled,
        "wontfix" | "won't fix" | "wont fix" | "duplicate" | "cancelled" | "canceled" | "invalid" | "rejected"
        | "obsolete" | "superseded" | "not a bug" => IssueState::Dropped,
        _ => IssueState::Open,
    }
}

/// The search for evidence: what may still be read, and the files of each pattern.
struct Search<'a> {
    index: &'a Index,
    room: u64,
    files: BTreeMap<String, Vec<&'a str>>,
}

impl<'a> Search<'a> {
    /// Looks for all texts in one of the files.
    fn look(&mut self, evidence: &Evidence) -> FileEvidence {
        let paths = match self.files(evidence) {
            Ok(paths) => paths,
            Err(reason) => return FileEvidence::Unusable(reason),
        };
        let mut missing = evidence.all.clone();
        if paths.is_empty() {
            missing.push(format!("(no file fits {})", evidence.file));
        }
        for path in paths {
            let Some(text) = self.read(path) else { continue };
            let places: Vec<Option<usize>> = evidence.all.iter().map(|wanted| text.find(wanted.as_str())).collect();
            let absent = evidence.all.iter().zip(&places).filter(|(_, at)| at.is_none());
            let absent: Vec<String> = absent.map(|(wanted, _)| wanted.clone()).collect();
            if absent.is_empty() {
                return FileEvidence::Settled(places.into_iter().flatten().map(|at| place(path, &text, at)).collect());
            }
            if absent.len() < missing.len() {
                missing = absent;
            }
        }
        FileEvidence::Missing(missing)
    }

    fn files(&mut self, evidence: &Evidence) -> Result<Vec<&'a str>, String> {
        let globs = evidence.check()?;
        if let Some(known) = self.files.get(&evidence.file) {
            return Ok(known.clone());
        }
        if self.files.len() >= limits::EVIDENCE_PATTERNS {
            return Err(format!("more than {} patterns of files", limits::EVIDENCE_PATTERNS));
        }
        let (paths, _) = self.index.matching(&globs, limits::EVIDENCE_FILES);
        self.files.insert(evidence.file.clone(), paths.clone());
        Ok(paths)
    }

    fn read(&mut self, path: &str) -> Option<String> {
        let found = self.index.find(path)?;
        let bytes = found.bytes?.min(limits::CONTENT_BYTES);
        self.room = self.room.checked_sub(bytes)?;
        Some(self.index.read(&found).ok()?.text)
    }
}

/// `path:line` of an offset.
fn place(path: &str, text: &str, at: usize) -> String {
    let before = text.get(..at).unwrap_or_default();
    format!("{path}:{}", before.bytes().filter(|byte| *byte == b'\n').count() + 1)
}

/// Finds the lines of ids that come in the order of the text, in one pass over it.
struct IdLines<'a> {
    text: &'a str,
    at: usize,
    line: usize,
}

impl IdLines<'_> {
    /// The line of the next place of `id`; 0 once one was not found.
    fn of(&mut self, id: &str) -> usize {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let Some(found) = rest.find(id) else {
            self.at = self.text.len();
            self.line = 0;
            return 0;
        };
        if self.line > 0 {
            self.line += rest.get(..found).unwrap_or_default().bytes().filter(|byte| *byte == b'\n').count();
        }
        self.at += found + id.len();
        self.line
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index::Root;

    fn read(files: &[(&str, &str)], options: &str) -> Trackers {
        let dir = tempfile::tempdir().unwrap();
        for (name, text) in files {
            std::fs::create_dir_all(dir.path().join(name).parent().unwrap()).unwrap();
            std::fs::write(dir.path().join(name), text).unwrap();
        }
        let index = Index::build(vec![Root { path: dir.path().to_owned(), shown: "r".into() }]);
        trackers(&index, &serde_json::from_str(options).unwrap())
    }

    const EVIDENCE: &str =
        r#"{"evidence": {"DS-001": {"file": "gas/**/Code.js", "all": ["tryLock(", "releaseLock("]}}}"#;
    const OPEN: &str = "{\"issues\": [\n  {\"id\": \"DS-001\", \"title\": \"Overlap\"},\n  {\"id\": \"DS-002\", \"status\": {\"name\": \"Done\"}}\n]}";

    #[test]
    fn open_with_its_evidence_there_is_found() {
        let found =
            read(&[("a/x_issues.json", OPEN), ("gas/s/Code.js", "a\nl.tryLock(8)\n\nl.releaseLock()\n")], EVIDENCE);
        assert_eq!(
            found.issues.iter().map(|issue| (issue.line, issue.state)).collect::<Vec<_>>(),
            [(2, IssueState::Open), (3, IssueState::Settled)]
        );
        let findings = found.findings();
        assert_eq!(findings.len(), 1);
        assert_eq!(
            (findings[0].id.as_str(), findings[0].weight),
            ("audit:a/x_issues.json:DS-001:listed-open", NoteSeverity::Medium)
        );
        assert!(findings[0].title.ends_with("gas/s/Code.js:2, gas/s/Code.js:4"), "{}", findings[0].title);
    }

    #[test]
    fn open_with_half_its_evidence_stays_open() {
        let half =
            read(&[("issues.json", OPEN), ("gas/a/Code.js", "tryLock("), ("gas/b/Code.js", "releaseLock(")], EVIDENCE);
        assert_eq!(half.findings(), []);
        assert_eq!(half.issues[0].evidence, FileEvidence::Missing(vec!["releaseLock(".into()]));
    }

    #[test]
    fn resolved_without_its_evidence_is_found() {
        let own = r#"[{"key": "A-1", "state": "RESOLVED", "fixed_when": {"file": "a.py", "all": ["guard"]}}, {"key": "A-2", "status": "wontfix", "evidence": {"file": "a.py", "all": ["guard"]}}, {"key": "A-3", "status": "fixed", "evidence": "see the log"}]"#;
        let found = read(&[("my-issues.json", own), ("b.py", "guard")], "{}");
        let findings = found.findings();
        assert_eq!(findings.len(), 1);
        assert_eq!(
            (findings[0].id.as_str(), findings[0].weight),
            ("audit:my-issues.json:A-1:listed-resolved", NoteSeverity::High)
        );
        assert!(findings[0].evidence.contains("no file fits a.py"));
        assert_eq!(read(&[("my-issues.json", own), ("a.py", "guard")], "{}").findings(), []);
    }

    #[test]
    fn other_json_is_no_tracker_and_broken_json_is_a_note() {
        let found = read(
            &[
                ("issues.json", r#"{"count": 3, "names": ["a"]}"#),
                ("b/issues.json", "{\"issues\": ["),
                ("c/issues.json", &"[".repeat(100_000)),
            ],
            EVIDENCE,
        );
        assert!(found.files.is_empty() && found.issues.is_empty());
        assert_eq!(
            found.notes.iter().map(|note| note.weight).collect::<Vec<_>>(),
            [NoteSeverity::Low, NoteSeverity::Low, NoteSeverity::Info]
        );
    }

    #[cfg(unix)]
    #[test]
    fn evidence_outside_the_root_is_never_read() {
        let outside = tempfile::tempdir().unwrap();
        std::fs::write(outside.path().join("Code.js"), "tryLock( releaseLock(").unwrap();
        let dir = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink(outside.path(), dir.path().join("gas")).unwrap();
        let index = Index::build(vec![Root { path: dir.path().to_owned(), shown: "r".into() }]);
        for file in ["gas/**/Code.js", "../**/Code.js", "/**/Code.js"] {
            let evidence = Evidence { file: file.into(), all: vec!["tryLock(".into()] };
            let mut search = Search { index: &index, room: 1_000, files: BTreeMap::new() };
            assert!(matches!(search.look(&evidence), FileEvidence::Missing(_)), "{file}");
        }
    }
}
