//! Plugins as packages: drop, install, approve, grant, update, roll back, disable and remove them while the daemon keeps running.

use std::fs;

use baton_tests::{Output, Workspace, fixture, handoff_with, text};
use serde_json::{Value, json};

/// A fixture's component with other bytes and the same manifest.
pub(crate) fn revised(name: &str) -> Vec<u8> {
    let mut component = fs::read(fixture(name)).unwrap();
    // An empty custom section `r`.
    component.extend([0, 2, 1, b'r']);
    component
}

/// A revision of `hostile` that asks for more grants.
fn wider() -> Vec<u8> {
    let component = fs::read(fixture("hostile")).unwrap();
    let (from, to) = (br#""folder": "root", "mode": "ro""#, br#""folder": "root", "mode": "rw""#);
    let mut wider = component.clone();
    for (at, _) in component.windows(from.len()).enumerate().filter(|(_, window)| window == from) {
        wider[at..at + to.len()].copy_from_slice(to);
    }
    assert_ne!(wider, component, "the manifest is in it as text");
    wider
}

pub(crate) fn plugin(workspace: &Workspace, args: &[&str]) -> Output {
    workspace.baton(&[&["plugin"], args].concat())
}

/// The plugin in `plugin list`; null if it is not installed.
pub(crate) fn listed(workspace: &Workspace, name: &str) -> Value {
    let list = plugin(workspace, &["list", "--json"]).ended(0).json();
    let plugins = list["plugins"].as_array().unwrap();
    plugins.iter().find(|plugin| plugin["name"] == name).cloned().unwrap_or(Value::Null)
}

fn digest(workspace: &Workspace, name: &str) -> String {
    listed(workspace, name)["digest"].as_str().unwrap().to_owned()
}

/// Installs a file from outside of the workspace; returns the revision that waits for approval.
fn install(workspace: &Workspace, component: &[u8]) -> String {
    let file = workspace.outside().join("package.wasm");
    fs::write(&file, component).unwrap();
    let installed = plugin(workspace, &["install", file.to_str().unwrap()]);
    // A warning with exit code 1 means that the package did not replace an installed plugin of the same name.
    let warns = installed.stdout.starts_with("WARNING");
    let said = installed.ended(i32::from(warns)).stdout;
    said.split("baton plugin approve ").nth(1).unwrap().split_whitespace().next().unwrap().to_owned()
}

#[test]
fn a_dropped_package_gets_an_inbox_and_tasks_only_after_its_approval() {
    let workspace = Workspace::init();
    let daemon = workspace.up_and_serving();
    workspace.write("plugins/noop.wasm", fs::read(fixture("noop")).unwrap());
    workspace.wait_for("its approval to be wanted", |workspace| {
        (listed(workspace, "noop")["state"] == "needs_approval").then_some(())
    });
    workspace.wait_for("the log to say how", |_| daemon.log().contains("plugin approve noop@").then_some(()));
    assert!(!workspace.root().join("handoffs/noop").exists(), "it owns no inbox");
    let agents = workspace.baton(&["agents", "--json"]).ended(0).stdout;
    assert!(!agents.contains("\"noop\""), "it is not an agent: {agents}");
    let everybody = handoff_with("all", "Hello", json!({ "target_agent": "all" }));
    fs::write(workspace.root().join("handoffs/01_inbox/hello.json"), text(&everybody)).unwrap();
    workspace.wait_for("the broadcast", |workspace| (workspace.tasks("Hello").len() > 1).then_some(()));
    assert!(workspace.tasks_of("noop").is_empty(), "it gets no broadcast");
    let digest = listed(&workspace, "noop")["digest"].as_str().unwrap().to_owned();
    plugin(&workspace, &["approve", &format!("noop@{digest}")]).ended(0);
    assert!(workspace.inbox_of("noop").is_dir());
    workspace.wait_for("the daemon to know", |_| {
        workspace.baton(&["agents", "--json"]).stdout.contains("\"noop\"").then_some(())
    });
    workspace.drop_handoff("noop", "Job");
    workspace.wait_for_archive("Job");
    assert_eq!(workspace.task("Job").state, "succeeded");
    assert!(daemon.stop().success());
}

#[test]
fn a_broken_package_is_reported_and_a_corrected_one_is_installed() {
    let workspace = Workspace::init();
    let daemon = workspace.up_and_serving();
    let whole = fs::read(fixture("noop")).unwrap();
    workspace.write("plugins/noop.wasm", &whole[..whole.len() / 2]);
    workspace.wait_for("the problem to be logged", |_| daemon.log().contains("was not installed").then_some(()));
    assert_eq!(listed(&workspace, "noop"), Value::Null);
    workspace.write("plugins/noop.wasm", &whole);
    workspace.wait_for("it to be there", |workspace| (!listed(workspace, "noop").is_null()).then_some(()));
    assert!(daemon.stop().success());
}

#[test]
fn grants_and_revocations_take_effect_at_once_and_are_in_the_ledger() {
    let workspace = Workspace::init();
    let daemon = workspace.up_and_serving();
    let granted = || plugin(&workspace, &["grants", "audit", "--json"]).ended(0).json()["granted"].clone();
    let before = granted();
    plugin(&workspace, &["revoke", "audit"]).ended(0);
    assert_eq!(granted(), json!([]));
    workspace.wait_for("the daemon to know", |workspace| {
        workspace.write("plans/a.md", "# A\n\n## Deliverables\n\n- `a.py`\n");
        let title = format!("Audit {}", workspace.status().len());
        workspace.drop_handoff("audit", &title);
        workspace
            .wait_for("an end", |workspace| {
                let state = workspace.tasks(&title).pop()?.state;
                ["needs_grant", "succeeded"].contains(&state.as_str()).then_some(state == "needs_grant")
            })
            .then_some(())
    });
    let waits: Vec<_> = workspace.status().into_iter().filter(|task| task.state == "needs_grant").collect();
    let specs: Vec<&str> = before.as_array().unwrap().iter().map(|spec| spec.as_str().unwrap()).collect();
    plugin(&workspace, &[["grant", "audit"].as_slice(), &specs].concat()).ended(0);
    for task in &waits {
        workspace.wait_for_state(&task.title, "succeeded");
        // The task of the audit's trigger has no file.
        if task.file.is_some() {
            workspace.wait_for_archive(&task.title);
        }
    }
    assert_eq!(granted(), before);
    assert!(daemon.stop().success());
    let events = workspace.baton(&["ledger", "export"]).ended(0).stdout;
    for action in ["\"revoked\"", "\"granted\""] {
        assert!(events.contains(action), "{events}");
    }
    workspace.baton(&["ledger", "verify"]).ended(0);
}

#[test]
fn an_undeclared_capability_cannot_be_granted() {
    let workspace = Workspace::init();
    let refused = plugin(&workspace, &["grant", "audit", "http=GET:example.org/*"]).ended(2).stderr;
    assert!(refused.contains("files:ro=plans"), "{refused}");
    let refused = plugin(&workspace, &["grant", "nobody", "handoffs"]).ended(2).stderr;
    assert!(refused.contains("audit"), "{refused}");
}

#[test]
fn a_running_task_ends_with_the_revision_that_it_started_with() {
    let workspace = Workspace::with_hostile();
    let daemon = workspace.up_and_serving();
    let before = digest(&workspace, "hostile");
    let revision = install(&workspace, &revised("hostile"));
    workspace.drop_action("hostile", "slow");
    workspace.wait_for_state("slow", "running");
    plugin(&workspace, &["approve", &revision, "--replace", "hostile"]).ended(0);
    assert_eq!(workspace.task("slow").state, "running", "it was to be replaced while it runs");
    workspace.wait_for_archive("slow");
    workspace.drop_action("hostile", "slow-once");
    workspace.wait_for_archive("slow-once");
    let ran_on = |title: &str| {
        let events = workspace.baton(&["why", &workspace.task(title).id, "--json"]).ended(0).json();
        let events = events["events"].as_array().unwrap().clone();
        events.iter().filter_map(|event| event["plugin_digest"].as_str()).next_back().unwrap().to_owned()
    };
    assert_eq!(before, format!("sha256:{}", ran_on("slow")));
    assert_eq!(digest(&workspace, "hostile"), format!("sha256:{}", ran_on("slow-once")));
    assert_ne!(ran_on("slow"), ran_on("slow-once"));
    assert!(daemon.stop().success());
}

#[test]
fn an_update_that_requests_more_shows_the_difference_and_starts_without_grants() {
    let workspace = Workspace::with_hostile();
    let before = digest(&workspace, "hostile");
    let file = workspace.outside().join("hostile.wasm");
    fs::write(&file, wider()).unwrap();
    let said = plugin(&workspace, &["install", file.to_str().unwrap()]).ended(1).stdout;
    assert!(said.contains("files:rw=root") && said.contains("WARNING"), "{said}");
    assert_eq!(digest(&workspace, "hostile"), before, "the old one runs");
    let revision = format!("hostile@{}", listed(&workspace, "hostile")["pending"]["digest"].as_str().unwrap());
    plugin(&workspace, &["approve", &revision, "--replace", "hostile"]).ended(0);
    assert_eq!(listed(&workspace, "hostile")["grants"], serde_json::json!([]));
    plugin(&workspace, &["rollback", "hostile"]).ended(0);
    assert_eq!(digest(&workspace, "hostile"), before);
    assert_ne!(listed(&workspace, "hostile")["grants"], serde_json::json!([]));
}

#[test]
fn update_shows_the_difference_and_installs_the_new_file() {
    let workspace = Workspace::with_hostile();
    assert!(plugin(&workspace, &["update"]).ended(0).stdout.contains("newest"));
    workspace.up_once();
    workspace.write("plugins/hostile.wasm", wider());
    let checked = plugin(&workspace, &["update", "hostile", "--check"]).ended(1).stdout;
    assert!(checked.contains("+ files:rw=root"), "{checked}");
    assert!(listed(&workspace, "hostile")["pending"].is_null());
    let updated = plugin(&workspace, &["update", "hostile"]).ended(0);
    assert!((updated.stdout + &updated.stderr).contains("baton plugin approve hostile"), "the next step");
    assert!(listed(&workspace, "hostile")["pending"].is_object());
}

#[test]
fn tasks_of_a_disabled_plugin_wait() {
    let workspace = Workspace::with_noop();
    let daemon = workspace.up_and_serving();
    plugin(&workspace, &["disable", "noop"]).ended(0);
    workspace.wait_for("the daemon to know", |workspace| {
        let title = format!("Job {}", workspace.status().len());
        workspace.drop_handoff("noop", &title);
        workspace
            .wait_for("an end", |workspace| {
                let state = workspace.tasks(&title).pop()?.state;
                ["needs_approval", "succeeded"].contains(&state.as_str()).then_some(state == "needs_approval")
            })
            .then_some(())
    });
    plugin(&workspace, &["enable", "noop"]).ended(0);
    workspace.wait_for("all to be done", |workspace| {
        workspace.tasks_of("noop").iter().all(|task| task.state == "succeeded").then_some(())
    });
    assert!(daemon.stop().success());
}

#[test]
fn a_removed_plugin_is_not_installed_again_automatically() {
    let workspace = Workspace::with_noop();
    workspace.up_once();
    plugin(&workspace, &["remove", "noop"]).ended(0);
    workspace.up_once();
    assert_eq!(listed(&workspace, "noop"), Value::Null);
    assert!(!workspace.root().join("plugins/noop.wasm").exists());
    assert!(plugin(&workspace, &["remove", "noop"]).ended(2).stderr.contains("audit"));
}

#[test]
fn an_installed_plugin_runs_also_if_its_file_changes_or_is_deleted() {
    let workspace = Workspace::with_noop();
    workspace.up_once();
    fs::remove_file(workspace.root().join("plugins/noop.wasm")).unwrap();
    workspace.drop_handoff("noop", "Job");
    workspace.up_once();
    assert_eq!(workspace.task("Job").state, "succeeded");
}

#[test]
fn a_temporarily_missing_lock_file_does_not_turn_plugins_into_external_agents() {
    let workspace = Workspace::with_noop();
    let daemon = workspace.up_and_serving();
    let (lock, aside) = (workspace.root().join("baton.lock"), workspace.root().join("aside"));
    fs::rename(&lock, &aside).unwrap();
    workspace.wait_for("the daemon to say it", |_| daemon.log().contains("baton.lock is missing").then_some(()));
    workspace.drop_handoff("noop", "Job");
    workspace.wait_for_archive("Job");
    assert_eq!(workspace.task("Job").state, "succeeded");
    fs::rename(&aside, &lock).unwrap();
    assert!(daemon.stop().success());
}

#[test]
fn a_package_whose_name_means_an_agent_is_refused() {
    let workspace = Workspace::init();
    fs::create_dir_all(workspace.root().join("handoffs/No-Op/01_inbox")).unwrap();
    let refused = plugin(&workspace, &["install", fixture("noop").to_str().unwrap()]).ended(2).stderr;
    assert!(refused.contains("No-Op"), "{refused}");
    assert_eq!(listed(&workspace, "noop"), Value::Null);
}

#[test]
fn a_pending_revision_stays_pending_and_unchanged() {
    let workspace = Workspace::init();
    workspace.write("plugins/noop.wasm", fs::read(fixture("noop")).unwrap());
    workspace.up_once();
    let waits = listed(&workspace, "noop");
    assert_eq!(waits["state"], "needs_approval");
    workspace.up_once();
    assert_eq!(listed(&workspace, "noop"), waits);
}

/// The failpoints of an installation.
pub(crate) const STEPS: [&str; 6] =
    ["register.file_removed", "register.kept", "register.named", "register.written", "store.named", "store.written"];

#[test]
fn a_killed_command_leaves_the_old_or_the_new_revision_and_can_be_repeated() {
    for step in STEPS {
        let workspace = Workspace::with_noop();
        workspace.up_once();
        let before = digest(&workspace, "noop");
        let file = workspace.outside().join("noop.wasm");
        fs::write(&file, revised("noop")).unwrap();
        let install = ["plugin", "install", file.to_str().unwrap()];
        let args: &[&str] = if step == "register.file_removed" { &["plugin", "remove", "noop"] } else { &install };
        let mut command = workspace.command();
        command.env("FAILPOINTS", format!("{step}=panic")).arg("-w").arg(workspace.root()).args(args);
        assert_eq!(Output::of(&mut command).code, -1, "{step}: it lives");
        let found = listed(&workspace, "noop");
        assert!(found["pending"].is_null() || found["pending"]["digest"] != before.as_str(), "{step}: {found}");
        assert_eq!(found["digest"], before.as_str(), "{step}: the old one runs");
        workspace.drop_handoff("noop", "Job");
        workspace.up_once();
        assert_eq!(workspace.task("Job").state, "succeeded", "{step}");
        let again = workspace.baton(args);
        assert!(again.code < 2, "{step}: {}", again.stderr);
        let found = listed(&workspace, "noop");
        assert!(found.is_null() || found["pending"].is_object(), "{step}: {found}");
    }
}

#[test]
fn a_bundled_plugin_is_installed_with_minimal_grants() {
    let workspace = Workspace::init();
    let by_init = workspace.baton(&["plugin", "grants", "audit", "--json"]).ended(0).json();
    assert!(by_init["granted"].as_array().is_some_and(|granted| !granted.is_empty()), "{by_init}");
    workspace.baton(&["plugin", "remove", "audit"]).ended(0);
    let installed = workspace.baton(&["plugin", "install", "shipped:audit"]).ended(0);
    assert!(installed.stdout.contains("audit may: files:ro=plans"), "{}", installed.stdout);
    let now = workspace.baton(&["plugin", "grants", "audit", "--json"]).ended(0).json();
    assert_eq!(now["granted"], by_init["granted"]);
    // A grant that the operator has revoked is not restored.
    workspace.baton(&["plugin", "revoke", "audit", "handoffs"]).ended(0);
    let again = workspace.baton(&["plugin", "install", "shipped:audit"]).ended(0);
    assert!(!again.stdout.contains("may:"), "{}", again.stdout);
    let now = workspace.baton(&["plugin", "grants", "audit", "--json"]).ended(0).json();
    assert!(!now["granted"].to_string().contains("handoffs"), "{now}");
    for unknown in ["shipped:nothing", "shipped:", "shipped:../audit"] {
        let refused = workspace.baton(&["plugin", "install", unknown]).ended(2);
        assert!(refused.stderr.contains("there are: audit"), "{}", refused.stderr);
    }
}
