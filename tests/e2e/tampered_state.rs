//! Tampering with the state's files other than `ledger.db`, which `tampered_ledger` tests. Bytes are flipped, and files are
//! truncated, replaced or deleted. Either `ledger verify`, `doctor` or the next work finds the change, or the change affects
//! neither the ledger's events nor the result of a task.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use baton_tests::{Output, Workspace, files_below, fixture, sha256};
use rusqlite::{Connection, OpenFlags};

use crate::plugin_compile::own_code;

/// A copy of the state and the head file, which is restored before each tampering.
struct Original {
    state: PathBuf,
    kept: PathBuf,
    head: String,
}

impl Original {
    fn keep(workspace: &Workspace) -> Self {
        let (state, kept) = (workspace.state_folder(), workspace.outside().join("original"));
        copy_tree(&state, &kept);
        Self { state, kept, head: workspace.read(".baton-ledger") }
    }

    fn bring_back(&self, workspace: &Workspace) {
        fs::remove_dir_all(&self.state).unwrap();
        copy_tree(&self.kept, &self.state);
        workspace.write(".baton-ledger", &self.head);
    }
}

fn copy_tree(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    fs::set_permissions(to, from.metadata().unwrap().permissions()).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        if from.is_dir() {
            copy_tree(&from, &to);
        } else {
            fs::copy(from, to).unwrap();
        }
    }
}

/// The kinds of tampering with a file of this content, each with the new content; `None` deletes the file.
fn tamperings(content: &[u8]) -> Vec<(String, Option<Vec<u8>>)> {
    let flipped = |at: usize| {
        let mut bytes = content.to_vec();
        bytes.iter_mut().skip(at).take(16).for_each(|byte| *byte ^= 0xA5);
        (format!("16 bytes flipped at {at}"), Some(bytes))
    };
    let mut all: Vec<_> = (0..content.len().saturating_sub(16)).step_by(content.len() / 3 + 7).map(flipped).collect();
    all.push(("cut in half".to_owned(), Some(content[..content.len() / 2].to_vec())));
    all.push(("replaced".to_owned(), Some(b"forged".to_vec())));
    all.push(("deleted".to_owned(), None));
    all
}

fn apply(file: &Path, content: Option<&[u8]>) {
    match content {
        Some(bytes) => fs::write(file, bytes).unwrap(),
        None => fs::remove_file(file).unwrap(),
    }
}

/// A workspace whose plugin `store` was installed from a package, has a database and has written to the catalog.
fn workspace_with_history() -> Workspace {
    let workspace = Workspace::with_noop();
    let component = fixture("store");
    workspace.baton(&["plugin", "install", component.to_str().unwrap()]);
    let revision = format!("store@{}", sha256(&fs::read(component).unwrap()));
    workspace.baton(&["plugin", "approve", &revision]).ended(0);
    workspace.baton(&["plugin", "grant", "store", "sql=own:rw", "sql=catalog:rw"]).ended(0);
    let mut set = workspace.command();
    Output::fed(set.arg("-w").arg(workspace.root()).args(["secret", "set", "token"]), b"a-made-up-value").ended(0);
    workspace.baton(&["run", "store", "count"]).ended(0);
    workspace.baton(&["run", "store", "fill"]).ended(0);
    workspace.drop_handoff("noop", "Before");
    workspace.up_once();
    workspace
}

/// The events of the ledger, one per line.
fn export(workspace: &Workspace) -> String {
    let mut lines = workspace.baton(&["ledger", "export"]).stdout;
    // The last line is the number of events and the head.
    let last = lines.trim_end().rfind('\n').map_or(0, |end| end + 1);
    lines.truncate(last);
    lines
}

/// Checks the workspace and runs new work. Returns the commands that noticed the tampering.
fn noticed(workspace: &Workspace) -> Vec<&'static str> {
    let verify = workspace.baton(&["ledger", "verify"]).code;
    let doctor = workspace.baton(&["doctor"]).code;
    workspace.drop_handoff("noop", "After");
    workspace.drop_action("store", "count");
    let up = workspace.baton(&["up", "--once"]).code;
    let done = up == 0 && ["After", "count"].iter().all(|title| workspace.task(title).state == "succeeded");
    let all = [("verify", verify != 0), ("doctor", doctor != 0), ("up", up != 0), ("the work", !done)];
    all.into_iter().filter_map(|(who, wrong)| wrong.then_some(who)).collect()
}

#[test]
fn tampering_with_other_state_files_is_detected_or_has_no_effect() {
    let workspace = workspace_with_history();
    let original = Original::keep(&workspace);
    let before = export(&workspace);
    let (mut folders, mut tampered) = (BTreeSet::new(), BTreeSet::new());
    let mut files = files_below(&original.kept);
    files.retain(|file| file.extension().is_none_or(|end| !end.to_str().unwrap().starts_with("db")));
    for kept in files {
        let name = kept.strip_prefix(&original.kept).unwrap().to_owned();
        folders.insert(name.parent().unwrap().display().to_string());
        tampered.insert(name.display().to_string());
        for (what, content) in tamperings(&fs::read(&kept).unwrap()) {
            original.bring_back(&workspace);
            apply(&original.state.join(&name), content.as_deref());
            let found = noticed(&workspace);
            let place = format!("{}: {what}", name.display());
            if found.is_empty() {
                assert!(export(&workspace).starts_with(&before), "{place}");
                if name.starts_with("packages") {
                    // Nothing noticed the tampering, so the package must be correct again: Baton restored it from its
                    // source before the plugin ran.
                    let now = fs::read(original.state.join(&name)).unwrap();
                    assert_eq!(
                        format!("{}.wasm", sha256(&now)),
                        name.file_name().unwrap().to_str().unwrap(),
                        "{place}"
                    );
                }
            }
        }
    }
    assert!(
        folders.contains("packages") && folders.contains("") && tampered.contains("secrets.json"),
        "{folders:?} {tampered:?}"
    );
}

#[test]
fn compiled_code_that_was_changed_is_never_run() {
    let workspace = Workspace::with_hostile();
    let code = own_code(&workspace);
    let run = || workspace.baton(&["run", "noop", "noop"]).ended(0);
    run();
    let [noop] = compiled(&code).try_into().unwrap();
    workspace.baton(&["run", "hostile", "permanent"]).ended(1);
    let others: Vec<_> = compiled(&code).into_iter().filter(|file| *file != noop).collect();
    let genuine = fs::read(&noop).unwrap();
    let mut contents = tamperings(&genuine);
    contents.push(("replaced by the code of another plugin".to_owned(), Some(fs::read(&others[0]).unwrap())));
    for (what, content) in contents {
        apply(&noop, content.as_deref());
        let ran = run();
        assert!(ran.stderr.contains("Did nothing."), "{what}: {}", ran.stderr);
        assert_eq!(ran.stderr.contains("was changed"), content.is_some(), "{what}: {}", ran.stderr);
        assert_ne!(fs::read(&noop).ok(), content, "{what}: it is compiled again");
    }
    fs::write(code.join("key"), [7; 32]).unwrap();
    assert!(run().stderr.contains("was changed"));
}

/// The files of compiled code below a code cache.
fn compiled(code: &Path) -> Vec<PathBuf> {
    files_below(code).into_iter().filter(|file| file.extension().is_some_and(|ending| ending == "code")).collect()
}

#[test]
fn a_damaged_catalog_or_plugin_database_leaves_the_ledger_and_other_plugins_unharmed() {
    let workspace = workspace_with_history();
    let original = Original::keep(&workspace);
    let before = export(&workspace);
    for name in ["catalog.db", "plugins/store.db"] {
        for (what, content) in tamperings(&fs::read(original.kept.join(name)).unwrap()) {
            original.bring_back(&workspace);
            apply(&original.state.join(name), content.as_deref());
            let doctor = workspace.baton(&["doctor"]);
            let place = format!("{name}: {what}");
            if what == "cut in half" || what == "replaced" {
                assert_eq!(doctor.code, 1, "{place}: {}", doctor.stdout);
                assert!(doctor.stdout.contains(name), "{place}: {}", doctor.stdout);
            }
            workspace.drop_handoff("noop", "After");
            workspace.drop_action("store", "count");
            workspace.up_once();
            assert_eq!(workspace.task("After").state, "succeeded", "{place}");
            workspace.baton(&["ledger", "verify"]).ended(0);
            assert!(export(&workspace).starts_with(&before), "{place}");
        }
    }
}

#[test]
fn the_log_of_the_ledger_cannot_be_tampered_with_unnoticed() {
    let workspace = workspace_with_history();
    // An open reader prevents a checkpoint of the log into the database.
    let ledger = workspace.state_folder().join("ledger.db");
    let reader = Connection::open_with_flags(&ledger, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
    reader.execute_batch("BEGIN; SELECT count(*) FROM tasks").unwrap();
    for number in 0..5 {
        workspace.drop_handoff("noop", &format!("Number {number}"));
    }
    workspace.up_once();
    let before = export(&workspace);
    let original = Original::keep(&workspace);
    drop(reader);
    let log = original.kept.join("ledger.db-wal");
    assert!(log.metadata().unwrap().len() > 100_000);
    let mut found = false;
    for (what, content) in tamperings(&fs::read(&log).unwrap()) {
        original.bring_back(&workspace);
        drop(fs::remove_file(original.state.join("ledger.db-shm")));
        apply(&original.state.join("ledger.db-wal"), content.as_deref());
        if workspace.baton(&["ledger", "verify"]).code == 0 {
            assert_eq!(export(&workspace), before, "{what}");
        } else {
            found = true;
        }
    }
    assert!(found);
}
