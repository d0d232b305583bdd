//! The drive-sync plugin with a Google account: the shipped component in the real sandbox, against a stateful Google Drive on loopback
//! (`tests/src/drive_server.rs`) and a strict OAuth server.

mod judges;
mod sheets;

use std::fs;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use baton_tests::drive_server::{DriveServer, Fault};
use baton_tests::oauth_server::{OAuthServer, TOKEN_PREFIX};
use baton_tests::{Output, Workspace, files_with, names_in};
use serde_json::{Value, json};

use crate::accounts;

const CSV: &str = "Baton/T_id-1/T_id-1.csv";

/// The grants for an account to which the plugin may write.
const GRANTS: [&str; 8] = [
    "http=GET:{api}/drive/v3/*",
    "http=POST:{api}/drive/v3/files",
    "http=PATCH:{api}/drive/v3/files/*",
    "http=POST:{api}/upload/drive/v3/files",
    "http=PATCH:{api}/upload/drive/v3/files/*",
    "http=PUT:{api}/upload/drive/v3/files*",
    "http=GET:{sheets}/v4/spreadsheets/*",
    "secret=google",
];

struct Services {
    oauth: OAuthServer,
    drive: DriveServer,
}

impl Services {
    fn start() -> Self {
        let oauth = OAuthServer::start();
        let drive = DriveServer::start(&oauth);
        Self { oauth, drive }
    }

    /// A workspace with a connected account and a database.
    fn workspace(&self, rows: &[&str]) -> DriveWorkspace {
        self.workspace_with(rows, &GRANTS)
    }

    fn workspace_with(&self, rows: &[&str], grants: &[&str]) -> DriveWorkspace {
        let workspace = Workspace::init();
        let settings = workspace.read("baton.toml") + &self.oauth.settings("google");
        workspace.write("baton.toml", settings);
        workspace.keep_only("drive-sync");
        let root = workspace.outside().canonicalize().unwrap();
        for (name, mode) in [("drive", "rw"), ("databases", "ro"), ("exports", "rw")] {
            fs::create_dir_all(root.join(name)).unwrap();
            let word = format!("files:{mode}={name}={}", root.join(name).display());
            workspace.baton(&["plugin", "grant", "drive-sync", &word]).ended(0);
        }
        let host = format!("host=api={}", self.drive.address());
        let sheets = format!("host=sheets={}", self.drive.address());
        let words = ["plugin", "grant", "drive-sync", host.as_str(), sheets.as_str(), "sql=own:rw", "locks"];
        workspace.baton(&[&words[..], grants].concat()).ended(0);
        accounts::add_with(&workspace, &["google"]).ended(0);
        let listed = workspace.baton(&["account", "list", "--json"]).ended(0).json();
        assert_eq!(listed["accounts"][0]["scopes"], json!(["https://www.googleapis.com/auth/drive.file"]), "{listed}");
        let place = DriveWorkspace { workspace, root };
        place.database(rows);
        place
    }

    fn assert_clean(&self) {
        assert_eq!(self.drive.problems(), [""; 0]);
        assert_eq!(self.oauth.problems(), [""; 0]);
        assert_eq!(self.drive.faults_left(), 0);
    }

    fn paths(&self) -> Vec<String> {
        self.drive.tree().into_iter().map(|(path, _)| path).collect()
    }

    /// Asserts that the account has each of the four files once, and that no file was created and then deleted.
    #[track_caller]
    fn assert_mirrored(&self) {
        let files = ["Baton/", "Baton/T_id-1/", CSV, "Baton/T_id-1/T_id-1.manifest.json"];
        assert_eq!(self.paths(), files);
        assert_eq!((self.drive.ever(), self.drive.bin().len()), (4, 0));
    }
}

struct DriveWorkspace {
    workspace: Workspace,
    root: PathBuf,
}

impl DriveWorkspace {
    fn database(&self, rows: &[&str]) {
        let rows: String = rows.iter().enumerate().map(|(number, row)| format!("p{number},,{row}\n")).collect();
        fs::write(self.root.join("databases/T.csv"), format!("__page_id,__last_synced_iso,Name\n,,title\n{rows}"))
            .unwrap();
        let properties = json!({ "title": { "name": "Name", "type": "title" } });
        let sidecar = json!({ "id": "id-1", "title": "T", "complete": true, "properties": properties });
        fs::write(self.root.join("databases/T.json"), sidecar.to_string()).unwrap();
    }

    fn drop(&self, title: &str) {
        let args = json!({ "action": "sync", "args": { "place": "account" } });
        self.workspace.drop_handoff_with("drive-sync", title, args);
    }

    fn up_once(&self) {
        let mut command = self.workspace.command();
        command.arg("-w").arg(self.workspace.root()).args(["up", "--once"]);
        Output::within(&mut command, Duration::from_mins(4)).ended(0);
    }

    /// Runs a sync that must complete only a part. Returns the reason.
    #[track_caller]
    fn sync_partly(&self, title: &str, args: &Value) -> String {
        self.workspace.drop_handoff_with("drive-sync", title, json!({ "action": "sync", "args": args }));
        self.up_once();
        let task = self.workspace.task(title);
        assert_eq!(task.state, "failed", "{}", task.reason);
        task.reason
    }

    #[track_caller]
    fn sync(&self, title: &str) -> String {
        self.drop(title);
        self.up_once();
        let task = self.workspace.task(title);
        assert_eq!(task.state, "succeeded", "{}", task.reason);
        task.reason
    }

    /// Asserts that only the file of secrets contains tokens.
    fn assert_no_token(&self) {
        let found = files_with(self.workspace.outside(), &format!("{TOKEN_PREFIX}-"));
        assert!(found.is_empty(), "a token is in {found:?}");
    }

    fn token(&self) -> String {
        let secrets = fs::read_to_string(self.workspace.state_folder().join("secrets.json")).unwrap();
        let secrets: Value = serde_json::from_str(&secrets).unwrap();
        let account = secrets["secrets"]["account:google"]["value"].as_str().unwrap();
        serde_json::from_str::<Value>(account).unwrap()["access_token"].as_str().unwrap().to_owned()
    }
}

#[test]
fn a_database_is_mirrored_once_also_if_a_token_expires() {
    let services = Services::start();
    let place = services.workspace(&["One", "Two"]);
    assert!(place.sync("First").contains("Google Drive: 2 files uploaded, 0 downloaded."));
    services.assert_mirrored();
    let before = services.drive.lines().len();
    assert!(place.sync("Second").contains("Google Drive has the same files."));
    assert!(services.drive.lines()[before..].iter().all(|line| line.starts_with("GET ")));
    services.oauth.expire_access_tokens();
    std::thread::sleep(Duration::from_secs(11));
    place.database(&["One", "Three"]);
    place.sync("Third");
    assert!(String::from_utf8(services.drive.at(CSV).unwrap().content).unwrap().contains("Three"));
    services.assert_mirrored();
    place.assert_no_token();
    services.assert_clean();
}

/// A file of 6 MB needs two parts. The answer of the first one is lost, so the plugin asks how much has arrived.
#[test]
fn a_large_file_is_uploaded_in_parts_and_a_lost_answer_is_resumed() {
    let services = Services::start();
    let long = "x".repeat(100);
    let rows: Vec<String> = (0..60_000).map(|number| format!("{long} {number}")).collect();
    let place = services.workspace(&rows.iter().map(String::as_str).collect::<Vec<_>>());
    services.drive.order("PUT /upload", Fault::Lost);
    place.sync("First");
    services.assert_mirrored();
    let parts = services.drive.lines().iter().filter(|line| line.starts_with("PUT /upload")).count();
    assert!(parts >= 3, "two parts and a question: {parts}");
    let here = fs::read(place.root.join("drive/T_id-1/T_id-1.csv")).unwrap();
    assert!(here.len() > 6_000_000 && services.drive.at(CSV).unwrap().content == here, "{} bytes", here.len());
    assert!(place.sync("Second").contains("Google Drive has the same files."));
    services.assert_mirrored();
    place.assert_no_token();
    services.assert_clean();
}

#[test]
fn a_full_drive_is_reported_and_the_next_sync_completes() {
    let services = Services::start();
    let place = services.workspace(&["One"]);
    services.drive.set_full(true);
    place.sync_partly("Full", &json!({ "place": "account" }));
    let shown = place.workspace.baton(&["why", &place.workspace.task("Full").id]).ended(0).stdout;
    assert!(shown.contains("storageQuotaExceeded") && shown.contains("Free some space"), "{shown}");
    services.drive.set_full(false);
    place.sync("Space");
    services.assert_mirrored();
    services.assert_clean();
}

#[test]
fn a_shared_drive_gets_the_files_and_my_drive_none() {
    let services = Services::start();
    services.drive.add_shared_drive("0ASharedDrive");
    let place = services.workspace(&["One"]);
    let args = json!({ "action": "sync", "args": { "place": "account", "shared_drive": "0ASharedDrive" } });
    for title in ["First", "Second"] {
        place.workspace.drop_handoff_with("drive-sync", title, args.clone());
        place.up_once();
        let task = place.workspace.task(title);
        assert_eq!(task.state, "succeeded", "{}", task.reason);
        let mut names = services.drive.files_of_drive("0ASharedDrive");
        names.sort();
        assert_eq!(names, ["Baton", "T_id-1", "T_id-1.csv", "T_id-1.manifest.json"]);
        assert_eq!((services.drive.ever(), services.drive.bin().len()), (4, 0), "{title}");
    }
    assert!(place.workspace.task("Second").reason.contains("Google Drive has the same files."));
    place.assert_no_token();
    services.assert_clean();
}

#[test]
fn what_a_person_puts_into_the_trash_stays_there_and_is_created_again() {
    let services = Services::start();
    let place = services.workspace(&["One"]);
    place.sync("First");
    let here = fs::read(place.root.join("drive/T_id-1/T_id-1.csv")).unwrap();
    services.drive.change(CSV, |file| file.trashed = true);
    let trashed: Vec<String> = services.drive.bin().into_iter().map(|file| file.id).collect();
    assert!(place.sync("Second").contains("1 files uploaded, 0 downloaded"));
    assert_eq!(services.drive.at(CSV).unwrap().content, here);
    assert_eq!(fs::read(place.root.join("drive/T_id-1/T_id-1.csv")).unwrap(), here, "nothing is deleted here");
    assert_eq!(services.drive.bin().into_iter().map(|file| file.id).collect::<Vec<_>>(), trashed);
    assert!(services.drive.lines().iter().all(|line| !line.starts_with("DELETE")), "trash, not delete");
    assert!(place.sync("Third").contains("Google Drive has the same files."));
    place.assert_no_token();
    services.assert_clean();
}

/// Each attempt may send 40 requests, and 30 databases need more than 90.
#[test]
fn more_files_than_one_attempt_may_send_are_uploaded_by_the_next_attempts() {
    let services = Services::start();
    let place = services.workspace(&["One"]);
    for number in 10..39 {
        let csv = fs::read_to_string(place.root.join("databases/T.csv")).unwrap().replace("One", &number.to_string());
        let described = fs::read_to_string(place.root.join("databases/T.json")).unwrap();
        fs::write(place.root.join(format!("databases/{number}.csv")), csv).unwrap();
        let described = described.replace("id-1", &format!("id-{number}"));
        fs::write(place.root.join(format!("databases/{number}.json")), described).unwrap();
    }
    let args = json!({ "place": "account", "requests": 40 });
    let mut reached = vec![0];
    for title in ["First", "Second"] {
        let before = services.drive.requests();
        let reason = place.sync_partly(title, &args);
        assert!(services.drive.requests() - before <= 40);
        let (_, part) = reason.split_once("INCOMPLETE: ").unwrap();
        assert!(part.contains(" of 30 databases were compared with Google Drive"), "{part}");
        reached.push(part.split(' ').next().unwrap().parse::<usize>().unwrap());
    }
    assert!(reached.is_sorted_by(|a, b| a < b) && reached[2] < 30, "{reached:?}");
    place.workspace.drop_handoff_with("drive-sync", "Third", json!({ "action": "sync", "args": args }));
    place.up_once();
    let task = place.workspace.task("Third");
    assert_eq!((task.state.as_str(), task.reason.contains("INCOMPLETE")), ("succeeded", false), "{}", task.reason);
    assert!(place.sync("Fourth").contains("Google Drive has the same files."));
    let (there, here) = (services.drive.tree(), names_in(&place.root.join("drive")));
    assert_eq!((there.len(), services.drive.ever(), services.drive.bin().len(), here.len()), (91, 91, 0, 30));
    for (path, content) in there.iter().filter(|(path, _)| !path.ends_with('/')) {
        let here = place.root.join("drive").join(path.strip_prefix("Baton/").unwrap());
        assert_eq!(fs::read_to_string(here).unwrap(), *content, "{path}");
        assert_eq!(there.iter().filter(|(other, _)| other == path).count(), 1, "{path}");
    }
    services.assert_clean();
}

#[test]
fn deleted_files_are_created_again_and_an_incomplete_search_changes_nothing() {
    let services = Services::start();
    let place = services.workspace(&["One"]);
    place.sync("First");
    let here = fs::read_to_string(place.root.join("drive/T_id-1/T_id-1.csv")).unwrap();
    // The changes feed reports the deleted file as `removed`, without its metadata.
    services.drive.leave(CSV);
    assert!(place.sync("Removed").contains("1 files uploaded, 0 downloaded"));
    assert_eq!(services.drive.at(CSV).unwrap().content, here.as_bytes());
    services.drive.lose_tokens();
    services.drive.set_incomplete_searches(1);
    let before = services.drive.lines().len();
    let ended = place.workspace.baton(&["run", "drive-sync", "sync", "--arg", "place=account"]);
    assert!(
        format!("{}{}", ended.stdout, ended.stderr).contains("incompleteSearch"),
        "{} {}",
        ended.stdout,
        ended.stderr
    );
    assert!(services.drive.lines()[before..].iter().all(|line| line.starts_with("GET ")));
    assert!(place.sync("Complete").contains("Google Drive has the same files."));
    assert_eq!((services.paths().len(), services.drive.ever(), services.drive.bin().len()), (4, 5, 0));
    place.assert_no_token();
    services.assert_clean();
}

#[test]
fn a_task_waits_after_its_consent_was_revoked_and_continues_with_a_new_one() {
    let services = Services::start();
    let place = services.workspace(&["One"]);
    std::thread::sleep(Duration::from_secs(11));
    services.drive.order("POST /upload", Fault::Revoked);
    place.drop("Revoked");
    place.up_once();
    let task = place.workspace.task("Revoked");
    assert_eq!(task.state, "needs_grant", "{}", task.reason);
    assert!(task.reason.contains("`baton account add google`"), "{}", task.reason);
    accounts::add_with(&place.workspace, &["google"]).ended(0);
    place.up_once();
    assert_eq!(place.workspace.task("Revoked").state, "succeeded");
    services.assert_mirrored();
    place.assert_no_token();
    services.assert_clean();
}

#[test]
fn a_killed_daemon_continues_without_a_second_file() {
    let services = Services::start();
    let place = services.workspace(&["One", "Two"]);
    // A task may be interrupted twice. Each daemon is killed while it waits for an answer.
    for (title, kills) in [("Created", [(3, false), (5, true)]), ("Changed", [(2, true), (4, true)])] {
        place.database(&["One", title]);
        place.drop(title);
        for (number, has_effect) in kills {
            let before = services.drive.requests();
            services.drive.stop_at(number, has_effect);
            let daemon = place.workspace.up();
            place.workspace.wait_for("requests", |_| (services.drive.requests() >= before + number).then_some(()));
            daemon.kill();
            services.drive.answer_again();
        }
        place.up_once();
        let task = place.workspace.task(title);
        assert_eq!(task.state, "succeeded", "{}", task.reason);
        assert!(String::from_utf8(services.drive.at(CSV).unwrap().content).unwrap().contains(title));
        services.assert_mirrored();
    }
    place.sync("Again");
    services.assert_mirrored();
    place.assert_no_token();
    assert_eq!(services.drive.problems(), [""; 0]);
}

#[test]
fn two_daemons_on_one_account_use_one_folder() {
    let services = Services::start();
    let (one, two) = (services.workspace(&["One"]), services.workspace(&["One"]));
    one.drop("One");
    two.drop("Two");
    let daemons = [one.workspace.up(), two.workspace.up()];
    let ended = |place: &DriveWorkspace, title: &str| {
        place.workspace.status().iter().any(|task| task.title == title && task.state == "succeeded")
    };
    one.workspace.wait_for("both syncs", |_| (ended(&one, "One") && ended(&two, "Two")).then_some(()));
    for daemon in daemons {
        daemon.kill();
    }
    for round in 0..3 {
        for place in [&one, &two] {
            place.drop(&format!("Round {round}"));
            place.up_once();
        }
    }
    let found = services.paths();
    // If both processes created a folder, both use the same one. The other folder is empty. It stays and is reported, because
    // Baton cannot know whether a person will put files into it.
    for file in ["Baton/T_id-1/T_id-1.csv", "Baton/T_id-1/T_id-1.manifest.json"] {
        assert_eq!(found.iter().filter(|path| *path == file).count(), 1, "{found:?}");
    }
    assert_eq!(found.iter().filter(|path| !path.ends_with('/')).count(), 2, "{found:?}");
    let before = services.drive.lines().len();
    for place in [&one, &two] {
        place.drop("Last");
        place.up_once();
        place.assert_no_token();
    }
    let lines = services.drive.lines().split_off(before);
    assert!(!lines.is_empty() && lines.iter().all(|line| line.starts_with("GET ")), "{lines:?}");
    services.assert_clean();
}

#[test]
fn sixteen_processes_of_the_program_make_one_folder() {
    let services = Services::start();
    let place = services.workspace(&["One"]);
    // The first run compiles the plugin, so that all later runs start at the same time.
    place.workspace.baton(&["run", "drive-sync", "diagnose"]).ended(0);
    for round in 0..2 {
        let start = || {
            let mut command = place.workspace.command();
            command.arg("-w").arg(place.workspace.root()).args([
                "run",
                "drive-sync",
                "ensure-folder",
                "--arg",
                "place=account",
            ]);
            command.args(["--arg", &format!("database=round-{round}"), "--arg", "title=T"]);
            command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
        };
        // A process that does not get the lock within 7 s fails and may be run again. No process creates a second folder.
        let good = (0..16).map(|_| start()).collect::<Vec<_>>().into_iter().filter_map(|mut child| child.wait().ok());
        assert!(good.filter(std::process::ExitStatus::success).count() > 0);
    }
    assert_eq!(services.paths(), ["Baton/", "Baton/T_round-0/", "Baton/T_round-1/"]);
    assert_eq!(services.drive.ever(), 3);
    place.assert_no_token();
    services.assert_clean();
}
