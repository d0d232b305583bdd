//! What is missing for a command agent is reported with its fix, before `baton up` serves anything.

use super::workspace;

#[test]
fn missing_parts_are_reported_before_anything_starts() {
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
            "Cursor does not know Baton's tools",
            "baton connect cursor --agent A",
        ),
        ("[agents.noop]\ncommand = [\"true\"]", "`noop` is a plugin", "remove `command`"),
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
