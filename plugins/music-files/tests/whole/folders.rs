//! Folders with files, a catalog, and the plugin's own database.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};

use baton_plugin_kit::host::{Tables as _, Writable as _};
use baton_plugin_sdk::sql::Value as Sql;
use baton_plugin_sdk::{Artifact, Cause, Error, Mount, Outcome, Task};
use baton_tests::host_services::{HostDatabase, HostLocks};
use music_files::organise::{self, MoveTools};
use serde_json::{Value, json};
use tempfile::TempDir;

pub(crate) const NOW: &str = "2026-01-18T10:15:00Z";

/// The contents of a folder: for each path the bytes and the time, `None` for a folder.
pub(crate) type Tree = BTreeMap<String, Option<(Vec<u8>, u128)>>;

pub(crate) struct TestFolders {
    _folder: TempDir,
    pub(crate) catalog: HostDatabase,
    pub(crate) own: HostDatabase,
    pub(crate) locks: HostLocks,
    /// The folders `music` and `organised`.
    pub(crate) music: PathBuf,
    pub(crate) organised: PathBuf,
}

impl TestFolders {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (music, organised) = (folder.path().join("music"), folder.path().join("organised"));
        fs::create_dir(&music).unwrap();
        fs::create_dir(&organised).unwrap();
        let (catalog, own) = (HostDatabase::catalog(folder.path()), HostDatabase::own(folder.path()));
        Self { catalog, own, locks: HostLocks::default(), music, organised, _folder: folder }
    }

    /// Writes a file below `music`; its time depends on its bytes.
    pub(crate) fn file(&self, path: &str, bytes: &str) {
        write(&self.music.join(path), bytes);
    }

    pub(crate) fn track(&self, id: &str, artist: &str, title: &str) {
        let sql = "INSERT INTO put_track (source, said_at, service, id, title, artists, duration_ms, genre, bpm, released, label)
            VALUES ('spotify', 1, 'spotify', ?1, ?2, ?3, 200000, 'deep house, techno', 124, '1999-03', 'Label/1')";
        let artists = json!([artist]).to_string();
        self.catalog.execute(sql, &[id.into(), title.into(), artists.into()]).unwrap();
    }

    pub(crate) fn playlist(&self, name: &str, tracks: &[&str]) {
        let sql = "INSERT INTO put_playlist (source, said_at, service, id, name, items) VALUES ('spotify', 1, 'spotify', ?1, ?1, ?2)";
        let count = i64::try_from(tracks.len()).unwrap();
        self.catalog.execute(sql, &[name.into(), count.into()]).unwrap();
        let sql = "INSERT INTO put_playlist_item (source, said_at, service, playlist, position, track_service, track)
            VALUES ('spotify', 1, 'spotify', ?1, ?2, 'spotify', ?3)";
        let row = |(folders, track): (usize, &&str)| -> Vec<Sql> {
            vec![name.into(), i64::try_from(folders).unwrap().into(), (*track).into()]
        };
        self.catalog.batch(sql, &mut tracks.iter().enumerate().map(row)).unwrap();
    }

    /// Links the file below `music` to the track.
    pub(crate) fn link(&self, path: &str, track: &str) {
        let sql =
            "INSERT INTO put_file (source, said_at, path, track_service, track) VALUES ('djay', 1, ?1, 'spotify', ?2)";
        let path = self.music.join(path).display().to_string();
        self.catalog.execute(sql, &[path.into(), track.into()]).unwrap();
    }

    /// Adds the file to the catalog as a scan does.
    pub(crate) fn add_scanned_file(&self, path: &Path, missing: bool) {
        let found = path.metadata().ok();
        let size = found.as_ref().map(|found| i64::try_from(found.len()).unwrap());
        let moment = found.map(|found| found.modified().unwrap().duration_since(UNIX_EPOCH).unwrap().as_millis());
        let moment = moment.map(|moment| i64::try_from(moment).unwrap());
        let sql = "INSERT INTO put_file (source, path, size, modified_at, missing) VALUES ('library', ?1, ?2, ?3, ?4)";
        let path = path.display().to_string();
        self.catalog.execute(sql, &[path.into(), size.into(), moment.into(), missing.into()]).unwrap();
    }

    /// Asserts that the files of the catalog exist on disk, and that it has `known` files.
    pub(crate) fn assert_catalog_matches_disk(&self, known: usize) {
        let files = self.catalog.query("SELECT path FROM files WHERE missing = 0", &[]).unwrap().rows;
        let paths: Vec<_> = files.iter().filter_map(|row| row[0].as_text()).collect();
        assert!(paths.iter().all(|path| Path::new(path).is_file()), "{paths:?}");
        assert_eq!(paths.len(), known, "{paths:?}");
    }

    pub(crate) fn task(&self, args: &Value) -> Task {
        let mount = |name: &str, path: &Path| Mount {
            name: name.to_owned(),
            path: path.display().to_string(),
            shown_as: name.to_owned(),
            host_path: path.display().to_string(),
            writable: true,
        };
        Task {
            id: "t1".to_owned(),
            attempt: 1,
            action: String::new(),
            args: args.to_string(),
            cause: Cause::Call,
            handoff: None,
            mounts: vec![mount("music", &self.music), mount("organised", &self.organised)],
            answer: None,
            now: NOW.to_owned(),
        }
    }

    pub(crate) fn plan(&self, args: &Value) -> Outcome {
        organise::plan(&self.task(args), &self.catalog, &self.own, &self.locks).unwrap()
    }

    /// Plans, and returns the plan as JSON; null if there is nothing to do.
    pub(crate) fn plan_json(&self, args: &Value) -> Value {
        json_of(&self.plan(args).artifacts)
    }

    pub(crate) fn apply(&self, plan: &str) -> Result<Outcome, Error> {
        organise::apply(&self.task(&json!({ "plan": plan })), &self.catalog, &self.own, &self.locks)
    }

    pub(crate) fn undo(&self, plan: &str) -> Result<Outcome, Error> {
        organise::undo(&self.task(&json!({ "plan": plan })), &self.catalog, &self.own, &self.locks)
    }

    pub(crate) fn apply_by(&self, plan: &str, tools: &MoveTools<'_>) -> Result<Outcome, Error> {
        organise::apply_with(&self.task(&json!({ "plan": plan })), tools)
    }

    pub(crate) fn undo_by(&self, plan: &str, tools: &MoveTools<'_>) -> Result<Outcome, Error> {
        organise::undo_with(&self.task(&json!({ "plan": plan })), tools)
    }

    /// The contents of both folders.
    pub(crate) fn tree(&self) -> Tree {
        let mut all = Tree::new();
        tree(&self.music, "music", &mut all);
        tree(&self.organised, "organised", &mut all);
        all
    }

    /// The paths of the files below `organised`.
    pub(crate) fn organised_paths(&self) -> Vec<String> {
        let mut all = Tree::new();
        tree(&self.organised, "", &mut all);
        all.into_iter().filter(|(_, file)| file.is_some()).map(|(path, _)| path[1..].to_owned()).collect()
    }
}

pub(crate) fn json_of(artifacts: &[Artifact]) -> Value {
    let json = artifacts.iter().find(|artifact| artifact.name.ends_with(".json"));
    json.map_or(Value::Null, |json| serde_json::from_slice(&json.bytes).unwrap())
}

pub(crate) fn id(plan: &Value) -> String {
    plan["plan"].as_str().expect("there is a plan").to_owned()
}

pub(crate) fn write(path: &Path, bytes: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, bytes).unwrap();
    let age = Duration::new(1_700_000_000 + bytes.len() as u64, 123_456_789);
    File::options().write(true).open(path).unwrap().set_modified(UNIX_EPOCH + age).unwrap();
}

fn tree(folder: &Path, name: &str, all: &mut Tree) {
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let path = format!("{name}/{}", entry.file_name().into_string().unwrap());
        let found = entry.path().symlink_metadata().unwrap();
        if found.is_dir() {
            all.insert(path.clone(), None);
            tree(&entry.path(), &path, all);
        } else if found.is_file() {
            let modified = found.modified().unwrap().duration_since(UNIX_EPOCH).unwrap().as_nanos();
            all.insert(path, Some((fs::read(entry.path()).unwrap(), modified)));
        } else {
            all.insert(path, Some((Vec::new(), 0)));
        }
    }
}
