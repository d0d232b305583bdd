//! `baton audit` works in any folder, reports the result by its exit code, and leaves no files.

use std::fs;
use std::path::Path;

use baton_tests::{Output, Workspace};

/// A folder that is not a workspace, with `src/a.py` and a plan that promises it. With `missing` the plan also promises `src/b.py`,
/// which does not exist.
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
fn the_first_lines_of_the_report_have_the_problem_and_the_fix() {
    let place = folder(true);
    let run = audit(&place, &["PLAN.md"]).ended(1);
    let first: Vec<&str> = run.stdout.lines().take(30).collect();
    let first = first.join("\n");
    for words in
        ["### What Is Wrong", "MISSING: src/b.py", "PLAN.md:8", "### What to Do", "Make the missing deliverable"]
    {
        assert!(first.contains(words), "{words}: {first}");
    }
    let listed = run.stdout.lines().filter(|line| line.starts_with("| `src/b.py`")).count();
    assert_eq!(listed, 1, "each deliverable once: {}", run.stdout);
    let page = audit(&place, &["PLAN.md", "--format", "html"]).ended(1);
    let (wrong, plans) = (page.stdout.find("What Is Wrong"), page.stdout.find("id=\"plans-title\""));
    assert!(wrong.is_some() && wrong < plans, "{}", page.stdout);
}

#[test]
fn github_shows_an_annotation_at_the_line_of_the_plan() {
    let run = audit(&folder(true), &["PLAN.md", "--format", "github"]).ended(1);
    let lines: Vec<&str> = run.stdout.lines().collect();
    assert_eq!(lines.len(), 1, "{}", run.stdout);
    assert!(lines[0].starts_with("::error file=PLAN.md,line=8,title=Baton audit::MISSING: src/b.py"), "{}", lines[0]);
    assert_eq!(audit(&folder(false), &["PLAN.md", "--format", "github"]).ended(0).stdout, "");
}

#[test]
fn a_false_claim_is_in_the_forms_for_programs() {
    let place = folder(false);
    place.write("PLAN.md", place.read("PLAN.md") + "\nThe suite passes 9 of 10 tests (50 %).\n");
    let report = audit(&place, &["PLAN.md", "--format", "json"]).ended(1).json();
    let findings = report["findings"].as_array().unwrap();
    let claim = findings.iter().find(|finding| finding["id"].as_str().unwrap().contains(":claim-")).unwrap();
    let sarif = audit(&place, &["PLAN.md", "--format", "sarif"]).ended(1).json();
    let results = sarif["runs"][0]["results"].as_array().unwrap();
    let result =
        results.iter().find(|result| result["partialFingerprints"]["auditFindingId/v1"] == claim["id"]).unwrap();
    assert_eq!(result["locations"][0]["physicalLocation"]["region"]["startLine"], 9, "{result:#}");
    let tests = audit(&place, &["PLAN.md", "--format", "junit"]).ended(1).stdout;
    assert!(tests.contains("<testsuite name=\"false claims\" tests=\"1\" failures=\"1\""), "{tests}");
    let annotated = audit(&place, &["PLAN.md", "--format", "github"]).ended(1).stdout;
    assert!(annotated.contains("file=PLAN.md,line=9,"), "{annotated}");
}

#[test]
fn findings_of_the_baseline_do_not_count() {
    let place = folder(true);
    audit(&place, &["PLAN.md", "--format", "json", "--out", "baseline.json"]).ended(1);
    let known = ["PLAN.md", "--baseline", "baseline.json"];
    audit(&place, &known).ended(0);
    let shown = audit(&place, &["PLAN.md", "--baseline", "baseline.json", "--format", "github"]).ended(0);
    assert_eq!(shown.stdout, "");
    for fail_on in ["any", "high", "new"] {
        audit(&place, &[known.as_slice(), &["--fail-on", fail_on]].concat()).ended(0);
    }
    fs::remove_file(place.root().join("src/a.py")).unwrap();
    let run = audit(&place, &[known.as_slice(), &["--format", "github"]].concat()).ended(1);
    assert!(run.stdout.contains("src/a.py") && !run.stdout.contains("src/b.py"), "{}", run.stdout);
    audit(&place, &["PLAN.md", "--fail-on", "new"]).ended(2);
    audit(&place, &["PLAN.md", "--baseline", "src"]).ended(2);
}

#[test]
fn a_deletion_is_kept_open_or_a_false_claim() {
    let place = folder(false);
    place.write("PLAN.md", "# Plan\n\n- [x] Delete `src/old.py`\n- [ ] Delete `src/a.py`\n");
    let report = audit(&place, &["PLAN.md", "--format", "json"]).ended(0).json();
    let rows = report["plans"][0]["deliverables"].as_array().unwrap();
    let stand: Vec<&str> = rows.iter().map(|row| row["status"].as_str().unwrap()).collect();
    assert_eq!(stand, ["DELETED", "OPEN"], "{report:#}");
    place.write("PLAN.md", "# Plan\n\n- [x] Delete `src/a.py`\n");
    let run = audit(&place, &["PLAN.md", "--format", "github"]).ended(1);
    assert!(
        run.stdout.starts_with("::error file=PLAN.md,line=3,title=Baton audit::PHANTOM: src/a.py"),
        "{}",
        run.stdout
    );
}

#[test]
fn a_baseline_does_not_hide_another_claim_about_the_same_file() {
    let place = folder(false);
    let plan = place.read("PLAN.md");
    let claims =
        |first: &str| format!("{plan}\nCreated `src/a.py` ({first} lines).\n\nUpdated `src/a.py` (700 lines).\n");
    place.write("PLAN.md", claims("500").replace("Updated `src/a.py` (700 lines).\n", ""));
    audit(&place, &["PLAN.md", "--format", "json", "--out", "baseline.json"]).ended(1);
    audit(&place, &["PLAN.md", "--baseline", "baseline.json"]).ended(0);
    // The claim in the baseline is correct now, but another claim about the same file is false.
    place.write("PLAN.md", claims("1"));
    let run = audit(&place, &["PLAN.md", "--baseline", "baseline.json", "--format", "github"]).ended(1);
    assert!(run.stdout.contains("700 lines") && run.stdout.contains("file=PLAN.md,line="), "{}", run.stdout);
}

#[test]
fn the_most_severe_findings_are_listed_and_omitted_findings_are_never_a_success() {
    let place = folder(false);
    let rows = |promise: &str| (0..1_100).map(|nth| format!("{promise} `src/n{nth}.py`\n")).collect::<String>();
    place.write("PLAN.md", format!("# Plan\n\n## Deliverables\n\n{}- `src/a.py`\n", rows("-").replace("src/n", "~/n")));
    place.write("Z_PLAN.md", "# Last\n\n- [x] Create `src/never.py`\n");
    let report = audit(&place, &["PLAN.md", "Z_PLAN.md", "--format", "json"]).ended(1).json();
    let findings = report["findings"].as_array().unwrap();
    assert_eq!(findings.len(), 1_000);
    let has = |end: &str| findings.iter().any(|finding| finding["id"].as_str().unwrap().ends_with(end));
    assert!(
        has("src/never.py:phantom") && has("audit:more-findings"),
        "the most severe findings, and the number of the others"
    );
    // If findings were omitted, neither a baseline nor a setting makes the audit a success.
    place.write("PLAN.md", format!("# Plan\n\n## Deliverables\n\n{}", rows("-")));
    audit(&place, &["PLAN.md", "--format", "json", "--out", "baseline.json"]).ended(1);
    place.write(
        ".batonaudit.toml",
        "ignore = [\"**\"]\nwords = [\"not listed\"]\n[severities]\nmore-findings = \"info\"\n",
    );
    for args in [["--fail-on", "high"], ["--fail-on", "any"], ["--baseline", "baseline.json"]] {
        audit(&place, &[["PLAN.md"].as_slice(), &args].concat()).ended(1);
    }
}

#[test]
fn the_settings_of_a_folder_ignore_findings_and_change_severities() {
    let place = folder(true);
    place.write(".batonaudit.toml", "ignore = [\"src/b.*\"]\n");
    let run = audit(&place, &["PLAN.md"]).ended(0);
    assert!(run.stderr.contains("ignored by .batonaudit.toml"), "{}", run.stderr);
    place.write(".batonaudit.toml", "[severities]\nmissing = \"medium\"\n");
    assert!(audit(&place, &["PLAN.md", "--format", "github"]).ended(1).stdout.starts_with("::warning "));
    audit(&place, &["PLAN.md", "--fail-on", "high"]).ended(0);
    place.write(".batonaudit.toml", "[severities]\nmising = \"low\"\n");
    let run = audit(&place, &["PLAN.md"]).ended(2);
    assert!(run.stderr.contains("`mising` in [severities]; did you mean `missing`?"), "{}", run.stderr);
    place.write(".batonaudit.toml", "ignored = []\n");
    let run = audit(&place, &["PLAN.md"]).ended(2);
    assert!(run.stderr.contains(".batonaudit.toml") && run.stderr.contains("ignored"), "{}", run.stderr);
}

#[test]
fn writes_the_report_to_the_given_file_and_nothing_to_stdout() {
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
    assert_eq!(state, ["code"], "only compiled plugins remain");
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

#[test]
fn exits_with_3_when_nothing_could_be_verified_and_shows_what_was_read() {
    let place = folder(false);
    place.write(
        "PLAN.md",
        "# Plan\n\n- [x] The parser is finished, see parser/main\n- [x] Tests pass\n- [ ] Docs: docs/folder/guide\n",
    );
    let run = audit(&place, &["PLAN.md"]).ended(3);
    assert!(run.stdout.contains("NOTHING VERIFIED") && !run.stdout.contains("SUCCESS"), "{}", run.stdout);
    for words in ["nothing could be verified", "2 of 3 check boxes are ticked", "line 3, 4", "docs/folder/guide"] {
        assert!(run.stderr.contains(words) && run.stdout.contains(words), "{words}: {run:?}");
    }
    let report = audit(&place, &["PLAN.md", "--format", "json"]).ended(3).json();
    assert_eq!(report["status"], "AUDIT COMPLETE - NOTHING VERIFIED");
    assert_eq!(report["plans"][0]["unverified"]["ticked"], 2);
    let tests = audit(&place, &["PLAN.md", "--format", "junit"]).ended(3);
    assert!(tests.stdout.contains("failures=\"1\""), "{}", tests.stdout);
    // The audit of a plan without any path does not succeed either.
    place.write("PLAN.md", "# Plan\n\nAll is well.\n");
    let run = audit(&place, &["PLAN.md"]).ended(3);
    assert!(run.stderr.contains("no word looks like a path"), "{}", run.stderr);
}

#[test]
fn an_unverifiable_ticked_plan_prevents_success_beside_a_complete_plan() {
    let place = folder(false);
    place.write("docs/OTHER.md", "# Other\n\n- [x] Done, all of it\n");
    let run = audit(&place, &["PLAN.md", "docs/OTHER.md"]).ended(3);
    assert!(run.stderr.contains("docs/OTHER.md: nothing could be verified"), "{}", run.stderr);
    assert!(!run.stdout.contains("COMPLETE - SUCCESS"), "{}", run.stdout);
    place.write("docs/OTHER.md", "# Other\n\nProse only.\n");
    audit(&place, &["PLAN.md", "docs/OTHER.md"]).ended(0);
    fs::remove_file(place.root().join("src/a.py")).unwrap();
    place.write("docs/OTHER.md", "# Other\n\n- [x] Done, all of it\n");
    audit(&place, &["PLAN.md", "docs/OTHER.md"]).ended(1);
}

#[test]
fn a_plan_that_cannot_be_read_is_exit_2_with_the_reason() {
    let place = folder(false);
    fs::hard_link(place.root().join("PLAN.md"), place.root().join("SECOND.md")).unwrap();
    let run = audit(&place, &["PLAN.md"]).ended(2);
    for words in ["PLAN.md could not be read", "several names (hard links)", "copy"] {
        assert!(run.stderr.contains(words), "{words}: {}", run.stderr);
    }
    for words in ["os error", "no deliverable"] {
        assert!(!run.stderr.contains(words), "{words}: {}", run.stderr);
    }
    // With a second plan that can be read, the audit reports that plan, and the exit code is the same.
    place.write("OTHER.md", "# Other\n\n## Deliverables\n\n- `src/a.py`\n");
    let run = audit(&place, &["PLAN.md", "OTHER.md"]).ended(2);
    assert!(run.stdout.contains("src/a.py") && !run.stdout.contains("PLAN.md names no deliverable"), "{}", run.stdout);
    assert!(run.stderr.contains("PLAN.md could not be read"), "{}", run.stderr);
}

#[test]
fn a_shallow_clone_makes_no_claim_of_a_commit_false() {
    let place = folder(false);
    let git = |folder: &Path, args: &[&str]| {
        let run = Output::of(
            std::process::Command::new("git")
                .args(["-c", "user.name=A U Thor", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"])
                .args(args)
                .current_dir(folder),
        );
        run.ended(0).stdout.trim().to_owned()
    };
    git(place.root(), &["init", "--quiet", "--initial-branch=main"]);
    git(place.root(), &["add", "--all"]);
    git(place.root(), &["commit", "--quiet", "--message", "First"]);
    let first = git(place.root(), &["rev-parse", "HEAD"]);
    git(place.root(), &["commit", "--quiet", "--allow-empty", "--message", "Second"]);
    let clone = place.outside().join("clone");
    let from = format!("file://{}", place.root().display());
    git(place.outside(), &["clone", "--quiet", "--depth", "1", &from, clone.to_str().unwrap()]);
    let workspace = Workspace::init();
    let config = workspace.read("baton.toml").replace("root = \".\"", &format!("root = \"{}\"", clone.display()));
    workspace.write("baton.toml", config);
    workspace.write("plans/PLAN.md", format!("# Plan\n\n- [x] `src/a.py` (commit {first})\n"));
    let audited = || -> serde_json::Value {
        drop(fs::remove_dir_all(workspace.root().join("reports")));
        workspace.baton(&["run", "audit", "audit", "--arg", "forms=json"]).ended(0);
        let name = workspace.list("reports").into_iter().find(|name| name.ends_with(".json")).unwrap();
        serde_json::from_str(&workspace.read(&format!("reports/{name}"))).unwrap()
    };
    let report = audited();
    let rows = report["parts"]["claims"]["rows"]["rows"].as_array().expect("claims are checked").clone();
    let commit = rows.iter().find(|row| row["kind"] == "commit").expect("the commit is a claim");
    assert_eq!(commit["verdict"], "UNVERIFIABLE", "{commit:#}");
    assert!(commit["evidence"].as_str().unwrap().contains("git fetch --unshallow"), "{commit:#}");
    assert_eq!(report["plans"][0]["deliverables"][0]["commit"], serde_json::Value::Null, "{report:#}");
    git(&clone, &["fetch", "--quiet", "--unshallow"]);
    let report = audited();
    let rows = report["parts"]["claims"]["rows"]["rows"].as_array().unwrap().clone();
    assert!(rows.iter().any(|row| row["kind"] == "commit" && row["verdict"] == "TRUE"), "{rows:#?}");
}

#[test]
fn the_deliverables_of_the_front_matter_win_over_the_text() {
    let place = folder(true);
    let front = "---\ndeliverables:\n  - src/a.py\n  - path: src/c.py\n    action: delete\n---\n";
    let plan = format!("{front}{}", place.read("PLAN.md"));
    place.write("PLAN.md", &plan);
    let report = audit(&place, &["PLAN.md", "--format", "json"]).ended(0).json();
    let rows = report["plans"][0]["deliverables"].as_array().unwrap();
    let paths: Vec<&str> = rows.iter().map(|row| row["path"].as_str().unwrap()).collect();
    assert_eq!(paths, ["src/a.py", "src/c.py"], "{report:#}");
    place.write("PLAN.md", plan.replace("action: delete", "acton: delete"));
    let run = audit(&place, &["PLAN.md"]).ended(1);
    assert!(run.stdout.contains("unknown key") && run.stdout.contains("acton"), "{}", run.stdout);
}

#[test]
fn a_proposed_lock_applies_after_its_review_and_reports_a_changed_plan() {
    let place = folder(true);
    let run = audit(&place, &["PLAN.md", "--propose-lock"]).ended(1);
    assert!(run.stderr.contains("PLAN.md.lock: check its list"), "{}", run.stderr);
    let lock = place.read("PLAN.md.lock");
    assert!(lock.contains("\"src/b.py\"") && lock.contains("\"reviewed\": false"), "{lock}");
    audit(&place, &["PLAN.md"]).ended(1);
    let reviewed = lock.replace("\"reviewed\": false", "\"reviewed\": true").replace("src/b.py", "src/a.py");
    place.write("PLAN.md.lock", &reviewed);
    audit(&place, &["PLAN.md"]).ended(0);
    place.write("PLAN.md", place.read("PLAN.md") + "\nMore to do.\n");
    let run = audit(&place, &["PLAN.md"]).ended(1);
    assert!(run.stdout.contains("baton audit --propose-lock"), "{}", run.stdout);
    audit(&place, &["PLAN.md", "--propose-lock"]).ended(1);
    assert_eq!(place.read("PLAN.md.lock.old"), reviewed);
    audit(&place, &[".", "--propose-lock"]).ended(2);
    place.write("other/PLAN.md", "# Plan\n\n- [x] Create `src/a.py`\n");
    let run = audit(&place, &["PLAN.md", "other/PLAN.md", "--propose-lock"]).ended(2);
    assert!(run.stderr.contains("audit them separately"), "{}", run.stderr);
}

#[test]
fn the_tasks_of_a_plan_are_ticked_open_or_stale() {
    let place = folder(false);
    place.write("PLAN.md", "# Plan\n\n- [x] Create `src/a.py`\n- [x] Create `src/never.py`\n- [ ] Talk to the baker\n");
    let report = audit(&place, &["PLAN.md", "--format", "json"]).ended(1).json();
    let tasks = &report["plans"][0]["tasks"];
    assert_eq!((&tasks["ticked"], &tasks["open"], &tasks["stale"]), (&2.into(), &1.into(), &1.into()), "{tasks}");
    let run = audit(&place, &["PLAN.md"]).ended(1);
    assert!(run.stdout.contains("Tasks: 2 of 3 ticked; stale"), "{}", run.stdout);
}
