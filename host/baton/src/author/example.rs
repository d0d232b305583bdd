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
    /// Files that are there: `FOLDER/…`, with FOLDER as the manifest names it.
    #[serde(default, rename = "files")]
    written: BTreeMap<String, Content>,
    /// The same with their bytes.
    #[serde(skip)]
    pub(crate) files: BTreeMap<String, Vec<u8>>,
    /// What must come of it.
    pub(crate) expect: Expected,
}

/// What is in a file.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged, expecting = "a file is a text, or {\"copy\": \"FILE BESIDE THE EXAMPLE\"}")]
enum Content {
    /// This text.
    Text(String),
    /// What is in another file.
    Copied(Copied),
}

/// A file whose bytes are copied.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Copied {
    /// It, relative to the folder of the example.
    copy: String,
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
    if let Some(file) = example.written.keys().find(|file| !is_plain(file) || Path::new(file).components().count() < 2)
    {
        bail!("the file `{file}` must be FOLDER/NAME, without dots");
    }
    let beside = path.parent().unwrap_or(path).canonicalize()?;
    for (file, content) in &example.written {
        example.files.insert(file.clone(), bytes(&beside, content).with_context(|| format!("the file `{file}`"))?);
    }
    if State::ALL.iter().all(|state| state.as_str() != example.expect.state) {
        let known = State::ALL.map(State::as_str).join(", ");
        bail!("there is no state `{}`; there are: {known}", example.expect.state);
    }
    Ok(example)
}

/// The bytes of a file. What is copied lies in the folder of the example, or below it, and no link leads out.
fn bytes(beside: &Path, content: &Content) -> anyhow::Result<Vec<u8>> {
    let Copied { copy } = match content {
        Content::Text(text) => return Ok(text.clone().into_bytes()),
        Content::Copied(copied) => copied,
    };
    if !is_plain(copy) {
        bail!("`{copy}` cannot be copied: write a path beside the example, as `files/x.db`, without dots");
    }
    let from = beside.join(copy).canonicalize().with_context(|| format!("`{copy}` cannot be copied"))?;
    if !from.starts_with(beside) || !from.is_file() {
        bail!("`{copy}` cannot be copied: it is no file beside the example");
    }
    fs::read(&from).with_context(|| format!("failed to read {}", from.display()))
}

fn is_plain(file: &str) -> bool {
    let mut parts = Path::new(file).components().peekable();
    parts.peek().is_some() && parts.all(|part| matches!(part, Component::Normal(_)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads an example with these files.
    fn with(folder: &Path, files: &str) -> anyhow::Result<Example> {
        let path = folder.join("examples/a.json");
        fs::write(&path, format!(r#"{{"handoff":{{}},"files":{files},"expect":{{}}}}"#)).unwrap();
        read(&path)
    }

    fn folder() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join("examples/files")).unwrap();
        fs::write(folder.path().join("examples/files/x.db"), [0, 159, 146, 150]).unwrap();
        fs::write(folder.path().join("secret"), "s").unwrap();
        folder
    }

    #[test]
    fn a_file_is_a_text_or_a_copy_of_what_lies_beside_the_example() {
        let folder = folder();
        let example = with(folder.path(), r#"{"music/a.txt":"text","music/b/x.db":{"copy":"files/x.db"}}"#).unwrap();
        assert_eq!(example.files["music/a.txt"], b"text");
        assert_eq!(example.files["music/b/x.db"], [0, 159, 146, 150]);
    }

    #[test]
    fn errors_when_what_is_copied_lies_elsewhere_or_is_no_file() {
        let folder = folder();
        std::os::unix::fs::symlink("../../secret", folder.path().join("examples/files/link")).unwrap();
        for copy in
            ["../secret", "/etc/hostname", "files/../files/x.db", "files/link", "files", "none", "", "./files/x.db"]
        {
            let read = with(folder.path(), &format!(r#"{{"music/a":{{"copy":"{copy}"}}}}"#));
            assert!(read.is_err(), "{copy}");
        }
        for wrong in [r#"{"copy":"files/x.db","to":"x"}"#, "7", r#"{"text":"x"}"#] {
            assert!(with(folder.path(), &format!(r#"{{"music/a":{wrong}}}"#)).is_err(), "{wrong}");
        }
        for place in ["a", "../a/b", "/a/b", ""] {
            assert!(with(folder.path(), &format!(r#"{{"{place}":"x"}}"#)).is_err(), "{place}");
        }
    }
}
