//! Runs commands. Prints each command first, and fails if the command fails.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use anyhow::{Context as _, bail};

/// The root of the repository.
pub(crate) fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap_or(here).to_owned()
}

/// True if the task runs in continuous integration (CI). In CI, a missing tool is a failure.
pub(crate) fn in_ci() -> bool {
    std::env::var_os("CI").is_some_and(|value| value == "true")
}

/// A command.
pub(crate) struct Step {
    command: Command,
}

/// `cargo` with these arguments, in the root of the repository.
pub(crate) fn cargo<I: IntoIterator<Item: AsRef<OsStr>>>(args: I) -> Step {
    program(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()), args)
}

pub(crate) fn program<I: IntoIterator<Item: AsRef<OsStr>>>(name: impl AsRef<OsStr>, args: I) -> Step {
    let mut command = Command::new(name);
    command.args(args).current_dir(root());
    Step { command }
}

impl Step {
    /// Sets an environment variable.
    pub(crate) fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    /// Adds arguments.
    pub(crate) fn args<I: IntoIterator<Item: AsRef<OsStr>>>(mut self, args: I) -> Self {
        self.command.args(args);
        self
    }

    /// Runs the command. Its output goes to the terminal.
    pub(crate) fn run(mut self) -> anyhow::Result<()> {
        let shown = self.shown();
        println!("\n$ {shown}");
        let begun = Instant::now();
        let status = self.command.status().with_context(|| format!("failed to start `{shown}`"))?;
        println!("# {:.1} s", begun.elapsed().as_secs_f64());
        if !status.success() {
            bail!("`{shown}` ended with {status}");
        }
        Ok(())
    }

    /// Runs the command and returns its output.
    pub(crate) fn read(mut self) -> anyhow::Result<String> {
        let shown = self.shown();
        let output = self.command.output().with_context(|| format!("failed to start `{shown}`"))?;
        if !output.status.success() {
            bail!("`{shown}` ended with {}: {}", output.status, String::from_utf8_lossy(&output.stderr).trim());
        }
        Ok(String::from_utf8(output.stdout)?)
    }

    /// True if the command starts and succeeds. Its output is discarded.
    pub(crate) fn works(mut self) -> bool {
        self.command.output().is_ok_and(|output| output.status.success())
    }

    fn shown(&self) -> String {
        let name = Path::new(self.command.get_program()).file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let args = self.command.get_args().map(|arg| arg.to_string_lossy().into_owned());
        std::iter::once(name).chain(args).collect::<Vec<_>>().join(" ")
    }
}
