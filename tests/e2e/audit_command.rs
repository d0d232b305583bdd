//! `baton audit`: works anywhere, says by its exit code what it found, and leaves nothing behind.

use std::fs;
use std::path::Path;

use baton_tests::{Output, Workspace};

/// A folder that is no workspace, with a plan that promises `src/a.py` and, where `missing`, `src/b.py`.
fn folder(missing: bool) -> Workspace {
    let place = Workspace::empty();
    place.write("src/a.py", "print('a')\n");
    let more = if missing { "| `src/b.py` | is not there |\n" } else { "" };
    let plan = format!("# Plan\n\n## Deliverables\n\n| File | Purpose |\n|---|---|\n| `src/a.py` | is there |\n{more}");
    place.write("PLAN.md", plan);
    place
}

fn audit(place: &Workspace, args: &[&str]) -> Output {
    let temporary = place.outside().join("tmp");
    fs::create_dir_all(&temporary).unwrap();
    let run = Output::of(place.command().current_dir(place.root()).env("TMPDIR", &temporary).arg("audit").args(args));
    assert_eq!(fs::read_dir(temporary).unwrap().count(), 0, "nothing stays in the folder for temporary files");
    run
}

#[test]
fn exits_with_0_when_all_is_there() {
    let run = audit(&folder(false), &["PLAN.md"]).ended(0);
    assert!(run.stdout.contains("src/a.py") && run.stdout.starts_with('#'), "{}", run.stdout);
}

#[test]
fn exits_with_1_when_something_is_missing_and_names_it() {
    let run = audit(&folder(true), &["PLAN.md"]).ended(1);
    assert!(run.stdout.contains("src/b.py"), "{}", run.stdout);
    assert!(run.stderr.contains("1 missing"), "{}", run.stderr);
}

#[test]
fn exits_with_2_when_it_could_not_audit() {
    let place = folder(false);
    place.write("not-a-folder", "");
    for (args, words) in [
        (["NO_PLAN.md", "--root", "."], "NO_PLAN.md"),
        (["PLAN.md", "--root", "nowhere"], "nowhere"),
        (["PLAN.md", "--root", "not-a-folder"], "not-a-folder"),
    ] {
        let run = audit(&place, &args).ended(2);
        assert!(run.stdout.is_empty() && run.stderr.contains(words), "{run:?}");
    }
    audit(&place, &[]).ended(2);
    let nowhere = audit(&place, &["PLAN.md", "--out", "no/such/folder/r.md"]).ended(2);
    assert!(nowhere.stderr.contains("no/such/folder/r.md"), "{}", nowhere.stderr);
}

#[test]
fn gives_json_that_parses() {
    let run = audit(&folder(true), &["PLAN.md", "--format", "json"]).ended(1);
    let report = run.json();
    assert!(report.is_object() && report.to_string().contains("src/b.py"), "{report:#}");
}

#[test]
fn writes_the_report_where_it_is_told_and_nothing_to_stdout() {
    let place = folder(true);
    for (format, name) in [("md", "report.md"), ("json", "report.json")] {
        let run = audit(&place, &["PLAN.md", "--format", format, "--out", name]).ended(1);
        assert_eq!(run.stdout, "");
        assert!(place.read(name).contains("src/b.py"));
    }
}

#[test]
fn leaves_nothing_behind() {
    let place = folder(true);
    audit(&place, &["PLAN.md"]).ended(1);
    assert_eq!(place.list("."), ["PLAN.md", "src"]);
    assert!(!place.root().join("reports").exists());
    let state: Vec<_> =
        fs::read_dir(place.outside().join("state/baton")).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(state, ["code"], "compiled plugins are all that stays");
}

#[test]
fn takes_plans_from_anywhere_and_a_root_elsewhere() {
    let place = folder(true);
    let elsewhere = place.outside().join("elsewhere");
    fs::create_dir_all(elsewhere.join("src")).unwrap();
    fs::write(elsewhere.join("src/a.py"), "").unwrap();
    fs::write(elsewhere.join("src/b.py"), "b = 1\n").unwrap();
    fs::write(elsewhere.join("src/a.py"), "a = 1\n").unwrap();
    let root = elsewhere.to_str().unwrap();
    audit(&place, &["PLAN.md", "--root", root]).ended(0);
    audit(&place, &["./PLAN.md", "--root", "../elsewhere"]).ended(0);
    let absolute = place.root().join("PLAN.md");
    audit(&place, &[absolute.to_str().unwrap(), "--root", root]).ended(0);
}

#[test]
fn takes_several_plans_and_folders_of_plans() {
    let place = folder(false);
    for name in ["more/X_PLAN.md", "more/deep/Y_PLAN.md", "Z_PLAN.md"] {
        place.write(
            name,
            format!(
                "# {name}\n\n## Deliverables\n\n- `src/{}.py`\n",
                Path::new(name).file_stem().unwrap().to_string_lossy()
            ),
        );
    }
    let run = audit(&place, &["Z_PLAN.md", "more"]).ended(1);
    for named in ["X_PLAN", "Y_PLAN", "Z_PLAN"] {
        assert!(run.stdout.contains(named), "{named} in {}", run.stdout);
    }
    assert!(run.stderr.contains("3 plans"), "{}", run.stderr);
}

#[test]
fn a_plan_with_a_name_that_is_an_option_can_be_named() {
    let place = folder(false);
    place.write("--format", place.read("PLAN.md"));
    audit(&place, &["--", "--format"]);
}

#[test]
fn works_in_a_workspace_without_touching_it() {
    let workspace = Workspace::init();
    workspace.write("plans/PLAN.md", "# Plan\n\n## Deliverables\n\n- `src/a.py`\n");
    let run = Output::of(workspace.command().current_dir(workspace.root()).args(["audit", "plans/PLAN.md"])).ended(1);
    assert!(run.stdout.contains("src/a.py"));
    assert!(workspace.status().is_empty() && workspace.list("reports").is_empty());
}

#[test]
fn a_plan_may_be_written_in_any_way() {
    let place = folder(false);
    fs::create_dir(place.root().join("docs")).unwrap();
    fs::rename(place.root().join("PLAN.md"), place.root().join("docs/PLAN.md")).unwrap();
    let absolute = place.root().join("docs/PLAN.md");
    for plan in ["docs/PLAN.md", "./docs/PLAN.md", "docs", "./docs/", absolute.to_str().unwrap()] {
        let run = audit(&place, &[plan]).ended(0);
        assert!(run.stdout.contains("src/a.py"), "{plan}: {}", run.stdout);
    }
}
