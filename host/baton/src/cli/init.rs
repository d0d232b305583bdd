//! `baton init DIR`: makes a workspace; with `--adopt`, out of folders that are in use already.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use baton_core::Digest;
use baton_core::agents::is_name;
use baton_dispatch::ADOPTED;
use baton_intake::{FoundKind, hash_file, scan};
use baton_ledger::mark;

use super::from_here;
use crate::exit::Code;
use crate::workspace::{CONFIG_FILE, Config, LOCK_FILE, Lock, TEMPLATE, Workspace, head};
use crate::{output, shipped, template};

/// Make a workspace: configuration, grants of the shipped plugins, folders of agents, examples
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The folder; made if it is missing
    #[arg(value_name = "DIR", required_unless_present = "adopt")]
    dir: Option<PathBuf>,
    /// Take over the agents' folders that are in use there: `AGENT/01_inbox` or `handoffs/AGENT/01_inbox`
    ///
    /// They stay where they are. What lies in their inboxes now is marked as seen: nothing of it is run or moved. Without DIR
    /// this folder becomes the workspace.
    #[arg(long, value_name = "FOLDERS")]
    adopt: Option<PathBuf>,
}

impl Args {
    /// # Errors
    /// When the folder is a workspace already or cannot be written to.
    pub(super) fn run(self, state: Option<&Path>) -> anyhow::Result<Code> {
        let Some(dir) = self.dir.as_ref().or(self.adopt.as_ref()) else {
            bail!("say which folder: baton init DIR");
        };
        let config = dir.join(CONFIG_FILE);
        if config.exists() {
            bail!("{} is a workspace already", dir.display());
        }
        let adopted = self.adopt.as_deref().map(|folder| adopted(folder, dir)).transpose()?.unwrap_or_default();
        for folder in [dir.clone(), dir.join("plans"), dir.join("reports")] {
            fs::create_dir_all(&folder).with_context(|| format!("failed to make {}", folder.display()))?;
        }
        match self.adopt {
            Some(_) => template::lay_down_own(&dir.join("handoffs"))?,
            None => template::lay_down(&dir.join("handoffs"))?,
        }
        let mut lock = Lock::default();
        for (_, component) in shipped::SHIPPED {
            lock.add_shipped(&baton_sandbox::read_manifest(component)?, Digest::of(component), &Config::FOLDERS);
        }
        write(&dir.join(LOCK_FILE), &lock.to_text()?)?;
        // Seen first, then served: with the configuration, the folder is a workspace.
        let text = format!("{TEMPLATE}{}", sections(&adopted)?);
        let seen = self.adopt.is_some().then(|| mark_all(dir, &text, state)).transpose()?;
        write(&config, &text)?;
        output::print(&said(&from_here(dir), seen));
        Ok(Code::Good)
    }
}

fn write(path: &Path, text: &str) -> anyhow::Result<()> {
    fs::write(path, text).with_context(|| format!("failed to write {}", path.display()))
}

/// The inboxes in `folder` that do not lie where the workspace `dir` looks by itself, by agent.
fn adopted(folder: &Path, dir: &Path) -> anyhow::Result<BTreeMap<String, PathBuf>> {
    let folder = folder.canonicalize().with_context(|| format!("there is no folder {}", folder.display()))?;
    let (handoffs, own) = (folder.join("handoffs"), dir.canonicalize().is_ok_and(|dir| dir == folder));
    let mut inboxes = BTreeMap::new();
    for place in [&folder, &handoffs].into_iter().filter(|place| !(own && *place == &handoffs)) {
        let entries = fs::read_dir(place).into_iter().flatten().filter_map(Result::ok);
        for entry in entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir())) {
            let inbox = entry.path().join("01_inbox");
            if let Ok(name) = entry.file_name().into_string()
                && is_name(&name)
                && inbox.is_dir()
            {
                inboxes.insert(name, inbox);
            }
        }
    }
    if inboxes.is_empty() && !handoffs.is_dir() {
        bail!("{} holds no agents' folders: none of its folders has an 01_inbox", folder.display());
    }
    Ok(inboxes)
}

/// `[agents.NAME] inbox = "…"` for each.
fn sections(adopted: &BTreeMap<String, PathBuf>) -> anyhow::Result<String> {
    let mut agents = toml::Table::new();
    for (name, inbox) in adopted {
        let mut agent = toml::Table::new();
        agent.insert("inbox".to_owned(), toml::Value::String(inbox.display().to_string()));
        agents.insert(name.clone(), toml::Value::Table(agent));
    }
    if agents.is_empty() {
        return Ok(String::new());
    }
    let mut all = toml::Table::new();
    all.insert("agents".to_owned(), toml::Value::Table(agents));
    Ok(format!("\n# Folders that were in use when this workspace was made.\n{}", toml::to_string(&all)?))
}

/// Marks everything that lies in the inboxes of the coming workspace; gives how much that is.
fn mark_all(dir: &Path, config: &str, state: Option<&Path>) -> anyhow::Result<usize> {
    let workspace = Workspace::before(dir, config, state)?;
    let roster = workspace.roster()?;
    let inboxes = roster.agents().flat_map(baton_dispatch::Agent::inboxes).chain([roster.central()]);
    let mut seen = Vec::new();
    for inbox in inboxes.filter(|inbox| inbox.is_dir()) {
        for file in scan(inbox)?.into_iter().filter(|found| found.kind == FoundKind::File) {
            let shown = file.path.strip_prefix(&workspace.root).unwrap_or(&file.path).to_string_lossy().into_owned();
            seen.push((shown, hash_file(&file.path)?.to_string()));
        }
    }
    let count = seen.len();
    let ledger = head::open_ledger(&workspace, &baton_dispatch::owner::name("init"))?;
    ledger.write_blocking(move |tx| seen.iter().try_for_each(|(path, hash)| mark::set(tx, ADOPTED, path, hash)))?;
    Ok(count)
}

fn said(dir: &str, seen: Option<usize>) -> String {
    let seen =
        seen.map(|count| format!(" {count} files lie in its inboxes and are left as they are.")).unwrap_or_default();
    let examples = if seen.is_empty() {
        format!("{dir}/handoffs/examples/   handoffs to try: copy one into an agent's 01_inbox\n  ")
    } else {
        String::new()
    };
    format!(
        "{dir} is a workspace now.{seen}\n\n  \
         baton -w {dir} up          serve it (Ctrl-C ends)\n  \
         baton -w {dir} agents      who can be asked\n  \
         {examples}\
         {dir}/plans/               plans; a changed one is audited by itself\n"
    )
}
