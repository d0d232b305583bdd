//! `baton init DIR`: makes a workspace; with `--adopt`, from existing agent folders.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use baton_core::Digest;
use baton_core::shell::words;
use baton_dispatch::{ADOPTED_EVENT, FolderKind, agent_folders};
use baton_intake::{FolderEntryKind, hash_file, scan};
use baton_ledger::mark;
use serde_json::json;

use super::{WorkspaceOptions, from_here};
use crate::exit::Code;
use crate::workspace::{ADOPTED_EXAMPLE, CONFIG_FILE, Config, LOCK_FILE, Lock, TEMPLATE, Workspace, adoption, head};
use crate::{output, shipped, template};

/// Make a workspace: baton.toml, grants of the bundled plugins, agent folders, examples
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The folder of the workspace; made if it is missing [default: this folder, or the folder of --adopt]
    #[arg(value_name = "DIR")]
    dir: Option<PathBuf>,
    /// Adopt existing agent folders: each folder in FOLDER or FOLDER/handoffs that has `01_inbox` or `02_processed`
    ///
    /// The agent folders are not moved; a table shows how Baton uses each folder. Files that are in the inboxes now are
    /// marked as seen: Baton neither runs nor moves them. An agent folder that is created in FOLDER later also becomes
    /// an agent. --adopt may be given several times. Without DIR, FOLDER becomes the workspace; then --adopt may be
    /// given only once.
    #[arg(long, value_name = "FOLDER")]
    adopt: Vec<PathBuf>,
    /// Print how each folder is used, as JSON
    #[arg(long, requires = "adopt")]
    json: bool,
}

impl Args {
    pub(super) fn run(self, options: &WorkspaceOptions) -> anyhow::Result<Code> {
        let state = options.state.as_deref();
        if let Some(named) = &options.workspace {
            bail!("`init` takes the folder without -w: baton init {}", words(&[named.to_string_lossy()]));
        }
        let here = PathBuf::from(".");
        let dir = match (&self.dir, self.adopt.as_slice()) {
            (Some(dir), _) => dir,
            (None, []) => &here,
            (None, [only]) => only,
            (None, _) => {
                bail!("name the folder that becomes the workspace: baton init DIR --adopt FOLDER --adopt FOLDER")
            }
        };
        let config = dir.join(CONFIG_FILE);
        if config.exists() {
            bail!(
                "{} is a workspace already; add a folder to `adopted` in its {CONFIG_FILE} to adopt it (Baton then captures \
                 the files there)",
                dir.display()
            );
        }
        let adopted = roots(&self.adopt, dir)?;
        for folder in [dir.clone(), dir.join("plans"), dir.join("reports")] {
            fs::create_dir_all(&folder).with_context(|| format!("failed to make {}", folder.display()))?;
        }
        if self.adopt.is_empty() {
            template::write(&dir.join("handoffs"))?;
        } else {
            template::write_drop_box(&dir.join("handoffs"))?;
        }
        let mut lock = Lock::default();
        for component in shipped::of_new_workspaces() {
            lock.add_shipped(&baton_sandbox::read_manifest(component)?, Digest::of(component), &Config::FOLDERS);
        }
        write(&dir.join(LOCK_FILE), &lock.to_text()?)?;
        // Mark the files before the configuration makes the folder a workspace.
        let text = with_adopted(&adopted)?;
        let adopted = if self.adopt.is_empty() { None } else { Some(adopt(dir, &text, state)?) };
        write(&config, &text)?;
        match adopted {
            Some(AdoptionResult { files, folders, .. }) if self.json => {
                output::json(&json!({ "schema": 1, "files": files, "folders": adoption::as_json(&folders) }));
            }
            Some(AdoptionResult { files, folders, root }) => {
                let table = adoption::as_table(&folders, &root);
                output::print(&format!("{table}\n{}", describe(&from_here(dir), Some(files))));
            }
            None => output::print(&describe(&from_here(dir), None)),
        }
        Ok(Code::Good)
    }
}

fn write(path: &Path, text: &str) -> anyhow::Result<()> {
    fs::write(path, text).with_context(|| format!("failed to write {}", path.display()))
}

/// The folders to adopt for the workspace `dir`, as the configuration has them. A folder in its `handoffs/` is served without
/// adoption.
fn roots(folders: &[PathBuf], dir: &Path) -> anyhow::Result<Vec<String>> {
    let dir = dir.canonicalize().ok();
    let mut roots = Vec::new();
    for named in folders {
        let folder = named.canonicalize().with_context(|| format!("there is no folder {}", named.display()))?;
        let own = dir.as_ref() == Some(&folder);
        let direct = has_agents(&folder)?;
        let inner = folder.join("handoffs");
        let has_any = direct || has_agents(&inner)? || own && inner.is_dir();
        if !has_any {
            bail!("{}", nothing_to_adopt(&folder));
        }
        let in_own_handoffs = dir.as_ref().is_some_and(|dir| folder == dir.join("handoffs"));
        let root = if own { PathBuf::from(".") } else { folder };
        let Some(root) = root.to_str().map(str::to_owned) else {
            bail!("{} is not UTF-8 and cannot be written to {CONFIG_FILE}; rename it", root.display());
        };
        if (direct || !own) && !in_own_handoffs && !roots.contains(&root) {
            roots.push(root);
        }
    }
    Ok(roots)
}

fn has_agents(place: &Path) -> anyhow::Result<bool> {
    let found = agent_folders(place).with_context(|| format!("failed to read {}", place.display()))?;
    // The folder with the drop box of a workspace looks like an agent named `handoffs`, so it does not count.
    Ok(found.iter().any(|folder| matches!(folder.kind, FolderKind::Agent { .. }) && folder.name != "handoffs"))
}

fn nothing_to_adopt(folder: &Path) -> String {
    let shown = folder.display();
    match folder.parent() {
        Some(around) if folder.join("01_inbox").is_dir() => {
            format!("{shown} is itself an agent's folder; adopt its parent folder: --adopt {}", from_here(around))
        }
        _ => format!("{shown} contains no agent folders: none of its folders has an 01_inbox or a 02_processed"),
    }
}

/// The configuration of a workspace with these adopted folders.
fn with_adopted(roots: &[String]) -> anyhow::Result<String> {
    if roots.is_empty() {
        return Ok(TEMPLATE.to_owned());
    }
    let roots = toml::Value::Array(roots.iter().cloned().map(toml::Value::String).collect());
    let line = format!("adopted = {roots}\n");
    if !TEMPLATE.contains(ADOPTED_EXAMPLE) {
        bail!("the template of {CONFIG_FILE} has no place for `adopted`: this is a bug in Baton");
    }
    Ok(TEMPLATE.replacen(ADOPTED_EXAMPLE, &line, 1))
}

struct AdoptionResult {
    /// Files in the inboxes, which are marked as seen.
    files: usize,
    /// The use of each folder.
    folders: Vec<adoption::AdoptedFolder>,
    /// The workspace's folder.
    root: PathBuf,
}

/// Marks every file in the inboxes as seen, before `dir` becomes a workspace with this configuration.
fn adopt(dir: &Path, config: &str, state: Option<&Path>) -> anyhow::Result<AdoptionResult> {
    let workspace = Workspace::before(dir, config, state)?;
    let folders = workspace.agent_folders()?;
    Ok(AdoptionResult { files: mark_all(&workspace)?, folders, root: workspace.root })
}

/// Marks every file in the inboxes of the new workspace as seen. Returns their number.
fn mark_all(workspace: &Workspace) -> anyhow::Result<usize> {
    let roster = workspace.roster()?;
    let inboxes = roster.agents().flat_map(baton_dispatch::Agent::inboxes).chain([roster.central()]);
    let mut seen = Vec::new();
    for inbox in inboxes.filter(|inbox| inbox.is_dir()) {
        for file in scan(inbox)?.into_iter().filter(|found| found.kind == FolderEntryKind::File) {
            let shown = file.path.strip_prefix(&workspace.root).unwrap_or(&file.path).to_string_lossy().into_owned();
            seen.push((shown, hash_file(&file.path)?.to_string()));
        }
    }
    let count = seen.len();
    let ledger = head::open_ledger(workspace, &baton_process::owner::name("init"))?;
    ledger
        .write_blocking(move |tx| seen.iter().try_for_each(|(path, hash)| mark::set(tx, ADOPTED_EVENT, path, hash)))?;
    Ok(count)
}

fn describe(dir: &str, seen: Option<usize>) -> String {
    let seen = match seen {
        None => String::new(),
        Some(1) => " 1 file is in its inboxes; Baton does not touch it.".to_owned(),
        Some(count) => format!(" {count} files are in its inboxes; Baton does not touch them."),
    };
    let examples = if seen.is_empty() {
        format!("{dir}/handoffs/examples/   handoffs to try: copy one into an agent's 01_inbox\n  ")
    } else {
        String::new()
    };
    format!(
        "{dir} is a workspace now.{seen}\n\n  \
         baton -w {dir} up          serve it (Ctrl-C ends)\n  \
         baton -w {dir} agents      show the agents\n  \
         baton -w {dir} run         list the plugins, to run one action now\n  \
         {examples}\
         {dir}/plans/               plans; Baton audits a plan automatically when it changes\n"
    )
}
