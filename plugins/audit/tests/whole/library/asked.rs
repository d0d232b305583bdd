//! Requests: arguments, grants, deleted or broken plans, and cancellation.

use audit::services::HostServices;
use baton_plugin_kit::host::Progress;
use baton_plugin_sdk::{Cause, Error, Severity};

use super::shop;
use crate::support::{Workspace, has_finding, json};

#[test]
fn arguments_choose_plans_and_root() {
    let workspace = shop().file("plans/sub/b.md", "# B\n\n- [ ] `till.py`\n").file("plans/c.txt", "# C\n");
    let plans = |args: &str| -> Vec<String> {
        let report = json(&workspace.run(args).unwrap());
        report["plans"].as_array().unwrap().iter().map(|plan| plan["plan"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(plans("{}"), ["plans/c.txt", "plans/shop.md", "plans/sub/b.md"]);
    assert_eq!(plans(r#"{"plans": "sub, shop.md"}"#), ["plans/shop.md", "plans/sub/b.md"]);
    assert_eq!(plans(r#"{"plans": ["plans/c.txt"]}"#), ["plans/c.txt"]);
    let report = json(&workspace.run(r#"{"plans": ["sub"], "root": "shop"}"#).unwrap());
    assert_eq!((report["roots"][0].as_str(), report["completion_percent"].as_u64()), (Some("root/shop"), Some(100)));
}

#[test]
fn the_error_of_a_wrong_argument_says_how_to_correct_it() {
    let workspace = shop();
    let permanent = |args: &str| match workspace.run(args) {
        Err(Error::Permanent(text)) => text,
        other => panic!("{other:?}"),
    };
    insta::assert_snapshot!(permanent(r#"{"plan": "a"}"#), @"there is no argument `plan`; the audit knows: plans, reports, root, forms, responsible, follow_up, propose_lock");
    insta::assert_snapshot!(permanent(r#"{"logs": []}"#), @"there is no argument `logs`; `health` has it; the audit knows: plans, reports, root, forms, responsible, follow_up, propose_lock");
    insta::assert_snapshot!(permanent(r#"{"plans": "x.md"}"#), @"there is no plan `x.md`; the plans in plans are: plans/shop.md");
    insta::assert_snapshot!(permanent(r#"{"root": "../x"}"#), @"the argument `root` must be a folder inside the granted root, not `../x`");
    insta::assert_snapshot!(permanent(r#"{"root": "/shop"}"#), @"the argument `root` must be a folder inside the granted root, not `/shop`");
    insta::assert_snapshot!(permanent(r#"{"root": "nowhere"}"#), @"there is no folder `nowhere` inside root");
    assert!(
        matches!(workspace.run(r#"{"plans": "docs/x.md"}"#), Err(Error::NeedsGrant(text)) if text.contains("`docs`"))
    );
    let mut task = workspace.task("{}");
    task.action = "mend".into();
    assert!(matches!(
        audit::run(&task, &audit::services::HostServices::nothing(&baton_plugin_kit::host::NoProgress)),
        Err(Error::Permanent(_))
    ));
    task = workspace.task("{}");
    task.now = "yesterday".into();
    assert!(matches!(
        audit::run(&task, &audit::services::HostServices::nothing(&baton_plugin_kit::host::NoProgress)),
        Err(Error::Permanent(_))
    ));
}

#[test]
fn missing_folders_need_a_grant() {
    let workspace = shop();
    for name in ["plans", "root"] {
        let mut task = workspace.task("{}");
        task.mounts.retain(|mount| mount.name != name);
        assert!(
            matches!(audit::run(&task, &audit::services::HostServices::nothing(&baton_plugin_kit::host::NoProgress)), Err(Error::NeedsGrant(text)) if text.contains(name))
        );
    }
}

#[test]
fn no_plan_at_all_is_an_outcome_that_says_where_plans_go() {
    let outcome = Workspace::new().run("{}").unwrap();
    assert_eq!(outcome.artifacts.len(), 3, "there is a report in every default form");
    assert!(has_finding(&outcome, "audit:plans:none", Severity::Medium));
    assert!(outcome.findings[0].title.contains("put a plan"));
}

#[test]
fn changed_plans_are_audited_while_they_exist() {
    let workspace = shop();
    let mut task = workspace.task("{}");
    let at = |name: &str| workspace.path("plans").join(name).to_str().unwrap().to_owned();
    task.cause = Cause::Files(vec![at("gone.md"), at("shop.md")]);
    let report =
        json(&audit::run(&task, &audit::services::HostServices::nothing(&baton_plugin_kit::host::NoProgress)).unwrap());
    assert_eq!(report["plans"].as_array().unwrap().len(), 1);
    task.cause = Cause::Files(vec![at("gone.md")]);
    let outcome =
        audit::run(&task, &audit::services::HostServices::nothing(&baton_plugin_kit::host::NoProgress)).unwrap();
    assert_eq!((outcome.artifacts.len(), outcome.findings.len()), (0, 0));
    assert!(outcome.summary.contains("exists any more"));
}

struct CancelledProgress;

impl Progress for CancelledProgress {
    fn report(&self, _percent: u8, _message: &str) {}

    fn cancelled(&self) -> bool {
        true
    }
}

#[test]
fn a_cancelled_audit_may_be_tried_again() {
    let workspace = shop();
    assert_eq!(
        audit::run(&workspace.task("{}"), &HostServices::nothing(&CancelledProgress)),
        Err(Error::Retryable("cancelled".into()))
    );
}

#[test]
fn broken_plans_are_audited_as_far_as_they_can_be_read() {
    let mut large = "- [ ] `a.py`\n".to_owned();
    large.push_str(&"word ".repeat(2_000_000));
    let workspace = Workspace::new()
        .file("plans/bytes.md", b"\xef\xbb\xbf# A\r\n\r\n\xff\xfe\r\n- [ ] `lib/a.py`\r\n".as_slice())
        .file("plans/large.md", large)
        .file("plans/open.md", "# O\n\n```\nlib/\n├── a.py\n")
        .file("plans/void.md", "")
        .file("root/lib/a.py", "x = 1\n");
    let outcome = workspace.run("{}").unwrap();
    let report = json(&outcome);
    assert_eq!(report["plans"][0]["counts"]["present"], 1);
    assert_eq!(report["plans"][2]["counts"]["present"], 1);
    assert!(has_finding(&outcome, "audit:plans/bytes.md:not-utf-8", Severity::Low));
    assert!(has_finding(&outcome, "audit:plans/large.md:too-large", Severity::Medium));
    assert!(has_finding(&outcome, "audit:plans/void.md:no-deliverables", Severity::Info));
}
