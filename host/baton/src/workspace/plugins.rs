//! Loads the plugins of `baton.lock`. While the daemon runs, it also installs packages from `plugins/` and reloads changed
//! plugins. Unchanged plugins are not loaded again.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context as _, bail};
use baton_dispatch::{InstalledPlugin, PluginRefresh, Plugins, UnusableReason};
use baton_ledger::Ledger;
use baton_registry::overlap::PlacedFolder;
use baton_registry::{Candidate, Change, DROPPED, InstallResult, PluginRegistry, RegistryError, Trust};
use baton_sandbox::{Identity, MountGrant, Sandbox};

use super::dropped_packages::{NewPackage, SeenPackages};
use super::preflight::MissingRequirement;
use super::{
    Config, LOCK_FILE, Lock, PluginEntry, Source, Workspace, describe, folders, grants, history_entry, plugin_split,
    short,
};
use crate::shipped;

/// Loads plugins and caches them.
pub(super) struct Loader {
    workspace: Workspace,
    sandbox: Sandbox,
    ledger: Ledger,
    registry: PluginRegistry,
    known: Mutex<LastCheck>,
}

/// The state of the last check.
#[derive(Default)]
struct LastCheck {
    lock: Option<Lock>,
    /// The identity of the lock file. Every `baton plugin grant` writes a new file, even if its content stays the same.
    file: Option<Identity>,
    /// The granted folders.
    placed: Vec<PlacedFolder>,
    loaded: BTreeMap<String, (PluginEntry, Arc<InstalledPlugin>)>,
    dropped: SeenPackages,
    /// The plugins that cannot be loaded, with the reasons.
    broken: BTreeMap<String, String>,
    /// The last message about an unreadable lock file.
    reported: String,
}

impl Loader {
    pub(super) fn new(workspace: &Workspace, sandbox: Sandbox, ledger: Ledger) -> Self {
        let engine = sandbox.clone();
        let registry = workspace.registry_with(move || Ok(engine.clone()));
        Self { workspace: workspace.clone(), sandbox, ledger, registry, known: Mutex::default() }
    }

    /// All plugins, including unusable ones with the reason.
    pub(super) fn all(&self) -> anyhow::Result<Plugins> {
        self.install_bundled()?;
        let lock = self.registry.read()?;
        for notice in plugin_split::notices(&lock) {
            let commands: Vec<_> = notice.commands.iter().map(|words| format!("baton {words}")).collect();
            tracing::warn!("{}; to move them there: {}", notice.what, commands.join(" && "));
        }
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let placed = folders::placed(&self.workspace, &lock);
        Ok(self.load(&mut known, lock, placed))
    }

    /// The names of all plugins. Only the plugin `name` is loaded.
    pub(super) fn load_only(&self, name: &str) -> anyhow::Result<Plugins> {
        let lock = self.registry.read()?;
        let mut plugins = names(&lock);
        let Some(entry) = lock.get(name) else {
            if let Some(broken) = lock.broken.iter().find(|broken| broken.name == name) {
                bail!("{broken}");
            }
            let known: Vec<_> = lock.plugins.iter().map(|entry| entry.name.as_str()).collect();
            bail!("there is no plugin `{name}` in {LOCK_FILE}; there are: {}", known.join(", "));
        };
        if let Some(MissingRequirement { what, fix }) = held(entry) {
            let why = format!("{what}: `{fix}`");
            bail!("{why}");
        }
        let placed = folders::placed(&self.workspace, &lock);
        plugins.usable.insert(name.to_owned(), Arc::new(self.load_one(entry, &placed)?));
        Ok(plugins)
    }

    /// The names of all plugins, without loading a plugin.
    pub(super) fn none(&self) -> anyhow::Result<Plugins> {
        Ok(names(&self.registry.read()?))
    }

    /// The function that a daemon calls to check for changes.
    pub(super) fn refreshing(self: Arc<Self>) -> PluginRefresh {
        let root = &self.workspace.root;
        let at = vec![root.join(LOCK_FILE), root.join(DROPPED)];
        PluginRefresh { load: Arc::new(move || self.load_changes()), at }
    }

    /// Installs new packages and loads changes of the lock file; `None` if nothing has changed.
    fn load_changes(&self) -> Option<Plugins> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        self.install_dropped(&mut known);
        let lock = match self.read() {
            Ok(lock) => lock,
            Err(error) => {
                let text = format!("{error:#}");
                if known.reported != text {
                    tracing::error!("{text}; the plugins stay unchanged");
                    known.reported = text;
                }
                return None;
            }
        };
        let placed = folders::placed(&self.workspace, &lock);
        let same = known.lock.as_ref() == Some(&lock) && known.file == self.lock_file() && known.placed == placed;
        if same && known.broken.is_empty() {
            return None;
        }
        known.reported.clear();
        // The operator may have fixed a broken plugin since the last check. If the list of broken plugins is the same,
        // nothing has changed.
        let broken = known.broken.clone();
        let plugins = self.load(&mut known, lock, placed);
        (!same || broken != known.broken).then_some(plugins)
    }

    fn lock_file(&self) -> Option<Identity> {
        let found = fs::metadata(self.workspace.root.join(LOCK_FILE)).ok()?;
        Some(Identity::new(found.dev(), found.ino()))
    }

    /// Reads the lock file. A missing file is an error and not an empty lock file, because an editor may be saving it.
    fn read(&self) -> anyhow::Result<Lock> {
        let path = self.workspace.root.join(LOCK_FILE);
        if !path.try_exists().unwrap_or(true) {
            bail!("{} is missing", path.display());
        }
        Ok(self.registry.read()?)
    }

    /// Loads the plugins of `lock`, whose granted folders are `placed`. Unchanged plugins are kept.
    fn load(&self, known: &mut LastCheck, lock: Lock, placed: Vec<PlacedFolder>) -> Plugins {
        let mut plugins = names(&lock);
        let mut before = std::mem::take(&mut known.loaded);
        let file = self.lock_file();
        let confirmed = std::mem::replace(&mut known.file, file) != file;
        let moved = known.placed != placed;
        let mut broken = BTreeMap::new();
        for entry in &lock.plugins {
            let name = entry.name.clone();
            if let Some(MissingRequirement { what, fix }) = held(entry) {
                let why = format!("{what}: `{fix}`");
                if plugins.names.contains(&name) {
                    plugins.unusable.insert(name, UnusableReason::Held(why));
                }
                continue;
            }
            let loaded = match before.remove(&name) {
                Some((same, installed)) if same == *entry && !confirmed && !moved => Ok(installed),
                Some((same, installed)) if same == *entry => self.open_folders(entry, &installed, &placed, confirmed),
                _ => self.load_one(entry, &placed).map(Arc::new),
            };
            match loaded {
                Ok(installed) => {
                    known.loaded.insert(name.clone(), (entry.clone(), Arc::clone(&installed)));
                    plugins.usable.insert(name, installed);
                }
                Err(error) => {
                    let text = format!("{error:#}");
                    if known.broken.get(&name) != Some(&text) {
                        tracing::error!(plugin = %name, "cannot be used: {text}");
                    }
                    broken.insert(name.clone(), text.clone());
                    plugins.unusable.insert(name, UnusableReason::Broken(text));
                }
            }
        }
        for (name, text) in broken_entries(&lock, &mut plugins) {
            if known.broken.get(&name) != Some(&text) {
                tracing::error!("{text}");
            }
            broken.insert(name, text);
        }
        known.broken = broken;
        known.placed = placed;
        known.lock = Some(lock);
        plugins
    }

    /// Opens the folders of a loaded plugin again. If a folder is missing or was replaced, and the operator did not grant
    /// it again (`confirmed`), the plugin keeps its old folders. Baton then refuses each attempt, and the error has the
    /// command to run. Attempts work again when the folder is back or is granted again.
    fn open_folders(
        &self,
        entry: &PluginEntry,
        installed: &Arc<InstalledPlugin>,
        placed: &[PlacedFolder],
        confirmed: bool,
    ) -> anyhow::Result<Arc<InstalledPlugin>> {
        let grants = grants::effective(&self.workspace, installed.plugin.manifest(), &entry.grants, placed)?;
        let is_there = |old: &MountGrant| {
            grants.services.mounts.iter().any(|new| (&new.guest, &new.host) == (&old.guest, &old.host))
        };
        let stays = installed.grants.services.mounts.iter().all(is_there);
        if !stays && !confirmed {
            return Ok(Arc::clone(installed));
        }
        Ok(Arc::new(InstalledPlugin { plugin: installed.plugin.clone(), grants }))
    }

    fn load_one(&self, entry: &PluginEntry, placed: &[PlacedFolder]) -> anyhow::Result<InstalledPlugin> {
        let component = self.component(entry)?;
        let loaded = self.sandbox.load(&component);
        let plugin = loaded.with_context(|| format!("failed to load the plugin `{}`", entry.name))?;
        if plugin.manifest().name != entry.name {
            let manifest = &plugin.manifest().name;
            bail!("{LOCK_FILE} has the name `{}`, but the manifest has `{manifest}`; correct {LOCK_FILE}", entry.name);
        }
        plugin_split::copy_tables(&self.workspace.state, entry)?;
        let grants = grants::effective(&self.workspace, plugin.manifest(), &entry.grants, placed)?;
        Ok(InstalledPlugin { plugin, grants })
    }

    /// The bytes that the lock file pins.
    fn component(&self, entry: &PluginEntry) -> anyhow::Result<Vec<u8>> {
        match self.registry.component(&entry.digest, &entry.source)? {
            Some(component) => Ok(component),
            None if entry.source == Source::Shipped => {
                bail!(
                    "this baton has another revision of `{}` than {LOCK_FILE} pins; `baton up` installs it",
                    entry.name
                )
            }
            None => bail!(
                "the package that {LOCK_FILE} pins (digest {}) is missing: `baton plugin install {}` installs the current one",
                entry.digest,
                entry.source
            ),
        }
    }

    /// Updates the bundled plugins of the lock file, because a newer program may contain newer revisions. Also stores their
    /// packages, so that Baton can compare a later revision with them.
    fn install_bundled(&self) -> anyhow::Result<()> {
        if self.workspace.temporary {
            return Ok(());
        }
        let lock = self.registry.read()?;
        for entry in lock.plugins.iter().filter(|entry| entry.source == Source::Shipped) {
            let Some(component) = shipped::component(&entry.name) else { continue };
            let digest = format!("sha256:{}", self.registry.keep(component)?);
            let seen = entry.pending.iter().chain(&entry.previous).any(|revision| revision.digest == digest);
            if digest != entry.digest && !seen {
                let (component, source) = (component.to_vec(), Source::Shipped);
                let done = self.registry.install(&Candidate { component, source, trust: Trust::Shipped })?;
                self.report_install(&done, "this program");
            }
        }
        Ok(())
    }

    fn install_dropped(&self, known: &mut LastCheck) {
        // Read the configuration and the lock file again, because the trusted keys and the installed plugins may have changed.
        let config = Config::read(&self.workspace.root.join(super::CONFIG_FILE));
        let (Ok(config), Ok(lock)) = (config, self.read()) else { return };
        let workspace = Workspace { config, ..self.workspace.clone() };
        for NewPackage { path, shown: source, candidate } in known.dropped.find_new(&workspace, &lock) {
            match candidate.map(|candidate| self.registry.install(&candidate)) {
                Ok(Ok(done)) => self.report_install(&done, &source),
                Ok(Err(error)) => {
                    if matches!(error, RegistryError::Lock(_) | RegistryError::Store { .. }) {
                        known.dropped.forget(&path);
                    }
                    tracing::error!("{source} was not installed: {error}");
                }
                Err(error) => tracing::error!("{source} was not installed: {error:#}"),
            }
        }
    }

    fn report_install(&self, done: &InstallResult, from: &str) {
        // An entry of the log must be one line.
        let text = describe(done).replace('\n', "; ");
        if done.change != Change::Nothing
            && let Some(warning) = self.workspace.confusable_name(&done.name)
        {
            tracing::warn!("{warning}");
        }
        match done.change {
            Change::Nothing => return,
            Change::NeedsApproval => tracing::warn!("from {from}: {text}"),
            Change::Installed | Change::Updated => tracing::info!("from {from}: {text}"),
        }
        let entry = history_entry(done, from);
        let now = jiff::Timestamp::now();
        let written = self.ledger.write_blocking(move |tx| baton_registry::history::record(tx, &entry, "baton", now));
        if let Err(error) = written {
            tracing::error!("an installation is not recorded in the ledger: {error}");
        }
    }
}

fn names(lock: &Lock) -> Plugins {
    let names = lock.names().map(str::to_owned).collect();
    Plugins { names: Arc::new(names), ..Plugins::default() }
}

/// The broken entries by name, with the reasons. A plugin with such an entry is unusable.
fn broken_entries(lock: &Lock, plugins: &mut Plugins) -> Vec<(String, String)> {
    let mut broken = Vec::new();
    for entry in &lock.broken {
        let text = entry.to_string();
        if let Some(name) = entry.plugin().filter(|name| lock.namesake(name).is_none()) {
            plugins.unusable.insert(name.to_owned(), UnusableReason::Broken(text.clone()));
        }
        broken.push((entry.name.clone(), text));
    }
    broken
}

/// Why the operator's settings prevent the plugin from running.
pub(super) fn held(entry: &PluginEntry) -> Option<MissingRequirement> {
    let PluginEntry { name, digest, .. } = entry;
    let (why, fix) = match (entry.disabled, entry.needs_approval) {
        (true, _) => ("is switched off", format!("baton plugin enable {name}")),
        (false, true) => ("waits for approval", format!("baton plugin approve {name}@{}", short(digest))),
        (false, false) => return None,
    };
    Some(MissingRequirement { what: format!("the plugin `{name}` {why}"), fix })
}
