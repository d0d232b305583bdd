//! `baton plugin new NAME`: a folder with a plugin that works.

use std::path::PathBuf;

use crate::author::{Language, lay_down};
use crate::exit::Code;
use crate::output;

/// Make a folder with a new plugin that works, in Rust, Python or JavaScript
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {
    /// Its name, and that of its folder
    name: String,
    /// What it is written in
    #[arg(long, value_enum, default_value_t = Language::Rust)]
    lang: Language,
}

impl Args {
    pub(super) fn run(self) -> anyhow::Result<Code> {
        let name = &self.name;
        lay_down(&PathBuf::from(name), name, self.lang)?;
        output::print(&format!(
            "{name} is made; {name}/README.md describes its files. Next:\n  \
             cd {name} && {}\n  baton plugin test .\n",
            self.lang.setup()
        ));
        Ok(Code::Good)
    }
}
