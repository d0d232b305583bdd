//! `baton service` starts `baton up` at login and restarts it when it fails. It uses the user's systemd on Linux and
//! launchd on macOS.
//!
//! The content of the service file depends only on the workspace. If the service manager is not available (no session of the
//! user, a container), its commands are only printed. Files with the same name that Baton did not write for this workspace
//! are not changed.

mod facts;
mod file;
mod launchd;
mod manager;
mod systemd;

use std::process::{Command, Stdio};

use anyhow::{Context as _, bail};
use baton_core::shell::quoted;

use self::facts::Service;
use self::file::FileChange;
use self::manager::{CommandWords, Manager};
use super::{WorkspaceOptions, from_here};
use crate::exit::Code;
use crate::output;
use crate::workspace::ServingProcess;

#[derive(Debug, clap::Subcommand)]
pub(super) enum Action {
    /// Install the service of this workspace and start it
    Install(Install),
    /// Stop the service of this workspace and delete its file
    Uninstall(ServiceName),
    /// Show whether the service is installed and runs: exit 0 installed, 1 not
    Status(ServiceName),
}

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Install {
    #[command(flatten)]
    named: ServiceName,
    /// Only print the file that would be written
    #[arg(long)]
    print: bool,
}

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct ServiceName {
    /// The name of the service [default: made from the workspace]
    #[arg(long, value_name = "NAME", value_parser = facts::name)]
    name: Option<String>,
}

impl Action {
    pub(super) fn run(self, options: &WorkspaceOptions) -> anyhow::Result<Code> {
        match self {
            Self::Install(install) => {
                let service = Service::of(options, install.named.name)?;
                let manager = manager(&service)?;
                if install.print {
                    output::print(&manager.text);
                    return Ok(Code::Good);
                }
                if manager.needs_state {
                    service.make_state()?;
                }
                install_it(&manager)
            }
            Self::Uninstall(named) => uninstall(&manager(&Service::of(options, named.name)?)?),
            Self::Status(named) => {
                let service = Service::of(options, named.name)?;
                status(&manager(&service)?, &service)
            }
        }
    }
}

fn manager(service: &Service) -> anyhow::Result<Manager> {
    if cfg!(target_os = "macos") { launchd::manager(service) } else { systemd::manager(service) }
}

fn install_it(manager: &Manager) -> anyhow::Result<Code> {
    let written = file::write(&manager.path, &manager.text, &manager.mine)?;
    let how = match written {
        FileChange::New => "written",
        FileChange::Changed => "changed",
        FileChange::Same => "unchanged",
    };
    output::print(&format!("{}: {how}\n", from_here(&manager.path)));
    let mut commands = manager.start.clone();
    if written == FileChange::Changed {
        commands.extend(manager.renew.iter().cloned());
    }
    if !works(&manager.reach) {
        output::note(&format!(
            "the service manager cannot be reached from here; to start the service:\n{}",
            list(&commands)
        ));
        return Ok(Code::Good);
    }
    if manager.loaded.as_ref().is_some_and(|loaded| works(loaded)) {
        commands = if written == FileChange::Same { Vec::new() } else { manager.renew.clone() };
    }
    run_all(&commands)?;
    output::print("started, now and at each login\n");
    manager.hint.into_iter().for_each(output::note);
    Ok(Code::Good)
}

fn uninstall(manager: &Manager) -> anyhow::Result<Code> {
    if !file::is_mine(&manager.path, &manager.mine)? {
        output::print(&format!("{}: not installed\n", from_here(&manager.path)));
        return Ok(Code::Good);
    }
    let reachable = works(&manager.reach);
    if reachable && manager.loaded.as_ref().is_none_or(|loaded| works(loaded)) {
        run_all(&manager.stop)?;
    }
    file::remove(&manager.path)?;
    if reachable {
        run_all(&manager.forget)?;
    } else {
        let commands = [manager.stop.clone(), manager.forget.clone()].concat();
        output::note(&format!(
            "the service manager cannot be reached from here; to end a running service:\n{}",
            list(&commands)
        ));
    }
    output::print(&format!("{}: deleted\n", from_here(&manager.path)));
    Ok(Code::Good)
}

fn status(manager: &Manager, service: &Service) -> anyhow::Result<Code> {
    let installed = file::is_mine(&manager.path, &manager.mine)?;
    let mut text = format!("{}: {}\n", from_here(&manager.path), if installed { "installed" } else { "not installed" });
    if installed && works(&manager.reach) {
        text.push_str(&format!("the service manager reports: {}\n", describe(&manager.ask)));
    }
    let serves = ServingProcess::read(&service.place).context("failed to check whether a daemon runs")?.is_on();
    text.push_str(if serves { "a daemon serves the workspace\n" } else { "no daemon serves the workspace\n" });
    output::print(&text);
    Ok(if installed { Code::Good } else { Code::Findings })
}

/// True if the command exists and succeeds.
fn works(words: &[String]) -> bool {
    let Some((program, arguments)) = words.split_first() else {
        return false;
    };
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

/// The first line of the command's output.
fn describe(words: &[String]) -> String {
    let Some((program, arguments)) = words.split_first() else {
        return String::new();
    };
    let output = Command::new(program).args(arguments).stdin(Stdio::null()).output();
    let text = output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default();
    output::one_line(text.lines().next().unwrap_or("nothing").trim())
}

fn run_all(commands: &[CommandWords]) -> anyhow::Result<()> {
    for words in commands {
        let line = line(words);
        let Some((program, arguments)) = words.split_first() else { continue };
        let done = Command::new(program).args(arguments).stdin(Stdio::null()).output();
        let done = done.with_context(|| format!("failed to run `{line}`"))?;
        if !done.status.success() {
            bail!("`{line}` failed: {}", String::from_utf8_lossy(&done.stderr).trim());
        }
    }
    Ok(())
}

fn line(words: &[String]) -> String {
    words.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" ")
}

fn list(commands: &[CommandWords]) -> String {
    commands.iter().map(|words| format!("  {}", line(words))).collect::<Vec<_>>().join("\n")
}
