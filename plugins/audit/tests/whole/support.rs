//! A workspace in a temporary folder and tasks on it, shared by the integration tests.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use audit::services::HostServices;
use baton_plugin_kit::host::NoProgress;
use baton_plugin_sdk::{Cause, Error, Mount, Outcome, Severity, Task};
use serde_json::Value;

/// The kinds of findings that `.batonaudit.toml` may name.
const KINDS: &str = include_str!("../../schemas/finding-kinds.txt");

/// A folder for plans and a folder to audit.
pub(crate) struct Workspace {
    dir: tempfile::TempDir,
}

impl Workspace {
    /// An empty workspace.
    pub(crate) fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("plans")).unwrap();
        fs::create_dir(dir.path().join("root")).unwrap();
        Self { dir }
    }

    pub(crate) fn path(&self, relative: &str) -> PathBuf {
        self.dir.path().join(relative)
    }

    /// Writes a file with the folders above it.
    pub(crate) fn file(self, relative: &str, content: impl AsRef<[u8]>) -> Self {
        let path = self.path(relative);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
        self
    }

    /// A task called by hand with these arguments.
    pub(crate) fn task(&self, args: &str) -> Task {
        let mount = |name: &str| Mount {
            name: name.to_owned(),
            path: self.path(name).to_str().unwrap().to_owned(),
            shown_as: name.to_owned(),
            host_path: self.path(name).to_str().unwrap().to_owned(),
            writable: false,
        };
        Task {
            id: "t-1".into(),
            attempt: 1,
            action: "audit".into(),
            args: args.into(),
            cause: Cause::Call,
            handoff: None,
            mounts: vec![mount("plans"), mount("root")],
            answer: None,
            now: "2026-01-18T10:15:00Z".into(),
        }
    }

    /// Runs a task with these arguments. Every kind of its findings is in [`KINDS`].
    pub(crate) fn run(&self, args: &str) -> Result<Outcome, Error> {
        let outcome = audit::run(&self.task(args), &HostServices::nothing(&NoProgress))?;
        for finding in &outcome.findings {
            let kind = finding.id.rsplit(':').next().unwrap();
            // The id of a note may end in a text instead of a kind.
            let is_text =
                kind.contains(|sign: char| !(sign.is_ascii_lowercase() || sign.is_ascii_digit() || sign == '-'));
            assert!(is_text || KINDS.lines().any(|known| known == kind), "{}", finding.id);
        }
        Ok(outcome)
    }

    /// Runs without arguments and returns the JSON report.
    pub(crate) fn report(&self) -> Value {
        json(&self.run("{}").unwrap())
    }

    /// `path status` of every deliverable of the only plan.
    pub(crate) fn statuses(&self) -> Vec<String> {
        rows(&self.report()["plans"][0])
    }
}

pub(crate) fn json(outcome: &Outcome) -> Value {
    serde_json::from_slice(&outcome.artifacts[1].bytes).unwrap()
}

pub(crate) fn markdown(outcome: &Outcome) -> String {
    String::from_utf8(outcome.artifacts[0].bytes.clone()).unwrap()
}

/// `path status` of every deliverable of a plan.
pub(crate) fn rows(plan: &Value) -> Vec<String> {
    let rows = plan["deliverables"].as_array().unwrap();
    rows.iter().map(|row| format!("{} {}", row["path"].as_str().unwrap(), row["status"].as_str().unwrap())).collect()
}

/// True if there is a finding with this id and severity.
pub(crate) fn has_finding(outcome: &Outcome, id: &str, severity: Severity) -> bool {
    outcome.findings.iter().any(|finding| finding.id == id && finding.severity == severity)
}

/// A file of about these bytes and lines that defines these names.
fn content(bytes: usize, lines: usize, symbols: &str, python: bool) -> String {
    let mut text = String::new();
    if python {
        for symbol in symbols.split(',').filter(|symbol| !symbol.is_empty()) {
            let class = symbol.starts_with(char::is_uppercase);
            let _ = if class {
                writeln!(text, "class {symbol}:\n    pass")
            } else {
                writeln!(text, "def {symbol}():\n    return 1")
            };
        }
    }
    let written = text.lines().count();
    text.push_str(&"\n".repeat(lines.saturating_sub(written + 1)));
    if text.len() + 1 < bytes {
        let fill = bytes - text.len() - 2;
        let _ = writeln!(text, "#{}", "x".repeat(fill));
    }
    text
}

/// The files of the `tree.tsv` of a corpus, with a content for each.
pub(crate) fn listed_files(corpus: &Path) -> Vec<(String, String)> {
    let list = fs::read_to_string(corpus.join("tree.tsv")).unwrap();
    let file = |row: &str| {
        let cells: Vec<&str> = row.split('\t').collect();
        let (bytes, lines) = (cells[1].parse().unwrap(), cells[2].parse().unwrap());
        let python = Path::new(cells[0]).extension().is_some_and(|ending| ending == "py");
        (cells[0].to_owned(), content(bytes, lines, cells.get(3).copied().unwrap_or_default(), python))
    };
    list.lines().skip(1).map(file).collect()
}
