//! `baton plugin new NAME`: creates a folder with a working plugin.

use std::path::PathBuf;

use crate::author::{Language, create_project};
use crate::exit::Code;
use crate::output;

/// Make a folder with a new plugin that works, in Rust, Python or JavaScript
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {
    /// The name of the plugin and of its folder
    name: String,
    /// The programming language
    #[arg(long, value_enum, default_value_t = Language::Rust)]
    lang: Language,
}

impl Args {
    pub(super) fn run(self) -> anyhow::Result<Code> {
        let name = &self.name;
        create_project(&PathBuf::from(name), name, self.lang)?;
        output::print(&format!(
            "{name} is made; {name}/README.md describes its files. Next:\n  \
             cd {name} && {}\n  baton plugin test .\n",
            self.lang.setup()
        ));
        Ok(Code::Good)
    }
}
