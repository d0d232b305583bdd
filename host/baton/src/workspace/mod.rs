//! A workspace: its configuration (`baton.toml`), its plugins and their grants (`baton.lock`), its state folder, and opening
//! all of them as a `Context` for `dispatch`.

pub(crate) mod adoption;
mod audio;
mod config;
mod dropped_packages;
mod find;
mod folders;
mod foreign;
mod grant_check;
mod grants;
pub(crate) mod head;
pub(crate) mod inboxes;
mod install_text;
pub(crate) mod leftovers;
mod open;
pub(crate) mod plugin_split;
mod plugins;
pub(crate) mod preflight;
mod program;
pub(crate) mod schedules;
pub(crate) mod scratch;
mod state;
mod stubs;
mod system;

pub(crate) use config::{ADOPTED_EXAMPLE, CONFIG_FILE, Config, Notify, TEMPLATE, pause, shown};
pub(crate) use find::find;
pub(crate) use folders::placed;
pub(crate) use grant_check::check_grants;
pub(crate) use grants::effective;
pub(crate) use install_text::{describe, history_entry};
pub(crate) use open::{PluginSelection, open};
pub(crate) use program::find_program;
pub(crate) use state::{ServingProcess, State, UpLock, id};
pub(crate) use stubs::Stubs;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, bail};
use baton_core::agents::known;
use baton_core::nearest::confusable;
use baton_dispatch::request_check::ManifestSource;
use baton_dispatch::{AgentKind, Roster};
pub(crate) use baton_registry::lock::{FILE as LOCK_FILE, Lock, PluginEntry, Source, short};
use baton_registry::signature::verify;
use baton_registry::{Package, PackageChecks, PluginRegistry, Signature, Trust};
use baton_sandbox::{Sandbox, Workers};

#[derive(Clone, Debug)]
pub(crate) struct Workspace {
    /// The folder of the workspace, resolved.
    pub(crate) root: PathBuf,
    pub(crate) config: Config,
    pub(crate) state: State,
    /// The base of relative paths in the configuration.
    pub(crate) base: PathBuf,
    /// The workspace is deleted when the command ends.
    pub(crate) temporary: bool,
    /// Substitutes for secrets and servers. Only `baton plugin test` sets them.
    pub(crate) stubs: Option<Arc<Stubs>>,
}

impl Workspace {
    /// Reads the workspace at `root`.
    pub(crate) fn at(root: &Path, state: Option<&Path>) -> anyhow::Result<Self> {
        let root = root.canonicalize().with_context(|| format!("failed to find the folder {}", root.display()))?;
        let config = Config::read(&root.join(CONFIG_FILE))?;
        let state = State::of(&root, state)?;
        if let Some(wrong) = inboxes::wrong(&config, &root, &state) {
            bail!("{CONFIG_FILE}: {wrong}");
        }
        Ok(Self { base: root.clone(), root, config, state, temporary: false, stubs: None })
    }

    /// The workspace at `root` as it will be after `baton init` has written `config` to `baton.toml`.
    pub(crate) fn before(root: &Path, config: &str, state: Option<&Path>) -> anyhow::Result<Self> {
        let root = root.canonicalize().with_context(|| format!("failed to find the folder {}", root.display()))?;
        let state = State::of(&root, state)?;
        Ok(Self { base: root.clone(), root, config: Config::parse(config)?, state, temporary: false, stubs: None })
    }

    /// The plugin registry. It does not install a package that cannot be linked.
    pub(crate) fn registry(&self) -> PluginRegistry {
        let workspace = self.clone();
        self.registry_with(move || workspace.sandbox())
    }

    /// Like [`Workspace::registry`]. `engine` makes the sandbox engine that checks a package when it is installed.
    fn registry_with(&self, engine: impl Fn() -> anyhow::Result<Sandbox> + Send + Sync + 'static) -> PluginRegistry {
        let workspace = self.clone();
        let name = move |package: &Package| workspace.name_is_free(&package.manifest.name);
        let code = move |component: &[u8]| {
            let engine = engine().map_err(|error| format!("{error:#}"))?;
            engine.load(component).map(drop).map_err(|error| error.to_string())
        };
        let registry = PluginRegistry::new(&self.root, self.state.folder(), self.state.packages());
        registry
            .with_bundled(crate::shipped::SHIPPED)
            .with_checks(PackageChecks { name: Arc::new(name), code: Arc::new(code) })
    }

    /// An engine that compiles plugins in separate processes.
    fn sandbox(&self) -> anyhow::Result<Sandbox> {
        let workers = Workers::of_this_program(self.state.temporary_files())?;
        let sandbox = Sandbox::new(Some(self.state.code()))?.with_workers(workers);
        match self.stubs.as_ref().and_then(|stubs| stubs.servers.as_ref()) {
            Some(servers) => sandbox.with_servers(servers).map_err(anyhow::Error::msg),
            None => Ok(sandbox),
        }
    }

    /// Checks the name of a plugin: its inbox must not belong to an agent with another spelling.
    fn name_is_free(&self, name: &str) -> Result<(), String> {
        let roster = self.roster().map_err(|error| format!("{error:#}"))?;
        match roster.resolve(name) {
            Some(agent) if agent.name != name => Err(format!(
                "this name belongs to the agent {} of this workspace, whose inbox the plugin would get; ask the \
                 author of the plugin for another name",
                agent.name
            )),
            _ => Ok(()),
        }
    }

    /// A warning if a person may confuse the plugin with an agent.
    pub(crate) fn confusable_name(&self, plugin: &str) -> Option<String> {
        let roster = self.roster().ok()?;
        let others = roster.agents().filter(|agent| agent.kind == AgentKind::External && agent.name != plugin);
        let here: Vec<&str> = others.map(|agent| agent.name.as_str()).collect();
        let agent = confusable(plugin, here).or_else(|| confusable(plugin, known()))?;
        Some(format!(
            "WARNING: `{plugin}` is easily confused with the agent {agent}: handoffs for {agent} may be sent to this \
             plugin. `baton plugin remove {plugin}` removes it from the workspace; its author can give it another name"
        ))
    }

    /// The trust in a package: a trusted key with a valid signature, or none.
    pub(crate) fn trust(&self, component: &[u8], signature: Option<&str>) -> anyhow::Result<Trust> {
        match verify(component, signature, self.config.trusted()) {
            Signature::Good { key_id } => Ok(Trust::Signed(key_id)),
            Signature::Unsigned | Signature::Unknown { .. } => Ok(Trust::Untrusted),
            Signature::Bad { reason } => bail!("its signature is wrong: {reason}"),
        }
    }

    /// The agents of the workspace, without opening its plugins. Fails if `baton.lock` does not parse, or `handoffs/` cannot
    /// be read.
    pub(crate) fn roster(&self) -> anyhow::Result<Roster> {
        let lock = Lock::read(&self.root.join(LOCK_FILE))?;
        let plugins: Vec<String> = lock.names().map(str::to_owned).collect();
        let handoffs = self.root.join("handoffs");
        Roster::load(&handoffs, plugins.iter(), &self.config.rules(&self.base))
            .with_context(|| format!("{} could not be read", handoffs.display()))
    }

    /// The manifests of the installed plugins, as they are at each call.
    pub(crate) fn manifests(&self) -> ManifestSource {
        let workspace = self.clone();
        Arc::new(move |name| workspace.registry().manifest(name))
    }

    /// The use of each folder in `handoffs/` and in the adopted folders.
    pub(crate) fn agent_folders(&self) -> anyhow::Result<Vec<adoption::AdoptedFolder>> {
        let (handoffs, roster) = (self.root.join("handoffs"), self.roster()?);
        adoption::folders(&handoffs, &self.config.rules(&self.base), &roster)
            .with_context(|| format!("failed to read the folders of agents in {}", self.root.display()))
    }

    /// A workspace in the empty folder `folder` with the bundled plugins. Named folders are `folders` (relative to the
    /// current folder). Its state is inside `folder`; the code cache is shared with other workspaces if possible.
    pub(crate) fn temporary(folder: &Path, folders: &[(&str, &Path)]) -> anyhow::Result<Self> {
        let here = std::env::current_dir().context("failed to find the current folder")?;
        let mut lock = Lock::default();
        for component in crate::shipped::of_new_workspaces() {
            let digest = baton_core::Digest::of(component);
            lock.add_shipped(&baton_sandbox::read_manifest(component)?, digest, &Config::FOLDERS);
        }
        let workspace = Self::disposable(folder, &lock)?;
        Ok(Self { config: Config::with_folders(folders), base: here, ..workspace })
    }

    /// A workspace in the empty folder `folder` with `lock`, as [`Workspace::temporary`]. Paths are relative to the new workspace.
    pub(crate) fn disposable(folder: &Path, lock: &Lock) -> anyhow::Result<Self> {
        let folder = folder.canonicalize()?;
        let root = folder.join("workspace");
        for made in [root.join("handoffs"), root.join("reports")] {
            std::fs::create_dir_all(&made).with_context(|| format!("failed to make {}", made.display()))?;
        }
        std::fs::write(root.join(LOCK_FILE), lock.to_text()?)?;
        let state = State::temporary(&root, &folder.join("state"))?;
        Ok(Self { base: root.clone(), root, config: Config::default(), state, temporary: true, stubs: None })
    }
}
