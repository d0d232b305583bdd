//! Snapshots of other programs' databases: a snapshot is one committed state even while another process writes, no path leads out of
//! the folder, and a file that is not a database is reported. `python3` is the other program.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant, SystemTime};

use baton_tests::{Output, PATIENCE, Skipped, Workspace, handoff, names_in, or_skip, text, tool};
use rusqlite::Connection;
use serde_json::json;

const READ: &str = "sql = [{ database = \"files\", mode = \"ro\" }]";

/// Writes pairs of rows with equal numbers, each pair in a transaction, and prints how many are committed.
const WRITER: &str = r"
import sqlite3, sys
db = sqlite3.connect(sys.argv[1], isolation_level=None)
db.execute('PRAGMA journal_mode = WAL')
db.execute('PRAGMA wal_autocheckpoint = %s' % sys.argv[2])
db.execute('CREATE TABLE IF NOT EXISTS t (a INTEGER, b INTEGER)')
n = 0
while True:
    db.execute('BEGIN')
    db.execute('INSERT INTO t VALUES (?, 0)', (n,))
    db.execute('INSERT INTO t VALUES (0, ?)', (n,))
    db.execute('COMMIT')
    n += 1
    if n % 50 == 1:
        print(n, flush=True)
";

/// Commits 40 rows, writes one more without committing it, and waits.
const IDLER: &str = r"
import sqlite3, sys
db = sqlite3.connect(sys.argv[1], isolation_level=None)
db.execute('PRAGMA journal_mode = WAL')
db.execute('PRAGMA wal_autocheckpoint = 0')
db.execute('PRAGMA user_version = 7')
db.execute('CREATE TABLE t (a INTEGER, b INTEGER)')
db.execute('WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 40) INSERT INTO t SELECT i, i FROM n')
db.execute('BEGIN')
db.execute('INSERT INTO t VALUES (1000, 0)')
print('ready', flush=True)
sys.stdin.readline()
";

fn run(workspace: &Workspace, action: &str, file: &str) -> Output {
    workspace.baton(&["run", "holder", action, "--arg", &format!("file={file}")])
}

#[track_caller]
fn refused(workspace: &Workspace, file: &str, words: &str) {
    let run = run(workspace, "count", file);
    assert!(run.code != 0 && run.stderr.contains(words), "{file}: {run:?}");
}

/// A database with `rows` pairs of rows.
fn database(path: &Path, rows: i64) {
    let connection = Connection::open(path).unwrap();
    connection.execute_batch("CREATE TABLE t (a INTEGER, b INTEGER); PRAGMA user_version = 3;").unwrap();
    for row in 0..rows {
        connection.execute("INSERT INTO t VALUES (?1, ?1)", [row]).unwrap();
    }
}

/// Another program. Dropping the value kills it.
struct OtherProgram(Child);

impl OtherProgram {
    /// Starts it and waits for its first line.
    fn start(script: &str, args: &[&str]) -> Result<Self, Skipped> {
        tool("python3", "apt-get install python3")?;
        let mut command = Command::new("python3");
        command.arg("-c").arg(script).args(args).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut said = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        said.read_line(&mut line).unwrap();
        assert!(!line.is_empty(), "it said nothing");
        // Reads the rest of the output, because the program would block on a full pipe.
        std::thread::spawn(move || said.lines().map_while(Result::ok).for_each(drop));
        Ok(Self(child))
    }
}

impl Drop for OtherProgram {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// The number after `word` in the output of a run.
fn number(run: &Output, word: &str) -> i64 {
    let rest = run.stderr.split(&format!("{word} ")).nth(1).unwrap_or_else(|| panic!("{run:?}"));
    rest.split(|c: char| !c.is_ascii_digit()).next().unwrap().parse().unwrap()
}

#[test]
fn a_snapshot_has_committed_rows_that_are_only_in_the_log() {
    let (workspace, music) = Workspace::with_holder(READ);
    let path = music.join("library.db");
    let mut other = or_skip!(OtherProgram::start(IDLER, &[&path.display().to_string()]));
    let read = run(&workspace, "count", "library.db").ended(0);
    assert!(read.stderr.contains("rows 40 form 7 rest [0, 40]"), "{}", read.stderr);
    // The rows are only in the write-ahead log, so a plain copy of the file does not have them.
    fs::copy(&path, music.join("bytes.db")).unwrap();
    let copied = Connection::open(music.join("bytes.db")).unwrap();
    assert!(copied.query_row("SELECT count(*) FROM t", [], |row| row.get::<_, i64>(0)).is_err(), "no log, no table");
    other.0.stdin.take().unwrap().write_all(b"\n").unwrap();
}

#[test]
fn every_snapshot_is_one_committed_state_while_another_process_writes() {
    for checkpoint in ["5", "100000"] {
        let (workspace, music) = Workspace::with_holder(READ);
        let path = music.join("library.db").display().to_string();
        let _other = or_skip!(OtherProgram::start(WRITER, &[&path, checkpoint]));
        let mut before = 0;
        for _ in 0..8 {
            let read = run(&workspace, "count", "library.db").ended(0);
            let rows = number(&read, "rows");
            assert!(rows % 2 == 0 && rows >= before, "{rows} after {before}: {}", read.stderr);
            assert!(read.stderr.contains("rest [0, "), "half a transaction: {}", read.stderr);
            before = rows;
        }
        assert!(before > 0);
    }
}

#[test]
fn a_snapshot_leaves_no_file_and_creates_none_in_the_folder() {
    let (workspace, music) = Workspace::with_holder(READ);
    database(&music.join("a.db"), 5);
    run(&workspace, "count", "a.db").ended(0);
    let log = music.join("log.db");
    database(&log, 5);
    Connection::open(&log).unwrap().pragma_update(None, "journal_mode", "WAL").unwrap();
    let an_hour_ago = SystemTime::now() - Duration::from_hours(1);
    fs::OpenOptions::new().write(true).open(&log).unwrap().set_modified(an_hour_ago).unwrap();
    let read = run(&workspace, "count", "log.db").ended(0);
    assert_eq!(number(&read, "rows"), 5);
    assert_eq!(names_in(&music), ["a.db", "log.db"]);
    let state = fs::read_dir(workspace.outside().join("state/baton")).unwrap().map(|entry| entry.unwrap().path());
    let folder = state.map(|state| state.join("snapshots")).find(|folder| folder.is_dir()).unwrap();
    assert_eq!(names_in(&folder), ["lock"]);
    // The next start removes what a killed process has left.
    fs::write(folder.join("1-0.db"), "left").unwrap();
    workspace.up_once();
    assert_eq!(names_in(&folder), ["lock"]);
}

#[test]
fn no_path_leads_out_of_the_folder() {
    let (workspace, music) = Workspace::with_holder(READ);
    database(&music.join("a.db"), 5);
    database(&workspace.outside().join("b.db"), 6);
    fs::create_dir(music.join("in")).unwrap();
    symlink("a.db", music.join("inside.db")).unwrap();
    symlink("../b.db", music.join("out.db")).unwrap();
    symlink(workspace.outside().join("b.db"), music.join("absolute.db")).unwrap();
    symlink("..", music.join("up")).unwrap();
    symlink("nowhere", music.join("dangling.db")).unwrap();
    fs::hard_link(workspace.outside().join("b.db"), music.join("hard.db")).unwrap();
    rustix::fs::mkfifoat(rustix::fs::CWD, music.join("pipe.db"), rustix::fs::Mode::from_raw_mode(0o600)).unwrap();
    let inside = run(&workspace, "count", "inside.db").ended(0);
    assert!(inside.stderr.contains("rows 5"), "{}", inside.stderr);
    for (file, words) in [
        ("out.db", "a link to a path outside"),
        ("absolute.db", "a link to a path outside"),
        ("up/b.db", "a link to a path outside"),
        ("../b.db", "not a plain path"),
        ("/music/0/../../b.db", "not a plain path"),
        ("/etc/passwd", "not below any of"),
        ("/state/ledger.db", "not below any of"),
        ("dangling.db", "No such file"),
        ("missing.db", "No such file"),
        ("in", "not a regular file"),
        ("pipe.db", "not a regular file"),
        ("hard.db", "baton plugin grant holder hard-links"),
    ] {
        refused(&workspace, file, words);
    }
    workspace.baton(&["plugin", "grant", "holder", "hard-links"]).ended(0);
    let hard = run(&workspace, "count", "hard.db").ended(0);
    assert!(hard.stderr.contains("rows 6"), "{}", hard.stderr);
    // The files that SQLite would open beside a database are checked too.
    symlink("../b.db", music.join("a.db-wal")).unwrap();
    refused(&workspace, "a.db", "a link to a path outside");
}

#[test]
fn an_incomplete_database_is_reported() {
    let (workspace, music) = Workspace::with_holder(READ);
    database(&music.join("whole.db"), 3_000);
    let whole = fs::read(music.join("whole.db")).unwrap();
    fs::write(music.join("empty.db"), "").unwrap();
    fs::write(music.join("text.db"), "no database at all, only words ".repeat(100)).unwrap();
    fs::write(music.join("half.db"), &whole[..whole.len() / 2]).unwrap();
    let mut noise = whole.clone();
    noise[4096..].fill(0xa5);
    fs::write(music.join("noise.db"), noise).unwrap();
    for (file, words) in [
        ("empty.db", "it is empty"),
        ("text.db", "not an SQLite database"),
        ("half.db", "damaged"),
        ("noise.db", "damaged"),
    ] {
        refused(&workspace, file, words);
    }
}

#[test]
fn a_database_that_is_too_large_is_not_copied() {
    let (workspace, music) = Workspace::with_holder(READ);
    let path = music.join("large.db");
    database(&path, 1);
    let mut bytes = fs::read(&path).unwrap();
    let pages = (1_u32 << 30) / 4096 + 1;
    bytes[28..32].copy_from_slice(&pages.to_be_bytes());
    fs::write(&path, bytes).unwrap();
    // A sparse file, which needs no space.
    fs::OpenOptions::new().write(true).open(&path).unwrap().set_len(u64::from(pages) * 4096).unwrap();
    refused(&workspace, "large.db", "at most 1024 are copied");
}

#[test]
fn a_file_that_is_truncated_while_it_is_copied_does_not_end_the_daemon() {
    let (workspace, music) = Workspace::with_holder(READ);
    let (path, index) = (music.join("x.db"), music.join("x.db-shm"));
    let original = workspace.outside().join("original.db");
    let writer = Connection::open(&original).unwrap();
    writer.execute_batch("PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0; CREATE TABLE t (a, b)").unwrap();
    for _ in 0..100 {
        writer.execute("INSERT INTO t VALUES (0, randomblob(200000))", []).unwrap();
    }
    fs::copy(&original, &path).unwrap();
    fs::copy(original.with_extension("db-wal"), path.with_extension("db-wal")).unwrap();
    let daemon = workspace.up_and_serving();
    let cutting = AtomicBool::new(true);
    std::thread::scope(|scope| {
        // Truncates the `-shm` file, which SQLite maps into memory while it reads. Another plugin with write access to the folder
        // could do this.
        scope.spawn(|| {
            let begun = Instant::now();
            while cutting.load(Ordering::Relaxed) && begun.elapsed() < PATIENCE {
                drop(fs::OpenOptions::new().write(true).open(&index).map(|file| file.set_len(0)));
            }
        });
        for number in 0..3 {
            let title = format!("Count {number}");
            let mut value = handoff("holder", &title);
            (value["action"], value["args"]) = (json!("count"), json!({ "file": "x.db" }));
            workspace.drop_file("holder", &format!("{number}.json"), text(&value));
            let ended = workspace.wait_for_archive(&title);
            let was_cut = ended.state == "dead" && ended.reason.contains("truncated while it was read");
            assert!(was_cut || ended.state == "succeeded", "{}: {}", ended.state, ended.reason);
        }
        cutting.store(false, Ordering::Relaxed);
    });
    assert!(daemon.stop().success());
}

#[test]
fn a_statement_cannot_leave_a_snapshot() {
    let (workspace, music) = Workspace::with_holder(READ);
    database(&music.join("a.db"), 5_000);
    let before = fs::read(music.join("a.db")).unwrap();
    let attacked = run(&workspace, "attack", "a.db").ended(0);
    assert!(attacked.stderr.contains("0 open"), "{}", attacked.stderr);
    assert_eq!(fs::read(music.join("a.db")).unwrap(), before);
    assert_eq!(names_in(&music), ["a.db"]);
}

#[test]
fn a_missing_grant_is_named_with_its_command() {
    let (workspace, music) = Workspace::with_holder("");
    database(&music.join("a.db"), 1);
    refused(&workspace, "a.db", "baton plugin grant holder sql=files:ro");
    let wrong = workspace.baton(&["plugin", "grant", "holder", "sql=files:rw"]);
    assert!(wrong.code != 0 && wrong.stderr.contains("sql=files:ro"), "{wrong:?}");
    workspace.baton(&["plugin", "grant", "holder", "sql=files"]).ended(0);
    run(&workspace, "count", "a.db").ended(0);
    workspace.baton(&["plugin", "revoke", "holder", "sql=files:ro"]).ended(0);
    refused(&workspace, "a.db", "baton plugin grant holder sql=files:ro");
}

#[test]
fn the_host_path_of_a_folder_is_available() {
    let (workspace, music) = Workspace::with_holder(READ);
    let told = workspace.baton(&["run", "holder", "where"]).ended(0);
    assert!(told.stderr.contains(&music.canonicalize().unwrap().display().to_string()), "{}", told.stderr);
}
