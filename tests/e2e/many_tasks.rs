//! A ledger with very many tasks: a command that reads all tasks does not hold them in memory.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::process::Stdio;

use baton_tests::Workspace;
use rusqlite::Connection;

const TASKS: usize = 100_000;

/// The most memory that `status --json` may use. The tasks take several hundred MiB if they are all in memory.
const MOST_KIB: u64 = 160 << 10;

/// Copies a task many times, with a body as agents write them.
fn multiply(workspace: &Workspace) {
    let ledger = Connection::open(workspace.state_folder().join("ledger.db")).unwrap();
    let columns: Vec<String> = {
        let mut select = ledger.prepare("SELECT name FROM pragma_table_info('tasks')").unwrap();
        select.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
    };
    let value = |column: &String| match column.as_str() {
        "id" => "printf('%032x', number)".to_owned(),
        "body" => "printf('%.*c', 2000, 'x')".to_owned(),
        "title" => "'Task ' || number".to_owned(),
        "file" | "file_name" | "handoff_id" | "dedupe_key" => "NULL".to_owned(),
        other => format!("tasks.{other}"),
    };
    let values: Vec<String> = columns.iter().map(value).collect();
    let sql = format!(
        "WITH RECURSIVE numbers (number) AS (SELECT 1 UNION ALL SELECT number + 1 FROM numbers WHERE number < {TASKS})
         INSERT INTO tasks ({}) SELECT {} FROM numbers, (SELECT * FROM tasks WHERE title = 'One') AS tasks",
        columns.join(", "),
        values.join(", ")
    );
    assert_eq!(ledger.execute(&sql, []).unwrap(), TASKS);
}

#[test]
fn the_json_of_all_tasks_is_printed_while_they_are_read() {
    let workspace = Workspace::with_noop();
    workspace.drop_handoff("noop", "One");
    workspace.up_once();
    multiply(&workspace);
    let mut command = workspace.command();
    command.arg("-w").arg(workspace.root()).args(["status", "--json"]).stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let process = format!("/proc/{}/status", child.id());
    let (mut tasks, mut most) = (0, 0);
    for line in BufReader::new(child.stdout.take().unwrap()).lines() {
        tasks += usize::from(line.unwrap().contains("\"Task "));
        // The process still exists at the last line, because it still runs or has not been waited for.
        if tasks % 1_000 == 0 {
            most = fs::read_to_string(&process).ok().and_then(|text| peak_kib(&text)).map_or(most, |now| most.max(now));
        }
    }
    assert!(child.wait().unwrap().success());
    assert_eq!(tasks, TASKS);
    assert!(most > 0 && most < MOST_KIB, "{most} KiB");
}

fn peak_kib(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.split_whitespace().next()?.parse().ok()
}
