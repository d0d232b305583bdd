//! The report of a sync, as a table or as JSON. Both targets have the same four states, and a failure never counts as a
//! success.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::exit::Code;
use crate::output::{self, Table, shorten};

/// The status of one item or file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Status {
    /// It would be changed.
    Planned,
    /// It was changed, and the change was verified.
    Succeeded,
    /// It was not changed, for this reason.
    Skipped(&'static str),
    /// It could not be changed, because of this error.
    Failed(String),
}

impl Status {
    /// The name of the status in the counts of the report.
    fn word(&self) -> &'static str {
        match self {
            Self::Planned => "planned",
            Self::Succeeded => "succeeded",
            Self::Skipped(reason) => reason,
            Self::Failed(_) => "failed",
        }
    }
}

/// One item or file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Line {
    /// Eagle's id, or the path.
    pub(super) id: String,
    pub(super) name: Option<String>,
    pub(super) has: String,
    /// The tag that it gets.
    pub(super) adds: String,
    /// The tags that it loses.
    pub(super) removes: Vec<String>,
    pub(super) status: Status,
}

impl Line {
    /// True if it has its fingerprint tag.
    fn is_done(&self) -> bool {
        self.status == Status::Succeeded || QUIET.contains(&self.status.word())
    }
}

/// The whole report.
pub(super) struct Report {
    /// `eagle` or `tags`, with a description.
    pub(super) target: &'static str,
    pub(super) about: Map<String, Value>,
    pub(super) title: Option<String>,
    pub(super) applied: bool,
    pub(super) lines: Vec<Line>,
    pub(super) ended: Option<String>,
}

/// Reasons that are only counted, because nothing must be done.
const QUIET: [&str; 1] = ["already_has_fingerprint"];

/// Items that were skipped for these reasons do not make the outcome partial: they belong to a sync with Eagle or with another
/// library, or are in Eagle's trash.
const ELSEWHERE: [&str; 3] = ["in_eagle_library", "library_not_open", "in_trash"];

/// The completeness of the result, in the terms of task outcomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    Done,
    Partial,
    Refused,
}

impl Outcome {
    const fn word(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Partial => "partial",
            Self::Refused => "refused",
        }
    }
}

impl Report {
    pub(super) fn print(&self, as_json: bool) {
        if as_json {
            output::json(&self.as_json());
        } else {
            output::print(&self.as_text());
            if !self.applied && self.counts().contains_key("planned") {
                output::note("nothing was changed; --apply writes the changes");
            }
        }
        self.note_outcome();
        if let Some(ended) = &self.ended {
            output::note(&output::one_line(ended));
        }
    }

    /// The exit code.
    pub(super) fn code(&self) -> Code {
        let is_found = |line: &Line| !matches!(line.status, Status::Failed(_) | Status::Skipped("not_found"));
        match (&self.ended, self.outcome()) {
            (Some(_), _) => Code::Failed,
            (None, Outcome::Done) if self.lines.iter().all(is_found) => Code::Good,
            (None, _) => Code::Findings,
        }
    }

    /// The outcome. Without `--apply` it is always `Done`.
    fn outcome(&self) -> Outcome {
        let left: Vec<&Line> = self.lines.iter().filter(|line| !line.is_done()).collect();
        let count = if self.applied { left.len() } else { 0 };
        let is_whole = count == self.lines.len();
        let is_elsewhere = || left.iter().all(|line| ELSEWHERE.contains(&line.status.word()));
        if count == 0 || (!is_whole && is_elsewhere()) {
            Outcome::Done
        } else if is_whole {
            Outcome::Refused
        } else {
            Outcome::Partial
        }
    }

    /// Prints what was left out, why, and what to do.
    fn note_outcome(&self) {
        let outcome = self.outcome();
        let counts = self.counts();
        let left = counts.iter().filter(|(word, _)| **word != "succeeded" && !QUIET.contains(word));
        let left: Vec<_> = left.map(|(word, count)| format!("{count} {word}")).collect();
        let what = match outcome {
            Outcome::Done => return,
            Outcome::Partial => "some items were not changed",
            Outcome::Refused => "nothing was changed",
        };
        output::note(&format!("{}: {what}: {}", outcome.word(), left.join(", ")));
        for step in counts.keys().filter_map(|word| next_step(word)) {
            output::note(&format!("next: {step}"));
        }
    }

    fn counts(&self) -> BTreeMap<&'static str, usize> {
        let mut counts = BTreeMap::new();
        for line in &self.lines {
            *counts.entry(line.status.word()).or_default() += 1;
        }
        counts
    }

    fn loud(&self) -> impl Iterator<Item = &Line> {
        self.lines.iter().filter(|line| !QUIET.contains(&line.status.word()))
    }

    fn as_json(&self) -> Value {
        let lines: Vec<Value> = self.loud().map(as_json).collect();
        let mut all = json!({ "schema": 1, "target": self.target, "applied": self.applied });
        if let Value::Object(fields) = &mut all {
            fields.extend(self.about.clone());
            fields.insert("outcome".to_owned(), json!(self.applied.then(|| self.outcome().word())));
            fields.insert("counts".to_owned(), json!(self.counts()));
            fields.insert("items".to_owned(), lines.into());
            fields.insert("ended".to_owned(), json!(self.ended));
        }
        all
    }

    fn as_text(&self) -> String {
        let mut text = self.title.as_ref().map_or_else(String::new, |title| format!("{}\n\n", output::one_line(title)));
        let heads = if self.applied { ["GETS", "RESULT"] } else { ["WOULD GET", "STATUS"] };
        let names = self.lines.iter().any(|line| line.name.is_some());
        let mut table = Table::new(&if names {
            vec!["ITEM", "NAME", "HAS", heads[0], heads[1]]
        } else {
            vec!["FILE", heads[0], heads[1]]
        });
        let mut rows = 0;
        for line in self.loud() {
            let names = line.name.as_ref().map(|name| shorten(name, 40));
            let has = names.is_some().then(|| line.has.clone());
            let cells = [line.adds.clone(), status(line)];
            table.row([line.id.clone()].into_iter().chain(names).chain(has).chain(cells));
            rows += 1;
        }
        if rows > 0 {
            text.push_str(&table.lines(|_, _, cell| cell));
            text.push('\n');
        }
        let counts: Vec<String> = self.counts().iter().map(|(word, count)| format!("{count} {word}")).collect();
        text.push_str(&format!("{}\n", counts.join(", ")));
        text
    }
}

/// The next step for files that were skipped for a reason.
fn next_step(reason: &str) -> Option<&'static str> {
    Some(match reason {
        "library_not_open" => "open their library in Eagle, then sync again",
        "in_eagle_library" => "tag items of Eagle through Eagle: baton library sync --apply",
        "in_trash" => "restore the items from Eagle's trash, then sync again",
        "not_found" | "changed_since_scan" => "scan the folder again (baton library scan FOLDER), then sync again",
        "audio_not_digested" => "read the files again (baton library scan FOLDER --verify), then sync again",
        "read_only" => "make the files writable, then sync again",
        "has_several_names" => "replace the hard links by copies, then sync again",
        _ => return None,
    })
}

fn status(line: &Line) -> String {
    match &line.status {
        Status::Failed(error) => format!("failed: {error}"),
        other if line.removes.is_empty() => other.word().to_owned(),
        other => format!("{}, without {}", other.word(), line.removes.join(", ")),
    }
}

fn as_json(line: &Line) -> Value {
    let (status, reason) = match &line.status {
        Status::Planned => ("planned", None),
        Status::Succeeded => ("succeeded", None),
        Status::Skipped(reason) => ("skipped", Some((*reason).to_owned())),
        Status::Failed(error) => ("failed", Some(error.clone())),
    };
    let mut all = json!({ "id": line.id, "status": status, "reason": reason });
    if let Value::Object(fields) = &mut all {
        let adds = (!line.adds.is_empty()).then_some(&line.adds);
        fields.extend(
            [("name", json!(line.name)), ("adds", json!(adds)), ("removes", json!(line.removes))]
                .map(|(key, value)| (key.to_owned(), value)),
        );
    }
    all
}
