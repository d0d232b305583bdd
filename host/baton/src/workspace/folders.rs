//! Opens the folders of grants, and checks which folders may be granted.
//!
//! Baton checks the rules when a folder is granted, when a plugin is loaded, and, for the open folder, before each attempt.
//!
//! - No folder may contain the state of a workspace, or be inside it.
//! - No folder may contain a folder such as `/proc`, in which the system shows its state as files, or be inside one
//!   ([`of_the_system`]).
//! - A folder that a plugin may write to must not overlap with the files that control the workspace ([`OWN`]), an adopted
//!   folder or an inbox: a file in an inbox is a handoff in any agent's name. It must not contain a file that `[notify]` runs.
//! - State and inboxes of other workspaces must not be granted, if Baton recognises them ([`ForeignItem`]).
//! - Folders of grants may not overlap if one of them is writable ([`baton_registry::overlap`]).
//!
//! Folders are compared by path and by device and inode, so another path to the same folder makes no difference.

use std::io::ErrorKind;
use std::path::{Component, Path, PathBuf};

use baton_core::grants::{Grant, GrantSet, GrantedFolder, Mode, grant_command};
use baton_core::shell::words;
use baton_dispatch::{ARCHIVES, INBOX};
use baton_registry::Lock;
use baton_registry::overlap::{self, Access, PlacedFolder};
use baton_sandbox::{Folder, FolderCheck, Identity};

use super::Workspace;
use super::foreign::{ForeignItem, OWN};
use super::program::run_by_baton;
use super::system::of_the_system;

/// Why a folder of a grant cannot be opened.
#[derive(Debug)]
pub(crate) enum OpenFolderError {
    /// The folder does not exist.
    Missing(PathBuf),
    /// The path of a grant contains a link or has another spelling. The value is the real path.
    LeadsTo(PathBuf),
    /// A rule refuses the folder. The text has the reason and the fix.
    Refused(String),
}

/// Opens the folder of a grant or, if `configured`, of `baton.toml`. Links in paths of `baton.toml` are followed,
/// because the operator may change that file at any time. The path of a grant was resolved when it was granted, so a link
/// in that path is newer than the grant and is refused.
pub(crate) fn open(workspace: &Workspace, written: &Path, configured: bool) -> Result<Folder, OpenFolderError> {
    let path: PathBuf = workspace.base.join(written).components().filter(|part| *part != Component::CurDir).collect();
    let real = match path.canonicalize() {
        Ok(real) if real.is_dir() => real,
        _ => return Err(OpenFolderError::Missing(path)),
    };
    if !configured && real != path {
        return Err(OpenFolderError::LeadsTo(real));
    }
    Folder::open(&real).map_err(|error| match error.kind() {
        ErrorKind::NotFound => OpenFolderError::Missing(real),
        _ => OpenFolderError::Refused(format!("it cannot be opened: {error}")),
    })
}

/// The paths of a grant as written, and whether they come from `baton.toml`.
pub(super) fn written(workspace: &Workspace, grant: &GrantedFolder) -> (Vec<PathBuf>, bool) {
    match &grant.path {
        Some(path) => (vec![path.clone()], false),
        None => (workspace.config.folder(&grant.folder), true),
    }
}

/// The paths of the repositories that were granted under a name, and whether they come from `baton.toml`.
pub(super) fn repositories(workspace: &Workspace, granted: &GrantSet, name: &str) -> (Vec<PathBuf>, bool) {
    let own = granted.files.iter().find(|files| files.folder == name && files.path.is_some());
    own.map_or_else(|| (workspace.config.folder(name), true), |files| written(workspace, files))
}

/// The folders of all grants in `lock`. Folders that cannot be opened are left out, because no plugin gets them.
pub(crate) fn placed(workspace: &Workspace, lock: &Lock) -> Vec<PlacedFolder> {
    lock.plugins.iter().flat_map(|entry| of_plugin(workspace, &entry.name, &entry.grants)).collect()
}

fn of_plugin(workspace: &Workspace, plugin: &str, granted: &GrantSet) -> Vec<PlacedFolder> {
    let mut placed = Vec::new();
    let mut add = |(folders, configured): (Vec<PathBuf>, bool), grant: &str, access| {
        let opened = folders.iter().filter_map(|folder| open(workspace, folder, configured).ok());
        placed.extend(opened.map(|folder| place(plugin, grant, access, &folder)));
    };
    for grant in &granted.files {
        let access = if grant.mode == Mode::Rw { Access::Write } else { Access::Read };
        add(written(workspace, grant), &Grant::Files(grant.clone()).to_string(), access);
    }
    for name in &granted.git {
        add(repositories(workspace, granted, name), &Grant::Git(name.clone()).to_string(), Access::Repository);
    }
    placed
}

fn place(plugin: &str, grant: &str, access: Access, folder: &Folder) -> PlacedFolder {
    PlacedFolder {
        plugin: plugin.to_owned(),
        grant: words(&[grant]),
        path: folder.path().to_owned(),
        identity: folder.identity(),
        above: folder.above().to_vec(),
        access,
    }
}

/// A folder that is open for a plugin.
#[derive(Clone)]
pub(super) struct OpenFolder {
    pub(super) grant: String,
    /// Its name in messages.
    pub(super) shown: String,
    pub(super) access: Access,
    pub(super) folder: Folder,
}

/// The open folders of one plugin, with the data to check them again.
#[derive(Clone)]
pub(super) struct PluginFolders {
    pub(super) workspace: Workspace,
    pub(super) plugin: String,
    pub(super) folders: Vec<OpenFolder>,
    /// Granted folders of repositories that were missing when the plugin was loaded, each with its grant.
    pub(super) missing: Vec<(String, PathBuf)>,
    pub(super) others: Vec<PlacedFolder>,
}

impl PluginFolders {
    /// Checks the rules for the open folders.
    pub(super) fn check(&self) -> Result<(), String> {
        for used in self.folders.iter().filter(|used| used.access != Access::Repository) {
            may_be_granted(&self.workspace, &used.folder, used.access == Access::Write)
                .map_err(|why| format!("`{}` cannot be granted: {why}", used.shown))?;
        }
        let own = self.folders.iter().map(|used| place(&self.plugin, &used.grant, used.access, &used.folder));
        let all: Vec<_> = self.others.iter().cloned().chain(own).collect();
        overlap::find(&self.plugin, &all).map_or(Ok(()), |found| Err(format!("its grants cannot be used: {found}")))
    }

    /// Checks that each path still refers to the open folder, and that the rules of `check` still hold. Called before an
    /// attempt.
    fn check_again(&self) -> Result<(), String> {
        let mut now = self.clone();
        for used in &mut now.folders {
            used.folder = again(&self.plugin, &used.grant, &used.folder)?;
        }
        if let Some((grant, path)) = self.missing.iter().find(|(_, path)| path.symlink_metadata().is_ok()) {
            return Err(changed(&self.plugin, grant, path, "the folder did not exist at that time"));
        }
        now.check()
    }

    /// The check that the sandbox makes before each attempt.
    pub(super) fn into_check(self) -> FolderCheck {
        if self.folders.is_empty() && self.missing.is_empty() {
            return FolderCheck::default();
        }
        FolderCheck::new(move || self.check_again())
    }
}

fn again(plugin: &str, grant: &str, folder: &Folder) -> Result<Folder, String> {
    folder.open_again().map_err(|error| match error.kind() {
        ErrorKind::NotFound => format!(
            "the granted folder {} cannot be opened: {error}; make it, or grant another one: {}",
            folder.path().display(),
            grant_command(plugin, &[grant])
        ),
        _ => changed(plugin, grant, folder.path(), &error.to_string()),
    })
}

fn changed(plugin: &str, grant: &str, path: &Path, why: &str) -> String {
    format!(
        "the granted folder {} is not the one that was opened when the plugin was loaded ({why}), so the plugin does not get \
         this folder; to grant the folder again: {}",
        path.display(),
        grant_command(plugin, &[grant])
    )
}

/// Whether a folder may be granted at all, to any plugin.
fn may_be_granted(workspace: &Workspace, folder: &Folder, writable: bool) -> Result<(), String> {
    let state = &workspace.state;
    if let Some(system) = of_the_system(folder.path()) {
        return Err(format!(
            "it contains {} or is inside it, which is a virtual file system of the kernel; grant a folder with \
             ordinary files",
            system.display()
        ));
    }
    // The state of a temporary workspace contains only the data of this run.
    if writable || !workspace.temporary {
        for kept in [Some(state.folder()), Some(state.code()), state.of_all_workspaces()].into_iter().flatten() {
            if touches(kept, folder) {
                let kept = kept.display();
                return Err(format!(
                    "it contains the state folder {kept} or is inside it; grant another folder or move the state with --state"
                ));
            }
        }
    }
    let foreign = || ForeignItem::above(folder.path(), writable).map_or(Ok(()), |foreign| Err(foreign.refusal()));
    if !writable {
        return if workspace.temporary { Ok(()) } else { foreign() };
    }
    if let Some(own) = OWN.iter().map(|name| workspace.root.join(name)).find(|own| touches(own, folder)) {
        return Err(format!("it would let a plugin write to {}; grant a folder beside it", own.display()));
    }
    if let Some(program) = run_by_baton(workspace).iter().find(|program| touches(program, folder)) {
        return Err(format!(
            "it would let a plugin write to {}, which Baton runs ([notify] in baton.toml); grant a folder beside it, or move \
             that file",
            program.display()
        ));
    }
    if let Some(root) = workspace.config.adopted(&workspace.base).into_iter().find(|root| touches(root, folder)) {
        return Err(format!(
            "it would let a plugin write to the adopted folder {} (`adopted` in baton.toml), where it could make \
             inboxes and send handoffs in any agent's name; grant a folder elsewhere",
            root.display()
        ));
    }
    match inboxes(workspace).into_iter().find(|(_, inbox)| touches(inbox, folder)) {
        Some((agent, inbox)) => Err(format!(
            "it would let a plugin write to {}, which belongs to the agent {agent} ([agents.{agent}] in baton.toml), \
             so it could send handoffs in any agent's name; grant a folder beside it, or move the inbox",
            inbox.display()
        )),
        None => foreign(),
    }
}

/// The inboxes in `baton.toml` and the archives beside them, each with its agent.
fn inboxes(workspace: &Workspace) -> Vec<(String, PathBuf)> {
    let mut folders = Vec::new();
    for (agent, settings) in workspace.config.rules(&workspace.base).settings {
        for inbox in settings.inboxes {
            if inbox.file_name().is_some_and(|name| name == INBOX) {
                folders.extend(ARCHIVES.map(|beside| (agent.clone(), inbox.with_file_name(beside))));
            }
            folders.push((agent.clone(), inbox));
        }
    }
    folders
}

/// Whether `kept` is `folder`, is inside it, or contains it, by path or by identity. If `kept` does not exist, its nearest
/// existing parent is compared.
fn touches(kept: &Path, folder: &Folder) -> bool {
    let by_path = |kept: &Path| kept.starts_with(folder.path()) || folder.path().starts_with(kept);
    let there = kept.ancestors().find_map(|above| Some((above.canonicalize().ok()?, kept.strip_prefix(above).ok()?)));
    let Some((there, missing)) = there else { return by_path(kept) };
    if by_path(kept) || by_path(&there.join(missing)) {
        return true;
    }
    let inside = there.ancestors().filter_map(Identity::at).any(|above| above == folder.identity());
    let itself = missing.as_os_str().is_empty().then(|| Identity::at(&there)).flatten();
    inside || itself.is_some_and(|itself| folder.above().contains(&itself))
}
