//! `baton init DIR`: makes a workspace.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context as _, bail};
use baton_core::Digest;

use super::from_here;
use crate::exit::Code;
use crate::workspace::{CONFIG_FILE, LOCK_FILE, Lock, TEMPLATE};
use crate::{output, shipped, template};

/// Make a workspace: configuration, grants of the shipped plugins, folders of agents, examples
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The folder; made if it is missing
    #[arg(value_name = "DIR")]
    dir: PathBuf,
}

impl Args {
    /// # Errors
    /// When the folder is a workspace already or cannot be written to.
    pub(super) fn run(self) -> anyhow::Result<Code> {
        let config = self.dir.join(CONFIG_FILE);
        if config.exists() {
            bail!("{} is a workspace already", self.dir.display());
        }
        for folder in [self.dir.clone(), self.dir.join("plans"), self.dir.join("reports")] {
            fs::create_dir_all(&folder).with_context(|| format!("failed to make {}", folder.display()))?;
        }
        template::lay_down(&self.dir.join("handoffs"))?;
        let mut lock = Lock::new();
        for (_, component) in shipped::SHIPPED {
            lock.add_shipped(&baton_sandbox::read_manifest(component)?, Digest::of(component));
        }
        write(&self.dir.join(LOCK_FILE), &lock.to_text()?)?;
        // Last: with it, the folder is a workspace.
        write(&config, TEMPLATE)?;
        output::print(&said(&from_here(&self.dir)));
        Ok(Code::Good)
    }
}

fn write(path: &std::path::Path, text: &str) -> anyhow::Result<()> {
    fs::write(path, text).with_context(|| format!("failed to write {}", path.display()))
}

fn said(dir: &str) -> String {
    format!(
        "{dir} is a workspace now.\n\n  \
         baton -w {dir} up          serve it (Ctrl-C ends)\n  \
         baton -w {dir} agents      who can be asked\n  \
         {dir}/handoffs/examples/   handoffs to try: copy one into an agent's 01_inbox\n  \
         {dir}/plans/               plans; a changed one is audited by itself\n"
    )
}
