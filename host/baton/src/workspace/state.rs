//! The state folder of a workspace. It is outside of the workspace, because a workspace may be synced between machines or
//! granted to a plugin. The databases must be neither synced nor granted.
//!
//! The default is `$XDG_STATE_HOME/baton/<id>`, where the id depends on the workspace's resolved path. Only the user can read
//! it.

use std::fs::{self, File};
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io::{ErrorKind, Read, Seek, Write};
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use anyhow::{Context as _, bail};
use baton_core::{Digest, file_name};
use baton_files::{PRIVATE, open_or_create, replace};

use super::config::CONFIG_FILE;

/// The file with the path of the workspace.
const MARK: &str = "workspace";

/// The maximum size of a file that contains a path or an id.
const SMALL: u64 = 64 << 10;

const LEDGER: &str = "ledger.db";

/// The folders of a workspace's state.
#[derive(Clone, Debug)]
pub(crate) struct State {
    folder: PathBuf,
    code: PathBuf,
    /// The parent folder of all workspaces' states, if the default is used.
    all: Option<PathBuf>,
}

impl State {
    /// The state of the workspace at `root` (resolved), in `chosen` or the default folder. Makes the folder if it is missing.
    pub(crate) fn of(root: &Path, chosen: Option<&Path>) -> anyhow::Result<Self> {
        let (folder, code) = state_paths(root, chosen)?;
        for folder in [&folder, &code] {
            make_private(folder)?;
        }
        let state = Self::resolved(folder, code);
        let (file, mark) = (state.folder.join(MARK), format!("{}\n", root.display()));
        // The file is written only if its text changes, because other processes may be reading it.
        let is_marked = baton_files::read_text(&file, SMALL).is_ok_and(|known| known == mark);
        if !is_marked && state.other_workspace(root).is_none() {
            drop(replace(&file, mark.as_bytes(), PRIVATE));
        }
        Ok(state)
    }

    /// The existing workspace whose state this is, if it is not the one at `root`.
    pub(crate) fn other_workspace(&self, root: &Path) -> Option<PathBuf> {
        let mark = baton_files::read_text(&self.folder.join(MARK), SMALL).ok()?;
        let marked = Path::new(mark.strip_suffix('\n')?).canonicalize().ok()?;
        (marked != root && marked.join(CONFIG_FILE).is_file()).then_some(marked)
    }

    /// The path of the state folder. Makes and changes nothing.
    pub(crate) fn locate(root: &Path, chosen: Option<&Path>) -> anyhow::Result<Self> {
        let (folder, code) = state_paths(root, chosen)?;
        Ok(Self::resolved(folder, code))
    }

    fn resolved(folder: PathBuf, code: PathBuf) -> Self {
        let [folder, code] = [folder, code].map(|folder| folder.canonicalize().unwrap_or(folder));
        let all = home().ok().and_then(|all| all.canonicalize().ok());
        Self { folder, code, all }
    }

    /// The state of a temporary workspace: in `folder`, with the shared code cache if there is one.
    pub(crate) fn temporary(root: &Path, folder: &Path) -> anyhow::Result<Self> {
        let mut state = Self::of(root, Some(folder))?;
        if let Some(shared) = home().ok().map(|home| home.join("code"))
            && make_private(&shared).is_ok()
        {
            state.code = shared.canonicalize()?;
        }
        Ok(state)
    }

    pub(crate) fn ledger(&self) -> PathBuf {
        self.folder.join(LEDGER)
    }

    pub(crate) fn catalog(&self) -> PathBuf {
        self.folder.join("catalog.db")
    }

    /// The folder of snapshots of other programs' databases.
    pub(crate) fn snapshots(&self) -> PathBuf {
        self.folder.join("snapshots")
    }

    /// The folder of temporary files of plugins' SQL. These files have no names.
    pub(crate) fn temporary_files(&self) -> PathBuf {
        self.folder.join("tmp")
    }

    /// The file of a plugin's tables.
    pub(crate) fn plugin_database(&self, plugin: &str) -> PathBuf {
        self.plugin_databases().join(format!("{plugin}.db"))
    }

    /// The folder of the plugins' tables.
    pub(crate) fn plugin_databases(&self) -> PathBuf {
        self.folder.join("plugins")
    }

    /// The folder for wake messages to the daemon; made if it is missing.
    pub(crate) fn wake(&self) -> anyhow::Result<PathBuf> {
        let folder = self.folder.join("wake");
        make_private(&folder)?;
        Ok(folder)
    }

    /// The folder of the agents' tokens; made if it is missing.
    pub(crate) fn tokens(&self) -> anyhow::Result<PathBuf> {
        let folder = self.folder.join("tokens");
        make_private(&folder)?;
        Ok(folder)
    }

    /// The folder with the records of `baton connect`; created if it is missing.
    pub(crate) fn connections(&self) -> anyhow::Result<PathBuf> {
        let folder = self.folder.join("connections");
        make_private(&folder)?;
        Ok(folder)
    }

    /// The folder of the processes that wait for work of an agent; made if it is missing.
    pub(crate) fn waiters(&self) -> anyhow::Result<PathBuf> {
        let folder = self.folder.join("waiters");
        make_private(&folder)?;
        Ok(folder)
    }

    /// Wakes the daemon. Has no effect without a daemon.
    pub(crate) fn wake_daemon(&self) {
        if let Ok(folder) = self.wake() {
            drop(baton_files::touch(&folder.join("now")));
        }
    }

    /// A random id of this state folder. It distinguishes the folder from a folder with the same path on another
    /// machine.
    pub(crate) fn id(&self) -> anyhow::Result<String> {
        if let Some(known) = self.known_id() {
            return Ok(known);
        }
        let draw = || RandomState::new().build_hasher().finish();
        self.keep_id(&format!("{:016x}{:016x}", draw(), draw()))?;
        Ok(self.known_id().unwrap_or_default())
    }

    /// The id, if it exists already.
    pub(crate) fn known_id(&self) -> Option<String> {
        let id = baton_files::read_text(&self.id_file(), SMALL).ok()?.trim().to_owned();
        (!id.is_empty()).then_some(id)
    }

    /// Restores the id that the folder had before it was deleted. An existing id stays.
    pub(crate) fn keep_id(&self, id: &str) -> anyhow::Result<()> {
        let path = self.id_file();
        if self.known_id().is_some() {
            return Ok(());
        }
        baton_files::create(&path, format!("{id}\n").as_bytes(), PRIVATE)
            .with_context(|| format!("failed to write {}", path.display()))
    }

    fn id_file(&self) -> PathBuf {
        self.folder.join("id")
    }

    pub(crate) fn packages(&self) -> PathBuf {
        self.folder.join("packages")
    }

    /// The lock file of the process that serves the workspace.
    pub(crate) fn up_lock(&self) -> PathBuf {
        self.folder.join("up.lock")
    }

    /// The cache of compiled plugins.
    pub(crate) fn code(&self) -> &Path {
        &self.code
    }

    /// The parent folder of all workspaces' states, if the default is used.
    pub(crate) fn of_all_workspaces(&self) -> Option<&Path> {
        self.all.as_deref()
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }
}

/// The state folder of the workspace at `root`, and the folder of compiled code.
fn state_paths(root: &Path, chosen: Option<&Path>) -> anyhow::Result<(PathBuf, PathBuf)> {
    if let Some(folder) = chosen {
        return Ok((folder.to_owned(), folder.join("code")));
    }
    let all = home()?;
    Ok((all.join(id(root)), all.join("code")))
}

fn home() -> anyhow::Result<PathBuf> {
    let set = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    match set("XDG_STATE_HOME").or_else(|| set("HOME").map(|home| home.join(".local/state"))) {
        Some(home) => Ok(home.join("baton")),
        None => bail!("neither XDG_STATE_HOME nor HOME is set; name the state folder with --state DIR"),
    }
}

/// The id of a workspace, unique on this machine.
pub(crate) fn id(root: &Path) -> String {
    let name = root.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    format!("{}-{}", file_name::slug(&name, 40), Digest::of(root.as_os_str().as_encoded_bytes()).short(12))
}

/// Creates the folder with mode 0700. Changes the mode of an existing folder only if it is empty or was a state folder
/// before. Otherwise a mistyped path could close `/tmp` to other users.
fn make_private(folder: &Path) -> anyhow::Result<()> {
    let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(folder);
    made.with_context(|| format!("failed to make the state folder {}", folder.display()))?;
    if fs::metadata(folder)?.permissions().mode() & 0o077 == 0 {
        return Ok(());
    }
    let mut ours = [MARK, LEDGER].iter().any(|name| folder.join(name).is_file());
    ours |= fs::read_dir(folder)?.next().is_none();
    if !ours {
        let shown = folder.display();
        bail!("{shown} is open to other users and contains other files: name an empty folder, or chmod 700 {shown}");
    }
    let closed = fs::set_permissions(folder, fs::Permissions::from_mode(0o700));
    closed.with_context(|| format!("failed to deny other users access to {}; run `chmod 700` on it", folder.display()))
}

/// The lock of the process that serves a workspace. It is released when it is dropped or the process ends.
#[derive(Debug)]
pub(crate) struct UpLock {
    _file: File,
}

impl UpLock {
    pub(crate) fn take(state: &State) -> anyhow::Result<Self> {
        let path = state.up_lock();
        let mut file = open_or_create(&path).with_context(|| format!("failed to open {}", path.display()))?;
        match try_lock(&file) {
            Ok(()) => {}
            Err(fs::TryLockError::WouldBlock) => {
                let mut holder = String::new();
                drop(file.read_to_string(&mut holder));
                bail!("`baton up` runs here already (process {}); stop it first", holder.trim());
            }
            Err(fs::TryLockError::Error(error)) => {
                return Err(error).with_context(|| format!("failed to lock {}", path.display()));
            }
        }
        let write = |file: &mut File| -> std::io::Result<()> {
            file.set_len(0)?;
            file.rewind()?;
            write!(file, "{}", std::process::id())
        };
        write(&mut file).with_context(|| format!("failed to write {}", path.display()))?;
        Ok(Self { _file: file })
    }
}

/// Tries several times, because another process may hold the lock for a moment, only to check it.
fn try_lock(file: &File) -> Result<(), fs::TryLockError> {
    for _ in 0..5 {
        match file.try_lock() {
            Err(fs::TryLockError::WouldBlock) => std::thread::sleep(Duration::from_millis(20)),
            done => return done,
        }
    }
    file.try_lock()
}

/// The process that serves a workspace, according to the lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ServingProcess {
    /// No process ever served the workspace.
    Never,
    /// No process serves the workspace now. The value is the id of the last process that served it, if the file has that id.
    Nobody(Option<u32>),
    /// A process serves the workspace. The values are its id, if the file has the id, and its start time.
    Since(Option<u32>, SystemTime),
}

impl ServingProcess {
    /// Checks the lock without keeping it.
    pub(crate) fn read(state: &State) -> std::io::Result<Self> {
        let mut file = match baton_files::open(&state.up_lock()) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Self::Never),
            opened => opened?,
        };
        let mut text = String::new();
        drop(file.read_to_string(&mut text));
        let process = text.trim().parse().ok();
        match file.try_lock_shared() {
            Ok(()) => Ok(Self::Nobody(process)),
            Err(fs::TryLockError::WouldBlock) => Ok(Self::Since(process, file.metadata()?.modified()?)),
            Err(fs::TryLockError::Error(error)) => Err(error),
        }
    }

    /// True if a process serves the workspace.
    pub(crate) fn is_on(self) -> bool {
        matches!(self, Self::Since(..))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_folder_is_private_and_each_workspace_has_a_separate_one() {
        let folder = tempfile::tempdir().unwrap();
        let state = State::of(Path::new("/a/work"), Some(&folder.path().join("s"))).unwrap();
        assert_eq!(fs::metadata(state.folder()).unwrap().permissions().mode() & 0o777, 0o700);
        assert_ne!(id(Path::new("/a/work")), id(Path::new("/b/work")));
    }

    #[test]
    fn errors_when_the_folder_is_open_to_others_and_was_not_a_state_folder() {
        let folder = tempfile::tempdir().unwrap();
        let open = |name: &str| {
            let path = folder.path().join(name);
            fs::create_dir(&path).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
            path
        };
        let (theirs, empty) = (open("theirs"), open("empty"));
        fs::write(theirs.join("letter"), "").unwrap();
        assert!(State::of(Path::new("/a"), Some(&theirs)).is_err());
        assert_eq!(fs::metadata(&theirs).unwrap().permissions().mode() & 0o777, 0o755);
        assert!(State::of(Path::new("/a"), Some(&empty)).is_ok());
    }

    #[test]
    fn the_error_for_a_held_lock_names_the_holder() {
        let folder = tempfile::tempdir().unwrap();
        let state = State::of(Path::new("/a/work"), Some(folder.path())).unwrap();
        let held = UpLock::take(&state).unwrap();
        let error = UpLock::take(&state).unwrap_err().to_string();
        assert!(error.contains(&std::process::id().to_string()), "{error}");
        drop(held);
        UpLock::take(&state).unwrap();
    }
    #[test]
    fn checking_for_a_daemon_takes_no_lock_and_creates_no_file() {
        let folder = tempfile::tempdir().unwrap();
        let missing = folder.path().join("state");
        let state = State::locate(Path::new("/a/work"), Some(&missing)).unwrap();
        assert_eq!(ServingProcess::read(&state).unwrap(), ServingProcess::Never);
        assert!(!missing.exists());
        let state = State::of(Path::new("/a/work"), Some(&missing)).unwrap();
        let held = UpLock::take(&state).unwrap();
        let me = std::process::id();
        assert!(
            matches!(ServingProcess::read(&state).unwrap(), ServingProcess::Since(Some(process), _) if process == me)
        );
        drop(held);
        assert_eq!(ServingProcess::read(&state).unwrap(), ServingProcess::Nobody(Some(me)));
        let held = UpLock::take(&state).unwrap();
        assert!(
            ServingProcess::read(&state).unwrap().is_on() && State::locate(Path::new("/a"), Some(&missing)).is_ok()
        );
        drop(held);
    }
}
