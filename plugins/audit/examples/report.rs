//! Writes the report of plans as JSON, without the sandbox: `report ROOT OUT PLAN...`.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a tool that fails loudly")]

use audit::services::HostServices;
use baton_plugin_kit::host::NoProgress;
use baton_plugin_sdk::{Cause, Mount, Task};

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let mount = |name: &str| Mount {
        name: name.to_owned(),
        path: args[0].clone(),
        shown_as: String::from("tree"),
        host_path: args[0].clone(),
        writable: false,
    };
    let plans: Vec<String> = args[2..].to_vec();
    let task = Task {
        id: "t-1".into(),
        attempt: 1,
        action: "audit".into(),
        args: serde_json::json!({ "plans": plans, "forms": ["json"] }).to_string(),
        cause: Cause::Call,
        handoff: None,
        mounts: vec![mount("plans"), mount("root")],
        answer: None,
        now: "2026-01-18T10:15:00Z".into(),
    };
    let outcome = audit::run(&task, &HostServices::nothing(&NoProgress)).unwrap();
    std::fs::write(&args[1], &outcome.artifacts.iter().find(|file| file.name.ends_with(".json")).unwrap().bytes)
        .unwrap();
}
