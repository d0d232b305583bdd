//! Runs one example in a temporary workspace, with the engine, the sandbox, and the plugin with all grants that it
//! requests. Then reads the results from the ledger. Each step is a separate start in the same workspace.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, anyhow, bail};
use baton_core::agents::is_name;
use baton_core::grants::GrantSet;
use baton_core::handoff::{self, Handoff, Kind};
use baton_core::manifest::HostCapability;
use baton_dispatch::{ARCHIVES, Engine, Mode};
use baton_ledger::attempt_log::AttemptLog;
use baton_ledger::event::{self, RecordedEvent};
use baton_ledger::{Reader, attempt_log, finding, task};
use serde_json::{Map, Value, json};
use tokio::sync::watch;

use super::example::Step;
use super::expected::{EmittedHandoff, StepResult};
use super::servers::Servers;
use super::{BuiltPlugin, Example};
use crate::workspace::scratch::Scratch;
use crate::workspace::{Lock, PluginEntry, PluginSelection, Source, Stubs, Workspace, open};

const SENDER: &str = "tester";

/// The result of a step of an example.
#[derive(Debug)]
pub(crate) struct StepTrial {
    /// The example's name; from the second step on, with the number of the step.
    pub(crate) name: String,
    pub(crate) actual: StepResult,
    /// The differences from the expectation; empty if there are none.
    pub(crate) differences: Vec<String>,
    /// The time from opening the workspace to the archived file.
    pub(crate) took: Duration,
    /// The output of the plugin (standard output and standard error).
    pub(crate) log: String,
}

/// Runs one example, step by step.
pub(crate) async fn run_example(built: &BuiltPlugin, example: &Example) -> anyhow::Result<Vec<StepTrial>> {
    check(built, example).with_context(|| format!("the example `{}`", example.name))?;
    let folder = Scratch::new()?;
    let servers = example.servers.as_ref().map(Servers::start).transpose().context("failed to start a server")?;
    let stubs = Stubs { secrets: example.secrets.clone(), servers: servers.as_ref().map(Servers::addresses) };
    let workspace = Workspace { stubs: Some(Arc::new(stubs)), ..make_workspace(folder.path(), built, example)? };
    let (plugin, mut known) = (&built.package.manifest.name, EarlierSteps::default());
    let mut trials = Vec::new();
    for (number, step) in (1_usize..).zip(&example.steps) {
        let name = if number == 1 { example.name.clone() } else { format!("{}-{number}", example.name) };
        let asks = write_inputs(&workspace, plugin, &name, step)?;
        let begun = Instant::now();
        let context = open(&workspace, PluginSelection::All { over: false }, "up", 3)?;
        let (_ask, stop) = watch::channel(0);
        Engine::new(context, Mode::Once, |_, _| {}).serve(stop).await?;
        let actual = read_result(&workspace, plugin, asks, &mut known)?;
        let mut differences = step.expect.differences(&actual);
        let unanswered = servers.as_ref().map(Servers::take_unanswered).unwrap_or_default();
        differences
            .extend(unanswered.into_iter().map(|asked| format!("`servers` has no answer for the request {asked}")));
        let (took, log) = (begun.elapsed(), log(&workspace, plugin, &mut known)?);
        trials.push(StepTrial { name, actual, differences, took, log });
    }
    Ok(trials)
}

/// Rejects an example that does not fit the plugin's manifest.
fn check(built: &BuiltPlugin, example: &Example) -> anyhow::Result<()> {
    let declares = &built.package.manifest.declares;
    let asks_for = |name: &String| declares.capabilities.secrets.iter().any(|secret| secret.name == *name);
    let hosts = &declares.capabilities.hosts;
    if let Some(name) = example.hosts.keys().find(|name| !hosts.iter().any(|host| host.name == **name)) {
        bail!("the plugin's manifest does not request a host `{name}`");
    }
    if let Some(HostCapability { name, .. }) =
        hosts.iter().find(|host| host.default.is_none() && !example.hosts.contains_key(&host.name))
    {
        bail!("the host `{name}` has no address: add \"hosts\": {{\"{name}\": \"https://wiki.example.org\"}}");
    }
    if let Some(name) = example.secrets.keys().find(|name| !asks_for(name)) {
        bail!("the plugin's manifest does not request a secret `{name}`");
    }
    if declares.triggers.is_empty() && example.steps.iter().any(|step| step.handoff.is_none()) {
        bail!("a step has no `handoff`, and the plugin's manifest has no triggers: add a `handoff` to the step");
    }
    if let Some(agent) = recipients(example).find(|agent| !is_name(agent)) {
        bail!("`emits`: no agent can have the name `{agent}`");
    }
    Ok(())
}

fn recipients(example: &Example) -> impl Iterator<Item = &str> {
    example.steps.iter().flat_map(|step| step.expect.recipients())
}

/// Creates the workspace: the plugin with its grants, and the folders of agents.
fn make_workspace(folder: &Path, built: &BuiltPlugin, example: &Example) -> anyhow::Result<Workspace> {
    let name = &built.package.manifest.name;
    let mut lock = Lock::default();
    let component = PathBuf::from("plugins").join(format!("{name}.wasm"));
    let grants = grants(built, example)?;
    let folders: Vec<_> = grants.files.iter().map(|grant| PathBuf::from(&grant.folder)).collect();
    let digest = format!("sha256:{}", built.package.digest);
    lock.plugins.push(PluginEntry { grants, ..PluginEntry::new(name, Source::File(component.clone()), digest) });
    let workspace = Workspace::disposable(folder, &lock)?;
    let inboxes = recipients(example).filter(|agent| agent != name).chain([SENDER]).map(inbox_of);
    for made in folders.into_iter().chain(inboxes) {
        fs::create_dir_all(workspace.root.join(&made)).with_context(|| format!("failed to make {}", made.display()))?;
    }
    write(&workspace.root, &component, &built.bytes)?;
    Ok(workspace)
}

fn inbox_of(agent: &str) -> PathBuf {
    PathBuf::from("handoffs").join(agent).join("01_inbox")
}

/// All requested grants. Granted folders are in the workspace, under their names in the manifest. A trigger that needs a
/// grant gets the grant only if the example has a step for it; otherwise the trigger would make additional tasks.
fn grants(built: &BuiltPlugin, example: &Example) -> anyhow::Result<GrantSet> {
    let mut grants = GrantSet::all_of(&built.package.manifest.declares.capabilities);
    grants.hosts.clone_from(&example.hosts);
    grants.hosts.extend(built.package.manifest.declares.capabilities.default_hosts(&example.hosts));
    grants.bind_secrets().map_err(|why| anyhow!(why))?;
    grants.triggers &= example.steps.iter().any(|step| step.handoff.is_none());
    for grant in &mut grants.files {
        grant.path = Some(PathBuf::from(&grant.folder));
    }
    Ok(grants)
}

/// Writes the files and the handoff of a step. Returns whether the plugin's task will come from a request and not from a
/// trigger.
fn write_inputs(workspace: &Workspace, plugin: &str, name: &str, step: &Step) -> anyhow::Result<bool> {
    for (file, bytes) in &step.files {
        write(&workspace.root, Path::new(file), bytes)?;
    }
    let Some(handoff) = &step.handoff else { return Ok(false) };
    let (file, bytes) = (format!("{name}.json"), filled_in(handoff, name, plugin).to_string().into_bytes());
    write(&workspace.root, &inbox_of(plugin).join(&file), &bytes)?;
    Ok(handoff::parse(&file, &bytes).is_ok_and(|read| read.kind != Kind::Return))
}

fn filled_in(handoff: &Map<String, Value>, id: &str, plugin: &str) -> Value {
    let mut handoff = handoff.clone();
    for (key, value) in [("handoff_id", id), ("source_agent", SENDER), ("target_agent", plugin)] {
        handoff.entry(key).or_insert_with(|| json!(value));
    }
    Value::Object(handoff)
}

/// Writes the file `place` of the workspace. A symbolic link that the plugin made in an earlier step is not followed.
fn write(root: &Path, place: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let path = &root.join(place);
    let inside = path.ancestors().take_while(|part| *part != root);
    if let Some(link) = inside.filter(|part| part.is_symlink()).last() {
        bail!("the plugin made the link {}, so the example's file {} is not written", link.display(), place.display());
    }
    let folder = path.parent().unwrap_or(path);
    let written = fs::create_dir_all(folder).and_then(|()| fs::write(path, bytes));
    written.with_context(|| format!("failed to write {}", path.display()))
}

/// The results of the previous steps.
#[derive(Default)]
struct EarlierSteps {
    tasks: BTreeSet<String>,
    /// Ids of handoffs that the plugin sent.
    sent: BTreeSet<String>,
    /// Attempts that wrote something: task and number.
    logs: BTreeSet<(String, u32)>,
}

/// Reads the result of a step: the plugin's first new task. If `asks` is true, only tasks of requests count; otherwise
/// only tasks of triggers count.
fn read_result(
    workspace: &Workspace,
    plugin: &str,
    asks: bool,
    known: &mut EarlierSteps,
) -> anyhow::Result<StepResult> {
    let reader = Reader::open(&workspace.state.ledger())?;
    let mut tasks = task::recent(&reader, &task::TaskFilter::default(), u32::MAX)?;
    tasks.retain(|task| task.agent == plugin && !known.tasks.contains(&task.id));
    known.tasks.extend(tasks.iter().map(|task| task.id.clone()));
    let emits = emitted(workspace, plugin, &mut known.sent)?;
    // Only tasks of requests have a file.
    let Some(done) = tasks.into_iter().rfind(|task| task.file.is_some() == asks) else {
        if asks {
            bail!("the handoff was not captured; `baton lint` shows why");
        }
        return Ok(StepResult { emits, ..StepResult::nothing() });
    };
    let findings = finding::of_task(&reader, &done.id)?.into_iter().map(|finding| finding.title).collect();
    let artifacts = artifacts(workspace, &event::of_task(&reader, &done.id)?)?;
    Ok(StepResult { state: done.status().to_owned(), summary: done.reason, artifacts, findings, emits })
}

/// The output of the plugin in the attempts of a step.
fn log(workspace: &Workspace, plugin: &str, known: &mut EarlierSteps) -> anyhow::Result<String> {
    let logs = attempt_log::of_plugin(&Reader::open(&workspace.state.ledger())?, plugin, attempt_log::KEPT)?;
    Ok(new_text(logs, &mut known.logs))
}

/// The text of the logs whose attempts are not in `known` yet. The ledger keeps only the newest logs. If all logs are new,
/// older logs of this step may be missing, and the text begins with a note.
fn new_text(logs: Vec<AttemptLog>, known: &mut BTreeSet<(String, u32)>) -> String {
    let new: Vec<_> = logs.into_iter().filter(|log| known.insert((log.task.clone(), log.attempt))).collect();
    let are_all = new.len() >= usize::try_from(attempt_log::KEPT).unwrap_or(usize::MAX);
    let note = are_all.then(|| format!("[only the logs of the newest {} attempts are kept]\n", attempt_log::KEPT));
    note.into_iter().chain(new.into_iter().map(|log| log.text)).collect()
}

/// The reports in the events, with their text.
fn artifacts(workspace: &Workspace, events: &[RecordedEvent]) -> anyhow::Result<BTreeMap<String, String>> {
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

/// Returns the handoffs that the plugin sent and whose ids are not in `sent` yet, in the order of their files.
fn emitted(workspace: &Workspace, plugin: &str, sent: &mut BTreeSet<String>) -> anyhow::Result<Vec<EmittedHandoff>> {
    let roster = workspace.roster()?;
    let mut found = Vec::new();
    for agent in roster.agents() {
        let archives = agent.homes().flat_map(|home| ARCHIVES.map(|archive| home.join(archive)));
        for folder in agent.inboxes().map(Path::to_owned).chain(archives) {
            let mut files: Vec<_> =
                fs::read_dir(folder).into_iter().flatten().flatten().map(|file| file.path()).collect();
            files.sort();
            found.extend(
                files.iter().filter_map(|file| sent_by(file, plugin)).map(|handoff| (agent.name.clone(), handoff)),
            );
        }
    }
    found.retain(|(_, handoff)| handoff.id.as_ref().is_some_and(|id| sent.insert(id.clone())));
    let emitted = |(to, handoff): (String, Handoff)| {
        let Handoff { title, action, args, body, .. } = handoff;
        EmittedHandoff { to, title, action, args, body }
    };
    Ok(found.into_iter().map(emitted).collect())
}

/// The request in a file, if the plugin sent it.
fn sent_by(file: &Path, plugin: &str) -> Option<Handoff> {
    let name = file.file_name()?.to_str()?;
    let read = baton_intake::capture(file, handoff::MAX_BYTES).ok()?;
    let handoff = handoff::parse(name, &read.bytes).ok()?;
    (handoff.kind != Kind::Return && handoff.from.as_deref() == Some(plugin)).then_some(handoff)
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    #[test]
    fn the_log_of_a_step_is_shown_after_any_number_of_attempts() {
        let log = |attempt: u32| AttemptLog {
            plugin: "p".to_owned(),
            task: "t".to_owned(),
            attempt,
            at: Timestamp::UNIX_EPOCH,
            text: format!("attempt {attempt}\n"),
        };
        let kept = |from: u32| (from..from + attempt_log::KEPT).map(log).collect::<Vec<_>>();
        let mut known = BTreeSet::new();
        assert_eq!(new_text(vec![log(1)], &mut known), "attempt 1\n");
        let first = new_text(kept(2), &mut known);
        assert!(first.starts_with("[only the logs of the newest 200 attempts are kept]\nattempt 2\n"), "{first}");
        assert_eq!(new_text(kept(3), &mut known), "attempt 202\n");
    }

    #[test]
    fn a_file_of_an_example_is_not_written_through_a_link() {
        let (root, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        std::os::unix::fs::symlink(outside.path(), root.path().join("plans")).unwrap();
        std::os::unix::fs::symlink(outside.path().join("made.md"), root.path().join("a.md")).unwrap();
        for place in ["plans/b.md", "plans/c/d.md", "a.md"] {
            let why = write(root.path(), Path::new(place), b"x").unwrap_err().to_string();
            assert!(why.contains("the plugin made the link"), "{why}");
        }
        assert_eq!(fs::read_dir(outside.path()).unwrap().count(), 0);
        write(root.path(), Path::new("other/b.md"), b"x").unwrap();
    }
}
