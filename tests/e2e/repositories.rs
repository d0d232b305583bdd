//! Git repositories for plugins: the answers are compared with those of the real `git`, and requests with an invalid commit, an invalid
//! path or a folder without a grant are refused. The sandbox's own tests cover hostile repositories.

use std::process::Command;

use baton_tests::Workspace;

const GRANT: &str = "git = [\"root\"]";

fn git(workspace: &Workspace, args: &[&str]) -> String {
    let asked = Command::new("git")
        .args(["-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"])
        .args(args)
        .current_dir(workspace.root().join("tree"))
        .output()
        .expect("git is installed: the tests need it");
    assert!(asked.status.success(), "{args:?}: {}", String::from_utf8_lossy(&asked.stderr));
    String::from_utf8_lossy(&asked.stdout).into_owned()
}

fn with_history() -> Workspace {
    let workspace = Workspace::with_store(GRANT);
    git(&workspace, &["init", "--quiet", "--initial-branch=main"]);
    for title in ["First", "Second"] {
        workspace.write("tree/a.py", format!("print('{title}')\n"));
        git(&workspace, &["add", "--all"]);
        git(&workspace, &["commit", "--quiet", "--message", title]);
    }
    workspace.write("tree/new.py", "");
    workspace
}

#[test]
fn a_plugin_gets_the_same_answers_as_git_gives() {
    let workspace = with_history();
    workspace.baton(&["run", "store", "history"]).ended(0);
    let judged = git(&workspace, &["log", "--format=commit %H %s"]) + "file print('Second')\nchanged new.py\n";
    assert_eq!(workspace.read("reports/history.txt"), judged);
}

#[test]
fn an_invalid_commit_path_or_folder_gets_no_answer() {
    let workspace = with_history();
    let outside = workspace.outside().join("attacked");
    workspace.baton(&["run", "store", "break-out", "--arg", &format!("outside={}", outside.display())]).ended(0);
    let report = workspace.read("reports/break-out.txt");
    assert!(!report.contains("OPEN"), "{report}");
    assert_eq!(report.matches("refused: ").count(), 39, "{report}");
    assert!(report.contains("allowed: true"), "{report}");
    assert!(!outside.exists());
}

#[test]
fn the_error_for_a_folder_without_a_repository_has_the_fix() {
    let workspace = Workspace::with_store(GRANT);
    let run = workspace.baton(&["run", "store", "history"]).ended(1);
    assert!(run.stderr.contains("is not in a Git repository") && run.stderr.contains("git init"), "{}", run.stderr);
}

#[test]
fn an_object_that_is_a_link_to_the_outside_is_not_followed() {
    let workspace = with_history();
    let head = git(&workspace, &["rev-parse", "HEAD"]);
    let (folder, file) = head.trim().split_at(2);
    let object = workspace.root().join("tree/.git/objects").join(folder).join(file);
    let elsewhere = workspace.outside().join("object");
    std::fs::rename(&object, &elsewhere).unwrap();
    std::os::unix::fs::symlink(&elsewhere, &object).unwrap();
    let run = workspace.baton(&["run", "store", "history"]).ended(1);
    assert!(run.stderr.contains(&format!("objects/{folder}/{file} is not a file")), "{}", run.stderr);
    std::fs::remove_file(&object).unwrap();
    std::fs::rename(&elsewhere, &object).unwrap();
    workspace.baton(&["run", "store", "history"]).ended(0);
}

#[test]
fn a_clone_whose_objects_have_hard_links_can_be_read() {
    let workspace = with_history();
    let (tree, clone) = (workspace.root().join("tree"), workspace.root().join("clone"));
    git(&workspace, &["clone", "--quiet", "--local", tree.to_str().unwrap(), clone.to_str().unwrap()]);
    let linked = Command::new("find").arg(clone.join(".git/objects")).args(["-type", "f", "-links", "+1"]).output();
    assert!(!linked.unwrap().stdout.is_empty(), "git makes hard links in a clone of a local repository");
    let config = workspace.read("baton.toml").replace("root = \"tree\"", "root = \"clone\"");
    workspace.write("baton.toml", config);
    workspace.baton(&["run", "store", "history"]).ended(0);
    assert!(workspace.read("reports/history.txt").contains("file print('Second')"));
}
