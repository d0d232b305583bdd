//! A workspace in a temporary folder with its state beside it, and the actions of a user.

use std::cell::Cell;
use std::ffi::OsStr;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::{Daemon, Output, PATIENCE, Task, TaskDetails, baton, fixture, handoff_with, sha256, text};

/// A separate workspace. Dropping the value deletes it and its state.
#[derive(Debug)]
pub struct Workspace {
    folder: tempfile::TempDir,
    root: PathBuf,
    starts: Cell<u32>,
}

impl Workspace {
    /// A workspace that `baton init` creates.
    ///
    /// # Panics
    /// When it cannot be created.
    #[must_use]
    pub fn init() -> Self {
        let workspace = Self::empty();
        let made = workspace.command().arg("init").arg(&workspace.root).output().expect("the program starts");
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        workspace
    }

    /// A workspace with the fixture plugin `noop` and, of the bundled plugins, only `audit`, so that lists of agents do not depend on
    /// the number of bundled plugins.
    #[must_use]
    pub fn with_noop() -> Self {
        let workspace = Self::init();
        workspace.keep_only("audit");
        workspace.install_fixture("noop", "handoffs = false");
        workspace
    }

    /// A workspace with `noop` and `hostile`. `hostile` has all grants that it declares.
    #[must_use]
    pub fn with_hostile() -> Self {
        let workspace = Self::with_noop();
        workspace.install_fixture(
            "hostile",
            "handoffs = true\nfiles = [{ folder = \"root\", mode = \"ro\" }, { folder = \"plans\", mode = \"rw\" }]",
        );
        // As in a real workspace, the root does not contain the workspace's own files.
        workspace.write("tree/a.py", "print()\n");
        let config = workspace.read("baton.toml").replace("root = \".\"", "root = \"tree\"");
        // Tests make the plugin misbehave many times, which must not put it into quarantine.
        workspace.write("baton.toml", config + "\n[agents.hostile.quarantine]\nafter = 1000\n");
        workspace
    }

    /// A workspace with the fixture plugin `store`, its `grants` as TOML, and a root that does not contain the workspace's own files.
    #[must_use]
    pub fn with_store(grants: &str) -> Self {
        let workspace = Self::with_noop();
        workspace.install_fixture("store", grants);
        workspace.write("tree/a.py", "print()\n");
        let config = workspace.read("baton.toml").replace("root = \".\"", "root = \"tree\"");
        workspace.write("baton.toml", &config);
        workspace
    }

    /// A workspace with the fixture plugin `holder`, and a folder for it beside the workspace.
    ///
    /// # Panics
    /// When the folder cannot be created.
    #[must_use]
    pub fn with_holder(grants: &str) -> (Self, PathBuf) {
        let workspace = Self::init();
        let music = workspace.outside().join("music");
        fs::create_dir_all(&music).expect("a folder");
        let path = music.display().to_string();
        let folder = format!("files = [{{ folder = \"music\", mode = \"rw\", path = {path:?} }}]");
        workspace.install_fixture("holder", &format!("{folder}\n{grants}"));
        (workspace, music)
    }

    /// A workspace with `noop` and the fixture plugin `post`, its `grants` as TOML.
    #[must_use]
    pub fn with_post(grants: &str) -> Self {
        let workspace = Self::with_noop();
        workspace.install_fixture("post", grants);
        workspace
    }

    /// A workspace with `noop` and the fixture plugin `watcher`, with `grants` as TOML in addition to the folder of plans.
    #[must_use]
    pub fn with_watcher(grants: &str) -> Self {
        let workspace = Self::with_noop();
        workspace.install_fixture("watcher", &format!("{grants}\nfiles = [{{ folder = \"plans\", mode = \"ro\" }}]"));
        workspace
    }

    /// A temporary folder for a workspace that is not created yet.
    ///
    /// # Panics
    /// When no temporary folder can be created.
    #[must_use]
    pub fn empty() -> Self {
        let folder = tempfile::Builder::new().prefix("baton-e2e-").tempdir().expect("a temporary folder");
        let root = folder.path().canonicalize().expect("the folder is there").join("work");
        let state = folder.path().join("state/baton");
        fs::create_dir_all(&state).expect("a folder for the state");
        // Compiling a plugin takes a second, so all tests share the compiled plugins.
        if let Some(code) = shared_code() {
            std::os::unix::fs::symlink(code, state.join("code")).expect("a link to the code cache");
        }
        Self { folder, root, starts: Cell::new(0) }
    }

    /// Its folder.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The folder that contains the workspace. No grant includes it.
    #[must_use]
    pub fn outside(&self) -> &Path {
        self.folder.path()
    }

    /// The folder of its state, with the ledger.
    ///
    /// # Panics
    /// When there is none.
    #[must_use]
    pub fn state_folder(&self) -> PathBuf {
        let all = fs::read_dir(self.outside().join("state/baton")).into_iter().flatten().flatten();
        let is_its = |folder: &PathBuf| {
            fs::read_to_string(folder.join("workspace")).is_ok_and(|root| Path::new(root.trim()) == self.root)
        };
        all.map(|entry| entry.path()).find(is_its).expect("a state folder")
    }

    /// A command that runs the program with a separate environment: the state is beside the workspace, and there are no
    /// colours and no settings of the user.
    #[must_use]
    pub fn command(&self) -> Command {
        self.command_of(baton())
    }

    /// A command that runs another program with the same environment.
    #[must_use]
    pub fn command_of(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        command
            .current_dir(self.folder.path())
            .env("XDG_STATE_HOME", self.folder.path().join("state"))
            .env("HOME", self.folder.path())
            .env("NO_COLOR", "1")
            .env_remove("BATON_LOG")
            .env_remove("BATON_REGISTRY")
            .env_remove("BATON_REGISTRY_USER")
            .env_remove("BATON_REGISTRY_PASSWORD")
            .env_remove("DOCKER_CONFIG")
            .env_remove("FAILPOINTS");
        command
    }

    /// Runs `baton -w WORKSPACE args…`.
    pub fn baton<S: AsRef<OsStr>>(&self, args: &[S]) -> Output {
        Output::of(self.command().arg("-w").arg(&self.root).args(args))
    }

    /// Runs `baton up --once`, which must succeed.
    #[track_caller]
    pub fn up_once(&self) -> Output {
        self.baton(&["up", "--once"]).ended(0)
    }

    /// Starts `baton up`.
    #[must_use]
    pub fn up(&self) -> Daemon {
        self.starts.set(self.starts.get() + 1);
        let log = self.folder.path().join(format!("up-{}.log", self.starts.get()));
        Daemon::start(self.command().arg("-w").arg(&self.root).arg("up"), log)
    }

    /// Starts `baton up` with these `FAILPOINTS`.
    #[must_use]
    pub fn up_armed(&self, failpoints: &str) -> Daemon {
        self.starts.set(self.starts.get() + 1);
        let log = self.folder.path().join(format!("up-{}.log", self.starts.get()));
        Daemon::start(self.command().env("FAILPOINTS", failpoints).arg("-w").arg(&self.root).arg("up"), log)
    }

    /// Starts a command that runs `baton up`, such as a wrapper.
    #[must_use]
    pub fn up_by(&self, command: &mut Command) -> Daemon {
        self.starts.set(self.starts.get() + 1);
        let log = self.folder.path().join(format!("up-{}.log", self.starts.get()));
        self.serving(Daemon::start(command, log))
    }

    /// Starts `baton up` and waits until it serves.
    #[must_use]
    pub fn up_and_serving(&self) -> Daemon {
        self.serving(self.up())
    }

    fn serving(&self, daemon: Daemon) -> Daemon {
        self.wait_for("the daemon to serve", |_| daemon.log().contains("serving").then_some(()));
        daemon
    }

    /// Adds a fixture plugin to the workspace and to `baton.lock`, with `grants` as TOML.
    ///
    /// # Panics
    /// When it is not built or the workspace is missing.
    pub fn install_fixture(&self, name: &str, grants: &str) {
        let component = fs::read(fixture(name)).expect("the fixture can be read");
        self.install(name, &component, grants);
    }

    /// Removes all plugins except one from `baton.lock`, with their folders.
    ///
    /// # Panics
    /// When the workspace is missing.
    pub fn keep_only(&self, name: &str) {
        const ENTRY: &str = "\n[[plugin]]\n";
        let lock = self.read("baton.lock");
        let mut entries = lock.split(ENTRY);
        let mut kept = entries.next().unwrap_or_default().to_owned();
        for entry in entries {
            let other =
                entry.strip_prefix("name = \"").and_then(|rest| rest.split('"').next()).expect("an entry has a name");
            if other == name {
                kept = kept + ENTRY + entry;
            } else {
                fs::remove_dir_all(self.root.join("handoffs").join(other)).expect("its folders are there");
            }
        }
        self.write("baton.lock", kept);
    }

    /// Adds any bytes to the workspace and to `baton.lock` as the plugin `name`.
    ///
    /// # Panics
    /// When the workspace is missing.
    pub fn install(&self, name: &str, component: &[u8], grants: &str) {
        let folder = self.root.join("plugins");
        fs::create_dir_all(&folder).expect("a folder for plugins");
        fs::write(folder.join(format!("{name}.wasm")), component).expect("the plugin can be written");
        let digest = sha256(component);
        let entry = format!(
            "\n[[plugin]]\nname = \"{name}\"\nsource = {{ file = \"plugins/{name}.wasm\" }}\n\
             digest = \"sha256:{digest}\"\n[plugin.grants]\n{grants}\n"
        );
        let lock = self.read("baton.lock") + &entry;
        self.write("baton.lock", &lock);
        fs::create_dir_all(self.inbox_of(name)).expect("an inbox");
    }

    /// Writes a file of the workspace in place; creates its folder.
    ///
    /// # Panics
    /// When it cannot be written.
    pub fn write(&self, file: &str, content: impl AsRef<[u8]>) {
        let path = self.root.join(file);
        fs::create_dir_all(path.parent().expect("a file has a folder")).expect("the folder can be made");
        fs::write(path, content).expect("the file can be written");
    }

    /// The text of a file of the workspace.
    ///
    /// # Panics
    /// When it is missing.
    #[must_use]
    #[track_caller]
    pub fn read(&self, file: &str) -> String {
        String::from_utf8_lossy(&self.read_bytes(file)).into_owned()
    }

    /// The bytes of a file of the workspace.
    ///
    /// # Panics
    /// When it is missing.
    #[must_use]
    #[track_caller]
    pub fn read_bytes(&self, file: &str) -> Vec<u8> {
        match fs::read(self.root.join(file)) {
            Ok(bytes) => bytes,
            Err(error) => panic!("{file}: {error}"),
        }
    }

    /// The inbox of an agent.
    #[must_use]
    pub fn inbox_of(&self, agent: &str) -> PathBuf {
        self.root.join("handoffs").join(agent).join("01_inbox")
    }

    /// Drops a file into an agent's inbox atomically: writes it under a hidden name and renames it.
    ///
    /// # Panics
    /// When it cannot be written.
    pub fn drop_file(&self, agent: &str, name: &str, bytes: impl AsRef<[u8]>) {
        let inbox = self.inbox_of(agent);
        let hidden = inbox.join(format!(".{}.tmp", sha256(name.as_bytes())));
        fs::write(&hidden, bytes).expect("the file can be written");
        fs::rename(hidden, inbox.join(name)).expect("the file can be renamed");
    }

    /// Drops a handoff of `Claude-MM1` with an action for `agent`; returns the bytes.
    pub fn drop_action(&self, agent: &str, action: &str) -> Vec<u8> {
        self.drop_handoff_with(agent, action, json!({ "action": action }))
    }

    /// Drops a handoff of `Claude-MM1` for `agent`; returns the bytes.
    pub fn drop_handoff(&self, agent: &str, title: &str) -> Vec<u8> {
        self.drop_handoff_with(agent, title, json!({}))
    }

    /// As [`Workspace::drop_handoff`], with more or other fields.
    ///
    /// # Panics
    /// When `fields` is not an object.
    pub fn drop_handoff_with(&self, agent: &str, title: &str, fields: Value) -> Vec<u8> {
        let bytes = text(&handoff_with(agent, title, fields));
        self.drop_file(agent, &format!("{}.json", title.replace(' ', "-")), &bytes);
        bytes
    }

    /// Writes a file in place, piece by piece, with pauses.
    ///
    /// # Panics
    /// When it cannot be written.
    pub fn write_slowly(&self, agent: &str, name: &str, bytes: &[u8], pieces: usize, pause: Duration) {
        let mut file = fs::File::create(self.inbox_of(agent).join(name)).expect("the file can be made");
        for piece in bytes.chunks(bytes.len().div_ceil(pieces).max(1)) {
            file.write_all(piece).and_then(|()| file.flush()).expect("the file can be written");
            sleep(pause);
        }
    }

    /// All tasks, newest first.
    ///
    /// # Panics
    /// When `status` fails or its format is not the documented one.
    #[must_use]
    pub fn status(&self) -> Vec<Task> {
        let value = self.baton(&["status", "--json"]).ended(0).json();
        assert_eq!(value.get("schema"), Some(&Value::from(1)), "{value}");
        let tasks = value.get("tasks").cloned().unwrap_or_default();
        serde_json::from_value(tasks).expect("tasks as the design has them")
    }

    /// The only task with this title.
    ///
    /// # Panics
    /// When there is none, or several.
    #[must_use]
    #[track_caller]
    pub fn task(&self, title: &str) -> Task {
        let mut found = self.tasks(title);
        assert_eq!(found.len(), 1, "tasks `{title}` among {:#?}", self.status());
        found.remove(0)
    }

    /// The tasks with this title, newest first.
    #[must_use]
    pub fn tasks(&self, title: &str) -> Vec<Task> {
        self.status().into_iter().filter(|task| task.title == title).collect()
    }

    /// The tasks of an agent, newest first.
    #[must_use]
    pub fn tasks_of(&self, agent: &str) -> Vec<Task> {
        self.status().into_iter().filter(|task| task.agent == agent).collect()
    }

    /// The history of a task.
    ///
    /// # Panics
    /// When `why` fails or its format is not the documented one.
    #[must_use]
    #[track_caller]
    pub fn why(&self, id: &str) -> TaskDetails {
        let value = self.baton(&["why", id, "--json"]).ended(0).json();
        serde_json::from_value(value).expect("the history as the design has it")
    }

    /// The names in an agent's `01_inbox`, without hidden ones.
    #[must_use]
    pub fn inbox(&self, agent: &str) -> Vec<String> {
        self.list(&format!("handoffs/{agent}/01_inbox"))
    }

    /// The names in an agent's `02_processed`.
    #[must_use]
    pub fn processed(&self, agent: &str) -> Vec<String> {
        self.list(&format!("handoffs/{agent}/02_processed"))
    }

    /// The names in an agent's `03_failed`.
    #[must_use]
    pub fn failed(&self, agent: &str) -> Vec<String> {
        self.list(&format!("handoffs/{agent}/03_failed"))
    }

    /// The names in a folder of the workspace; empty when it is missing.
    #[must_use]
    pub fn list(&self, folder: &str) -> Vec<String> {
        let entries = fs::read_dir(self.root.join(folder)).into_iter().flatten().filter_map(Result::ok);
        let mut names: Vec<String> = entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
        names.retain(|name| !name.starts_with('.'));
        names.sort();
        names
    }

    /// The RETURNs in an agent's inbox, by file name.
    ///
    /// # Panics
    /// When one is not JSON.
    #[must_use]
    pub fn returns(&self, agent: &str) -> Vec<Value> {
        self.returns_in(&format!("handoffs/{agent}/01_inbox"))
    }

    /// The RETURNs in a folder of the workspace, by file name.
    ///
    /// # Panics
    /// When one is not JSON.
    #[must_use]
    pub fn returns_in(&self, folder: &str) -> Vec<Value> {
        let names = self.list(folder).into_iter().filter(|name| name.contains("__RETURN__"));
        names
            .map(|name| serde_json::from_str(&self.read(&format!("{folder}/{name}"))).expect("a RETURN is JSON"))
            .collect()
    }

    /// The RETURNs in an agent's inbox that answer the handoff with this id.
    #[must_use]
    pub fn returns_for(&self, agent: &str, handoff_id: &str) -> Vec<Value> {
        let answers = |value: &Value| value.pointer("/original_handoff/handoff_id") == Some(&Value::from(handoff_id));
        self.returns(agent).into_iter().filter(answers).collect()
    }

    /// Calls `look` until it returns a value.
    ///
    /// # Panics
    /// After a minute without a value. The message contains the tasks and the daemon's log.
    #[track_caller]
    pub fn wait_for<T>(&self, what: &str, mut look: impl FnMut(&Self) -> Option<T>) -> T {
        let begun = Instant::now();
        while begun.elapsed() < PATIENCE {
            if let Some(seen) = look(self) {
                return seen;
            }
            sleep(Duration::from_millis(30));
        }
        let log = fs::read_to_string(self.folder.path().join(format!("up-{}.log", self.starts.get())));
        let tasks = self.baton(&["status", "--json"]).stdout;
        panic!("waited {PATIENCE:?} in vain for {what}\n{tasks}\n{}", log.unwrap_or_default());
    }

    /// Waits until the only task with this title is in `state`.
    #[track_caller]
    pub fn wait_for_state(&self, title: &str, state: &str) -> Task {
        self.wait_for(&format!("`{title}` to be {state}"), |workspace| {
            workspace.tasks(title).into_iter().find(|task| task.state == state)
        })
    }

    /// Waits until the only task with this title is archived.
    #[track_caller]
    pub fn wait_for_archive(&self, title: &str) -> Task {
        self.wait_for(&format!("`{title}` to be archived"), |workspace| {
            workspace.tasks(title).into_iter().find(|task| task.archived_at.is_some())
        })
    }
}

/// The folder that keeps compiled plugins between runs, beside the built tests.
fn shared_code() -> Option<PathBuf> {
    let test = std::env::current_exe().ok()?;
    let folder = test.parent()?.parent()?.join("e2e-code");
    fs::create_dir_all(&folder).ok()?;
    Some(folder)
}
