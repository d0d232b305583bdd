//! The data of a service: its name, this program, the workspace and its state folder.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};

use super::super::WorkspaceOptions;
use crate::workspace::{self, CONFIG_FILE, State};

#[derive(Clone, Debug)]
pub(super) struct Service {
    pub(super) name: String,
    pub(super) program: String,
    pub(super) workspace: String,
    /// The absolute path given with `--state`.
    pub(super) state: Option<String>,
    /// `XDG_STATE_HOME` of this process, if it is set. The service does not inherit the variable, but must use the same
    /// state folder.
    pub(super) state_home: Option<String>,
    /// The state folder; if it does not exist yet, its planned path.
    pub(super) place: State,
}

impl Service {
    pub(super) fn of(options: &WorkspaceOptions, name: Option<String>) -> anyhow::Result<Self> {
        let Some(root) = workspace::find(options.workspace.as_deref())? else {
            bail!("there is no {CONFIG_FILE} here or above; `baton init DIR` makes a workspace, -w DIR names one");
        };
        let root = root.canonicalize().with_context(|| format!("failed to find the folder {}", root.display()))?;
        let state = options.state.as_deref().map(std::path::absolute).transpose()?;
        let home = std::env::var_os("XDG_STATE_HOME").map(PathBuf::from).filter(|home| home.is_absolute());
        Ok(Self {
            name: name.unwrap_or_else(|| format!("baton-{}", workspace::id(&root))),
            program: text(&std::env::current_exe().context("failed to find this program")?)?,
            workspace: text(&root)?,
            state: state.as_deref().map(text).transpose()?,
            state_home: home.as_deref().map(text).transpose()?,
            place: State::locate(&root, state.as_deref())?,
        })
    }

    pub(super) fn make_state(&self) -> anyhow::Result<()> {
        State::of(Path::new(&self.workspace), self.state.as_deref().map(Path::new)).map(drop)
    }

    /// The arguments of the program in the service.
    pub(super) fn arguments(&self) -> Vec<&str> {
        let state = self.state.iter().flat_map(|state| ["--state", state.as_str()]);
        ["-w", self.workspace.as_str()].into_iter().chain(state).chain(["up"]).collect()
    }
}

/// A path as text without control characters, because the files of services have no escape for them.
fn text(path: &Path) -> anyhow::Result<String> {
    match path.to_str() {
        Some(text) if !text.chars().any(char::is_control) => Ok(text.to_owned()),
        _ => {
            let shown = path.display().to_string().escape_debug().to_string();
            bail!(
                "{shown} cannot be written into the service file: rename it to a name in UTF-8 without control characters"
            )
        }
    }
}

pub(super) fn name(text: &str) -> Result<String, String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let fine = text.chars().all(plain) && text.starts_with(|c: char| c.is_ascii_alphanumeric()) && text.len() <= 200;
    let ended = [".service", ".plist"].iter().any(|ending| text.ends_with(ending));
    if fine && !ended {
        return Ok(text.to_owned());
    }
    Err("use at most 200 letters, digits, `-`, `_` and `.`, with a letter or digit first and without the ending \
         .service or .plist"
        .to_owned())
}

#[cfg(test)]
impl Service {
    pub(super) fn with_special_characters() -> Self {
        Self {
            name: "baton-x".to_owned(),
            program: "/opt/a b/$baton%".to_owned(),
            workspace: "/home/me/50% \"of\" <it> & 'that'\\$HOME".to_owned(),
            state: Some("/var/my state".to_owned()),
            state_home: Some("/var/100%".to_owned()),
            place: State::locate(Path::new("/home/me/x"), Some(Path::new("/var/my state"))).unwrap(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_file_and_one_word() {
        for wrong in ["", ".x", "-x", "a/b", "a b", "a@b", "a%", "x.service", "x.plist", "ü"] {
            assert!(name(wrong).is_err(), "{wrong}");
        }
        assert_eq!(name("team-1_a.b"), Ok("team-1_a.b".to_owned()));
    }

    #[test]
    fn a_path_with_a_line_break_is_refused() {
        assert!(text(Path::new("/a\nExecStartPre=/bin/sh")).is_err());
        assert_eq!(text(Path::new("/a b/ü")).unwrap(), "/a b/ü");
    }
}
