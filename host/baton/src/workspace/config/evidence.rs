//! `[[evidence]]`: a command that Baton may run to check a RETURN that names it.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::bail;
use baton_dispatch::EvidenceRule;
use serde::Deserialize;

use super::agents::resolve;
use super::duration::TimeSpan;

/// The default time limit of a command.
const TIMEOUT: Duration = Duration::from_mins(10);

/// The maximum time limit.
const LONGEST_TIMEOUT: Duration = Duration::from_hours(24);

/// `[[evidence]]`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub(super) struct EvidenceConfig {
    command: Vec<String>,
    #[serde(default)]
    agents: Vec<String>,
    #[serde(default)]
    folder: Option<PathBuf>,
    #[serde(default)]
    timeout: Option<TimeSpan>,
    #[serde(default)]
    environment: Vec<String>,
}

impl EvidenceConfig {
    /// The rule; a folder is relative to `base`, and without one the command runs in `root`.
    pub(super) fn rule(&self, base: &Path, root: &Path) -> EvidenceRule {
        EvidenceRule {
            command: self.command.clone(),
            agents: self.agents.clone(),
            folder: resolve(base, self.folder.as_deref().unwrap_or(root)),
            timeout: self.timeout.map_or(TIMEOUT, |pause| pause.0),
            environment: self.environment.clone(),
        }
    }

    /// Rejects settings without a sensible meaning.
    pub(super) fn check(&self) -> anyhow::Result<()> {
        if self.command.first().is_none_or(|program| program.trim().is_empty()) {
            bail!(
                "[[evidence]] command: the first word must be the name of a program; write command = [\"program\", \"argument\"]"
            );
        }
        if self.command.iter().any(|word| word.contains(['\0', '\n'])) {
            bail!("[[evidence]] command: a word contains a null character or a line break; remove it");
        }
        if self.environment.iter().any(|name| name.is_empty() || name.contains(['=', '\0'])) {
            bail!("[[evidence]] environment: list only names of variables, such as [\"CARGO_HOME\"]");
        }
        if self.timeout.is_some_and(|TimeSpan(timeout)| timeout.is_zero() || timeout > LONGEST_TIMEOUT) {
            bail!("[[evidence]] timeout must be more than 0 and at most 24 h; the default is 10m");
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace::Config;

    #[test]
    fn by_default_a_command_runs_in_the_root_for_ten_minutes() {
        let text = "[plans]\nroot = \"tree\"\n[[evidence]]\ncommand = [\"make\", \"test\"]\n[[evidence]]\ncommand = [\"x\"]\nfolder = \"/a\"\ntimeout = \"5s\"";
        let rules = Config::parse(text).unwrap().rules(Path::new("/w")).evidence;
        let [usual, other] = rules.as_slice() else { panic!("{rules:?}") };
        assert_eq!((usual.folder.as_path(), usual.timeout), (Path::new("/w/tree"), TIMEOUT));
        assert_eq!((other.folder.as_path(), other.timeout), (Path::new("/a"), Duration::from_secs(5)));
    }

    #[test]
    fn commands_without_a_sensible_meaning_are_refused() {
        for (text, part) in [
            ("command = []", "the first word must be the name of a program"),
            ("command = [\"\"]", "the first word must be the name of a program"),
            ("command = \"cargo test\"", "command"),
            ("command = [\"x\"]\nenvironment = [\"A=b\"]", "only names"),
            ("command = [\"x\"]\ntimeout = \"2d\"", "at most 24 h"),
            ("command = [\"x\"]\nshell = true", "evidence"),
        ] {
            let error = format!("{:#}", Config::parse(&format!("[[evidence]]\n{text}")).unwrap_err());
            assert!(error.contains(part), "{text}: {error}");
        }
    }
}
