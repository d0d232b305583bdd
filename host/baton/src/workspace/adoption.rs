//! Determines how Baton uses each folder in `handoffs/` and in the adopted folders. A folder is an agent's folder, the
//! folder of another spelling of its name, an additional folder of the agent, or skipped. A skipped folder has a reason.

use std::io;
use std::path::{Path, PathBuf};

use baton_dispatch::{
    ARCHIVES, Agent, AgentKind, AgentRules, FolderKind, FoundFolder, INBOX, Roster, SkipReason, agent_folders,
};
use baton_intake::{FolderEntryKind, scan};
use serde_json::{Value, json};

use crate::output::Table;

/// A folder that may belong to an agent.
pub(crate) struct AdoptedFolder {
    /// Its path.
    pub(crate) path: PathBuf,
    agent: Option<String>,
    /// Its use.
    result: FolderUse,
    reason: String,
    files: usize,
}

/// The use of a folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum FolderUse {
    /// The folder of the agent: Baton writes new handoffs to it.
    Agent,
    /// The folder of the agent, under another spelling of the agent's name.
    Alias,
    /// An additional folder of the agent. Baton reads its inbox too.
    Merged,
    /// Baton does not read the folder.
    Skipped,
}

impl FolderUse {
    fn as_str(self) -> &'static str {
        match self {
            Self::Agent => "agent",
            Self::Alias => "alias",
            Self::Merged => "merged",
            Self::Skipped => "skipped",
        }
    }
}

/// Every folder of `handoffs` and of the adopted folders in `rules`, in that order.
pub(crate) fn folders(handoffs: &Path, rules: &AgentRules, roster: &Roster) -> io::Result<Vec<AdoptedFolder>> {
    let mut folders = Vec::new();
    for place in rules.places(handoffs) {
        let found = agent_folders(&place)?.into_iter();
        // `handoffs/` in an adopted folder is searched separately.
        let found = found.filter(|folder| place == handoffs || folder.name != "handoffs");
        // The drop box and its archive are not folders of agents.
        let is_drop_box = |name: &str| name == INBOX || ARCHIVES.contains(&name);
        let own = found.filter(|folder| !is_drop_box(&folder.name) && !folder.name.starts_with('_'));
        folders.extend(own.map(|folder| judge(&folder, roster)));
    }
    Ok(folders)
}

fn judge(folder: &FoundFolder, roster: &Roster) -> AdoptedFolder {
    let inbox = folder.inbox();
    let skipped = |reason: &str| AdoptedFolder {
        path: folder.path.clone(),
        agent: None,
        result: FolderUse::Skipped,
        reason: reason.to_owned(),
        files: 0,
    };
    let has_inbox = match folder.kind {
        FolderKind::Skipped(reason) => return skipped(reason.reason()),
        FolderKind::Agent { has_inbox } => has_inbox,
    };
    let Some(agent) = roster.agents().find(|agent| agent.inboxes().any(|known| known == inbox)) else {
        return skipped(SkipReason::Name.reason());
    };
    let (result, mut reason) = used(folder, agent, &inbox);
    if agent.kind == AgentKind::Plugin {
        reason.push_str("; Baton runs it");
    }
    if !has_inbox {
        reason.push_str("; it has no 01_inbox yet: `baton up` makes it");
    }
    let found = if has_inbox { scan(&inbox).unwrap_or_default() } else { Vec::new() };
    let files = found.iter().filter(|found| found.kind == FolderEntryKind::File).count();
    AdoptedFolder { path: folder.path.clone(), agent: Some(agent.name.clone()), result, reason, files }
}

fn used(folder: &FoundFolder, agent: &Agent, inbox: &Path) -> (FolderUse, String) {
    if agent.inbox != inbox {
        let is_alias = folder.name != agent.name;
        let spelling = if is_alias { format!("`{}` means {}; ", folder.name, agent.name) } else { String::new() };
        return (FolderUse::Merged, format!("{spelling}also read; new handoffs go to {}", agent.inbox.display()));
    }
    if folder.name == agent.name {
        return (FolderUse::Agent, "new handoffs go here".to_owned());
    }
    (FolderUse::Alias, format!("`{}` means {}; new handoffs go here", folder.name, agent.name))
}

/// The folders as a table; paths in `root` are relative to it.
pub(crate) fn as_table(folders: &[AdoptedFolder], root: &Path) -> String {
    let mut table = Table::new(&["FOLDER", "AGENT", "RESULT", "FILES", "REASON"]);
    for folder in folders {
        let path = folder.path.strip_prefix(root).unwrap_or(&folder.path).display().to_string();
        let agent = folder.agent.clone().unwrap_or_else(|| "-".to_owned());
        table.row([path, agent, folder.result.as_str().to_owned(), folder.files.to_string(), folder.reason.clone()]);
    }
    table.lines(|_, _, cell| cell)
}

/// As `as_table`, in JSON and with absolute paths.
pub(crate) fn as_json(folders: &[AdoptedFolder]) -> Vec<Value> {
    let shown = |folder: &AdoptedFolder| {
        json!({
            "folder": folder.path.to_string_lossy(), "agent": folder.agent, "result": folder.result.as_str(),
            "files": folder.files, "reason": folder.reason,
        })
    };
    folders.iter().map(shown).collect()
}
