//! The review of a session lists the commits of a range and the handoffs of the same time.

use std::process::Command;

use baton_tests::{Workspace, text};

use super::{answer, report_names};

fn git(workspace: &Workspace, args: &[&str]) -> String {
    let asked = Command::new("git")
        .args(["-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"])
        .args(args)
        .current_dir(workspace.root())
        .output()
        .expect("git is installed: the tests need it");
    assert!(asked.status.success(), "{args:?}: {}", String::from_utf8_lossy(&asked.stderr));
    String::from_utf8_lossy(&asked.stdout).trim().to_owned()
}

fn commit(workspace: &Workspace, file: &str, title: &str) -> String {
    workspace.write(file, format!("print('{title}')\n"));
    git(workspace, &["add", file]);
    git(workspace, &["commit", "--quiet", "--message", title]);
    git(workspace, &["rev-parse", "--short=7", "HEAD"])
}

#[test]
fn a_session_is_its_commits_and_the_handoffs_of_its_time() {
    let workspace = Workspace::init();
    git(&workspace, &["init", "--quiet", "--initial-branch=main"]);
    let before = commit(&workspace, "src/old.py", "Before the session");
    let first = commit(&workspace, "src/till.py", "Add the till");
    workspace.drop_handoff("Codex-MM1", "Count the till");
    workspace.drop_handoff("Codex-MM1", "Nobody answers");
    workspace.up_once();
    let value = answer("Codex-MM1", "Claude-MM1", &workspace.task("Count the till"), "src/till.py");
    workspace.drop_file("Claude-MM1", "answer.json", text(&value));
    workspace.up_once();
    let last = commit(&workspace, "src/drawer.py", "Add the drawer");

    // The range ends now. The review has the commits of the range, and every handoff since the first commit.
    let run = workspace.baton(&["run", "audit", "session-review", "--arg", "from=HEAD~2"]).ended(0);
    let said = format!("{}{}", run.stdout, run.stderr);
    assert!(said.contains("Reviewed: 2 commits, 2 requests and 1 RETURN (1 with evidence)"), "{said}");
    let stem = report_names(&workspace, "SESSION_REVIEW_").pop().unwrap();
    let report = workspace.read(&format!("reports/{stem}.md"));
    for text in [first.as_str(), &last, "Add the till", "Add the drawer", "Count the till", "Nobody answers"] {
        assert!(report.contains(text), "{text}: {report}");
    }
    assert!(!report.contains("Before the session"), "{before} is before it: {report}");
    assert!(workspace.read(&format!("reports/{stem}.html")).contains("Add the drawer"));

    let refused = workspace.baton(&["run", "audit", "session-review", "--arg", "from=no-such-branch"]);
    assert!(refused.code != 0 && refused.stderr.contains("no-such-branch"), "{refused:?}");
}
