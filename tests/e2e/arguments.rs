//! Arguments from every source are checked against the action's schema before the plugin runs.

use std::fs;

use baton_tests::{Output, Workspace};
use serde_json::{Value, json};

const WRONG: &str = "`args/plans` is a number, expected: string or array";

fn ask(workspace: &Workspace, title: &str, args: &Value) {
    workspace.drop_handoff_with("audit", title, json!({ "action": "audit", "args": args }));
}

#[test]
fn a_handoff_with_arguments_that_do_not_fit_fails_before_the_plugin_runs() {
    let workspace = Workspace::init();
    workspace.keep_only("audit");
    for (title, args) in [
        ("Number", json!({ "plans": 3 })),
        ("Item", json!({ "plans": ["a.md", {}] })),
        ("Unknown", json!({ "plan": "a.md" })),
    ] {
        ask(&workspace, title, &args);
    }
    workspace.up_once();
    for (title, said) in [
        ("Number", WRONG),
        ("Item", "`args/plans/1` is an object, expected: string"),
        ("Unknown", "`args` does not allow `plan` (did you mean `plans`?); it allows: "),
    ] {
        let task = workspace.task(title);
        assert_eq!(task.state, "failed", "{title}: {}", task.reason);
        assert!(task.reason.contains(said), "{title}: {}", task.reason);
        let returned = workspace.returns_for("Claude-MM1", &format!("id-{}", title.to_lowercase()));
        assert!(returned.len() == 1 && returned[0].to_string().contains("args"), "{returned:?}");
    }
    assert!(workspace.list("reports").is_empty(), "nothing ran");
}

#[test]
fn arguments_of_baton_toml_and_of_triggers_are_checked_too() {
    let workspace = Workspace::init();
    workspace.keep_only("audit");
    let config = workspace.read("baton.toml");
    workspace.write("baton.toml", format!("{config}\n[agents.audit.defaults.audit]\nplans = 3\n"));
    ask(&workspace, "Plain", &json!({}));
    let daemon = workspace.up_and_serving();
    workspace.write("plans/NEW_PLAN.md", "# Plan\n\n- `src/a.py`\n");
    let failed = workspace.wait_for("the trigger's task", |workspace| {
        let failed = workspace.tasks_of("audit").into_iter().filter(|task| task.state == "failed");
        Some(failed.collect::<Vec<_>>()).filter(|tasks| tasks.len() == 2)
    });
    assert!(failed.iter().all(|task| task.reason.contains(WRONG)), "{failed:?}");
    assert!(failed.iter().any(|task| task.from.as_deref() == Some("baton")), "{failed:?}");
    assert!(daemon.stop().success());
}

#[test]
fn a_run_with_arguments_that_do_not_fit_is_refused_at_once() {
    let workspace = Workspace::init();
    let wrong = ["--args-json", "{\"plans\":3}"];
    let refused = workspace.baton(&[&["run", "audit", "audit"][..], &wrong].concat()).ended(2);
    assert!(refused.stderr.contains(WRONG), "{}", refused.stderr);
    assert!(workspace.tasks_of("audit").is_empty(), "nothing is recorded");
    let to_audit = ["send", "--to", "audit", "--from", "Claude-MM1", "--title", "Look"];
    let refused = workspace.baton(&[&to_audit[..], &wrong].concat()).ended(2);
    assert!(refused.stderr.contains(WRONG) && workspace.inbox("audit").is_empty(), "{}", refused.stderr);
    workspace.baton(&[&to_audit[..], &["--arg", "plans=plans/a.md"]].concat()).ended(0);
}

/// The arguments in the handoff that `send` writes to `agent`.
fn sent(workspace: &Workspace, agent: &str, args: &[&str]) -> Value {
    let to = ["send", "--to", agent, "--from", "Claude-MM1", "--title", "Do it"];
    let wrote = workspace.baton(&[&to[..], args].concat()).ended(0).stderr;
    let name = wrote.trim().rsplit('/').next().unwrap_or_default().to_owned();
    let file = workspace.read(&format!("handoffs/{agent}/01_inbox/{name}"));
    let value: Value = serde_json::from_str(&file).unwrap_or_default();
    value.get("args").cloned().unwrap_or_default()
}

#[test]
fn an_argument_gets_the_type_in_the_schema_of_the_action() {
    let workspace = Workspace::init();
    for (agent, args, expected) in [
        ("spotify", &["--action", "export", "--arg", "formats=m3u8"][..], json!({ "formats": ["m3u8"] })),
        (
            "spotify",
            &["--action", "export", "--arg", "formats=m3u8", "--arg", "playlists=2025", "--arg", "formats=csv"],
            json!({ "formats": ["m3u8", "csv"], "playlists": ["2025"] }),
        ),
        ("audit", &["--action", "session-review", "--arg", "from=2025"], json!({ "from": "2025" })),
        ("spotify", &["--action", "dedupe", "--arg", "keep_older=90"], json!({ "keep_older": 90 })),
        ("audit", &["--arg", "plans=a.md", "--arg", "plans=b.md"], json!({ "plans": ["a.md", "b.md"] })),
        ("audit", &["--arg", "plans=[2025, true]"], json!({ "plans": ["2025", "true"] })),
        ("audit", &["--arg", "follow_up=false"], json!({ "follow_up": false })),
        (
            "drive-sync",
            &["--arg", "database=007", "--arg", "overwrite=yes"],
            json!({ "database": "007", "overwrite": true }),
        ),
        (
            "audit",
            &["--args-json", "{\"plans\":[\"a.md\"]}", "--arg", "forms=json"],
            json!({ "plans": ["a.md"], "forms": "json" }),
        ),
        ("Cursor-MM1", &["--arg", "n=3", "--arg", "x=3 of 4"], json!({ "n": 3, "x": "3 of 4" })),
    ] {
        assert_eq!(sent(&workspace, agent, args), expected, "{args:?}");
    }
}

#[test]
fn run_takes_arguments_as_the_schema_asks_for_them() {
    let workspace = Workspace::init();
    workspace.write("plans/P.md", "# Plan\n\n- `src/a.py`\n");
    let forms = ["--arg", "forms=json", "--arg", "forms=markdown", "--arg", "follow_up=false"];
    let run = workspace.baton(&[&["run", "audit", "audit"][..], &forms].concat()).ended(0);
    assert_eq!(run.stdout.lines().count(), 2, "two forms: {run:?}");
    let input = b"{\"forms\":[\"json\"],\"follow_up\":false}";
    let mut fed = workspace.command();
    fed.arg("-w").arg(workspace.root()).args(["run", "audit", "audit", "--args-json", "-"]);
    assert_eq!(Output::fed(&mut fed, input).ended(0).stdout.lines().count(), 1);
    for (args, said) in [
        (&["--arg", "root=a", "--arg", "root=b"][..], "`root` takes one value, but is given 2 times"),
        (&["--arg", "forms=json", "--args-json", "{\"forms\":[\"json\"]}"], "`forms` is in --args-json and in --arg"),
        (&["--args-json", "[1]"], "--args-json is not a JSON object"),
        (&["--args-json", "{"], "--args-json is not JSON"),
    ] {
        let refused = workspace.baton(&[&["run", "audit", "audit"][..], args].concat()).ended(2);
        assert!(refused.stderr.contains(said), "{args:?}: {}", refused.stderr);
    }
    let refused = workspace.baton(&["run", "spotify", "dedupe", "--arg", "keep_older=many"]).ended(2);
    let said = "`args/keep_older` is a string, expected: integer";
    assert!(refused.stderr.contains(said), "{}", refused.stderr);
}

#[test]
fn an_unknown_argument_is_refused_with_a_similar_known_one() {
    let workspace = Workspace::init();
    let meant = "`playlist` (did you mean `playlists`?)";
    let refused = workspace.baton(&["run", "spotify", "dedupe", "--arg", "playlist=Warm Up"]).ended(2);
    assert!(refused.stderr.contains(meant), "{}", refused.stderr);
    let send = ["send", "--to", "spotify", "--from", "Claude-MM1", "--title", "x", "--action", "dedupe"];
    let refused = workspace.baton(&[&send[..], &["--arg", "playlist=Warm Up"]].concat()).ended(2);
    assert!(refused.stderr.contains(meant) && workspace.inbox("spotify").is_empty(), "{}", refused.stderr);
    workspace.write("x.json", r#"{"title":"x","source_agent":"Claude-MM1","target_agent":"spotify","action":"dedupe","args":{"playlist":"a"}}"#);
    let lint = workspace.baton(&["lint", &workspace.root().join("x.json").display().to_string()]).ended(1);
    assert!(lint.stdout.contains(meant), "{lint:?}");
}

#[test]
fn arguments_without_an_action_are_refused_with_the_actions_that_there_are() {
    let workspace = Workspace::init();
    for args in [["--arg", "x=y"], ["--args-json", "{}"]] {
        let refused = workspace.baton(&[&["run", "spotify"][..], &args].concat()).ended(2);
        assert!(refused.stderr.contains("baton run spotify ACTION"), "{}", refused.stderr);
        assert!(refused.stderr.contains("merge, now-playing, organise"), "{}", refused.stderr);
    }
}

#[test]
fn run_with_only_a_plugin_lists_its_actions_and_help_shows_the_arguments() {
    let workspace = Workspace::init();
    let actions = workspace.baton(&["run", "spotify"]).ended(0).stdout;
    for words in
        ["import (default)", "playlists-for-track", "Writes playlists as CSV", "baton run spotify ACTION --help"]
    {
        assert!(actions.contains(words), "{actions}");
    }
    assert_eq!(workspace.baton(&["run", "spotify", "--help"]).ended(0).stdout, actions);
    let config = workspace.read("baton.toml");
    workspace.write("baton.toml", format!("{config}\n[agents.spotify.defaults.export]\nformats = [\"m3u8\"]\n"));
    let help = workspace.baton(&["run", "spotify", "export", "--help"]).ended(0).stdout;
    for words in [
        "Usage: baton run spotify export",
        "csv, m3u8 or rekordbox; may be repeated",
        "[\"m3u8\"] (baton.toml)",
        "baton plugin grant spotify files:rw=exports=FOLDER",
        "baton run spotify export --arg from=FROM",
    ] {
        assert!(help.contains(words), "{words} in: {help}");
    }
    let needed = workspace.baton(&["run", "music-files", "apply", "-h"]).ended(0).stdout;
    assert!(needed.contains("required") && needed.contains("--arg plan=PLAN"), "{needed}");
    let wrong = workspace.baton(&["run", "spotify", "exprot", "--help"]).ended(2).stderr;
    assert!(wrong.contains("did you mean `export`?"), "{wrong}");
    let listed = workspace.baton(&["run", "djay", "--json"]).ended(0).json();
    assert_eq!(listed["actions"][0]["name"], json!("activity"), "{listed:#}");
    assert!(workspace.tasks_of("spotify").is_empty(), "nothing ran");
    let place = Workspace::empty();
    let outside = Output::of(place.command().args(["run", "djay", "export", "--help"])).ended(0);
    assert!(outside.stdout.contains("csv or json; may be repeated"), "{}", outside.stdout);
}

#[test]
fn run_adds_the_given_grants_and_runs_the_action() {
    let workspace = Workspace::init();
    let lacks = workspace.baton(&["run", "spotify", "import"]).ended(1).stderr;
    assert!(lacks.contains("baton plugin grant spotify files:ro=spotify"), "{lacks}");
    let folder = "files:ro=spotify=handoffs/examples/spotify";
    for wrong in [&["exprot"][..], &["export", "--arg", "formats"], &[]] {
        workspace.baton(&[&["run", "spotify", "--grant", folder], wrong].concat()).ended(2);
    }
    let granted = workspace.baton(&["why", "plugin", "spotify"]).ended(0).stdout;
    assert!(!granted.contains(folder), "{granted}");
    let run = workspace.baton(&["run", "spotify", "import", "--grant", folder]).ended(0);
    assert!(run.stderr.contains(folder), "{}", run.stderr);
    workspace.baton(&["run", "spotify", "import"]).ended(0);
    let granted = workspace.baton(&["why", "plugin", "spotify"]).ended(0).stdout;
    assert!(granted.contains(folder), "{granted}");
    let answer =
        workspace.baton(&["run", "spotify", "playlists-for-track", "--arg", "title=Paper Moon", "--arg", "artist=Oto"]);
    assert!(answer.clone().ended(0).stderr.contains("  | | Sunday | 1 | spotify-csv |"), "{answer:?}");
    let refused = workspace.baton(&["run", "spotify", "import", "--grant", "files:rw=nothing"]).ended(2).stderr;
    assert!(refused.contains("does not ask for the folder `nothing`"), "{refused}");
}

#[test]
fn run_as_json_has_state_summary_reports_and_findings() {
    let workspace = Workspace::init();
    workspace.keep_only("audit");
    workspace.write("plans/P.md", "# Plan\n\n## Deliverables\n\n- `src/a.py`\n");
    let run = workspace.baton(&["run", "audit", "audit", "--arg", "forms=markdown", "--json"]).ended(0).json();
    let task = &workspace.tasks_of("audit")[0];
    assert_eq!((&run["state"], &run["task"]), (&json!("succeeded"), &json!(task.id)), "{run:#}");
    assert!(run["findings"][0]["title"].as_str().unwrap().contains("src/a.py"), "{run:#}");
    assert!(workspace.root().join(run["reports"][0]["path"].as_str().unwrap()).is_file(), "{run:#}");
}

#[test]
fn the_answer_of_an_action_is_shown_beside_the_files_that_it_wrote() {
    let workspace = Workspace::init();
    workspace.keep_only("audit");
    workspace.write("plans/P.md", "# Plan\n\n- `src/a.py`\n");
    let run = workspace.baton(&["run", "audit", "audit"]).ended(0);
    assert!(run.stdout.lines().all(|line| line.starts_with("reports/")), "stdout has the files: {}", run.stdout);
    let report = run.stdout.lines().find(|line| line.ends_with(".md")).map(|name| workspace.read(name)).unwrap();
    let heading = report.lines().find(|line| line.starts_with("# ")).unwrap();
    assert!(run.stderr.contains("\nplugin audit reports\n"), "{}", run.stderr);
    assert!(run.stderr.contains(&format!("\n  | {heading}\n")), "{}", run.stderr);
}

#[test]
fn the_help_of_an_action_lists_the_grants_that_it_uses() {
    let place = Workspace::empty();
    let help = |plugin: &str, action: &str| {
        let shown = Output::of(place.command().args(["run", plugin, action, "--help"])).ended(0).stdout;
        let (_, grants) = shown.split_once("\ngrants that it uses").unwrap();
        grants.split("\nexample\n").next().unwrap().to_owned()
    };
    let has = |text: &str, all: &[&str]| all.iter().map(|grant| text.contains(grant)).collect::<Vec<_>>();
    let all = ["files:ro=djay", "sql=files:ro", "sql=catalog:rw", "files:rw=exports", "triggers"];
    assert_eq!(has(&help("djay", "export"), &all), [true, true, false, true, false]);
    assert_eq!(has(&help("djay", "activity"), &all), [true, true, false, false, false]);
    let all = ["files:rw=drive", "files:ro=databases", "locks", "sql=catalog:ro"];
    assert_eq!(has(&help("drive-sync", "diagnose"), &all), [true, false, true, false]);
    assert_eq!(has(&help("drive-sync", "adopt-column"), &all), [true, true, true, false]);
    let all = ["files:ro=spotify", "sql=catalog:rw", "files:rw=exports"];
    assert_eq!(has(&help("spotify", "import"), &all), [true, true, false]);
    assert_eq!(has(&help("spotify", "playlists-for-track"), &all), [false, true, false]);
    assert_eq!(has(&help("spotify", "export"), &all), [true, true, true]);
    let all = ["files:rw=music", "locks", "files:rw=exports"];
    assert_eq!(has(&help("music-files", "apply"), &all), [true, true, false]);
    assert_eq!(has(&help("music-files", "wanted"), &all), [false, false, true]);
    let all = ["files:ro=root", "git=root", "ledger", "returns"];
    assert_eq!(has(&help("audit", "session-review"), &all), [true, true, true, false]);
}

#[test]
fn missing_arguments_of_the_command_line_are_shown() {
    let place = Workspace::empty();
    fs::create_dir_all(place.root()).unwrap();
    let here = |words: &[&str]| Output::of(place.command().current_dir(place.root()).args(words));
    let refused = here(&["init", "-w", "elsewhere", "."]).ended(2).stderr;
    assert!(refused.contains("baton init elsewhere"), "{refused}");
    here(&["init"]).ended(0);
    assert!(place.root().join("baton.toml").is_file());
    let plugins = here(&["run"]).ended(0).stdout;
    assert!(["audit", "djay", "spotify"].iter().all(|plugin| plugins.contains(&format!("\n{plugin} "))), "{plugins}");
    let plugins = here(&["run", "--json"]).ended(0).json();
    assert!(plugins["plugins"].as_array().unwrap().iter().any(|plugin| plugin["plugin"] == "djay"), "{plugins}");
    let lacking = here(&["run", "djay", "export", "--arg", "formats=csv"]).ended(1).stderr;
    assert!(
        lacking.contains(
            "to grant this and repeat the run: baton run djay export --arg formats=csv --grant files:ro=djay=PATH"
        ),
        "{lacking}"
    );
}
