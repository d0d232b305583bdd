//! `baton doctor`: each test causes a real problem, and `doctor` must name it and its fix.

use std::fs::{self, File};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, SystemTime};

use baton_core::Digest;
use baton_tests::{Output, Workspace, sha256};
use rusqlite::Connection;
use rustix::process::{Pid, Signal, kill_process};
use serde::Deserialize;

/// A check of `doctor --json`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Finding {
    check: String,
    status: String,
    what: String,
    #[serde(rename = "where")]
    place: String,
    fix: Option<String>,
}

fn findings(output: &Output) -> Vec<Finding> {
    let value = output.json();
    assert_eq!(value["schema"], 1);
    serde_json::from_value(value["checks"].clone()).unwrap()
}

fn doctor(workspace: &Workspace, code: i32) -> Vec<Finding> {
    findings(&workspace.baton(&["doctor", "--json"]).ended(code))
}

/// The only finding with this check, status and place. Asserts that it has a fix.
#[track_caller]
fn named(found: &[Finding], check: &str, status: &str, place: &str) -> (String, String) {
    let fits = |f: &&Finding| (f.check.as_str(), f.status.as_str(), f.place.as_str()) == (check, status, place);
    let fitting: Vec<_> = found.iter().filter(fits).collect();
    let [one] = fitting.as_slice() else { panic!("{check} {status} {place}: {found:#?}") };
    (one.what.clone(), one.fix.clone().expect("a fix"))
}

/// Asserts that there are no problems, except about the machine's disk.
#[track_caller]
fn assert_healthy(found: &[Finding]) {
    let wrong: Vec<_> =
        found.iter().filter(|f| f.status != "ok" && !["disk", "watches"].contains(&f.check.as_str())).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Runs the command of a fix in the folder in which `doctor` ran.
fn follow(workspace: &Workspace, fix: &str) {
    Output::of(workspace.command_of("sh").args(["-c", fix])).ended(0);
}

fn ledger(workspace: &Workspace) -> Connection {
    let connection = workspace.database("ledger.db");
    connection.busy_timeout(Duration::from_secs(10)).unwrap();
    // The connection updates the checksums of the tables, as Baton's own connections do, so that the test's changes look
    // like Baton's.
    baton_ledger::seal::keep(&connection).unwrap();
    connection
}

/// The ledger's path as `doctor` prints it; it is outside of the workspace.
fn ledger_place(workspace: &Workspace) -> String {
    workspace.state_folder().canonicalize().unwrap().join("ledger.db").display().to_string()
}

fn make_old(path: &Path, age: Duration) {
    File::open(path).unwrap().set_modified(SystemTime::now() - age).unwrap();
}

/// Every file and folder below `folder` with size, mode and time, but without the ledger's write-ahead log, which SQLite creates
/// for readers too.
fn everything(folder: &Path) -> Vec<String> {
    let mut seen = Vec::new();
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let (path, metadata) = (entry.path(), entry.metadata().unwrap());
        let name = path.display().to_string();
        if metadata.is_dir() {
            seen.extend(everything(&path));
            seen.push(format!("{name} {:o}", metadata.permissions().mode()));
        } else if !name.ends_with("-wal") && !name.ends_with("-shm") {
            seen.push(format!(
                "{name} {} {:o} {:?}",
                metadata.len(),
                metadata.permissions().mode(),
                metadata.modified()
            ));
        }
    }
    seen.sort();
    seen
}

/// A workspace with a task that waits for a person and whose file is in the inbox; the task's id.
fn with_question() -> (Workspace, String) {
    let workspace = Workspace::with_hostile();
    workspace.drop_action("hostile", "ask-human");
    workspace.up_once();
    let id = workspace.task("ask-human").id;
    (workspace, id)
}

#[test]
fn a_new_workspace_is_healthy_and_doctor_does_not_change_it() {
    let workspace = Workspace::init();
    let before = everything(workspace.outside());
    assert_healthy(&doctor(&workspace, 0));
    let text = workspace.baton(&["doctor"]).ended(0);
    assert!(text.stdout.starts_with("ok    configuration  ") && !text.stdout.contains('\u{1b}'), "{}", text.stdout);
    assert_eq!(text.stderr, "");
    assert_eq!(everything(workspace.outside()), before, "not even a state folder is made");
}

#[test]
fn after_work_and_beside_a_daemon_everything_is_healthy() {
    let workspace = Workspace::with_hostile();
    workspace.drop_handoff("noop", "Done well");
    workspace.drop_file("noop", "broken.json", "{ nope");
    workspace.up_once();
    let before = everything(workspace.outside());
    assert_healthy(&doctor(&workspace, 0));
    assert_eq!(everything(workspace.outside()), before);
    let daemon = workspace.up_and_serving();
    let found = doctor(&workspace, 0);
    assert_healthy(&found);
    let serves = format!("a daemon runs: process {}", daemon.id());
    assert!(found.iter().any(|f| f.check == "locks" && f.what.starts_with(&serves)), "{found:#?}");
    assert!(daemon.stop().success());
    let found = doctor(&workspace, 0);
    assert!(found.iter().any(|f| f.check == "locks" && f.what.starts_with("no daemon runs; ")), "{found:#?}");
}

#[test]
fn outside_of_a_workspace_doctor_reports_it() {
    let place = Workspace::empty();
    let refused = Output::of(place.command().args(["doctor", "--json"])).ended(2);
    assert!(refused.stdout.is_empty() && refused.stderr.contains("baton init"), "{}", refused.stderr);
}

#[test]
fn a_broken_configuration_is_one_finding_among_the_others() {
    let workspace = Workspace::init();
    workspace.write("baton.toml", "[plans]\ndir = [\"plans\"]\n");
    workspace.write("baton.lock", "version = 9\n");
    let found = doctor(&workspace, 1);
    let (what, fix) = named(&found, "configuration", "fail", "baton.toml");
    assert!(what.contains("plans.dir") && fix.contains("baton.toml"), "{what} {fix}");
    assert!(named(&found, "configuration", "fail", "baton.lock").0.contains("update baton"));
    for check in ["disk", "permissions", "locks", "ledger", "orphans"] {
        assert!(found.iter().any(|finding| finding.check == check), "{check}: {found:#?}");
    }
}

#[test]
fn a_plugin_with_other_bytes_is_named_with_the_digest_to_write() {
    let workspace = Workspace::with_noop();
    let right = workspace.read_bytes("plugins/noop.wasm");
    let other = [right.as_slice(), &[0]].concat();
    workspace.write("plugins/noop.wasm", &other);
    let (what, fix) = named(&doctor(&workspace, 1), "configuration", "fail", "plugins/noop.wasm");
    assert!(what.contains(&sha256(&right)) && fix.contains(&format!("sha256:{}", sha256(&other))), "{what} {fix}");
    fs::remove_file(workspace.root().join("plugins/noop.wasm")).unwrap();
    let (what, fix) = named(&doctor(&workspace, 1), "configuration", "fail", "plugins/noop.wasm");
    assert!(what.contains("cannot be read") && fix.contains("put the file back"), "{what} {fix}");
    workspace.write("plugins/noop.wasm", right);
    assert_healthy(&doctor(&workspace, 0));
}

#[test]
fn a_bundled_plugin_with_another_digest_in_the_lock_is_named_with_the_digest_to_write() {
    let workspace = Workspace::init();
    let lock = workspace.read("baton.lock");
    let digest = lock.split("digest = \"").nth(1).and_then(|rest| rest.split('"').next()).unwrap();
    let wrong = format!("sha256:{}", sha256(b"other bytes"));
    workspace.write("baton.lock", lock.replacen(digest, &wrong, 1));
    let (what, fix) = named(&doctor(&workspace, 1), "configuration", "fail", "baton.lock");
    assert!(what.contains(&wrong) && what.contains(digest), "{what}");
    assert_eq!(fix, format!("write digest = \"{digest}\" into baton.lock"));
    workspace.write("baton.lock", lock);
    assert_healthy(&doctor(&workspace, 0));
}

#[test]
fn a_stored_package_with_other_bytes_is_named_with_both_digests() {
    let workspace = Workspace::with_noop();
    let right = sha256(&workspace.read_bytes("plugins/noop.wasm"));
    workspace.baton(&["run", "noop", "noop"]).ended(0);
    let file = "source = { file = \"plugins/noop.wasm\" }";
    let lock = workspace.read("baton.lock");
    assert!(lock.contains(file), "{lock}");
    workspace.write("baton.lock", lock.replace(file, "source = { url = \"https://localhost:1/noop.wasm\" }"));
    assert_healthy(&doctor(&workspace, 0));
    let stored = workspace.state_folder().join("packages").join(format!("{right}.wasm"));
    fs::write(&stored, "other bytes").unwrap();
    let (what, fix) = named(&doctor(&workspace, 1), "configuration", "fail", "baton.lock");
    assert!(what.contains(&right) && what.contains(&sha256(b"other bytes")), "{what}");
    assert!(fix.ends_with("plugin install https://localhost:1/noop.wasm"), "{fix}");
    fs::remove_file(stored).unwrap();
    assert!(named(&doctor(&workspace, 1), "configuration", "fail", "baton.lock").0.contains("is not on this machine"));
}

#[test]
fn a_granted_folder_that_is_missing_can_be_made() {
    let workspace = Workspace::init();
    fs::remove_dir(workspace.root().join("plans")).unwrap();
    let (what, fix) = named(&doctor(&workspace, 0), "configuration", "warn", "plans");
    assert!(what.contains("`audit`"), "{what}");
    follow(&workspace, fix.split(", or").next().unwrap());
    assert_healthy(&doctor(&workspace, 0));
}

#[test]
fn an_agent_with_two_folders_is_named() {
    let workspace = Workspace::init();
    fs::create_dir_all(workspace.inbox_of("Claude-MM1-Agent")).unwrap();
    let (what, fix) = named(&doctor(&workspace, 0), "configuration", "warn", "handoffs/Claude-MM1-Agent/01_inbox");
    assert!(what.contains("another spelling of `Claude-MM1`") && fix.starts_with("mv "), "{what} {fix}");
}

#[test]
fn the_fix_makes_a_readable_state_folder_private() {
    let workspace = Workspace::with_noop();
    workspace.up_once();
    let folder = workspace.state_folder().canonicalize().unwrap();
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o755)).unwrap();
    let (_, fix) = named(&doctor(&workspace, 1), "permissions", "fail", folder.to_str().unwrap());
    assert!(fix.starts_with("chmod 700 "), "{fix}");
    follow(&workspace, &fix);
    assert_healthy(&doctor(&workspace, 0));
}

#[test]
fn links_in_place_of_inboxes_and_unusual_entries_in_inboxes_are_named() {
    let workspace = Workspace::init();
    let inbox = workspace.inbox_of("Codex-MM1");
    fs::remove_dir_all(&inbox).unwrap();
    symlink(workspace.outside(), &inbox).unwrap();
    fs::create_dir(workspace.inbox_of("audit").join("folder.json")).unwrap();
    symlink("/etc/passwd", workspace.inbox_of("audit").join("link.json")).unwrap();
    workspace.write("handoffs/audit/03_failed/gone.json.reason.json", "{}");
    let found = doctor(&workspace, 1);
    let (_, fix) = named(&found, "permissions", "fail", "handoffs/Codex-MM1/01_inbox");
    let (what, moved) = named(&found, "orphans", "warn", "handoffs/audit/01_inbox/folder.json");
    assert!(what.contains("not a regular file"), "{what}");
    let (what, replaced) = named(&found, "orphans", "warn", "handoffs/audit/01_inbox/link.json");
    assert!(what.contains("is a link"), "{what}");
    let (_, removed) = named(&found, "orphans", "warn", "handoffs/audit/03_failed/gone.json.reason.json");
    let fix = fix.split(", or ").next().unwrap().to_owned();
    for fix in [fix, moved, replaced.rsplit(", or ").next().unwrap().to_owned(), removed] {
        follow(&workspace, &fix);
    }
    assert_healthy(&doctor(&workspace, 0));
}

/// Root may write everywhere, so as root the test runs `doctor` as another user, who owns the workspace.
#[test]
fn an_inbox_that_cannot_be_written_to_is_named() {
    const NOBODY: u32 = 65_534;
    let workspace = Workspace::init();
    let inbox = workspace.inbox_of("Codex-MM1");
    fs::set_permissions(&inbox, fs::Permissions::from_mode(0o555)).unwrap();
    let mut command = workspace.command();
    if rustix::process::geteuid().is_root() {
        let owner = format!("{NOBODY}:{NOBODY}");
        let root = workspace.outside();
        assert!(Command::new("chown").args(["-R", "-h", &owner]).arg(root).status().unwrap().success());
        // The program may be in a folder that only root can read.
        let program = workspace.outside().join("baton");
        fs::copy(baton_tests::baton(), &program).unwrap();
        command = workspace.command_of(program);
        command.uid(NOBODY).gid(NOBODY);
    }
    let output = Output::of(command.arg("-w").arg(workspace.root()).args(["doctor", "--json"])).ended(1);
    let (_, fix) = named(&findings(&output), "permissions", "fail", "handoffs/Codex-MM1/01_inbox");
    assert!(fix.starts_with("chmod u+rwx "), "{fix}");
}

#[test]
fn an_old_leftover_temporary_file_is_named() {
    let workspace = Workspace::with_noop();
    workspace.write("reports/.baton-77.tmp", "half");
    workspace.write("handoffs/noop/01_inbox/.baton-young.tmp", "half");
    make_old(&workspace.root().join("reports/.baton-77.tmp"), Duration::from_secs(3_700));
    let found = doctor(&workspace, 0);
    let (_, fix) = named(&found, "orphans", "warn", "reports/.baton-77.tmp");
    assert_eq!(found.iter().filter(|finding| finding.status == "warn" && finding.check == "orphans").count(), 1);
    follow(&workspace, &fix);
    assert_healthy(&doctor(&workspace, 0));
    assert!(workspace.root().join("handoffs/noop/01_inbox/.baton-young.tmp").exists());
}

#[test]
fn a_task_whose_file_is_missing_is_named() {
    let (workspace, id) = with_question();
    assert_healthy(&doctor(&workspace, 0));
    fs::remove_file(workspace.inbox_of("hostile").join("ask-human.json")).unwrap();
    let (what, fix) = named(&doctor(&workspace, 0), "orphans", "warn", "handoffs/hostile/01_inbox/ask-human.json");
    assert!(what.contains(&id) && fix.contains(&format!(" cancel {id}")), "{what} {fix}");
}

/// The daemon hangs: its process is stopped while it holds the lock.
#[test]
fn a_file_that_the_daemon_does_not_capture_is_named() {
    let workspace = Workspace::with_noop();
    let daemon = workspace.up_and_serving();
    let process = Pid::from_raw(i32::try_from(daemon.id()).unwrap()).unwrap();
    kill_process(process, Signal::STOP).unwrap();
    workspace.drop_handoff("noop", "Left alone");
    make_old(&workspace.inbox_of("noop").join("Left-alone.json"), Duration::from_secs(400));
    assert_healthy(&doctor(&workspace, 0));
    make_old(&workspace.state_folder().join("up.lock"), Duration::from_secs(400));
    let (_, fix) = named(&doctor(&workspace, 0), "orphans", "warn", "handoffs/noop/01_inbox/Left-alone.json");
    assert!(fix.starts_with("touch ") && fix.contains("`baton up`"), "{fix}");
    kill_process(process, Signal::CONT).unwrap();
    workspace.wait_for_archive("Left alone");
    assert_healthy(&doctor(&workspace, 0));
    assert!(daemon.stop().success());
}

#[test]
fn a_tampered_ledger_is_named_with_the_event() {
    let (workspace, id) = with_question();
    ledger(&workspace).execute("UPDATE events SET reason = 'all went well' WHERE seq = 2", []).unwrap();
    let place = ledger_place(&workspace);
    let (what, fix) = named(&doctor(&workspace, 1), "ledger", "fail", &place);
    assert!(what.contains("event 2 ") && what.contains(&id) && fix.contains("ledger verify"), "{what} {fix}");
    let text = workspace.baton(&["doctor"]).ended(1).stdout;
    assert!(text.lines().any(|line| line.starts_with("fail  ledger ") && line.contains("  → baton -w ")), "{text}");
}

#[test]
fn a_row_that_was_edited_is_named() {
    let (workspace, id) = with_question();
    workspace.database("ledger.db").execute("UPDATE tasks SET state = 'succeeded'", []).unwrap();
    let (what, fix) = named(&doctor(&workspace, 1), "ledger", "fail", &ledger_place(&workspace));
    assert!(what.contains("tasks") && what.contains(&id) && fix.contains("ledger verify"), "{what} {fix}");
}

#[test]
fn a_file_that_is_not_a_ledger_is_reported_and_the_other_checks_run() {
    let (workspace, _) = with_question();
    fs::write(workspace.state_folder().join("ledger.db"), "this is no database ".repeat(1_000)).unwrap();
    for name in ["ledger.db-wal", "ledger.db-shm"] {
        drop(fs::remove_file(workspace.state_folder().join(name)));
    }
    let found = doctor(&workspace, 1);
    let (_, fix) = named(&found, "ledger", "fail", &ledger_place(&workspace));
    assert!(fix.contains("baton backup"), "{fix}");
    assert!(found.iter().any(|finding| finding.check == "locks"));
}

/// Appends an event with the time of another clock.
fn append(connection: &Connection, task: &str, at: i64) {
    let head: String =
        connection.query_row("SELECT hash FROM events ORDER BY seq DESC LIMIT 1", [], |row| row.get(0)).unwrap();
    let time = at.to_string();
    let columns = [head.as_str(), task, &time, "baton", "noted", "", "needs_human", "", "", ""];
    let hash = Digest::of_parts(&columns.map(str::as_bytes)).to_string();
    let sql = "INSERT INTO events (task, at, actor, action, reason, state, prev, hash)
               VALUES (?1, ?2, 'baton', 'noted', '', 'needs_human', ?3, ?4)";
    connection.execute(sql, rusqlite::params![task, at, head, hash]).unwrap();
}

#[test]
fn a_clock_jump_is_reported_and_does_not_break_the_chain() {
    let (workspace, id) = with_question();
    let connection = ledger(&workspace);
    let now: i64 = connection.query_row("SELECT max(at) FROM events", [], |row| row.get(0)).unwrap();
    append(&connection, &id, now + 3_600_000);
    append(&connection, &id, now);
    let found = doctor(&workspace, 0);
    let said: Vec<_> = found.iter().filter(|f| f.check == "clock" && f.status == "warn").collect();
    assert!(said[0].what.contains("older than the event before it") && said[0].what.contains("60 min"), "{said:#?}");
    assert!(said[1].what.contains("in the future") && said.len() == 2, "{said:#?}");
    assert!(said.iter().all(|f| f.fix.as_ref().is_some_and(|fix| fix.contains("timedatectl"))));
    assert!(found.iter().any(|f| f.check == "ledger" && f.status == "ok"), "{found:#?}");
}

#[test]
fn the_fix_recovers_a_task_of_a_dead_process() {
    let (workspace, id) = with_question();
    let sql = "UPDATE tasks SET state = 'running', lease_owner = 'up:4000000:1', lease_until = 9e15";
    ledger(&workspace).execute(&sql.replace("9e15", "9000000000000"), []).unwrap();
    let (what, fix) = named(&doctor(&workspace, 0), "locks", "warn", &id);
    assert!(what.contains("up:4000000:1") && fix.contains(" up"), "{what} {fix}");
    workspace.up_once();
    assert_healthy(&doctor(&workspace, 0));
}

#[test]
fn a_failing_delivery_is_named() {
    let (workspace, id) = with_question();
    let connection = ledger(&workspace);
    let sql =
        "INSERT INTO outbox (task, kind, state, folder, name) VALUES (?1, 'artifact', 'pending', 'reports', 'r.md')";
    connection.execute(sql, [&id]).unwrap();
    assert_healthy(&doctor(&workspace, 0));
    connection.execute("UPDATE events SET at = at - 700000", []).unwrap();
    let (what, fix) = named(&doctor(&workspace, 1), "ledger", "warn", "reports");
    assert!(what.contains("artifact r.md") && what.contains(&id) && fix.contains(" up"), "{what} {fix}");
}

#[test]
fn a_stalled_task_is_named_with_its_fix() {
    let (workspace, id) = with_question();
    let connection = ledger(&workspace);
    let two_days_ago = "UPDATE tasks SET created_at = created_at - 172800000; UPDATE events SET at = at - 172800000";
    connection.execute_batch(two_days_ago).unwrap();
    let (what, fix) = named(&doctor(&workspace, 1), "progress", "warn", &id);
    assert!(what.contains("`ask-human` of hostile is needs_human for 2 d"), "{what}");
    assert!(fix.ends_with(&format!(" answer {id} TEXT")), "{fix}");
    connection.execute("UPDATE tasks SET state = 'queued'", []).unwrap();
    connection.execute("UPDATE events SET state = 'queued'", []).unwrap();
    let (what, fix) = named(&doctor(&workspace, 1), "progress", "warn", &id);
    assert!(what.contains("no attempt of this agent") && fix.ends_with(" up"), "{what} {fix}");
}

#[test]
fn a_budget_of_an_unknown_plugin_is_a_warning_with_a_similar_name() {
    let workspace = Workspace::with_noop();
    let config = workspace.read("baton.toml");
    workspace.write("baton.toml", format!("{config}\n[plugins.nopo.budget]\ntasks = {{ hour = 5 }}\n"));
    let (what, _) = named(&doctor(&workspace, 0), "configuration", "warn", "baton.toml");
    assert!(what.contains("[plugins.nopo.budget] has no effect") && what.contains("did you mean `noop`?"), "{what}");
}

#[test]
fn every_row_is_checked_each_time_regardless_of_files_in_the_state_folder() {
    let workspace = Workspace::with_noop();
    for title in ["First", "Second"] {
        workspace.drop_handoff("noop", title);
        workspace.up_once();
    }
    let of_ledger = |status: i32| {
        let is_ledger = |finding: &Finding| finding.check == "ledger" && !finding.place.ends_with("-wal");
        doctor(&workspace, status).into_iter().find(is_ledger).unwrap()
    };
    let sound = of_ledger(0);
    assert!(sound.status == "ok" && sound.what.contains("rows are sound"), "{sound:?}");
    let folder = workspace.state_folder();
    let ledger = Connection::open(folder.join("ledger.db")).unwrap();
    let newest = |row: &rusqlite::Row<'_>| Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?));
    let (events, head) =
        ledger.query_row("SELECT seq, hash FROM events ORDER BY seq DESC LIMIT 1", [], newest).unwrap();
    // Earlier versions of `doctor` recorded in this file the rows that they had already checked, and skipped them.
    let checked = serde_json::json!({
        "sound": { "events": events, "head": head, "pruned": 0 },
        "whole_at": jiff::Timestamp::now().as_millisecond(),
    });
    fs::write(folder.join("checked.json"), checked.to_string()).unwrap();
    ledger.execute_batch("UPDATE events SET reason = 'x' WHERE seq = 2").unwrap();
    let found = of_ledger(1);
    assert!(found.status == "fail" && found.what.contains("breaks at event 2 "), "{found:?}");
}
