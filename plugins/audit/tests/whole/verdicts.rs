//! Statuses beyond mere existence, the evidence of rows, and unrequested files.

use std::cell::RefCell;

use audit::index::{Index, Root};
use audit::reader;
use audit::verify::{Commits, Facts, IgnoredNames, Judge, JudgedPlan, PreviousVerdict, PreviousVerdicts, Status};
use baton_plugin_kit::host::{Commit, CommitRange, Git, ServiceError};
use baton_plugin_sdk::Severity;

use crate::support::{Workspace, has_finding, json, markdown, rows};
use crate::test_services::{self, Tree};

const KIOSK: &str = "# Kiosk

| Component | File | Class | Status |
|---|---|---|---|
| Hatch | `kiosk/hatch.py` | `HatchOpener` | \u{2705} DONE |
| Shelf | `kiosk/shelf.py` | N/A | \u{2705} DONE |
| Sign | `kiosk/sign.py` | `SignPainter` | DONE |
| Till | `kiosk/till.py` | N/A | 90 % done |

## Tasks

- [x] Create `kiosk/lamp.js`
- [x] Create `kiosk/chair.py`
- [ ] Create `kiosk/door.py`
";

#[test]
fn a_missing_file_that_the_plan_calls_done_is_a_phantom() {
    let workspace = Workspace::new()
        .file("plans/kiosk.md", KIOSK)
        .file("root/kiosk/hatch.py", "class Other:\n    x = 1\n")
        .file("root/kiosk/sign.py", "x = 1\n\n\nclass SignPainter:\n    y = 1\n")
        .file("root/kiosk/lamp.js", "// Generated from plan deliverable.\n// TODO: Implement functionality\n")
        .file("root/kiosk/chair.py", "");
    assert_eq!(
        workspace.statuses(),
        [
            "kiosk/hatch.py PHANTOM",
            "kiosk/shelf.py PHANTOM",
            "kiosk/sign.py PRESENT",
            "kiosk/till.py MISSING",
            "kiosk/lamp.js PHANTOM",
            "kiosk/chair.py PHANTOM",
            "kiosk/door.py MISSING",
        ]
    );
    let outcome = workspace.run("{}").unwrap();
    assert!(has_finding(&outcome, "audit:plans/kiosk.md:kiosk/shelf.py:phantom", Severity::High));
    let of = |path: &str| outcome.findings.iter().find(|finding| finding.id.contains(path)).unwrap().evidence.clone();
    insta::assert_snapshot!(of("shelf.py"), @"plans/kiosk.md:6; line 6 calls it done, but it is missing; the plan says: \u{2705} DONE");
    insta::assert_snapshot!(of("lamp.js"), @"plans/kiosk.md:12; found: kiosk/lamp.js; 69 bytes; line 12 calls it done, but it is a stub; its text says that it was generated and is not implemented yet; the plan says: [x]");
    assert!(markdown(&outcome).contains("4 phantom"), "the counts include them");
}

#[test]
fn the_criteria_of_a_story_that_passes_are_claims() {
    let stories = r#"{"project": "Kiosk", "userStories": [{"title": "Hatch", "acceptanceCriteria": ["Create `kiosk/hatch.py` with `HatchOpener`"], "passes": true}, {"title": "Door", "acceptanceCriteria": ["Create `kiosk/door.py`"], "passes": false}]}"#;
    let workspace = Workspace::new().file("plans/prd.json", stories).file("root/kiosk/lamp.py", "x = 1\n");
    let report = json(&workspace.run(r#"{"plans": ["prd.json"]}"#).unwrap());
    assert_eq!(rows(&report["plans"][0]), ["kiosk/hatch.py PHANTOM", "kiosk/door.py MISSING"]);
}

#[test]
fn a_moved_file_is_deleted_at_one_place_and_made_at_the_other() {
    let plan = "# P\n\n- [x] Move `old/till.py` to `new/till.py`\n- [x] `old/shop.py` was removed\n";
    let workspace = Workspace::new()
        .file("plans/p.md", plan)
        .file("root/old/till.py", "x = 1\n")
        .file("root/new/till.py", "x = 1\n");
    assert_eq!(workspace.statuses(), ["new/till.py PRESENT", "old/till.py PHANTOM", "old/shop.py DELETED"]);
}

#[test]
fn a_file_with_the_same_name_in_another_spelling_was_moved() {
    let plan =
        "# P\n\n- [ ] Create `src/sound-mapper.ts`\n- [ ] Create `src/lamp.ts`\n- [ ] Create `src/two-doors.ts`\n";
    let workspace = ["SoundMapper.ts", "a/Lamp.ts", "a/TwoDoors.ts", "b/two_doors.ts"]
        .iter()
        .fold(Workspace::new().file("plans/p.md", plan), |scene, path| scene.file(&format!("root/{path}"), "x = 1\n"));
    // `lamp` is a single word, and such names are too common. `two-doors` matches two files, so it is not certain which moved.
    assert_eq!(workspace.statuses(), ["src/sound-mapper.ts MOVED", "src/lamp.ts MISSING", "src/two-doors.ts MISSING"]);
}

#[test]
fn what_is_added_after_a_removal_is_not_deleted() {
    let plan = "# P\n\n- [x] Remove the field and add the migration `db/0002.sql`\n- [x] Remove the field and update `db/0001.sql`\n- [x] \u{423}\u{434}\u{430}\u{43b}\u{438}\u{43b} \u{43f}\u{43e}\u{43b}\u{435} \u{438} \u{434}\u{43e}\u{431}\u{430}\u{432}\u{438}\u{43b} \u{43c}\u{438}\u{433}\u{440}\u{430}\u{446}\u{438}\u{44e} `db/0003.sql`\n";
    let workspace = Workspace::new()
        .file("plans/p.md", plan)
        .file("root/db/0002.sql", "drop x;\n")
        .file("root/db/0001.sql", "x;\n");
    assert_eq!(workspace.statuses(), ["db/0002.sql PRESENT", "db/0001.sql PRESENT", "db/0003.sql PHANTOM"]);
}

#[test]
fn the_files_of_a_renamed_folder_were_moved_with_it() {
    let plan = "# P\n\n- [ ] Create `src/till/drawer.py`\n- [ ] Create `src/till/lamp.py`\n- [ ] Create `src/till/cli.py`\n- [ ] Create `src/desk/cli.py`\n";
    let scene = |paths: &[&str]| {
        let workspace = Workspace::new().file("plans/p.md", plan);
        paths.iter().fold(workspace, |scene, path| scene.file(&format!("root/{path}"), "x = 1\n")).statuses()
    };
    let all = ["src/shop/drawer.py", "src/shop/lamp.py", "src/shop/cli.py"];
    let moved =
        ["src/till/drawer.py MOVED", "src/till/lamp.py MOVED", "src/till/cli.py MOVED", "src/desk/cli.py MISSING"];
    assert_eq!(scene(&all), moved);
    // One file does not show that the folder was renamed, and neither do two files in different folders.
    assert!(scene(&all[1..]).contains(&"src/till/cli.py MISSING".to_owned()));
    let split = scene(&["src/shop/drawer.py", "src/store/lamp.py", "src/shop/cli.py"]);
    assert!(split.contains(&"src/till/cli.py MISSING".to_owned()));
}

#[test]
fn lists_of_reports_and_paths_after_create_are_promised() {
    for (plan, wanted) in [
        ("# Till status\n\n## Documentation files\n\n- **GUIDE.md**: how to open\n", vec!["GUIDE.md MISSING"]),
        ("# Till design\n\n## Documentation files\n\n- **GUIDE.md**: how to open\n", vec![]),
        ("# P\n\n### 2.1 Create scripts/core/open\n\n- [ ] Test it\n", vec!["scripts/core/open MISSING"]),
        ("# P\n\n### 2.1 Create scripts/core/open permissions\n\n- [ ] Test it\n", vec![]),
        (
            "# P\n\n- [ ] Create Models folder with Till.cs and Lamp.cs classes\n",
            vec!["Lamp.cs MISSING", "Till.cs MISSING"],
        ),
    ] {
        assert_eq!(Workspace::new().file("plans/p.md", plan).file("root/x.py", "x = 1\n").statuses(), wanted, "{plan}");
    }
}

#[test]
fn braces_name_several_files_and_examples_none() {
    let plan = "# P\n\n- [x] Layout \u{2014} `src/{till,lamp}.rs`, `build.rs`\n- Place tests beside the code (e.g., `Box.tsx` and `Box.test.tsx` in one folder)\n";
    let statuses = Workspace::new().file("plans/p.md", plan).file("root/src/lamp.rs", "fn x() {}\n").statuses();
    assert_eq!(statuses, ["build.rs PHANTOM", "src/lamp.rs PRESENT", "src/till.rs PHANTOM"]);
}

#[test]
fn third_party_files_and_other_numbers_are_not_another_spelling() {
    let plan = "# P\n\n- [ ] Create `src/sound-mapper.ts`\n- [ ] Create `src/notes-1-12.md`\n";
    let workspace = Workspace::new().file("plans/p.md", plan).file("root/vendor/sound-mapper.ts", "x\n");
    let statuses = workspace.file("root/notes-11-2.md", "x\n").statuses();
    assert_eq!(statuses, ["src/sound-mapper.ts MISSING", "src/notes-1-12.md MISSING"]);
}

#[test]
fn the_place_of_a_problem_is_not_promised() {
    let plan = "# P\n\n- **File:** `src/a.py:12`\n- **Files:**\n  - `src/b.py:1-12`\n- Modify: `src/c.py:3-9`\n- **File:** `src/d.py`\n";
    let workspace = Workspace::new().file("plans/p.md", plan).file("root/x.py", "x = 1\n");
    assert_eq!(workspace.statuses(), ["src/c.py MISSING", "src/d.py MISSING"]);
}

#[test]
fn the_plans_that_a_roadmap_lists_are_not_promised() {
    let plan = "# P\n\nPlans:\n- [x] 01-01-PLAN.md \u{2014} Add the loader\n- [ ] 01-02-PLAN.md \u{2014} Add the door\n- [x] Create `src/a.py`\n";
    let workspace = Workspace::new().file("plans/p.md", plan).file("root/src/a.py", "x = 1\n");
    assert_eq!(workspace.statuses(), ["src/a.py PRESENT"]);
}

#[test]
fn a_tree_may_begin_with_the_repositorys_name() {
    let tree = |first: &str| {
        format!(
            "# Till: summary\n\n## New structure\n\n```\n{first}/\n\u{251c}\u{2500}\u{2500} src/\n\u{2502}   \u{251c}\u{2500}\u{2500} a.py\n\u{2502}   \u{2514}\u{2500}\u{2500} b.py\n\u{2514}\u{2500}\u{2500} setup.cfg\n```\n"
        )
    };
    let workspace = Workspace::new()
        .file("plans/a.md", tree("till"))
        .file("root/src/till/x.py", "x = 1\n")
        .file("root/setup.cfg", "[x]\n");
    // One file is not enough evidence that the first row is the root.
    let one = workspace.file("root/src/a.py", "x = 1\n");
    assert!(one.statuses().contains(&"till/setup.cfg MOVED".to_owned()), "{:?}", one.statuses());
    let two = one.file("root/src/b.py", "x = 1\n");
    assert!(two.statuses().iter().all(|row| row.ends_with(" PRESENT")), "{:?}", two.statuses());
}

#[test]
fn a_report_promises_the_folders_of_its_trees() {
    let tree = |mark: &str| {
        format!(
            "# Till: summary\n\n## Files\n\n```\nsrc/\n\u{251c}\u{2500}\u{2500} till/\n\u{2502}   \u{2514}\u{2500}\u{2500} a.py {mark}\n\u{2514}\u{2500}\u{2500} desk/\n    \u{2514}\u{2500}\u{2500} b.py\n```\n"
        )
    };
    let workspace = |mark: &str| Workspace::new().file("plans/a.md", tree(mark)).file("root/src/till/a.py", "x = 1\n");
    // Only the missing file is reported, not its missing folder too.
    assert_eq!(
        workspace("").statuses(),
        ["src PRESENT", "src/till PRESENT", "src/till/a.py PRESENT", "src/desk/b.py MISSING"]
    );
    assert!(!workspace("(existing)").statuses().contains(&"src/till PRESENT".to_owned()));
}

#[test]
fn absolute_paths_of_another_checkout_are_looked_up_in_the_tree() {
    let plan = "# P\n\n- [x] Create `/home/dev/till/src/a.py`\n- [x] Create `/home/dev/till/src/b.py`\n- [x] Create `/home/dev/till/src/c.py`\n- [x] Create `/home/dev/desk.py`\n";
    let one = Workspace::new().file("plans/p.md", plan).file("root/src/a.py", "x = 1\n");
    assert!(one.statuses().iter().all(|row| row.ends_with(" UNVERIFIABLE")), "{:?}", one.statuses());
    let two = one.file("root/src/b.py", "x = 1\n");
    let expected = ["src/a.py PRESENT", "src/b.py PRESENT", "src/c.py PHANTOM"];
    let expected = expected.map(|row| format!("/home/dev/till/{row}"));
    assert_eq!(two.statuses().get(..3), Some(expected.as_slice()));
    assert!(two.statuses().contains(&"/home/dev/desk.py UNVERIFIABLE".to_owned()));
    let system = "# P\n\n- [x] Create `/etc/till/a/x.toml`\n- [x] Create `/etc/till/a/y.toml`\n- [x] Create `/etc/till/a/z.toml`\n";
    let workspace =
        Workspace::new().file("plans/p.md", system).file("root/a/x.toml", "x = 1\n").file("root/a/y.toml", "y = 1\n");
    assert!(workspace.statuses().iter().all(|row| row.ends_with(" UNVERIFIABLE")), "{:?}", workspace.statuses());
}

#[test]
fn skipped_work_and_code_are_not_claimed() {
    let plan = "# P\n\n- [x] Create `src/a.py`\n- [x] Create `src/b.py` (skipped - not needed)\n";
    let workspace = Workspace::new().file("plans/p.md", plan).file("root/src/a.py", "x = 1\n");
    assert_eq!(workspace.statuses(), ["src/a.py PRESENT", "src/b.py MISSING"]);
    let plan = "# P\n\n- [x] Create `src/lazy.py` (deferred imports)\n- [x] Count `src/b.py` rows (skipped, failed)\n";
    let workspace = Workspace::new().file("plans/p.md", plan).file("root/src/a.py", "x = 1\n");
    assert!(workspace.statuses().contains(&"src/lazy.py PHANTOM".to_owned()), "{:?}", workspace.statuses());
    let code = "# P\n\n```rust\n// New: src/a.rs\nfn a() {}\n// See: src/b.rs\n```\n";
    let workspace = Workspace::new().file("plans/p.md", code).file("root/x.rs", "fn x() {}\n");
    assert_eq!(workspace.statuses(), ["src/a.rs MISSING"]);
    let plan = "# Till: summary\n\n## New files\n\n```\nBefore:\nsrc/old.py\n\nAfter:\nsrc/a.py\n```\n";
    let workspace = Workspace::new().file("plans/p.md", plan).file("root/src/a.py", "x = 1\n");
    assert_eq!(workspace.statuses(), ["src/a.py PRESENT"]);
}

#[test]
fn the_type_of_a_file_is_no_class_in_it() {
    let plan = "# Till: summary\n\n## Files created\n\n| File | Type |\n|---|---|\n| src/a.py | Code |\n";
    let workspace = Workspace::new().file("plans/p.md", plan).file("root/src/a.py", "x = 1\n");
    assert_eq!(workspace.statuses(), ["src/a.py PRESENT"]);
}

#[test]
fn rows_carry_digest_lines_and_places_of_definitions() {
    let workspace = Workspace::new()
        .file("plans/kiosk.md", KIOSK)
        .file("root/kiosk/sign.py", "x = 1\n\n\nclass SignPainter:\n    y = 1\n");
    let row = &workspace.report()["plans"][0]["deliverables"][2];
    assert_eq!(row["sha256"], "29bf0c1a258c6423631f4b837db85c5d2b59b24010503c7a8ce83fce331a0bc7");
    assert_eq!((row["bytes"].as_u64(), row["lines"].as_u64()), (Some(37), Some(5)));
    assert_eq!(row["symbols"], serde_json::json!([{ "name": "SignPainter", "line": 4 }]));
}

/// A repository with one commit for each file that it contains.
struct Repository {
    asked: RefCell<Vec<String>>,
    known: Vec<&'static str>,
    head: &'static str,
}

impl Git for Repository {
    fn commit(&self, _revision: &str) -> Result<Option<Commit>, ServiceError> {
        Ok(Some(commit(self.head)))
    }

    fn log(&self, range: &CommitRange) -> Result<Vec<Commit>, ServiceError> {
        let path = range.path.clone().unwrap_or_default();
        self.asked.borrow_mut().push(path.clone());
        Ok(self.known.iter().filter(|known| **known == path).map(|_| commit(self.head)).collect())
    }

    fn file(&self, _revision: &str, _path: &str) -> Result<Option<Vec<u8>>, ServiceError> {
        Ok(None)
    }
}

fn commit(id: &str) -> Commit {
    let (message, author, email) = ("Opens".to_owned(), "A".to_owned(), String::new());
    Commit { id: id.to_owned(), parents: Vec::new(), author, email, authored_at: 7, committed_at: 7, message }
}

#[test]
fn commits_are_looked_up_for_new_changed_and_uncommitted_files() {
    let workspace = Workspace::new().file("root/a.py", "x = 1\n").file("root/b.py", "x = 2\n");
    let index = Index::build(vec![Root { path: workspace.path("root"), shown: "root".into() }]);
    let plan = reader::plan("## Deliverables\n\n- `a.py`\n- `b.py`\n- `c.py`\n");
    let mut facts = Facts::new(None, 0);
    let mut judged =
        Judge::new(&index, &mut facts, &mut IgnoredNames::default()).plan(&plan, &PreviousVerdicts::default());
    let first = Repository { asked: RefCell::default(), known: vec!["below/a.py"], head: "h1" };
    let mut commits = Commits::new(Some(&first), "below", None);
    assert_eq!(commits.add(&plan, &mut judged, &PreviousVerdicts::default()), [false, true, true]);
    assert_eq!(*first.asked.borrow(), ["below/a.py", "below/b.py", "below/c.py"]);
    assert_eq!(judged.deliverables[0].commit.as_ref().unwrap().id, "h1");
    let kept = |at: usize, open: bool| PreviousVerdict {
        status: Status::Present,
        line: 1,
        found: judged.deliverables[at].found.clone(),
        bytes: judged.deliverables[at].bytes,
        lines: None,
        sha256: judged.deliverables[at].sha256.clone(),
        commit: judged.deliverables[at].commit.clone(),
        removal: None,
        commit_open: open,
    };
    let absent = PreviousVerdict { status: Status::Missing, ..kept(2, true) };
    let rows = [("a.py".to_owned(), kept(0, false)), ("b.py".to_owned(), kept(1, true)), ("c.py".to_owned(), absent)];
    let before = PreviousVerdicts { known: true, rows: rows.into_iter().collect() };
    for (head, asked) in [("h1", &[][..]), ("h2", &["below/b.py", "below/c.py"][..])] {
        let later = Repository { asked: RefCell::default(), known: vec!["below/a.py", "below/b.py"], head };
        let mut again = judged.clone();
        Commits::new(Some(&later), "below", Some("h1")).add(&plan, &mut again, &before);
        assert_eq!(*later.asked.borrow(), asked, "{head}");
        assert_eq!(again.deliverables[0].commit.as_ref().unwrap().id, "h1", "remembered, not asked again");
    }
}

#[test]
fn a_moved_file_with_the_same_content_is_recognised_with_certainty() {
    let workspace = Workspace::new().file("root/new/lamp.py", "x = 1\n");
    let index = Index::build(vec![Root { path: workspace.path("root"), shown: "root".into() }]);
    let plan = reader::plan("## Deliverables\n\n- `old/lamp.py`\n");
    let judge = |before: &PreviousVerdicts| {
        Judge::new(&index, &mut Facts::new(None, 0), &mut IgnoredNames::default()).plan(&plan, before).deliverables
    };
    let uncertain = judge(&PreviousVerdicts::default());
    assert_eq!((uncertain[0].status, uncertain[0].remarks.len()), (Status::Moved, 1));
    let kept = PreviousVerdict {
        status: Status::Present,
        line: 3,
        found: Some("old/lamp.py".into()),
        bytes: None,
        lines: None,
        sha256: uncertain[0].sha256.clone(),
        commit: None,
        removal: None,
        commit_open: false,
    };
    let before = PreviousVerdicts { known: true, rows: [("old/lamp.py".to_owned(), kept)].into_iter().collect() };
    assert!(judge(&before)[0].remarks[1].ends_with("so it is the same file"));
}

#[test]
fn unlisted_files_in_a_folder_that_a_plan_lists_in_full_are_reported() {
    let layout = |rest: &str| format!("# P\n\n## Layout\n\n```\nshop/\n├── till.py\n├── stock.py\n{rest}```\n");
    let tree = |plan: String| {
        Workspace::new()
            .file("plans/shop.md", plan)
            .file("plans/other.md", "See `shop/spoken.py`.\n")
            .file("root/shop/till.py", "x = 1\n")
            .file("root/shop/extra.py", "x = 1\n")
            .file("root/shop/spoken.py", "x = 1\n")
            .file("root/shop/__init__.py", "")
            .file("root/shop/.hidden", "x")
            .file("root/shop/till.pyc", "x")
            .file("root/shop/README.md", "x")
            .file("root/shop/deep/other.py", "x = 1\n")
            .file("root/junk.js", "// Generated from plan deliverable.\n// TODO: Implement functionality\n")
    };
    let outcome = tree(layout("")).run("{}").unwrap();
    let report = json(&outcome);
    assert_eq!(
        report["unrequested"]["plans"],
        serde_json::json!([{ "plan": "plans/shop.md", "files": ["shop/extra.py"] }])
    );
    assert_eq!(report["unrequested"]["junk"], serde_json::json!(["junk.js"]));
    assert_eq!(report["plans"][1]["counts"]["present"], 1, "never part of a completion");
    assert!(has_finding(&outcome, "audit:plans/shop.md:shop/extra.py:unrequested", Severity::Info));
    assert!(has_finding(&outcome, "audit:tree:junk.js:unrequested", Severity::Medium));
    for part in [layout("└── ...\n"), layout("").replace("Layout", "New Files")] {
        assert_eq!(json(&tree(part).run("{}").unwrap())["unrequested"]["plans"], serde_json::json!([]));
    }
}

#[test]
fn a_table_of_all_files_lists_its_folders_in_full() {
    let workspace = Workspace::new()
        .file("plans/p.md", "# P\n\n## File Inventory\n\n| File | Purpose |\n|---|---|\n| `lib/a.py` | one |\n")
        .file("root/lib/a.py", "x = 1\n")
        .file("root/lib/b.py", "x = 1\n");
    assert_eq!(workspace.report()["unrequested"]["plans"][0]["files"], serde_json::json!(["lib/b.py"]));
}

#[test]
fn a_promised_path_outside_the_folder_is_unverifiable_even_without_an_extension() {
    let wanted = ["/etc/passwd", "/etc/cron.d/till", "~/till", "~/.netrc", "../sibling", "a/../../sibling"];
    let items: String = wanted.iter().map(|path| format!("- `{path}`\n")).collect();
    let coded: String = wanted.iter().map(|path| format!("| `{path}` | done |\n")).collect();
    let plain: String = wanted.iter().map(|path| format!("| {path} | done |\n")).collect();
    let lists = [
        format!("# P\n\n## Deliverables\n\n{items}"),
        format!("# P\n\n| File | Status |\n|---|---|\n{coded}"),
        format!("# P\n\n| File | Status |\n|---|---|\n{plain}"),
    ];
    for text in lists {
        let workspace = Workspace::new().file("plans/p.md", &text).file("sibling", "secret");
        let report = workspace.report();
        let expected: Vec<String> = wanted.iter().map(|path| format!("{path} UNVERIFIABLE")).collect();
        assert_eq!(rows(&report["plans"][0]), expected, "{text}");
        for row in report["plans"][0]["deliverables"].as_array().unwrap() {
            let remark = row["remarks"][0].as_str().unwrap();
            assert!(remark.contains("outside the granted folder") || remark.contains("leaves the granted"), "{remark}");
            assert!(row["sha256"].is_null() && row["bytes"].is_null(), "{row}");
        }
    }
}

#[test]
fn a_deletion_is_judged_by_the_words_of_the_plan() {
    let plan = "# P\n\n- [x] Delete `src/kept.py`\n- [x] Delete `src/lie.py`\n- [ ] Delete `src/later.py`\n- [ ] Delete `src/soon.py`\n\n## Done\n\n- [x] Updated `src/soon.py` first\n";
    let workspace = ["lie", "later", "soon"]
        .iter()
        .fold(Workspace::new(), |workspace, name| workspace.file(&format!("root/src/{name}.py"), "x = 1\n"));
    let outcome = workspace.file("plans/p.md", plan).run("{}").unwrap();
    let report = json(&outcome);
    let stand = ["src/kept.py DELETED", "src/lie.py PHANTOM", "src/later.py OPEN", "src/soon.py OPEN"];
    assert_eq!(rows(&report["plans"][0]), stand);
    assert!(has_finding(&outcome, "audit:plans/p.md:src/lie.py:phantom", Severity::High));
    assert!(has_finding(&outcome, "audit:plans/p.md:src/later.py:open", Severity::Info));
    assert_eq!(report["completion_percent"], 50, "what is open does not count");
    let kept = Workspace::new().file("plans/p.md", "# P\n\n- [x] Delete `src/kept.py`\n- [ ] Delete `src/a.py`\n");
    let outcome = kept.file("root/src/a.py", "x = 1\n").run("{}").unwrap();
    assert_eq!(json(&outcome)["status"], "COMPLETE - SUCCESS", "{}", outcome.summary);
}

#[test]
fn a_file_that_a_commit_removed_is_distinguished_from_one_that_never_existed() {
    let tree = Tree::of(&["src/kept.py", "src/gone.py", "src/later.py"].map(|path| (path, "x = 1\n")));
    let repository = test_services::Repository::of(&tree);
    let added = repository.commit("Add all", "2026-01-01T00:00:00Z");
    tree.write("src/gone.py", "x = 2\n");
    repository.commit("Change it", "2026-01-02T00:00:00Z");
    std::fs::remove_file(tree.0.path().join("src/gone.py")).unwrap();
    let removed = repository.commit("Remove it", "2026-01-03T00:00:00Z");
    std::fs::remove_file(tree.0.path().join("src/later.py")).unwrap();
    let index = tree.index();
    let plan =
        reader::plan("# P\n\n- [x] Create `src/gone.py`\n- [x] Create `src/never.py`\n- [x] Create `src/later.py`\n");
    let judge = || {
        Judge::new(&index, &mut Facts::new(None, 0), &mut IgnoredNames::default())
            .plan(&plan, &PreviousVerdicts::default())
    };
    let mut judged = judge();
    let asked = Commits::new(Some(&repository), "", None).add(&plan, &mut judged, &PreviousVerdicts::default());
    assert_eq!(asked, [true; 3]);
    let stand = |judged: &JudgedPlan| judged.deliverables.iter().map(|verdict| verdict.status).collect::<Vec<_>>();
    assert_eq!(
        stand(&judged),
        [Status::Removed, Status::Phantom, Status::Phantom],
        "the last is not removed by a commit"
    );
    let said = format!(
        "added in {} \u{201c}Add all\u{201d}, removed in {} \u{201c}Remove it\u{201d}",
        &added[..12],
        &removed[..12]
    );
    assert_eq!(judged.deliverables[0].remarks[0], said);
    // A known commit is not looked up again, and stays the same without a repository.
    let kept = PreviousVerdict {
        status: Status::Removed,
        line: 3,
        found: None,
        bytes: None,
        lines: None,
        sha256: None,
        commit: None,
        removal: Some(said),
        commit_open: true,
    };
    let before = PreviousVerdicts { known: true, rows: [("src/gone.py".to_owned(), kept)].into_iter().collect() };
    let mut again = judge();
    Commits::new(None, "", None).add(&plan, &mut again, &before);
    assert_eq!(again.deliverables[0], judged.deliverables[0]);
}
