//! A missing requirement of a command agent is reported with its fix. That agent is not started; everything else works.

use super::{drop_request, workspace};

#[test]
fn an_agent_with_missing_parts_is_off_and_the_others_work() {
    let workspace = workspace("work", "");
    let good = workspace.read("baton.toml");
    workspace.baton(&["doctor"]).ended(0);
    for (section, what, fix) in [
        (
            "[agents.A]\ncommand = [\"no-such-program-x\"]",
            "no program `no-such-program-x` on PATH",
            "correct `command`",
        ),
        (
            "[agents.A]\ncommand = \"claude\"\nrun = { program = \"/nowhere/claude\" }",
            "/nowhere/claude cannot be read",
            "npm install -g @anthropic-ai/claude-code",
        ),
        ("[agents.A]\ncommand = [\"true\"]\nrun = { folder = \"not there\" }", "there is no folder", "mkdir -p"),
        ("[agents.A]\ncommand = [\"true\"]\nrun = { env = [\"NOT_SET_X\"] }", "NOT_SET_X is not set", "set NOT_SET_X"),
        ("[agents.A]\ncommand = \"claude\"\nrun = { program = \"/bin/true\" }", "no login", "claude auth login"),
        ("[agents.A]\ncommand = \"codex\"\nrun = { program = \"/bin/true\" }", "no login", "codex login"),
        (
            "[agents.A]\ncommand = \"cursor\"\nrun = { program = \"/bin/true\" }",
            "Cursor has no access to Baton's tools",
            "baton connect cursor --agent A",
        ),
        ("[agents.noop]\ncommand = [\"true\"]", "`noop` is a plugin", "remove `command`"),
    ] {
        workspace.write("baton.toml", format!("{good}\n{section}\n"));
        let daemon = workspace.up_and_serving();
        let log = daemon.log();
        let line = log.lines().find(|line| line.contains("the command agent is off")).unwrap_or_default();
        assert!(line.contains("ERROR") && line.contains(what) && line.contains(fix), "{section}: {log}");
        assert!(daemon.stop().success());
        let doctor = workspace.baton(&["doctor"]).ended(1);
        assert!(doctor.stdout.contains(what), "{section}: {}", doctor.stdout);
    }
    let _daemon = workspace.up_and_serving();
    drop_request(&workspace, "Still works");
    workspace.wait_for_state("Still works", "succeeded");
}

#[test]
fn settings_that_a_client_does_not_have_are_refused() {
    let workspace = workspace("work", "");
    let good = workspace.read("baton.toml");
    for (section, what, fix) in [
        ("[agents.A]\ncommand = \"vi\"", "`vi` is not a command", "\"claude\""),
        ("[agents.A]\ncommand = \"codex\"\nrun = { budget_usd = 1 }", "codex has no such limit", "remove it"),
    ] {
        workspace.write("baton.toml", format!("{good}\n{section}\n"));
        let refused = workspace.baton(&["up"]).ended(2);
        assert!(refused.stderr.contains(what) && refused.stderr.contains(fix), "{section}: {}", refused.stderr);
        let doctor = workspace.baton(&["doctor"]).ended(1);
        assert!(doctor.stdout.contains(what), "{section}: {}", doctor.stdout);
    }
}
