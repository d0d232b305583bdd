//! Unchanged files in inboxes and folders of triggers are not read again, neither at the start nor by the full scan of every minute.
//! The tests count how often the kernel opens a file, so they do not depend on speed.

use std::fs;
use std::mem::MaybeUninit;
use std::path::Path;
use std::time::Duration;

use baton_tests::{Workspace, handoff, text};
use rustix::fs::inotify::{CreateFlags, Reader, WatchFlags, add_watch, init};
use rustix::io::Errno;
use serde_json::json;

const FILES: usize = 60;

/// Records which names in some folders are opened.
struct OpenWatcher {
    kernel: rustix::fd::OwnedFd,
}

impl OpenWatcher {
    fn of(folders: &[&Path]) -> rustix::io::Result<Self> {
        let kernel = init(CreateFlags::CLOEXEC | CreateFlags::NONBLOCK)?;
        for folder in folders {
            add_watch(&kernel, *folder, WatchFlags::OPEN)?;
        }
        Ok(Self { kernel })
    }

    /// The names that were opened since the last call; an empty name is the folder itself.
    fn names(&self) -> rustix::io::Result<Vec<String>> {
        let mut buffer = [MaybeUninit::uninit(); 16 * 1024];
        let mut reader = Reader::new(&self.kernel, &mut buffer);
        let mut names = Vec::new();
        loop {
            match reader.next() {
                Ok(event) => {
                    names.push(event.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default());
                }
                Err(Errno::AGAIN) => return Ok(names),
                Err(error) => return Err(error),
            }
        }
    }

    fn files(&self) -> rustix::io::Result<Vec<String>> {
        let is_file = |name: &String| name.ends_with(".json") || name.ends_with(".md");
        Ok(self.names()?.into_iter().filter(is_file).collect())
    }
}

/// Waits until files are so old that a later change has a different time on every file system.
fn wait_until_old() {
    std::thread::sleep(Duration::from_millis(2_200));
}

#[test]
fn files_that_stay_in_an_external_inbox_are_read_at_no_later_start() {
    let workspace = Workspace::with_noop();
    let inbox = workspace.inbox_of("Robin");
    fs::create_dir_all(&inbox).unwrap();
    for number in 0..FILES {
        let returned = json!({
            "type": "RETURN_HANDOFF", "executing_agent": "Wren", "status": "done",
            "original_handoff": { "handoff_id": format!("id-{number}") },
        });
        fs::write(inbox.join(format!("{number}.json")), text(&returned)).unwrap();
    }
    fs::write(inbox.join("notes.json"), "[\"the agent's own\"]").unwrap();
    fs::write(inbox.join("request.json"), text(&handoff("Robin", "A request"))).unwrap();
    wait_until_old();
    workspace.up_once();
    let tasks = workspace.status().len();
    assert!(tasks > FILES, "{tasks}");
    let opened = OpenWatcher::of(&[&inbox]).unwrap();
    workspace.up_once();
    assert_eq!(opened.files().unwrap(), Vec::<String>::new(), "nothing changed");
    let daemon = workspace.up_and_serving();
    workspace.drop_handoff("noop", "After the start");
    workspace.wait_for_archive("After the start");
    assert_eq!(opened.files().unwrap(), Vec::<String>::new(), "nothing changed");
    daemon.kill();
    assert_eq!(workspace.status().len(), tasks + 1);

    // A scan notices a new file, and an edit that restores the size and the modification time.
    let request = inbox.join("request.json");
    let written = request.metadata().unwrap().modified().unwrap();
    let edited = String::from_utf8(fs::read(&request).unwrap()).unwrap().replace("A request", "B request");
    fs::write(&request, edited).unwrap();
    fs::File::options().append(true).open(&request).unwrap().set_modified(written).unwrap();
    fs::write(inbox.join("new.json"), text(&handoff("Robin", "New"))).unwrap();
    opened.names().unwrap();
    workspace.up_once();
    let mut read = opened.files().unwrap();
    read.sort();
    read.dedup();
    assert_eq!(read, ["new.json", "request.json"]);
    assert_eq!(workspace.task("B request").state, "delivered");
    workspace.baton(&["ledger", "verify"]).ended(0);
}

#[test]
fn the_full_scan_does_not_read_archives_and_folders_of_triggers() {
    let workspace = Workspace::init();
    let plan = "# Plan\n\n- [x] `made.txt`\n";
    workspace.write("plans/deep/first.md", plan);
    workspace.write("handoffs/Codex-MM1/02_processed/2026/old.json", "{}");
    workspace.write("handoffs/noop/02_processed/old.json", "{}");
    // The full scan runs every fifth of a second instead of every minute.
    let daemon = workspace.up_armed("scan.pause=return(200)");
    let audits =
        |workspace: &Workspace| workspace.tasks_of("audit").into_iter().filter(|task| task.state != "running").count();
    workspace.wait_for("the plan to be audited", |workspace| (audits(workspace) == 1).then_some(()));
    workspace.drop_handoff("Codex-MM1", "Settled");
    workspace.wait_for_state("Settled", "delivered");
    std::thread::sleep(Duration::from_secs(2));
    let path = |path: &str| workspace.root().join(path);
    let looked = OpenWatcher::of(&[&path("handoffs/Codex-MM1/01_inbox")]).unwrap();
    let left = OpenWatcher::of(&[
        &path("plans"),
        &path("plans/deep"),
        &path("handoffs/Codex-MM1/02_processed"),
        &path("handoffs/Codex-MM1/02_processed/2026"),
        &path("handoffs/noop/02_processed"),
    ])
    .unwrap();
    let mut looks = 0;
    workspace.wait_for("several looks", |_| {
        looks += looked.names().unwrap().len();
        (looks >= 5).then_some(())
    });
    assert_eq!(left.names().unwrap(), Vec::<String>::new());
    // A change is noticed, and so is a new folder with a plan.
    workspace.write("plans/deep/second.md", plan.replace("Plan", "Second"));
    workspace.wait_for("the change to be audited", |workspace| (audits(workspace) == 2).then_some(()));
    workspace.write("plans/new/third.md", plan.replace("Plan", "Third"));
    workspace.wait_for("the new folder to be audited", |workspace| (audits(workspace) == 3).then_some(()));
    assert!(daemon.stop().success());
}
