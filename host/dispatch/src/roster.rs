//! Who the agents of a workspace are: every folder of `handoffs/` with an inbox, and every installed plugin.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use baton_core::agents::{Aliases, is_name};

/// The folder of new files.
pub(crate) const INBOX: &str = "01_inbox";

/// Who does the agent's work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AgentKind {
    /// Baton runs it.
    Plugin,
    /// It reads its own folder.
    External,
}

impl AgentKind {
    /// The public name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Plugin => "plugin",
            Self::External => "external",
        }
    }
}

/// An agent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Agent {
    /// Its name: the folder's.
    pub name: String,
    /// Who does its work.
    pub kind: AgentKind,
    /// Its folder, which holds the inbox and the archives.
    pub folder: PathBuf,
}

impl Agent {
    /// Where new files for it go.
    #[must_use]
    pub fn inbox(&self) -> PathBuf {
        self.folder.join(INBOX)
    }
}

/// The agents of a workspace at one moment.
#[derive(Clone, Debug, Default)]
pub struct Roster {
    agents: BTreeMap<String, Agent>,
    aliases: Aliases,
}

impl Roster {
    /// Looks who is there. Plugins count although their folder is missing. Links are not followed: a folder of
    /// `handoffs/` that is a link to elsewhere is nobody's.
    #[must_use]
    pub fn look<'a>(handoffs: &Path, plugins: impl Iterator<Item = &'a String>, aliases: &Aliases) -> Self {
        let mut agents = BTreeMap::new();
        for entry in std::fs::read_dir(handoffs).into_iter().flatten().filter_map(Result::ok) {
            let folder = entry.path();
            let real = |path: &Path| path.symlink_metadata().is_ok_and(|metadata| metadata.is_dir());
            if let Ok(name) = entry.file_name().into_string()
                && is_name(&name)
                && real(&folder)
                && real(&folder.join(INBOX))
            {
                agents.insert(name.clone(), Agent { name, kind: AgentKind::External, folder });
            }
        }
        for name in plugins {
            let agent = Agent { name: name.clone(), kind: AgentKind::Plugin, folder: handoffs.join(name) };
            agents.insert(name.clone(), agent);
        }
        Self { agents, aliases: aliases.clone() }
    }

    /// Every agent, by name.
    pub fn agents(&self) -> impl Iterator<Item = &Agent> {
        self.agents.values()
    }

    /// The agent of exactly this name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Agent> {
        self.agents.get(name)
    }

    /// The agent that a spelling means.
    #[must_use]
    pub fn resolve(&self, spelling: &str) -> Option<&Agent> {
        let name = self.aliases.resolve(spelling, self.agents.keys().map(String::as_str))?;
        self.agents.get(name)
    }

    /// Whether two spellings mean the same agent.
    #[must_use]
    pub fn same(&self, a: &str, b: &str) -> bool {
        self.aliases.same(a, b)
    }

    /// The agent whose inbox `folder` is.
    #[must_use]
    pub fn owner_of(&self, folder: &Path) -> Option<&Agent> {
        self.agents.values().find(|agent| agent.inbox() == folder)
    }

    /// Every name, for a message.
    #[must_use]
    pub fn names(&self) -> String {
        self.agents.keys().cloned().collect::<Vec<_>>().join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_with_an_inbox_are_agents_and_plugins_always_are() {
        let handoffs = tempfile::tempdir().unwrap();
        for folder in ["Claude-MM1/01_inbox", "examples/01_inbox", "_archive/01_inbox", "notes"] {
            std::fs::create_dir_all(handoffs.path().join(folder)).unwrap();
        }
        std::os::unix::fs::symlink("/tmp", handoffs.path().join("elsewhere")).unwrap();
        let roster = Roster::look(handoffs.path(), [&"audit".to_owned()].into_iter(), &Aliases::shipped());
        assert_eq!(roster.names(), "Claude-MM1, audit");
        assert_eq!(roster.resolve("Claude MM1 Agent").unwrap().kind, AgentKind::External);
        assert_eq!(roster.get("audit").unwrap().kind, AgentKind::Plugin);
    }
}
