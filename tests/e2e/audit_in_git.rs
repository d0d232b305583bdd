//! Runs the examples of `plugins/audit/examples/git` in a real repository: the hook through git, and the Action's script.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use baton_tests::{Output, Workspace, baton, repository as repository_root};

const PLAN: &str = "# Plan\n\n## Deliverables\n\n- `src/a.py`\n- `src/b.py`\n";

fn example(name: &str) -> PathBuf {
    repository_root().join("plugins/audit/examples/git").join(name)
}

/// A program in the repository, with `baton` in its PATH.
fn command(place: &Workspace, program: &str) -> Command {
    let binary = baton();
    let path = std::env::var("PATH").unwrap_or_default();
    let mut command = place.command_of(program);
    command.current_dir(place.root()).env("PATH", format!("{}:{path}", binary.parent().unwrap().display()));
    command
}

fn git(place: &Workspace, args: &[&str]) -> Output {
    let settings = ["-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"];
    Output::of(command(place, "git").args(settings).args(args))
}

/// A repository with a plan that promises `src/a.py`, which exists, and `src/b.py`, which does not.
fn repository() -> Workspace {
    let place = Workspace::empty();
    place.write("src/a.py", "a = 1\n");
    git(&place, &["init", "--quiet", "--initial-branch=main"]).ended(0);
    place.write("docs/plans/PLAN.md", PLAN);
    git(&place, &["add", "--all"]).ended(0);
    place
}

fn commits(place: &Workspace) -> usize {
    git(place, &["log", "--oneline", "--all"]).stdout.lines().count()
}

#[test]
fn the_hook_stops_a_commit_with_a_gap_and_reads_only_staged_files() {
    let place = repository();
    fs::copy(example("pre-commit"), place.root().join(".git/hooks/pre-commit")).unwrap();
    let commit = ["commit", "--quiet", "--message", "First"];
    git(&place, &["config", "baton.plans", "docs/plans"]).ended(0);
    let stopped = git(&place, &commit).ended(1);
    // git shows what a hook writes on stderr.
    assert!(stopped.stderr.contains("MISSING: src/b.py") && stopped.stderr.contains("What to Do"), "{stopped:?}");
    place.write("src/b.py", "b = 1\n");
    git(&place, &commit).ended(1);
    assert_eq!(commits(&place), 0, "src/b.py exists and is not staged");
    git(&place, &["add", "--all"]).ended(0);
    git(&place, &commit).ended(0);
    assert_eq!(commits(&place), 1);
    // A baseline in the repository accepts the present gaps.
    fs::remove_file(place.root().join("src/b.py")).unwrap();
    let report = ["audit", "docs/plans", "--format", "json", "--out", ".baton-baseline.json"];
    Output::of(command(&place, baton().to_str().unwrap()).args(report)).ended(1);
    git(&place, &["add", "--all"]).ended(0);
    git(&place, &commit).ended(0);
    assert_eq!(commits(&place), 2);
}

#[test]
fn the_hook_does_nothing_without_plans() {
    let place = repository();
    fs::copy(example("pre-commit"), place.root().join(".git/hooks/pre-commit")).unwrap();
    git(&place, &["commit", "--quiet", "--message", "First"]).ended(0);
}

/// The script of the Action's last step.
fn script() -> String {
    let action = fs::read_to_string(example("plans.yml")).unwrap();
    let (_, script) = action.split_once("        run: |\n").expect("one script");
    script.lines().map(|line| line.trim_start().to_owned() + "\n").collect()
}

#[test]
fn the_action_annotates_the_plan_and_writes_a_summary() {
    let place = repository();
    git(&place, &["commit", "--quiet", "--message", "First"]).ended(0);
    let summary = place.outside().join("summary.md");
    let run = || {
        let mut command = command(&place, "bash");
        // The flags that GitHub uses for `shell: bash`.
        command.args(["--noprofile", "--norc", "-eo", "pipefail", "-c", &script()]);
        Output::of(command.env("PLANS", "docs/plans").env("GITHUB_STEP_SUMMARY", &summary))
    };
    let failed = run().ended(1);
    assert!(failed.stdout.starts_with("::error file=docs/plans/PLAN.md,line=6,"), "{failed:?}");
    assert!(fs::read_to_string(&summary).unwrap().contains("### What Is Wrong"));
    place.write("src/b.py", "b = 1\n");
    assert_eq!(run().ended(0).stdout, "");
}
