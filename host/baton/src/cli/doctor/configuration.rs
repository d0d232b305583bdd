//! Checks the operator's settings: `baton.toml` and `baton.lock` parse, every plugin has its pinned bytes, every granted
//! folder exists, no agent has two folders, every schedule has an effect, and the programs of `[notify]` exist. No plugin is
//! compiled and no program is run.

use std::path::Path;

use baton_core::nearest::or_meant;
use baton_core::shell::quoted;
use baton_core::text::one_line;
use baton_core::{Digest, manifest::Manifest};
use baton_dispatch::Agent;
use baton_registry::Store;

use super::super::from_here;
use super::facts::{Facts, shell_word};
use super::finding::Finding;
use crate::notices::{DESKTOP, INSTALL_DESKTOP};
use crate::shipped;
use crate::workspace::preflight::{self, MissingRequirement};
use crate::workspace::schedules::{self, Effect, ScheduleProblem};
use crate::workspace::{
    CONFIG_FILE, Config, LOCK_FILE, Lock, PluginEntry, Source, State, Workspace, effective, find_program, inboxes,
    placed, plugin_split,
};

const CHECK: &str = "configuration";

pub(super) fn check(facts: &Facts) -> Vec<Finding> {
    let mut findings = Vec::new();
    findings.extend(facts.config.as_ref().err().map(|error| unreadable(facts, CONFIG_FILE, error)));
    findings.extend(older_names(facts));
    findings.extend(inbox(facts));
    match &facts.lock {
        Err(error) => findings.push(unreadable(facts, LOCK_FILE, error)),
        Ok(lock) => {
            findings.extend(plugins(facts, lock));
            findings.extend(split_plugins(facts, lock));
        }
    }
    findings.extend(agents_with_several_folders(facts, &facts.agents));
    findings.extend(schedules(facts));
    findings.extend(moved_actions(&facts.agents));
    findings.extend(notify(facts));
    findings.extend(command_agents(facts));
    findings.extend(idle_budgets(facts));
    if findings.is_empty() {
        let what = format!(
            "{CONFIG_FILE} and {LOCK_FILE} are sound; plugins that match their pinned digests: {}",
            facts.plugins().count()
        );
        findings.push(Finding::ok(CHECK, "", what));
    }
    findings
}

fn unreadable(facts: &Facts, file: &str, error: &anyhow::Error) -> Finding {
    let causes: Vec<String> = error.chain().map(ToString::to_string).collect();
    let fix = format!("\"${{EDITOR:-vi}}\" {}, as the message says", shell_word(&facts.root.join(file)));
    Finding::fail(CHECK, file, causes.join(": ").trim().replace('\n', " "), fix)
}

/// Warns about old names of settings, which are still read.
fn older_names(facts: &Facts) -> Option<Finding> {
    let what = facts.config.as_ref().ok()?.rename_message()?;
    let fix = format!("\"${{EDITOR:-vi}}\" {}", shell_word(&facts.root.join(CONFIG_FILE)));
    Some(Finding::warn(CHECK, CONFIG_FILE, what, fix))
}

fn inbox(facts: &Facts) -> Option<Finding> {
    let (Ok(config), Ok(state)) = (&facts.config, &facts.state) else { return None };
    let what = inboxes::wrong(config, &facts.root, state)?;
    let fix = format!("\"${{EDITOR:-vi}}\" {}", shell_word(&facts.root.join(CONFIG_FILE)));
    Some(Finding::fail(CHECK, CONFIG_FILE, what, fix))
}

fn plugins(facts: &Facts, lock: &Lock) -> Vec<Finding> {
    let path = facts.root.join(LOCK_FILE);
    if !path.exists() {
        let fix = format!("dir=$(mktemp -d) && baton init \"$dir\" && cp \"$dir\"/{LOCK_FILE} {}", shell_word(&path));
        return vec![Finding::warn(CHECK, LOCK_FILE, "is missing: no plugin may run", fix)];
    }
    let broken = lock.broken.iter().map(|broken| {
        let what = format!("the entry of `{}` cannot be used: {}", broken.name, broken.reason);
        let remove = facts.baton(&format!("plugin remove {}", quoted(&one_line(&broken.name))));
        Finding::fail(CHECK, LOCK_FILE, what, format!("correct it, or remove it: {remove}"))
    });
    lock.plugins.iter().flat_map(|entry| plugin(facts, entry)).chain(broken).collect()
}

/// Grants for actions that moved to another bundled plugin.
fn split_plugins(facts: &Facts, lock: &Lock) -> impl Iterator<Item = Finding> {
    plugin_split::notices(lock).into_iter().map(|notice| {
        let commands: Vec<_> = notice.commands.iter().map(|words| facts.baton(words)).collect();
        Finding::warn(CHECK, LOCK_FILE, notice.what, commands.join(" && "))
    })
}

fn plugin(facts: &Facts, entry: &PluginEntry) -> Vec<Finding> {
    match manifest(facts, entry) {
        Err(trouble) => vec![Finding::fail(CHECK, trouble.place, trouble.what, trouble.fix)],
        Ok(manifest) => grants(facts, entry, &manifest).into_iter().chain(waits(facts, entry)).collect(),
    }
}

/// The plugin or its next revision waits for approval.
fn waits(facts: &Facts, entry: &PluginEntry) -> Option<Finding> {
    let digest = match &entry.pending {
        Some(pending) => &pending.digest,
        None if entry.needs_approval => &entry.digest,
        None => return None,
    };
    let what = format!("a revision of the plugin `{}` waits for approval", entry.name);
    let fix = format!("baton -w {} plugin approve {}@{digest}", shell_word(&facts.root), entry.name);
    Some(Finding::warn(CHECK, LOCK_FILE, what, fix))
}

/// Why a plugin cannot be used.
pub(super) struct PluginProblem {
    place: String,
    what: String,
    fix: String,
}

/// The manifest of a plugin, if its bytes are the pinned ones.
pub(super) fn manifest(facts: &Facts, entry: &PluginEntry) -> Result<Manifest, PluginProblem> {
    let (bytes, place) = bytes(facts, entry)?;
    let manifest = baton_sandbox::read_manifest(&bytes).map_err(|error| PluginProblem {
        place: place.clone(),
        what: format!("is not a plugin: {error}"),
        fix: format!("put the component of `{}` there, or remove its entry from {LOCK_FILE}", entry.name),
    })?;
    if manifest.name == entry.name {
        return Ok(manifest);
    }
    let what = format!("its manifest has the name `{}`, but {LOCK_FILE} has the name `{}`", manifest.name, entry.name);
    Err(PluginProblem { place, what, fix: format!("write name = \"{}\" into {LOCK_FILE}", manifest.name) })
}

fn bytes(facts: &Facts, entry: &PluginEntry) -> Result<(Vec<u8>, String), PluginProblem> {
    if let Some(bytes) = kept(facts, entry) {
        return Ok((bytes, LOCK_FILE.to_owned()));
    }
    match &entry.source {
        Source::Shipped => match shipped::component(&entry.name) {
            Some(component) => bundled(component, entry),
            None => Err(PluginProblem {
                place: LOCK_FILE.to_owned(),
                what: format!("`{}` is not a bundled plugin of this baton", entry.name),
                fix: format!("remove its entry from {LOCK_FILE}"),
            }),
        },
        Source::File(file) => pinned(&facts.root.join(file), file, entry),
        Source::Url(source) | Source::Oci(source) => Err(PluginProblem {
            place: LOCK_FILE.to_owned(),
            what: missing_package(facts, entry),
            fix: format!("baton -w {} plugin install {source}", shell_word(&facts.root)),
        }),
    }
}

/// The stored package of a plugin.
fn kept(facts: &Facts, entry: &PluginEntry) -> Option<Vec<u8>> {
    let state = facts.state.as_ref().ok()?;
    Store::new(state.packages()).get(entry.digest.parse().ok()?).ok()?
}

/// Why the store has no package with the pinned bytes.
fn missing_package(facts: &Facts, entry: &PluginEntry) -> String {
    let stored = |state: &State| {
        let path = Store::new(state.packages()).path(entry.digest.parse().ok()?);
        Some((baton_files::read(&path, u64::MAX).ok()?, path))
    };
    let PluginEntry { name, digest, .. } = entry;
    match facts.state.as_ref().ok().and_then(stored) {
        Some((bytes, path)) => {
            let (path, found) = (facts.display(&path), digest_of(&bytes));
            format!("pins {digest} for the plugin `{name}`, but its stored package {path} has other bytes: {found}")
        }
        None => format!("the package {digest} of the plugin `{name}` is not on this machine"),
    }
}

fn bundled(component: &[u8], entry: &PluginEntry) -> Result<(Vec<u8>, String), PluginProblem> {
    let (place, found) = (LOCK_FILE.to_owned(), digest_of(component));
    if found == entry.digest {
        return Ok((component.to_vec(), place));
    }
    let what = format!("pins {} for the bundled plugin `{}`, but this baton has {found}", entry.digest, entry.name);
    let fix = format!("write digest = \"{found}\" into {LOCK_FILE}");
    Err(PluginProblem { place, what, fix })
}

fn digest_of(bytes: &[u8]) -> String {
    format!("sha256:{}", Digest::of(bytes))
}

fn pinned(path: &Path, file: &Path, entry: &PluginEntry) -> Result<(Vec<u8>, String), PluginProblem> {
    let place = file.display().to_string();
    let bytes = baton_files::read_target(path, u64::MAX).map_err(|error| PluginProblem {
        place: place.clone(),
        what: format!("the plugin `{}` cannot be read: {error}", entry.name),
        fix: format!("put the file back at {}, or remove its entry from {LOCK_FILE}", from_here(path)),
    })?;
    let found = digest_of(&bytes);
    if found == entry.digest {
        return Ok((bytes, place));
    }
    let what = format!("does not have the bytes that were pinned for the plugin `{}` ({})", entry.name, entry.digest);
    Err(PluginProblem {
        place,
        what,
        fix: format!("restore the old file, or write digest = \"{found}\" into {LOCK_FILE}"),
    })
}

/// The workspace, if its settings and its state can be read.
fn workspace(facts: &Facts) -> Option<Workspace> {
    let (config, state) = (facts.config.as_ref().ok()?.clone(), facts.state.as_ref().ok()?.clone());
    let (root, base) = (facts.root.clone(), facts.root.clone());
    Some(Workspace { root, config, state, base, temporary: false, stubs: None })
}

/// Checks the granted folders of a plugin.
fn grants(facts: &Facts, entry: &PluginEntry, manifest: &Manifest) -> Vec<Finding> {
    let Some(workspace) = workspace(facts) else { return Vec::new() };
    let config = &workspace.config;
    let named = entry.grants.files.iter().filter(|grant| grant.path.is_none());
    let names = named.map(|grant| grant.folder.as_str());
    let missing: Vec<Finding> = names.flat_map(|name| missing(facts, config, name, &entry.name)).collect();
    if !missing.is_empty() {
        return missing;
    }
    let placed = facts.lock.as_ref().map(|lock| placed(&workspace, lock)).unwrap_or_default();
    let refused = effective(&workspace, manifest, &entry.grants, &placed).err();
    let say = |error: anyhow::Error| {
        let fix = format!("change the grants of `{}` in {LOCK_FILE}, or the folders in {CONFIG_FILE}", entry.name);
        Finding::fail(CHECK, LOCK_FILE, format!("the plugin `{}`: {error:#}", entry.name), fix)
    };
    refused.map(say).into_iter().collect()
}

fn missing(facts: &Facts, config: &Config, name: &str, plugin: &str) -> Vec<Finding> {
    let folders = config.folder(name).into_iter().map(|folder| facts.root.join(folder));
    let missing = folders.filter(|folder| !folder.is_dir());
    missing
        .map(|folder| {
            let what = format!("the folder does not exist; `{plugin}` was granted it as `{name}`");
            let fix = format!("mkdir -p {}, or change `{name}` in {CONFIG_FILE}", shell_word(&folder));
            Finding::warn(CHECK, facts.display(&folder), what, fix)
        })
        .collect()
}

/// Agents with several folders in `handoffs/`: Baton watches all of them, and the agent must read all of them.
fn agents_with_several_folders(facts: &Facts, agents: &[Agent]) -> Vec<Finding> {
    let handoffs = facts.root.join("handoffs");
    let more = agents.iter().flat_map(|agent| agent.others.iter().map(move |other| (agent, other)));
    more.filter(|(_, other)| other.starts_with(&handoffs) && other.is_dir())
        .map(|(agent, other)| {
            let what = format!("another spelling of `{}`: new files go to {}", agent.name, facts.display(&agent.inbox));
            let fix = format!("mv {}/* {} and delete the empty folders", shell_word(other), shell_word(&agent.inbox));
            Finding::warn(CHECK, facts.display(other), what, fix)
        })
        .collect()
}

/// The missing requirements of schedules. `baton up` leaves out schedules that cannot work.
fn schedules(facts: &Facts) -> Vec<Finding> {
    let Some(workspace) = workspace(facts) else { return Vec::new() };
    let found = schedules::problems(&workspace, &workspace.config.rules(&facts.root)).unwrap_or_default();
    let finding = |problem: ScheduleProblem| {
        let (effect, MissingRequirement { what, fix }) = (problem.effect, problem.missing);
        match effect {
            Effect::Off | Effect::Fails => Finding::fail(CHECK, CONFIG_FILE, what, fix),
            Effect::Waits => Finding::warn(CHECK, CONFIG_FILE, what, fix),
        }
    };
    found.into_iter().map(finding).collect()
}

/// Default arguments of actions that moved to another bundled plugin.
fn moved_actions(agents: &[Agent]) -> Vec<Finding> {
    let of_agent = |agent: &Agent| -> Vec<Finding> {
        let section = |plugin: &str, action: &str| format!("[agents.{plugin}.defaults.{action}]");
        let moved = agent.settings.defaults.keys().filter_map(|action| {
            let plugin = plugin_split::new_plugin(&agent.name, action)?;
            let own = section(&agent.name, action);
            let what = format!("{own} does nothing: the action `{action}` now belongs to `{plugin}`");
            let fix = format!("rename it to {} in {CONFIG_FILE}", section(plugin, action));
            Some(Finding::warn(CHECK, CONFIG_FILE, what, fix))
        });
        moved.collect()
    };
    agents.iter().flat_map(of_agent).collect()
}

/// Budgets of plugins that are not installed.
fn idle_budgets(facts: &Facts) -> Vec<Finding> {
    let (Ok(config), Ok(lock)) = (&facts.config, &facts.lock) else { return Vec::new() };
    let known: Vec<&str> = lock.names().collect();
    let names = config.budgeted().filter(|name| !known.contains(name));
    let finding = |name: &str| {
        let all = format!("the installed plugins are: {}", known.join(", "));
        let meant = or_meant(name, known.iter().copied(), &all);
        let what = format!("[plugins.{}.budget] has no effect: no such plugin is installed; {meant}", one_line(name));
        Finding::warn(CHECK, CONFIG_FILE, what, format!("correct the name in {CONFIG_FILE}, or remove the section"))
    };
    names.map(finding).collect()
}

/// The missing requirements of command agents. `baton up` does not start these agents.
fn command_agents(facts: &Facts) -> Vec<Finding> {
    let Ok(config) = &facts.config else { return Vec::new() };
    let plugins: Vec<String> = facts.lock.iter().flat_map(Lock::names).map(str::to_owned).collect();
    let environment = preflight::Environment { base: &facts.root, plugins: &plugins };
    let agents = config.command_agents();
    let missing = agents.iter().filter_map(|agent| preflight::prepare(agent, &environment).err()).flatten();
    missing.map(|missing| Finding::fail(CHECK, CONFIG_FILE, missing.what, missing.fix)).collect()
}

/// Checks the programs that send notices.
fn notify(facts: &Facts) -> Vec<Finding> {
    let Some(notify) = facts.config.as_ref().ok().and_then(Config::notify) else { return Vec::new() };
    let command = notify.command.first().and_then(|program| find_program(&facts.root, program).err()).map(|why| {
        let what =
            format!("[notify] command cannot be run: {why}; notices about tasks that need a person are not sent");
        Finding::fail(CHECK, CONFIG_FILE, what, format!("correct `command` in {CONFIG_FILE}, or install the program"))
    });
    let desktop = find_program(&facts.root, DESKTOP).err().filter(|_| notify.desktop).map(|why| {
        let what = format!("[notify] desktop = true, but {why}");
        Finding::fail(CHECK, CONFIG_FILE, what, INSTALL_DESKTOP)
    });
    command.into_iter().chain(desktop).collect()
}
