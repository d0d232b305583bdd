//! The agents of a workspace and their inboxes: every agent folder in `handoffs/` and in the adopted folders, every
//! agent in the configuration, and every installed plugin.
//!
//! One agent may have several folders, under several spellings of its name. Baton watches all these folders and writes new
//! files to one of them. A table ([`Aliases`]) has the spellings that mean the same agent.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use baton_core::agents::{Aliases, fold, is_reserved};
use baton_core::nearest::or_meant;

use crate::agent_folders::{FolderKind, FoundFolder, SkipReason, agent_folders};
use crate::presence::is_plain_folder;
use crate::settings::{AgentKind, AgentRules, AgentSettings, DROP_BOX, HANDOFFS, INBOX, PROCESSED};

/// The owner of an inbox, as shown to people.
pub(crate) fn shown_owner(owner: &str) -> &str {
    if owner == DROP_BOX { "(drop box)" } else { owner }
}

/// An agent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Agent {
    /// The agent's canonical name.
    pub name: String,
    /// Who does the agent's work.
    pub kind: AgentKind,
    /// The inbox for new files.
    pub inbox: PathBuf,
    /// The agent's other inboxes, for example under other spellings of its name. Baton also captures the files in them.
    pub others: Vec<PathBuf>,
    /// The operator's settings.
    pub settings: AgentSettings,
}

impl Agent {
    /// All inboxes of the agent.
    pub fn inboxes(&self) -> impl Iterator<Item = &Path> {
        std::iter::once(&self.inbox).chain(&self.others).map(PathBuf::as_path)
    }

    /// The folders that contain the archives, one for each inbox.
    pub fn homes(&self) -> impl Iterator<Item = &Path> {
        self.inboxes().map(|inbox| match inbox.parent() {
            Some(home) if inbox.file_name().is_some_and(|name| name == INBOX) => home,
            _ => inbox,
        })
    }
}

/// A folder that is watched for new files.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Inbox<'a> {
    /// The name of the agent, or [`DROP_BOX`].
    pub(crate) owner: &'a str,
    pub(crate) folder: &'a Path,
    pub(crate) poll: Option<Duration>,
}

/// The agents of a workspace at one moment.
#[derive(Clone, Debug, Default)]
pub struct Roster {
    agents: BTreeMap<String, Agent>,
    /// The drop box. Each file in it names its recipient.
    central: PathBuf,
    aliases: Aliases,
    /// Inboxes without an agent. Baton does not read their files.
    unread: Vec<(PathBuf, SkipReason)>,
}

impl Roster {
    /// Finds the agents. Plugins and agents of the configuration count even if their folder is missing. Symbolic links are
    /// not followed. A missing `handoffs` folder or adopted folder contains no agents.
    ///
    /// # Errors
    /// When a folder exists and cannot be read. (If this were not an error, the agents of the folder would seem to be
    /// missing.)
    pub fn load<'a>(
        handoffs: &Path,
        plugins: impl Iterator<Item = &'a String>,
        rules: &AgentRules,
    ) -> std::io::Result<Self> {
        let mut found = RosterBuilder { handoffs, rules, agents: BTreeMap::new() };
        let mut unread = Vec::new();
        for name in plugins {
            found.agent(name, AgentKind::Plugin);
        }
        for name in rules.settings.keys() {
            found.agent(rules.aliases.canonical(name).unwrap_or(name), AgentKind::External);
        }
        for place in rules.places(handoffs) {
            let failed =
                |error: std::io::Error| std::io::Error::new(error.kind(), format!("{}: {error}", place.display()));
            for folder in folders(&place, &rules.aliases, place != handoffs).map_err(failed)? {
                match folder.kind {
                    FolderKind::Agent { .. } => found.folder(&folder),
                    FolderKind::Skipped(why) => unread.push((folder.inbox(), why)),
                }
            }
        }
        let agents = found.agents.into_values().map(|agent| (agent.name.clone(), agent)).collect();
        Ok(Self { agents, central: handoffs.join(INBOX), aliases: rules.aliases.clone(), unread })
    }

    /// Every agent, by name.
    pub fn agents(&self) -> impl Iterator<Item = &Agent> {
        self.agents.values()
    }

    /// The agent with exactly this name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Agent> {
        self.agents.get(name)
    }

    /// The agent with this spelling of its name.
    #[must_use]
    pub fn resolve(&self, spelling: &str) -> Option<&Agent> {
        let name = self.aliases.resolve(spelling, self.agents.keys().map(String::as_str))?;
        self.agents.get(name)
    }

    /// True if two spellings mean the same agent.
    #[must_use]
    pub fn same(&self, a: &str, b: &str) -> bool {
        self.aliases.same(a, b)
    }

    /// Every folder that is watched.
    pub(crate) fn inboxes(&self) -> impl Iterator<Item = Inbox<'_>> {
        let own = |agent: &'_ Agent| agent.settings.poll;
        let of_agents = self.agents.values().flat_map(move |agent| {
            agent.inboxes().map(move |folder| Inbox { owner: &agent.name, folder, poll: own(agent) })
        });
        std::iter::once(Inbox { owner: DROP_BOX, folder: &self.central, poll: None }).chain(of_agents)
    }

    /// The drop box. Each file in it names its recipient.
    #[must_use]
    pub fn central(&self) -> &Path {
        &self.central
    }

    /// The inboxes without an agent, and the reasons.
    pub(crate) fn unread(&self) -> impl Iterator<Item = (&Path, SkipReason)> {
        self.unread.iter().map(|(inbox, why)| (inbox.as_path(), *why))
    }

    /// The owner of the inbox `folder`: an agent's name or [`DROP_BOX`].
    #[must_use]
    pub(crate) fn owner_of(&self, folder: &Path) -> Option<&str> {
        self.inboxes().find(|inbox| inbox.folder == folder).map(|inbox| inbox.owner)
    }

    /// The names of all agents, for a message.
    #[must_use]
    pub fn names(&self) -> String {
        self.agents.keys().cloned().collect::<Vec<_>>().join(", ")
    }

    /// The error message for an unknown agent, with a similar known name.
    #[must_use]
    pub fn unknown_agent(&self, spelling: &str) -> String {
        if is_reserved(spelling) {
            return format!(
                "`{spelling}` is a reserved name, so no agent can have it; the agents are: {}",
                self.names()
            );
        }
        let names = self.agents.keys().map(String::as_str);
        format!(
            "there is no agent `{spelling}`; {}",
            or_meant(spelling, names, &format!("the agents are: {}", self.names()))
        )
    }
}

/// Collects agents. The key of an agent is its canonical name in folded form.
struct RosterBuilder<'a> {
    handoffs: &'a Path,
    rules: &'a AgentRules,
    agents: BTreeMap<String, Agent>,
}

impl RosterBuilder<'_> {
    /// Adds an agent with this canonical name. An agent that was added before keeps its kind.
    fn agent(&mut self, name: &str, kind: AgentKind) -> &mut Agent {
        let (handoffs, rules) = (self.handoffs, self.rules);
        self.agents.entry(fold(name)).or_insert_with(|| {
            let configured = rules.settings.iter().find(|(spelling, _)| rules.aliases.same(spelling, name));
            let settings = configured.map(|(_, settings)| settings.clone()).unwrap_or_default();
            let mut inboxes = settings.inboxes.iter().cloned();
            let inbox = inboxes.next().unwrap_or_else(|| handoffs.join(name).join(INBOX));
            Agent { name: name.to_owned(), kind, inbox, others: inboxes.collect(), settings }
        })
    }

    /// Adds an agent's folder. The first folder is used for new files if the canonical folder is missing. A later folder
    /// with an inbox replaces a folder without an inbox.
    fn folder(&mut self, found: &FoundFolder) {
        let aliases = &self.rules.aliases;
        let inbox = found.inbox();
        let agent = self.agent(aliases.canonical(&found.name).unwrap_or(&found.name), AgentKind::External);
        if agent.inboxes().any(|known| known == inbox) {
            return;
        }
        let may_replace = agent.kind == AgentKind::External
            && agent.settings.inboxes.is_empty()
            && !is_plain_folder(&agent.inbox).unwrap_or_default();
        let has_archive = |inbox: &Path| inbox.with_file_name(PROCESSED).is_dir();
        if !may_replace || has_archive(&agent.inbox) && found.kind == (FolderKind::Agent { has_inbox: false }) {
            agent.others.push(inbox);
        } else {
            let before = std::mem::replace(&mut agent.inbox, inbox);
            agent.others.extend(has_archive(&before).then_some(before));
        }
    }
}

/// The folders in `place` that belong to agents, or have an inbox without an agent. Order: folders with an inbox first, then
/// canonical spellings, then by name.
fn folders(place: &Path, aliases: &Aliases, adopted: bool) -> std::io::Result<Vec<FoundFolder>> {
    let mut found = agent_folders(place)?;
    // The folder `handoffs/` in an adopted folder contains agents; it does not belong to an agent.
    found.retain(|folder| {
        let unlisted = [SkipReason::NoInbox, SkipReason::Link].map(FolderKind::Skipped).contains(&folder.kind);
        // A name that begins with `_` marks a folder that is not in use any more.
        !(unlisted || folder.name.starts_with('_') || adopted && folder.name == HANDOFFS)
    });
    found.sort_by_key(|folder| {
        let has_inbox = folder.kind == FolderKind::Agent { has_inbox: true };
        (!has_inbox, aliases.canonical(&folder.name).is_some_and(|name| name != folder.name))
    });
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules() -> AgentRules {
        AgentRules { aliases: Aliases::shipped(), ..AgentRules::default() }
    }

    fn handoffs(folders: &[&str]) -> tempfile::TempDir {
        let handoffs = tempfile::tempdir().unwrap();
        for folder in folders {
            std::fs::create_dir_all(handoffs.path().join(folder)).unwrap();
        }
        handoffs
    }

    #[test]
    fn folders_with_an_inbox_are_agents_and_plugins_always_are() {
        let handoffs =
            handoffs(&["Claude-MM1/01_inbox", "examples/01_inbox", "_archive/01_inbox", "notes", "01_inbox"]);
        std::os::unix::fs::symlink("/tmp", handoffs.path().join("elsewhere")).unwrap();
        let roster = Roster::load(handoffs.path(), [&"audit".to_owned()].into_iter(), &rules()).unwrap();
        assert_eq!(roster.names(), "Claude-MM1, audit");
        assert_eq!(roster.resolve("Claude MM1 Agent").unwrap().kind, AgentKind::External);
        assert_eq!(roster.get("audit").unwrap().kind, AgentKind::Plugin);
        assert_eq!(roster.owner_of(&handoffs.path().join(INBOX)), Some(DROP_BOX));
    }

    #[test]
    fn folders_of_one_agent_are_watched_together_and_new_files_go_to_the_canonical_one() {
        let handoffs = handoffs(&["Cursor-MM1-Agent/01_inbox", "Cursor-MM1/01_inbox", "CursorMM1/01_inbox"]);
        let roster = Roster::load(handoffs.path(), std::iter::empty(), &rules()).unwrap();
        assert_eq!(roster.names(), "Cursor-MM1");
        let agent = roster.get("Cursor-MM1").unwrap();
        assert_eq!(agent.inbox, handoffs.path().join("Cursor-MM1/01_inbox"));
        assert_eq!(agent.others.len(), 2);
        let alias = handoffs.path().join("CursorMM1/01_inbox");
        assert_eq!(roster.owner_of(&alias), Some("Cursor-MM1"));
    }

    #[test]
    fn a_single_alias_folder_is_the_agents_inbox() {
        let handoffs = handoffs(&["Claude-Code-Agent/01_inbox"]);
        let roster = Roster::load(handoffs.path(), std::iter::empty(), &rules()).unwrap();
        let agent = roster.get("Claude-Code").unwrap();
        assert_eq!((&agent.inbox, agent.others.len()), (&handoffs.path().join("Claude-Code-Agent/01_inbox"), 0));
    }

    #[test]
    fn a_folder_with_only_an_archive_is_an_agent_but_a_folder_with_an_inbox_is_preferred() {
        let handoffs = handoffs(&["Codex-MM1/02_processed", "Robin/02_processed", "Codex-MM1-Agent/01_inbox"]);
        let roster = Roster::load(handoffs.path(), std::iter::empty(), &rules()).unwrap();
        assert_eq!(roster.names(), "Codex-MM1, Robin");
        let codex = roster.get("Codex-MM1").unwrap();
        assert_eq!(codex.inbox, handoffs.path().join("Codex-MM1-Agent/01_inbox"));
        assert_eq!(codex.others, [handoffs.path().join("Codex-MM1/01_inbox")]);
        assert_eq!(roster.owner_of(&handoffs.path().join("Robin/01_inbox")), Some("Robin"));
    }

    #[test]
    fn subfolders_of_adopted_folders_are_agents_too() {
        let (own, first, second) = (
            handoffs(&["Cursor-MM1/01_inbox"]),
            handoffs(&["Cursor-MM1-Agent/01_inbox", "handoffs/Robin/01_inbox", "handoffs/01_inbox", "notes"]),
            handoffs(&["Robin/01_inbox", "Wren/02_processed"]),
        );
        let missing = PathBuf::from("/missing/root");
        let adopted = vec![first.path().to_owned(), second.path().to_owned(), missing];
        let roster = Roster::load(own.path(), std::iter::empty(), &AgentRules { adopted, ..rules() }).unwrap();
        assert_eq!(roster.names(), "Cursor-MM1, Robin, Wren");
        let inboxes = |name: &str| roster.get(name).unwrap().inboxes().map(Path::to_owned).collect::<Vec<_>>();
        let cursor = [own.path().join("Cursor-MM1/01_inbox"), first.path().join("Cursor-MM1-Agent/01_inbox")];
        assert_eq!(inboxes("Cursor-MM1"), cursor);
        let robin = [first.path().join("handoffs/Robin/01_inbox"), second.path().join("Robin/01_inbox")];
        assert_eq!(inboxes("Robin"), robin);
    }

    #[test]
    fn new_files_go_to_the_configured_inbox_and_the_folder_is_still_watched() {
        let handoffs = handoffs(&["Claude-MM2/01_inbox"]);
        let mut rules = rules();
        let settings = AgentSettings { inboxes: vec![PathBuf::from("/drive/in")], ..AgentSettings::default() };
        rules.settings.insert("Claude-MM2".to_owned(), settings);
        let roster = Roster::load(handoffs.path(), std::iter::empty(), &rules).unwrap();
        let agent = roster.get("Claude-MM2").unwrap();
        assert_eq!((agent.inbox.as_path(), agent.others.len()), (Path::new("/drive/in"), 1));
        assert_eq!(roster.owner_of(Path::new("/drive/in")), Some("Claude-MM2"));
    }

    #[test]
    fn the_error_for_an_unknown_agent_names_a_similar_known_one() {
        let handoffs = handoffs(&["Claude-MM1/01_inbox"]);
        let roster = Roster::load(handoffs.path(), std::iter::empty(), &rules()).unwrap();
        assert_eq!(roster.unknown_agent("Cluade-MM1"), "there is no agent `Cluade-MM1`; did you mean `Claude-MM1`?");
        assert!(roster.unknown_agent("zzz").ends_with("the agents are: Claude-MM1"));
    }

    #[test]
    fn an_unreadable_folder_does_not_count_as_one_without_agents() {
        let folder = handoffs(&[]);
        let file = folder.path().join("handoffs");
        std::fs::write(&file, "").unwrap();
        assert!(Roster::load(&file, std::iter::empty(), &rules()).is_err());
        assert!(Roster::load(&folder.path().join("missing"), std::iter::empty(), &rules()).is_ok());
    }
}
