//! One example, done for real: a workspace that is thrown away, the plugin with every grant that it asks for, the engine,
//! the sandbox; then what the ledger says of it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use baton_dispatch::{Engine, Mode};
use baton_ledger::event::{self, Recorded};
use baton_ledger::{Reader, finding, task};
use baton_registry::Granted;
use serde_json::{Value, json};
use tokio::sync::watch;

use super::example::Came;
use super::{Built, Example};
use crate::workspace::scratch::Scratch;
use crate::workspace::{Entry, Lock, Source, Wanted, Workspace, open};

/// Who sends the examples' handoffs.
const SENDER: &str = "tester";

/// How an example went.
#[derive(Debug)]
pub(crate) struct Trial {
    pub(crate) name: String,
    pub(crate) came: Came,
    /// How it differs from what is expected; empty when it does not.
    pub(crate) differences: Vec<String>,
    /// From opening the workspace to the archived file.
    pub(crate) took: Duration,
}

/// Tries out one example.
///
/// # Errors
/// When it could not be run at all.
pub(crate) async fn try_out(built: &Built, example: &Example) -> anyhow::Result<Trial> {
    let folder = Scratch::new()?;
    let workspace = furnish(folder.path(), built, example)?;
    let begun = Instant::now();
    let house = open(&workspace, Wanted::All { over: false }, "up", 3)?;
    let (_ask, stop) = watch::channel(0);
    Engine::new(house, Mode::Once, |_, _| {}).serve(stop).await?;
    let came = look(&workspace, &built.package.manifest.name)?;
    let differences = example.expect.differences(&came);
    Ok(Trial { name: example.name.clone(), came, differences, took: begun.elapsed() })
}

/// The workspace: the plugin and its grants, the files, the handoff in its inbox.
fn furnish(folder: &Path, built: &Built, example: &Example) -> anyhow::Result<Workspace> {
    let name = &built.package.manifest.name;
    let mut lock = Lock::default();
    let component = PathBuf::from("plugins").join(format!("{name}.wasm"));
    let grants = grants(built);
    let folders: Vec<_> = grants.files.iter().map(|grant| grant.folder.clone()).collect();
    let digest = format!("sha256:{}", built.package.digest);
    lock.plugins.push(Entry { grants, ..Entry::new(name, Source::File(component.clone()), digest) });
    let workspace = Workspace::thrown_away(folder, &lock)?;
    let inbox = PathBuf::from("handoffs").join(name).join("01_inbox");
    let place = |relative: &Path| workspace.root.join(relative);
    for made in folders.iter().map(PathBuf::from).chain([PathBuf::from("handoffs").join(SENDER).join("01_inbox")]) {
        fs::create_dir_all(place(&made)).with_context(|| format!("failed to make {}", made.display()))?;
    }
    write(&place(&component), &built.bytes)?;
    for (file, bytes) in &example.files {
        write(&place(Path::new(file)), bytes)?;
    }
    write(&place(&inbox.join(format!("{}.json", example.name))), handoff(example, name).to_string().as_bytes())?;
    Ok(workspace)
}

/// All that is asked for; the folders are the workspace's own, under the names that the manifest has for them.
fn grants(built: &Built) -> Granted {
    let mut grants = Granted::all_of(&built.package.manifest.declares.capabilities);
    for grant in &mut grants.files {
        grant.path = Some(PathBuf::from(&grant.folder));
    }
    grants
}

fn handoff(example: &Example, plugin: &str) -> Value {
    let mut handoff = example.handoff.clone();
    for (key, value) in [("handoff_id", example.name.as_str()), ("source_agent", SENDER), ("target_agent", plugin)] {
        handoff.entry(key).or_insert_with(|| json!(value));
    }
    Value::Object(handoff)
}

fn write(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let folder = path.parent().unwrap_or(path);
    let written = fs::create_dir_all(folder).and_then(|()| fs::write(path, bytes));
    written.with_context(|| format!("failed to write {}", path.display()))
}

/// What came of the handoff: the plugin's first task that a sender has.
fn look(workspace: &Workspace, plugin: &str) -> anyhow::Result<Came> {
    let reader = Reader::open(&workspace.state.ledger())?;
    let mut tasks = task::recent(&reader, &task::Filter::default(), u32::MAX)?.into_iter();
    let done = tasks.rfind(|task| task.agent == plugin && task.sender.is_some());
    let done = done.context("the handoff was not taken in: is its form known? `baton lint` tells")?;
    let findings = finding::of_task(&reader, &done.id)?.into_iter().map(|finding| finding.title).collect();
    let artifacts = artifacts(workspace, &event::of_task(&reader, &done.id)?)?;
    Ok(Came { state: done.state.as_str().to_owned(), summary: done.reason, artifacts, findings })
}

/// The reports that its events tell of, with their text.
fn artifacts(workspace: &Workspace, events: &[Recorded]) -> anyhow::Result<BTreeMap<String, String>> {
    let written = events.iter().map(|recorded| &recorded.event).filter(|event| event.action == "wrote");
    let mut artifacts = BTreeMap::new();
    for place in written.map(|event| &event.reason).filter(|place| place.starts_with("reports/")) {
        let path = workspace.root.join(place);
        let bytes = fs::read(&path).with_context(|| format!("failed to read {}", path.display()))?;
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        artifacts.insert(name, String::from_utf8_lossy(&bytes).into_owned());
    }
    Ok(artifacts)
}
