//! A plugin that floods the workspace although none of its attempts reaches a limit, and a plugin whose writes could fire its own
//! triggers.

use std::time::Duration;

use baton_tests::{Output, Task, Workspace};
use serde_json::{Value, json};

pub(crate) fn reached(workspace: &Workspace) -> Vec<Value> {
    let status = workspace.baton(&["status", "--json"]).ended(0).json();
    status.get("budgets_reached").and_then(Value::as_array).cloned().unwrap_or_default()
}

/// Sets the budget of a plugin; replaces an earlier one.
pub(crate) fn allow(workspace: &Workspace, plugin: &str, limits: &str) {
    let config = workspace.read("baton.toml");
    let rest = config.split("\n[plugins.").next().unwrap_or_default();
    workspace.write("baton.toml", format!("{rest}\n[plugins.{plugin}.budget]\n{limits}\n"));
}

/// The number of requests that the plugin has sent to itself.
fn sent(workspace: &Workspace) -> usize {
    let sent = |task: &Task| task.from.as_deref() == Some("hostile") && task.action.is_some();
    workspace.tasks_of("hostile").into_iter().filter(sent).count()
}

/// A workspace with the plugin `watcher`, which may write to the plans.
fn writing_watcher() -> Workspace {
    let workspace = Workspace::with_noop();
    workspace.install_fixture("watcher", "handoffs = false\nfiles = [{ folder = \"plans\", mode = \"rw\" }]");
    workspace
}

fn echoes(workspace: &Workspace) -> Vec<Task> {
    let mut echoes = workspace.tasks_of("watcher");
    echoes.retain(|task| task.action.as_deref() == Some("echo"));
    echoes
}

/// Waits for several times the debounce time, so that a trigger would have fired.
fn wait_for_echoes() {
    std::thread::sleep(Duration::from_millis(2_500));
}

#[test]
fn a_plugin_that_sends_to_itself_is_stopped_by_its_budget() {
    let workspace = Workspace::with_hostile();
    allow(&workspace, "hostile", "tasks = { hour = 100 }");
    workspace.drop_action("hostile", "emit-to-itself");
    workspace.up_once();
    let tasks = workspace.tasks_of("hostile");
    assert_eq!(sent(&workspace), 80);
    let waits = tasks.iter().find(|task| task.state == "queued").expect("the tasks of a plugin without budget wait");
    let [reached] = reached(&workspace).try_into().unwrap();
    assert_eq!(
        (&reached["plugin"], &reached["budget"], &reached["used"]),
        (&"hostile".into(), &"tasks".into(), &100.into())
    );
    assert_eq!(
        (&reached["limit"], &reached["window"], &reached["holds_tasks"]),
        (&100.into(), &"hour".into(), &true.into())
    );

    let status = workspace.baton(&["status"]).ended(0);
    let why = workspace.baton(&["why", &waits.id]).ended(0);
    for output in [&status, &why] {
        assert!(
            output.stderr.contains("`hostile` has used up its budget: 100 handoffs asked for in the last hour"),
            "{output:?}"
        );
        assert!(output.stderr.contains("[plugins.hostile.budget]"), "{output:?}");
    }
    let doctor = workspace.baton(&["doctor"]);
    assert!(doctor.stdout.contains("has used up its budget"), "{doctor:?}");
    let whys: Vec<_> = tasks.iter().map(|task| workspace.why(&task.id)).collect();
    assert!(whys.iter().any(|why| why.actions().contains(&"budget_reached")), "{tasks:#?}");
    let events = whys.iter().flat_map(|why| &why.events);
    let refused = events.filter(|event| event.reason.contains("used up its budget of handoffs")).count();
    assert_eq!(refused, 1, "an attempt is refused a handoff only when nothing of the budget is left");
    // A restart changes nothing and says why. With a larger budget the tasks start.
    let idle = workspace.up_once().stderr;
    for words in
        ["nothing to run", "queued (`baton status` says why)", "`hostile` has used up its budget: 100 handoffs"]
    {
        assert!(idle.contains(words), "`{words}` in {idle}");
    }
    assert_eq!(workspace.tasks_of("hostile").len(), tasks.len());
    allow(&workspace, "hostile", "tasks = { hour = 140 }");
    workspace.up_once();
    assert_eq!(sent(&workspace), 120);
}

#[test]
fn an_attempt_whose_handoff_was_refused_is_tried_again_later() {
    let workspace = Workspace::with_hostile();
    allow(&workspace, "hostile", "tasks = { hour = 10 }");
    workspace.drop_action("hostile", "emit-to-itself");
    workspace.up_once();
    let [task] = workspace.tasks_of("hostile").try_into().unwrap();
    assert_eq!((task.state.as_str(), task.attempts), ("queued", 1), "{task:?}");
    assert!(task.reason.contains("used up its budget of handoffs"), "{task:?}");
}

#[test]
fn the_budget_is_shown_with_the_grants() {
    let workspace = Workspace::with_hostile();
    allow(&workspace, "hostile", "tasks = { hour = 7, day = 9 }");
    let text = workspace.baton(&["plugin", "grants", "hostile"]).ended(0).stdout;
    assert!(
        text.contains("tasks         7 an hour, 9 a day") && text.contains("written       32 GiB an hour"),
        "{text}"
    );
    let json = workspace.baton(&["plugin", "grants", "hostile", "--json"]).ended(0).json();
    assert_eq!((&json["budget"]["tasks"]["day"], &json["budget"]["triggers"]["hour"]), (&9.into(), &1_000.into()));
}

#[test]
fn a_plugin_that_writes_into_its_watched_folder_does_not_fire_its_own_trigger() {
    let workspace = writing_watcher();
    let daemon = workspace.up_and_serving();
    workspace.write("plans/own/a.md", "one\n");
    workspace.wait_for("the echo", |workspace| echoes(workspace).first().filter(|task| task.is_final()).cloned());
    wait_for_echoes();
    let [first] = echoes(&workspace).try_into().unwrap();
    assert_eq!((first.state.as_str(), first.reason.as_str()), ("succeeded", "Echoed /plans/0/own/a.md."));
    // A change by somebody else fires, even of a file that the plugin wrote.
    workspace.write(&format!("plans/own/of-{}/new.md", first.id), "two\n");
    workspace.wait_for("the second echo", |workspace| {
        (echoes(workspace).iter().filter(|task| task.is_final()).count() == 2).then_some(())
    });
    wait_for_echoes();
    assert_eq!(echoes(&workspace).len(), 2);
    assert!(daemon.stop().success());
    workspace.up_once();
    assert_eq!(echoes(&workspace).len(), 2, "the plugin's own change fires nothing at the next start either");
}

#[test]
fn a_change_by_others_while_the_plugin_runs_fires_its_trigger() {
    let workspace = writing_watcher();
    let daemon = workspace.up_and_serving();
    workspace.write("plans/own/a.md", "one\n");
    workspace
        .wait_for("the attempt", |workspace| echoes(workspace).first().filter(|task| task.state == "running").cloned());
    workspace.write("plans/own/b.md", "two\n");
    workspace.wait_for("the second echo", |workspace| {
        (echoes(workspace).iter().filter(|task| task.is_final()).count() == 2).then_some(())
    });
    let told: Vec<String> = echoes(&workspace).into_iter().map(|task| task.reason).collect();
    assert!(told.contains(&"Echoed /plans/0/own/b.md.".to_owned()), "{told:?}");
    assert!(daemon.stop().success());
}

#[test]
fn a_watched_file_that_the_plugin_itself_changes_fires_no_trigger() {
    let workspace = writing_watcher();
    workspace.write("plans/a.dat", "one\n");
    workspace.baton(&["run", "watcher", "look-and-write", "--arg", "paths=a.dat"]).ended(0);
    workspace.up_once();
    let told = |workspace: &Workspace| {
        let tasks = workspace.tasks_of("watcher");
        tasks.into_iter().filter(|task| task.action.as_deref() == Some("look")).count()
    };
    assert_eq!(told(&workspace), 0);
    workspace.write("plans/a.dat", "changed by somebody else\n");
    workspace.up_once();
    assert_eq!(told(&workspace), 1);
}

#[test]
fn a_plugin_that_sends_to_itself_is_stopped_by_the_default_budget() {
    let workspace = Workspace::with_hostile();
    workspace.drop_action("hostile", "emit-to-itself");
    let mut command = workspace.command();
    command.arg("-w").arg(workspace.root()).args(["up", "--once"]);
    Output::within(&mut command, Duration::from_mins(2)).ended(0);
    let [reached] = reached(&workspace).try_into().unwrap();
    assert_eq!((&reached["budget"], &reached["limit"]), (&"tasks".into(), &2_000.into()));
    let sent = sent(&workspace);
    assert!((1..=2_000).contains(&sent), "{sent} requests");
}

#[test]
fn a_trigger_without_budget_waits_and_loses_nothing() {
    let workspace = writing_watcher();
    allow(&workspace, "watcher", "triggers = { hour = 2 }");
    for number in 0..4 {
        workspace.write(&format!("plans/own/{number}/a.md"), "one\n");
        workspace.up_once();
    }
    assert_eq!(echoes(&workspace).len(), 2);
    let [reached] = reached(&workspace).try_into().unwrap();
    assert_eq!((&reached["budget"], &reached["holds_tasks"]), (&"triggers".into(), &false.into()));
    allow(&workspace, "watcher", "triggers = { hour = 3 }");
    workspace.up_once();
    let told: Vec<String> = echoes(&workspace).into_iter().map(|task| task.reason).collect();
    assert_eq!(told.first().map(String::as_str), Some("Echoed /plans/0/own/2/a.md, /plans/0/own/3/a.md."), "{told:?}");
}

#[test]
fn reports_written_bytes_and_the_database_use_the_budget() {
    let workspace = Workspace::with_store("sql = [{ database = \"own\", mode = \"rw\" }]");
    allow(&workspace, "store", "sql_bytes = { hour = 1 }");
    workspace.drop_action("store", "count");
    workspace.up_once();
    workspace.drop_handoff_with("store", "Again", json!({ "action": "count" }));
    workspace.up_once();
    let [reached] = reached(&workspace).try_into().unwrap();
    assert_eq!((&reached["budget"], &reached["holds_tasks"]), (&"sql_bytes".into(), &true.into()));
    assert_eq!(workspace.task("Again").state, "queued");
}

#[test]
fn the_bytes_of_an_outcome_use_the_budget_of_written_bytes() {
    let workspace = Workspace::with_noop();
    allow(&workspace, "noop", "written = { hour = 1 }");
    workspace.drop_handoff("noop", "First");
    workspace.up_once();
    workspace.drop_handoff("noop", "Second");
    workspace.up_once();
    let [reached] = reached(&workspace).try_into().unwrap();
    assert_eq!((&reached["budget"], &reached["holds_tasks"]), (&"written".into(), &true.into()));
    assert_eq!(["First", "Second"].map(|title| workspace.task(title).state), ["succeeded", "queued"]);
}

#[test]
fn bytes_that_a_plugin_adds_to_the_catalog_use_its_budget() {
    let workspace = Workspace::with_store("sql = [{ database = \"catalog\", mode = \"rw\" }]");
    allow(&workspace, "store", "catalog_bytes = { hour = \"64 KiB\" }");
    let text = workspace.baton(&["plugin", "grants", "store"]).ended(0).stdout;
    assert!(text.contains("catalog_bytes") && text.contains("64 KiB an hour"), "{text}");
    workspace.drop_action("store", "fill");
    workspace.up_once();
    let task = workspace.task("fill");
    let used = workspace.why(&task.id).used;
    let added = used.get("catalog_bytes").unwrap_or_else(|| panic!("{used:?}"));
    // A hundred tracks with their facts take about 100 KB.
    assert!((64 << 10..4 << 20).contains(&added.used) && !added.hit, "{added:?}");
    // The plugin writes the same rows again. That adds no bytes, so none are counted.
    let before = reached(&workspace);
    workspace.baton(&["run", "store", "fill"]).ended(0);
    let [once] = before.try_into().unwrap();
    let [twice] = reached(&workspace).try_into().unwrap();
    assert_eq!((&once["budget"], &once["used"]), (&"catalog_bytes".into(), &added.used.into()));
    assert_eq!((&twice["used"], &twice["holds_tasks"]), (&once["used"], &true.into()));
    // Another attempt waits, even after a restart, and starts with a larger budget.
    workspace.drop_handoff_with("store", "More", json!({ "action": "look" }));
    workspace.up_once();
    workspace.up_once();
    let more = workspace.task("More");
    assert_eq!(more.state, "queued", "{more:?}");
    let why = workspace.baton(&["why", &more.id]).ended(0);
    assert!(why.stderr.contains("added to the catalog in the last hour, the limit is 64 KiB"), "{why:?}");
    allow(&workspace, "store", "catalog_bytes = { hour = \"64 MiB\" }");
    workspace.up_once();
    assert_eq!(workspace.task("More").state, "succeeded");
}
