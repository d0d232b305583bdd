//! A Drive, databases and host services in a temporary folder.

use std::cell::{Cell, RefCell};
use std::fs;
use std::path::{Path, PathBuf};

use baton_plugin_kit::host::Web;
use baton_plugin_kit::host::{Locks, Writable};
use baton_plugin_sdk::{Cause, Error, Mount, Outcome, Task};
use baton_tests::host_services::{HostDatabase, HostLocks};
use baton_tests::names_in;
use drive_sync::account::Networks;
use drive_sync::act;
use serde_json::{Value, json};

use crate::account_web::TcpWeb;

pub(crate) struct TestDrive {
    folder: tempfile::TempDir,
    own: HostDatabase,
    catalog: HostDatabase,
    pub(crate) locks: HostLocks,
    minute: Cell<u32>,
    /// The address of Google Drive.
    pub(crate) account: RefCell<String>,
}

/// A task with existing folders.
pub(crate) fn task(root: &Path, action: &str, args: &Value, minute: u32) -> Task {
    let mount = |name: &str, writable| {
        let path = root.join(name).to_string_lossy().into_owned();
        Mount { name: name.into(), path: path.clone(), shown_as: name.into(), host_path: path, writable }
    };
    Task {
        id: format!("t{minute}"),
        attempt: 1,
        action: action.into(),
        args: args.to_string(),
        cause: Cause::Call,
        handoff: None,
        mounts: vec![mount("drive", true), mount("databases", false), mount("exports", true)],
        answer: None,
        now: format!("2026-01-18T{:02}:{:02}:00Z", 10 + minute / 60, minute % 60),
    }
}

impl TestDrive {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        for name in ["drive", "databases", "exports"] {
            fs::create_dir(folder.path().join(name)).unwrap();
        }
        let (own, catalog) = (HostDatabase::own(folder.path()), HostDatabase::catalog(folder.path()));
        Self { folder, own, catalog, locks: HostLocks::default(), minute: Cell::new(0), account: RefCell::default() }
    }

    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    pub(crate) fn own(&self) -> &HostDatabase {
        &self.own
    }

    pub(crate) fn catalog(&self) -> &HostDatabase {
        &self.catalog
    }

    pub(crate) fn write(&self, path: &str, text: &str) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    pub(crate) fn read(&self, path: &str) -> String {
        fs::read_to_string(self.path(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    /// Names in a folder, with hidden ones.
    pub(crate) fn names(&self, path: &str) -> Vec<String> {
        names_in(&self.path(path))
    }

    /// Runs a task, one minute after the last.
    pub(crate) fn try_run(&self, action: &str, args: &Value) -> Result<Outcome, Error> {
        self.run_with(action, args, &self.own, &self.locks)
    }

    /// As [`Self::run`], with another own database and other locks.
    pub(crate) fn run_with(
        &self,
        action: &str,
        args: &Value,
        own: &dyn Writable,
        locks: &dyn Locks,
    ) -> Result<Outcome, Error> {
        self.run_over(action, args, own, locks, &TcpWeb(self.account.borrow().clone()))
    }

    /// As [`Self::run_with`], with another network.
    pub(crate) fn run_over(
        &self,
        action: &str,
        args: &Value,
        own: &dyn Writable,
        locks: &dyn Locks,
        web: &dyn Web,
    ) -> Result<Outcome, Error> {
        self.minute.set(self.minute.get() + 1);
        let task = task(self.folder.path(), action, args, self.minute.get());
        act::run(
            &task,
            act::HostServices {
                own,
                catalog: &self.catalog,
                locks,
                pause: &|_| {},
                web: Networks { drive: web, sheets: web },
            },
        )
    }

    #[track_caller]
    pub(crate) fn run(&self, action: &str, args: &Value) -> Outcome {
        self.try_run(action, args).unwrap_or_else(|error| panic!("{action} {args}: {error:?}"))
    }

    #[track_caller]
    pub(crate) fn sync(&self) -> Outcome {
        self.run("sync", &json!({}))
    }

    /// Writes a database `T` with the id `id-1`: (property id, name, type) and rows of `__page_id` and cells.
    pub(crate) fn database(&self, properties: &[(&str, &str, &str)], rows: &[&[&str]], complete: bool) {
        let quoted = |cell: &str| format!("\"{}\"", cell.replace('"', "\"\""));
        let mut csv = "__page_id,__last_synced_iso".to_owned();
        for (_, name, _) in properties {
            csv += &format!(",{}", quoted(name));
        }
        csv += "\n,";
        for (_, _, kind) in properties {
            csv += &format!(",{kind}");
        }
        for row in rows {
            csv += &format!("\n{},", row[0]);
            for cell in &row[1..] {
                csv += &format!(",{}", quoted(cell));
            }
        }
        let described: serde_json::Map<String, Value> = properties
            .iter()
            .map(|(id, name, kind)| ((*id).to_owned(), json!({ "name": name, "type": kind })))
            .collect();
        let sidecar = json!({
            "id": "id-1", "title": "T", "complete": complete, "row_count": rows.len(), "properties": described,
        });
        // The time differs from the last one, even on a coarse clock, because readings are distinguished by it.
        std::thread::sleep(std::time::Duration::from_millis(10));
        self.write("databases/T.csv", &(csv + "\n"));
        self.write("databases/T.json", &sidecar.to_string());
    }

    pub(crate) fn csv(&self) -> String {
        self.read("drive/T_id-1/T_id-1.csv")
    }

    pub(crate) fn edit_csv(&self, from: &str, to: &str) {
        let csv = self.csv();
        assert!(csv.contains(from), "{csv}");
        self.write("drive/T_id-1/T_id-1.csv", &csv.replace(from, to));
    }
}

/// The ids of an outcome's findings.
pub(crate) fn ids(outcome: &Outcome) -> Vec<&str> {
    outcome.findings.iter().map(|finding| finding.id.as_str()).collect()
}

/// The JSON of the artifact whose name has this prefix.
#[track_caller]
pub(crate) fn report(outcome: &Outcome, begins: &str) -> Value {
    let found = outcome.artifacts.iter().find(|file| file.name.starts_with(begins) && file.name.ends_with(".json"));
    serde_json::from_slice(&found.expect("a report").bytes).unwrap()
}
