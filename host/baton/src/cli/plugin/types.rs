//! `baton plugin types DIR`: writes the types of the arguments, from the schemas of the manifest.

use std::path::PathBuf;

use baton_core::shell::words;

use crate::author::{Project, has_types, types_file, write_types};
use crate::exit::Code;
use crate::output;

/// Write the types of the actions' arguments from the schemas in manifest.json: src/arguments.rs, .py or .d.ts
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {
    /// The plugin's folder
    #[arg(default_value = ".")]
    dir: PathBuf,
    /// Write nothing; exit 1 if the file does not have the types of the manifest
    #[arg(long)]
    check: bool,
}

impl Args {
    pub(super) fn run(self) -> anyhow::Result<Code> {
        let project = Project::read(&self.dir)?;
        let file = types_file(&project).display().to_string();
        if !self.check {
            write_types(&project)?;
        } else if !has_types(&project)? {
            let folder = words(&[self.dir.to_string_lossy()]);
            output::note(&format!("{file} does not have the types of manifest.json: baton plugin types {folder}"));
            return Ok(Code::Findings);
        }
        output::print(&format!("{file}\n"));
        Ok(Code::Good)
    }
}
