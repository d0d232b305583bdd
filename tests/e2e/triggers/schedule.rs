//! Schedules in `baton.toml`, with a fake clock; and the default arguments in `baton.toml` for tasks without arguments.

use baton_tests::{Workspace, or_skip};
use serde_json::json;

use super::told;
use crate::clock::Clock;

fn workspace(more: &str) -> Workspace {
    let workspace = Workspace::with_watcher("handoffs = false");
    let config = workspace.read("baton.toml");
    workspace.write("baton.toml", config + more);
    workspace
}

/// How often the schedule has fired after a daemon with this clock has finished its work.
fn fired_at(workspace: &Workspace, clock: &Clock, offset: &str, marker: &str) -> usize {
    clock.set(offset);
    let daemon = clock.up(workspace);
    // Work that is due at the start is done before this handoff. So all due work is done when the handoff is archived.
    workspace.drop_handoff("watcher", marker);
    workspace.wait_for_archive(marker);
    assert!(daemon.stop().success());
    told(workspace).len()
}

#[test]
fn missed_times_fire_once_and_after_a_clock_set_back_nothing_fires_twice() {
    let workspace =
        workspace("\n[[agents.watcher.schedule]]\ncron = \"0 * * * *\"\nargs = { x = 1 }\ntimezone = \"UTC\"\n");
    let clock = or_skip!(Clock::of(&workspace));
    assert_eq!(fired_at(&workspace, &clock, "+0", "First"), 0, "a new schedule does not fire at once");
    assert_eq!(fired_at(&workspace, &clock, "+5h", "Missed"), 1, "five missed times fire once");
    assert_eq!(told(&workspace), [r#"schedule: {"x":1}"#]);
    assert_eq!(fired_at(&workspace, &clock, "+5h", "Again"), 1);
    assert_eq!(fired_at(&workspace, &clock, "+2h", "Back"), 1, "the clock was set back");
    assert_eq!(fired_at(&workspace, &clock, "+7h", "Later"), 2);
    let task = super::fired(&workspace).remove(0);
    assert_eq!((task.from.as_deref(), task.action, task.returned_at), (Some("baton"), None, None));
}

#[test]
fn a_schedule_fires_on_time_while_the_daemon_runs() {
    let workspace = workspace("\n[[agents.watcher.schedule]]\ncron = \"* * * * *\"\naction = \"look\"\n");
    let clock = or_skip!(Clock::of(&workspace));
    // Sets the clock so that the next minute begins in four seconds.
    let second = jiff_second();
    clock.set(&format!("+{}s", (56 + 60 - second) % 60));
    let daemon = clock.up(&workspace);
    let begun = std::time::Instant::now();
    workspace.wait_for("the minute", |workspace| (told(workspace).len() == 1).then_some(()));
    assert!(begun.elapsed() < std::time::Duration::from_secs(50), "the check of every minute found it, not the clock");
    assert_eq!(super::fired(&workspace)[0].action.as_deref(), Some("look"));
    assert!(daemon.stop().success());
}

/// The present second of the minute.
fn jiff_second() -> u64 {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs() % 60
}

#[test]
fn agents_shows_the_next_time_and_an_invalid_schedule_is_an_error() {
    let workspace = workspace(
        "\n[[agents.watcher.schedule]]\ncron = \"0 7 * * 1-5\"\ntimezone = \"UTC\"\n[[agents.Cursor-MM1.schedule]]\ncron = \"0 7 * * *\"\n",
    );
    let agents = workspace.baton(&["agents", "--json"]).ended(0).json();
    let of = |name: &str| agents["agents"].as_array().unwrap().iter().find(|agent| agent["name"] == name).unwrap();
    let schedule = &of("watcher")["schedules"][0];
    assert_eq!((&schedule["cron"], &schedule["action"]), (&json!("0 7 * * 1-5"), &json!(null)));
    assert!(schedule["next"].as_str().unwrap().ends_with("T07:00:00.000Z"), "{schedule}");
    assert_eq!(of("Cursor-MM1")["schedules"], json!([]), "Baton does not run it");
    let found = workspace.baton(&["doctor", "--json"]).json().to_string();
    assert!(found.contains("Cursor-MM1") && found.contains("schedule"), "{found}");
    let config = workspace.read("baton.toml").replace("0 7 * * 1-5", "every morning");
    workspace.write("baton.toml", config);
    let refused = workspace.baton(&["status"]).ended(2).stderr;
    assert!(refused.contains("every morning") && refused.contains("0 7 * * 1-5"), "{refused}");
}

#[test]
fn arguments_of_the_configuration_are_used_if_a_task_names_none() {
    let workspace = workspace("\n[agents.watcher.defaults.note]\nx = 1\ny = \"far\"\n");
    let called = workspace.baton(&["run", "watcher", "note", "--arg", "y=near"]).ended(0).stderr;
    assert!(called.contains(r#"call: {"y":"near","x":1}"#), "{called}");
    workspace.drop_handoff_with("watcher", "Asked", json!({ "args": { "z": true } }));
    workspace.up_once();
    assert_eq!(workspace.task("Asked").reason, r#"handoff: {"z":true,"x":1,"y":"far"}"#);
}

#[test]
fn missing_requirements_of_schedules_are_reported_and_unusable_schedules_are_disabled() {
    let schedule = |agent: &str, more: &str| {
        format!("\n[[agents.{agent}.schedule]]\ncron = \"* * * * *\"\ntimezone = \"UTC\"\n{more}\n")
    };
    let workspace = workspace("");
    workspace.install_fixture("wiki", "");
    let grants = ["host=wiki=https://wiki.example", "http=GET:{wiki}/*", "secret=token"];
    workspace.baton(&[&["plugin", "grant", "wiki"][..], &grants].concat()).ended(0);
    let good = workspace.read("baton.toml") + &schedule("watcher", "action = \"note\"");
    for (wrong, status, what, fix) in [
        (schedule("wathcer", ""), "fail", "`wathcer` is not a plugin", "correct the name"),
        (schedule("watcher", "action = \"lok\""), "fail", "has no action `lok`", "correct it in baton.toml"),
        (schedule("wiki", "args = { page = 1 }"), "fail", "page", "correct it in baton.toml"),
        (schedule("wiki", ""), "fail", "the secret `token` is missing", "baton secret set token"),
        (schedule("watcher", ""), "warn", "`handoffs=any`", "baton plugin grant watcher"),
    ] {
        workspace.write("baton.toml", good.clone() + &wrong);
        let doctor = workspace.baton(&["doctor", "--json"]).ended(i32::from(status == "fail")).json();
        let findings = doctor["checks"].as_array().unwrap().iter();
        let is_it = |found: &&serde_json::Value| {
            found["what"].as_str().is_some_and(|text| text.contains(".schedule]]") && text.contains(what))
        };
        let found = findings.clone().find(is_it).unwrap_or_else(|| panic!("{what}: {doctor}"));
        assert_eq!(found["status"], status, "{found}");
        assert!(found["fix"].as_str().unwrap().contains(fix), "{found}");
        let daemon = workspace.up_and_serving();
        let log = daemon.log();
        let line = log.lines().find(|line| line.contains(what) && line.contains(fix)).unwrap_or_default();
        let is_off = status == "fail" && !what.contains("secret");
        assert_eq!(line.contains("the schedule is off"), is_off, "{log}");
        assert!(line.contains(if is_off { "ERROR" } else { "WARN" }), "{log}");
        assert!(daemon.stop().success());
    }
}

#[test]
fn a_disabled_schedule_makes_no_task_and_the_others_do() {
    let hourly = |action: &str| format!("\n[[agents.watcher.schedule]]\ncron = \"0 * * * *\"\naction = \"{action}\"\n");
    let workspace = workspace(&(hourly("note") + &hourly("lok")));
    let clock = or_skip!(Clock::of(&workspace));
    assert_eq!(fired_at(&workspace, &clock, "+0", "First"), 0);
    assert_eq!(fired_at(&workspace, &clock, "+2h", "Later"), 1);
    assert_eq!(super::fired(&workspace)[0].action.as_deref(), Some("note"));
}
