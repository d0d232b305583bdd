//! The action `health`: what is around the plans, which an audit of plans does not read.

use baton_plugin_sdk::{Error, Outcome, Severity};

use crate::support::{Workspace, has_finding, json, markdown};

fn workspace() -> Workspace {
    Workspace::new()
        .file(
            "plans/a.md",
            "# A\n\n| Issue | Severity | Status |\n|-|-|-|\n| The till jams | HIGH | open |\n\n- [x] `till.py`\n",
        )
        .file("root/till.py", "TILL = 1\n")
        .file("root/.env.example", "TOKEN=\nPORT=\n")
        .file("root/.env", "TOKEN=hunter2\n")
        .file("root/README.md", "[gone](gone.md)\n")
        .file("root/logs/sync.jsonl", "{\"name\":\"sync\",\"status\":\"failed\",\"error\":\"no route\"}\n".repeat(4))
}

fn health(args: &str) -> Result<Outcome, Error> {
    let workspace = workspace();
    let mut task = workspace.task(args);
    task.action = "health".into();
    audit::run(&task, &audit::services::HostServices::nothing(&baton_plugin_kit::host::NoProgress))
}

#[test]
fn it_reports_what_is_around_the_plans() {
    let outcome = health("{}").unwrap();
    for (id, severity) in [
        ("audit:.env:variables:missing", Severity::Medium),
        ("audit:plans/a.md:The till jams:known-issue", Severity::Low),
        ("audit:README.md:gone.md:broken-link", Severity::Medium),
        ("audit:logs:sync:failing", Severity::Medium),
    ] {
        assert!(has_finding(&outcome, id, severity), "{id}: {:?}", outcome.findings);
    }
    let names: Vec<&str> = outcome.artifacts.iter().map(|file| file.name.as_str()).collect();
    assert_eq!(names, ["md", "html", "json"].map(|ending| format!("SYSTEM_HEALTH_20260118_101500.{ending}")));
    let page = markdown(&outcome);
    assert!(page.contains("NEEDS ATTENTION") && page.contains("## Integration Health") && !page.contains("hunter2"));
    let data: serde_json::Value = serde_json::from_slice(&outcome.artifacts[2].bytes).unwrap();
    assert_eq!((&data["traceability"]["verdict"], &data["schema"]), (&"warn".into(), &1.into()));
}

#[test]
fn an_audit_of_plans_reads_none_of_it() {
    let outcome = workspace().run("{}").unwrap();
    assert_eq!(outcome.findings, []);
    assert_eq!(json(&outcome)["parts"]["alignment"]["gate"], "NOT DONE");
}

#[test]
fn arguments_are_checked() {
    for (args, words) in [
        (r#"{"plans": "a.md"}"#, "there is no argument `plans`; `health` knows: root, logs"),
        (r#"{"gate_percent": 101}"#, "`gate_percent` must be 0 to 100"),
    ] {
        assert!(matches!(health(args), Err(Error::Permanent(text)) if text.contains(words)), "{args}");
    }
}
