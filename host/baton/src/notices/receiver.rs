//! The receivers of notices: the command of `[notify]`, and the desktop. Both are programs that run without a shell.

use std::path::PathBuf;
use std::process::Command;

use baton_core::text;

use super::process::{Deadline, run};
use super::rate::NoticeGroup;
use super::text::{as_json, body, headline, variables};
use crate::workspace::{Notify, Workspace, find_program};

/// The program that shows a desktop notification.
pub(crate) const DESKTOP: &str = if cfg!(target_os = "macos") { "osascript" } else { "notify-send" };

/// The fix if the desktop program is missing.
pub(crate) const INSTALL_DESKTOP: &str = if cfg!(target_os = "macos") {
    "it is part of macOS: check PATH"
} else {
    "install it (Debian and Ubuntu: apt install libnotify-bin; Fedora: dnf install libnotify; Arch: pacman -S libnotify)"
};

/// A receiver of notices.
#[derive(Clone, Debug)]
pub(super) enum Receiver {
    /// The operator's command: its program as written, and its arguments.
    Command { base: PathBuf, program: String, arguments: Vec<String> },
    /// The desktop, with its program.
    Desktop(PathBuf),
}

/// The receivers of a workspace. Logs the unusable ones once. Baton searches for a missing command again at each
/// notice, and for the desktop program at the next start.
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
    /// Sends the notice.
    pub(super) fn send(&self, group: &NoticeGroup, workspace: &str, end: &Deadline) -> Result<(), String> {
        let output = match self {
            Self::Command { base, program, arguments } => {
                let path = find_program(base, program)?;
                let mut command = Command::new(path);
                command.args(arguments).current_dir(base).envs(variables(group, workspace));
                let mut input = text::json(&as_json(group, workspace).to_string()).into_bytes();
                input.push(b'\n');
                run(command, input, end)
            }
            Self::Desktop(program) => {
                let mut command = Command::new(program);
                command.args(desktop_arguments(group));
                run(command, Vec::new(), end)
            }
        }?;
        if !output.is_empty() {
            tracing::info!(output = %output, "{} printed something", self.name());
        }
        Ok(())
    }

    /// The name in the log.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Command { .. } => "[notify] command",
            Self::Desktop(_) => DESKTOP,
        }
    }
}

/// The arguments that show a notice. Its text is a separate argument and never part of a script.
#[cfg(target_os = "macos")]
fn desktop_arguments(group: &NoticeGroup) -> Vec<String> {
    let script = ["on run argv", "display notification (item 2 of argv) with title (item 1 of argv)", "end run"];
    let script = script.iter().flat_map(|line| ["-e".to_owned(), (*line).to_owned()]);
    script.chain([headline(group), body(group)]).collect()
}

/// The arguments that show a notice. Its text is a separate argument; the body may contain markup, so it is escaped.
#[cfg(not(target_os = "macos"))]
fn desktop_arguments(group: &NoticeGroup) -> Vec<String> {
    let body = body(group).replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    // `--` ends the options, so that no text is parsed as an option.
    ["--app-name=Baton", "--", &headline(group), &body].map(str::to_owned).to_vec()
}
