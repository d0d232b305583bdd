//! Runs the program with a separate `/etc/hosts`.

use std::fs;
use std::process::Command;

use crate::{Skipped, Workspace, baton, skip};

impl Workspace {
    /// A command of `baton` that sees `hosts` as the content of `/etc/hosts`.
    ///
    /// # Errors
    /// When this user may not create a mount namespace.
    ///
    /// # Panics
    /// When the file cannot be written.
    pub fn command_with_hosts(&self, hosts: &str) -> Result<Command, Skipped> {
        let file = self.outside().join("hosts");
        fs::write(&file, hosts).expect("the file can be written");
        let script = "mount --bind \"$1\" /etc/hosts && shift && exec \"$@\"";
        for namespace in ["-m", "-rm"] {
            let command = || {
                let mut command = self.command_of("unshare");
                command.args([namespace, "sh", "-c", script, "sh"]).arg(&file);
                command
            };
            if command().arg("true").output().is_ok_and(|ran| ran.status.success()) {
                let mut command = command();
                command.arg(baton());
                return Ok(command);
            }
        }
        Err(skip("this user may not create a mount namespace with a separate /etc/hosts"))
    }
}
