//! Example tasks of a plugin. An example has steps in one workspace: each step has a handoff, or files for a trigger, and
//! the expected result. An example may also have substitutes for secrets and servers.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Component, Path};

use anyhow::{Context as _, bail};
use baton_core::grants::HostAddresses;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::expected::Expected;
use super::servers::Answer;
use crate::secrets::SecretStore;

/// An example: a file of `examples/`.
#[derive(Clone, Debug)]
pub(crate) struct Example {
    /// The file's name without its ending.
    pub(crate) name: String,
    /// The addresses of the hosts that the manifest leaves to the operator, by name.
    pub(super) hosts: HostAddresses,
    /// Values of the secrets that the manifest asks for, by name.
    pub(super) secrets: BTreeMap<String, String>,
    /// The answers of substitute servers, by `SCHEME://HOST[:PORT]`. With `None`, requests go to the real servers.
    pub(super) servers: Option<BTreeMap<String, Vec<Answer>>>,
    /// The steps, in order.
    pub(super) steps: Vec<Step>,
}

/// One run of the plugin.
#[derive(Clone, Debug)]
pub(super) struct Step {
    /// The handoff. Baton fills in its sender and recipient. If a step has no handoff, a trigger of the plugin must fire.
    pub(super) handoff: Option<Map<String, Value>>,
    /// Files that are written before the handoff: `FOLDER/…`, with the folder names of the manifest.
    pub(super) files: BTreeMap<String, Vec<u8>>,
    /// The expected result.
    pub(super) expect: Expected,
}

/// The JSON form of an example.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ExampleFile {
    #[serde(default)]
    handoff: Option<Map<String, Value>>,
    #[serde(default)]
    files: BTreeMap<String, Content>,
    #[serde(default)]
    hosts: HostAddresses,
    #[serde(default)]
    secrets: BTreeMap<String, String>,
    #[serde(default)]
    servers: Option<BTreeMap<String, Vec<ExampleAnswer>>>,
    expect: Expected,
    #[serde(default)]
    then: Vec<ExampleStep>,
}

/// A further step.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ExampleStep {
    #[serde(default)]
    handoff: Option<Map<String, Value>>,
    #[serde(default)]
    files: BTreeMap<String, Content>,
    expect: Expected,
}

/// One answer of a server.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ExampleAnswer {
    /// `METHOD /PATH?QUERY`.
    request: String,
    /// Headers that the request must have.
    #[serde(default)]
    with_headers: BTreeMap<String, String>,
    /// A text that the body of the request must contain.
    #[serde(default)]
    with_body: String,
    #[serde(default = "ok")]
    status: u16,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    #[serde(default)]
    body: Option<Content>,
}

fn ok() -> u16 {
    200
}

/// The content of a file or of a response body.
#[derive(Deserialize)]
#[serde(untagged, expecting = "a file must be a text, {\"json\": VALUE}, or {\"copy\": \"FILE BESIDE THE EXAMPLE\"}")]
enum Content {
    /// The text itself.
    Text(String),
    /// A copy of another file.
    Copied(CopiedFile),
    /// A value as JSON.
    Json(Json),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CopiedFile {
    /// The path, relative to the folder of the example.
    copy: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Json {
    json: Value,
}

/// The examples of the plugin in `folder`, by name.
pub(crate) fn read_all(folder: &Path) -> anyhow::Result<Vec<Example>> {
    let place = folder.join("examples");
    let entries = fs::read_dir(&place).with_context(|| format!("failed to read {}", place.display()))?;
    let mut examples = Vec::new();
    for entry in entries {
        let path = entry?.path();
        if path.extension().is_some_and(|ending| ending == "json") {
            examples.push(read(&path).with_context(|| format!("{} is not an example", path.display()))?);
        }
    }
    if examples.is_empty() {
        bail!("there is no example in {}: write a file NAME.json with `handoff` and `expect`", place.display());
    }
    examples.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(examples)
}

fn read(path: &Path) -> anyhow::Result<Example> {
    let written: ExampleFile = serde_json::from_str(&fs::read_to_string(path)?)?;
    let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let beside = path.parent().unwrap_or(path).canonicalize()?;
    for (name, value) in &written.secrets {
        SecretStore::check(name, value).with_context(|| format!("the secret `{name}`"))?;
    }
    let first = ExampleStep { handoff: written.handoff, files: written.files, expect: written.expect };
    let steps = std::iter::once(first).chain(written.then).map(|written| step(written, &beside));
    let servers = written.servers.map(|servers| {
        let of_server = |(origin, answers): (String, Vec<ExampleAnswer>)| {
            let answers = answers.into_iter().map(|written| answer(written, &beside));
            let answers =
                answers.collect::<anyhow::Result<Vec<_>>>().with_context(|| format!("the server {origin}"))?;
            anyhow::Ok((origin, answers))
        };
        servers.into_iter().map(of_server).collect::<anyhow::Result<_>>()
    });
    Ok(Example {
        name,
        hosts: written.hosts,
        secrets: written.secrets,
        servers: servers.transpose()?,
        steps: steps.collect::<anyhow::Result<_>>()?,
    })
}

fn step(written: ExampleStep, beside: &Path) -> anyhow::Result<Step> {
    let ExampleStep { handoff, files, expect } = written;
    if let Some(file) = files.keys().find(|file| !is_plain(file) || Path::new(file).components().count() < 2) {
        bail!("the file `{file}` must be FOLDER/NAME, without `.` and `..`");
    }
    expect.check()?;
    let of_file = |(file, content): (String, Content)| {
        let bytes = bytes(beside, content).with_context(|| format!("the file `{file}`"))?;
        anyhow::Ok((file, bytes))
    };
    Ok(Step { handoff, files: files.into_iter().map(of_file).collect::<anyhow::Result<_>>()?, expect })
}

fn answer(written: ExampleAnswer, beside: &Path) -> anyhow::Result<Answer> {
    let ExampleAnswer { request, with_headers, with_body, status, headers, body } = written;
    let Some((method, path)) = request.split_once(' ').filter(|(_, path)| path.starts_with('/')) else {
        bail!("the request `{request}` must be METHOD /PATH, such as GET /v1/tracks?limit=5");
    };
    if !(200..600).contains(&status) {
        bail!("the status {status} is not allowed: use a final status, 200 to 599");
    }
    let is_line = |(name, value): (&String, &String)| !format!("{name}{value}").contains(['\r', '\n', '\0']);
    if !headers.iter().all(is_line) {
        bail!("a header of the answer to `{request}` has a line break");
    }
    let body = body.map(|content| bytes(beside, content)).transpose()?.unwrap_or_default();
    let (method, path) = (method.to_owned(), path.to_owned());
    Ok(Answer { method, path, with_headers, with_body, status, headers, body })
}

/// The bytes of a content. A copied file must be in the folder of the example or below it; a link must not lead outside.
fn bytes(beside: &Path, content: Content) -> anyhow::Result<Vec<u8>> {
    let copy = match content {
        Content::Text(text) => return Ok(text.into_bytes()),
        Content::Json(Json { json }) => return Ok(json.to_string().into_bytes()),
        Content::Copied(CopiedFile { copy }) => copy,
    };
    if !is_plain(&copy) {
        bail!("`{copy}` cannot be copied: write a path beside the example, such as `files/x.db`, without `.` and `..`");
    }
    let from = beside.join(&copy).canonicalize().with_context(|| format!("`{copy}` cannot be copied"))?;
    if !from.starts_with(beside) || !from.is_file() {
        bail!("`{copy}` cannot be copied: it is not a file beside the example");
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

    fn with(folder: &Path, files: &str) -> anyhow::Result<Example> {
        written(folder, &format!(r#"{{"handoff":{{}},"files":{files},"expect":{{}}}}"#))
    }

    fn written(folder: &Path, text: &str) -> anyhow::Result<Example> {
        let path = folder.join("examples/a.json");
        fs::write(&path, text).unwrap();
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
    fn a_file_is_a_text_or_a_value_or_a_copy_of_a_file_beside_the_example() {
        let folder = folder();
        let files = r#"{"music/a.txt":"text","music/b/x.db":{"copy":"files/x.db"},"music/c.json":{"json":{"a":[1]}}}"#;
        let example = with(folder.path(), files).unwrap();
        let [step] = example.steps.as_slice() else { panic!("{example:?}") };
        assert_eq!(step.files["music/a.txt"], b"text");
        assert_eq!(step.files["music/b/x.db"], [0, 159, 146, 150]);
        assert_eq!(step.files["music/c.json"], br#"{"a":[1]}"#);
    }

    #[test]
    fn errors_when_the_copied_file_is_outside_of_the_folder_or_not_a_file() {
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

    #[test]
    fn errors_name_the_wrong_secret_server_or_step() {
        let folder = folder();
        for (more, words) in [
            (r#""secrets":{"key":"short"}"#, "the secret `key`"),
            (r#""hosts":{"wiki":"wiki.example"}"#, "`wiki.example` is not the address of a host"),
            (r#""servers":{"https://a.example":[{"request":"GET"}]}"#, "must be METHOD /PATH"),
            (r#""servers":{"https://a.example":[{"request":"GET /","status":100}]}"#, "the status 100"),
            (r#""servers":{"https://a.example":[{"request":"GET /","headers":{"a":"b\r\nc: d"}}]}"#, "line break"),
            (r#""then":[{"expect":{"state":"done"}}]"#, "unknown state `done`"),
            (r#""then":[{"files":{"a":""},"expect":{}}]"#, "FOLDER/NAME"),
        ] {
            let error = format!("{:#}", written(folder.path(), &format!(r#"{{"expect":{{}},{more}}}"#)).unwrap_err());
            assert!(error.contains(words), "{more}: {error}");
        }
    }
}
