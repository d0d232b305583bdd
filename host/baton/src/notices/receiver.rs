//! Who gets a notice: the command of `[notify]`, and the desktop. Both are programs that run without a shell.

use std::path::PathBuf;
use std::process::Command;

use baton_core::text;

use super::process::{Deadline, run};
use super::rate::NoticeGroup;
use super::text::{as_json, body, headline, variables};
use crate::workspace::{Notify, Workspace, find_program};

/// The program that shows a notification on the desktop.
pub(crate) const DESKTOP: &str = if cfg!(target_os = "macos") { "osascript" } else { "notify-send" };

/// What to do where that program is missing.
pub(crate) const INSTALL_DESKTOP: &str = if cfg!(target_os = "macos") {
    "it is part of macOS: check PATH"
} else {
    "install it (Debian and Ubuntu: apt install libnotify-bin; Fedora: dnf install libnotify; Arch: pacman -S libnotify)"
};

/// One who gets notices.
#[derive(Clone, Debug)]
pub(super) enum Receiver {
    /// The command of the operator: its program as it is written, and its arguments.
    Command { base: PathBuf, program: String, arguments: Vec<String> },
    /// The desktop, with its program.
    Desktop(PathBuf),
}

/// The receivers of a workspace. The log says once which of them cannot be reached: a missing command is searched for again
/// at each notice, the desktop at the next start.
pub(super) fn receivers(workspace: &Workspace, notify: &Notify) -> Vec<Receiver> {
    let mut receivers = Vec::new();
    if let Some((program, arguments)) = notify.command.split_first() {
        if let Err(why) = find_program(&workspace.base, program) {
            tracing::warn!("[notify] command: {why}; correct it in baton.toml, or install the program");
        }
        let (base, program, arguments) = (workspace.base.clone(), program.clone(), arguments.to_vec());
        receivers.push(Receiver::Command { base, program, arguments });
    }
    if notify.desktop {
        match find_program(&workspace.base, DESKTOP) {
            Ok(program) => receivers.push(Receiver::Desktop(program)),
            Err(why) => tracing::warn!("[notify] desktop: {why}; {INSTALL_DESKTOP}, and start `baton up` again"),
        }
    }
    receivers
}

impl Receiver {
    /// Gives it the notice.
    pub(super) fn tell(&self, letter: &NoticeGroup, workspace: &str, end: &Deadline) -> Result<(), String> {
        let said = match self {
            Self::Command { base, program, arguments } => {
                let path = find_program(base, program)?;
                let mut command = Command::new(path);
                command.args(arguments).current_dir(base).envs(variables(letter, workspace));
                let mut input = text::json(&as_json(letter, workspace).to_string()).into_bytes();
                input.push(b'\n');
                run(command, input, end)
            }
            Self::Desktop(program) => {
                let mut command = Command::new(program);
                command.args(desktop_arguments(letter));
                run(command, Vec::new(), end)
            }
        }?;
        if !said.is_empty() {
            tracing::info!(output = %said, "{} printed something", self.name());
        }
        Ok(())
    }

    /// What the log calls it.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Command { .. } => "[notify] command",
            Self::Desktop(_) => DESKTOP,
        }
    }
}

/// The arguments that show a notice. Its text is a separate argument and never part of a script.
#[cfg(target_os = "macos")]
fn desktop_arguments(letter: &NoticeGroup) -> Vec<String> {
    let script = ["on run argv", "display notification (item 2 of argv) with title (item 1 of argv)", "end run"];
    let script = script.iter().flat_map(|line| ["-e".to_owned(), (*line).to_owned()]);
    script.chain([headline(letter), body(letter)]).collect()
}

/// The arguments that show a notice. Its text is an argument of its own; the body is markup, so that what is markup there is
/// escaped.
#[cfg(not(target_os = "macos"))]
fn desktop_arguments(letter: &NoticeGroup) -> Vec<String> {
    let body = body(letter).replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    // `--` ends the options: no text is taken for one.
    ["--app-name=Baton", "--", &headline(letter), &body].map(str::to_owned).to_vec()
}
