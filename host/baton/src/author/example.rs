//! Example tasks of a plugin: a handoff, the files that it finds, and what must come of it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Component, Path};

use anyhow::{Context as _, bail};
use baton_core::State;
use serde::Deserialize;
use serde_json::{Map, Value};

/// An example: a file of `examples/`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Example {
    /// The file's name without its ending.
    #[serde(skip)]
    pub(crate) name: String,
    /// The handoff; who sends it to whom is filled in.
    pub(crate) handoff: Map<String, Value>,
    /// Files that are there: `FOLDER/…`, with FOLDER as the manifest names it, and their text.
    #[serde(default)]
    pub(crate) files: BTreeMap<String, String>,
    /// What must come of it.
    pub(crate) expect: Expected,
}

/// What must come of an example.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Expected {
    /// The task's state.
    #[serde(default = "succeeded")]
    state: String,
    /// What the summary, or the reason, has in it.
    #[serde(default)]
    summary: String,
    /// The reports, all of them, each with what its text has in it. Absent: any.
    #[serde(default)]
    artifacts: Option<BTreeMap<String, String>>,
    /// What the titles of the findings have in them, one for each. Absent: any.
    #[serde(default)]
    findings: Option<Vec<String>>,
}

fn succeeded() -> String {
    State::Succeeded.as_str().to_owned()
}

/// What came of an example.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Came {
    pub(crate) state: String,
    pub(crate) summary: String,
    pub(crate) artifacts: BTreeMap<String, String>,
    pub(crate) findings: Vec<String>,
}

impl Expected {
    /// How `came` differs; empty when it is as expected.
    pub(crate) fn differences(&self, came: &Came) -> Vec<String> {
        let mut differences = Vec::new();
        if self.state != came.state {
            differences.push(format!("expected the state {}, it is {}: {}", self.state, came.state, came.summary));
        }
        if !came.summary.contains(&self.summary) {
            differences.push(format!("expected `{}` in the summary: {}", self.summary, came.summary));
        }
        self.artifacts.iter().for_each(|expected| compare_artifacts(expected, &came.artifacts, &mut differences));
        let findings = self.findings.iter();
        findings.for_each(|expected| compare_findings(expected, &came.findings, &mut differences));
        differences
    }
}

fn compare_artifacts(
    expected: &BTreeMap<String, String>,
    came: &BTreeMap<String, String>,
    differences: &mut Vec<String>,
) {
    let listed = |names: &BTreeMap<String, String>| names.keys().cloned().collect::<Vec<_>>().join(", ");
    if !expected.keys().eq(came.keys()) {
        differences.push(format!("expected the reports [{}], there are [{}]", listed(expected), listed(came)));
    }
    for (name, text) in expected {
        if let Some(found) = came.get(name).filter(|found| !found.contains(text)) {
            differences.push(format!("expected `{text}` in {name}: {found}"));
        }
    }
}

fn compare_findings(expected: &[String], came: &[String], differences: &mut Vec<String>) {
    let fits = expected.len() == came.len() && expected.iter().all(|text| came.iter().any(|one| one.contains(text)));
    if !fits {
        let [expected, came] = [expected, came].map(|titles| titles.join("; "));
        differences.push(format!("expected the findings [{expected}], there are [{came}]"));
    }
}

/// The examples of the plugin in `folder`, by name.
///
/// # Errors
/// When there is none, or one does not parse.
pub(crate) fn read_all(folder: &Path) -> anyhow::Result<Vec<Example>> {
    let place = folder.join("examples");
    let entries = fs::read_dir(&place).with_context(|| format!("failed to read {}", place.display()))?;
    let mut examples = Vec::new();
    for entry in entries {
        let path = entry?.path();
        if path.extension().is_some_and(|ending| ending == "json") {
            examples.push(read(&path).with_context(|| format!("{} is no example", path.display()))?);
        }
    }
    if examples.is_empty() {
        bail!("there is no example in {}: a file NAME.json with `handoff` and `expect` is one", place.display());
    }
    examples.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(examples)
}

fn read(path: &Path) -> anyhow::Result<Example> {
    let mut example: Example = serde_json::from_str(&fs::read_to_string(path)?)?;
    example.name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    if let Some(file) = example.files.keys().find(|file| !is_plain(file)) {
        bail!("the file `{file}` must be FOLDER/NAME, without dots");
    }
    if State::ALL.iter().all(|state| state.as_str() != example.expect.state) {
        let known = State::ALL.map(State::as_str).join(", ");
        bail!("there is no state `{}`; there are: {known}", example.expect.state);
    }
    Ok(example)
}

fn is_plain(file: &str) -> bool {
    let path = Path::new(file);
    path.components().count() > 1 && path.components().all(|part| matches!(part, Component::Normal(_)))
}
