//! A daemon is killed (SIGKILL) while a plugin writes the catalog. Afterwards the catalog is the same as without the kill.

use std::thread::sleep;
use std::time::{Duration, Instant};

use baton_tests::{PATIENCE, Workspace};
use serde_json::json;

use super::database::{all_rows, number_or_none};

/// The number of imported tracks, so large that each transaction takes long enough for a kill.
const TRACKS: u32 = 8_000;

/// Drops the request for the import.
fn ask(workspace: &Workspace) {
    workspace.drop_handoff_with("store", "fill", json!({ "action": "fill", "args": { "tracks": TRACKS } }));
}

#[test]
fn a_kill_while_a_plugin_writes_the_catalog_does_not_change_the_result() {
    let grants = "sql = [{ database = \"catalog\", mode = \"rw\" }]";
    let (killed, whole) = (Workspace::with_store(grants), Workspace::with_store(grants));
    ask(&whole);
    whole.settle("");
    ask(&killed);
    let mut kills = 0;
    // Killed while sessions are written and while plays are written, which are separate transactions.
    for table in ["tracks", "sessions"] {
        let mut daemon = killed.up();
        let begun = Instant::now();
        while number_or_none(&killed, &format!("SELECT count(*) FROM {table}")).unwrap_or_default() == 0 {
            assert!(daemon.runs() && begun.elapsed() < 2 * PATIENCE, "no {table} are written\n{}", daemon.log());
            sleep(Duration::from_millis(1));
        }
        let files = number_or_none(&killed, "SELECT count(*) FROM files").unwrap_or_default();
        daemon.kill();
        kills += u32::from(files == 0);
    }
    assert!(kills > 0, "every kill came after the last transaction");
    killed.settle("");
    let (killed, whole) = (all_rows(&killed), all_rows(&whole));
    assert!(whole.len() > 4 * TRACKS as usize, "{} rows", whole.len());
    assert_eq!(killed.len(), whole.len());
    for (killed, whole) in killed.iter().zip(&whole) {
        assert_eq!(killed, whole);
    }
}
