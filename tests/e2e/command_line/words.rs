//! Subcommands, options and completions, and the errors for unknown ones.

use baton_tests::{Output, Workspace};
use insta::assert_snapshot;

use super::fails;

const SUBCOMMANDS: [&str; 31] = [
    "init",
    "up",
    "send",
    "lint",
    "schema",
    "status",
    "why",
    "cancel",
    "retry",
    "answer",
    "agents",
    "obligations",
    "inbox",
    "mcp",
    "return",
    "connect",
    "disconnect",
    "import",
    "run",
    "audit",
    "plugin",
    "catalog",
    "fingerprint",
    "secret",
    "account",
    "ledger",
    "backup",
    "restore",
    "doctor",
    "service",
    "completions",
];

#[test]
fn help_names_every_subcommand() {
    let place = Workspace::empty();
    let help = Output::of(place.command().arg("--help")).ended(0);
    assert_snapshot!(help.stdout, @r#"
    Pass tasks between agents as files, run them in sandboxed plugins, and answer them

    Usage: baton [OPTIONS] <COMMAND>

    Commands:
      init         Make a workspace: baton.toml, grants of the bundled plugins, agent folders, examples
      up           Serve the workspace: watch its inboxes, run tasks, deliver replies. Ctrl-C finishes
                   running tasks and exits
      send         Write a handoff into an agent's inbox and print its id
      lint         Check handoff files and report problems: exit 0 none or warnings only, 1 errors
      schema       Print the JSON Schema of a file that Baton reads or writes
      status       Show the tasks, newest first, and why each waits or failed
      why          Show what happened to a task and why
      cancel       Cancel a task: its sender gets a RETURN, its file is archived
      retry        Queue a task again, whatever it waits for
      answer       Answer the question of a task; the task continues with the answer
      agents       Show the agents, and how many tasks wait for each agent
      obligations  Show requests still waiting for a RETURN, and the compliance of each agent
      inbox        Show the open work of an agent, or wait for it
      mcp          Serve an agent's inbox over MCP on standard input and output; coding agents start it
      return       Answer a request as the external agent that received it, with evidence that Baton
                   checks
      connect      Let a coding agent work on the requests of an inbox: register Baton's MCP server, and
                   hooks that wake the agent
      disconnect   Remove what `baton connect` wrote
      import       Import the open work of another tool as requests
      run          Run one action of a plugin now, without the daemon
      audit        Audit plans against what exists: exit 0 all present, 1 something missing, 2 could not
                   audit, 3 nothing could be verified
      plugin       Inspect, install, allow and update plugins
      catalog      Search the music catalog, show a track and its sources, review uncertain matches
      fingerprint  Print the Chromaprint fingerprints of audio files, in the format of `fpcalc`
      library      Scan the music library, show its fingerprint coverage, find duplicates
      secret       Manage the secrets that the host adds to requests of plugins
      account      Connect accounts at online services, such as Spotify and GitHub
      ledger       Check the ledger's chain of events, export it, or archive its oldest part
      backup       Copy the ledger into a new file, even while the daemon runs
      restore      Replace the ledger of the workspace by a backup; the daemon must be stopped
      doctor       Check the workspace and say how to fix it: exit 0 healthy (warnings allowed), 1 a
                   check failed
      service      Start `baton up` at login, and restart it when it fails
      completions  Print the completion script for a shell
      help         Print this message or the help of the given subcommand(s)

    Options:
      -w, --workspace <DIR>  The folder of the workspace [default: the nearest folder with baton.toml]
          --state <DIR>      The folder of the workspace's state [default: below $XDG_STATE_HOME/baton]
      -h, --help             Print help
      -V, --version          Print version
    "#);
    for subcommand in SUBCOMMANDS {
        let help = Output::of(place.command().args([subcommand, "--help"])).ended(0);
        assert!(help.stdout.contains("Usage: baton") && help.stdout.contains("-w, --workspace"), "{}", help.stdout);
        assert!(help.stderr.is_empty());
    }
}

#[test]
fn version_is_one_line() {
    let version = Output::of(Workspace::empty().command().arg("--version")).ended(0);
    assert!(version.stdout.starts_with("baton ") && version.stdout.lines().count() == 1, "{}", version.stdout);
}

#[test]
fn unknown_words_are_errors() {
    let place = Workspace::empty();
    fails(Output::of(place.command().arg("dance")), 2, &["dance", "--help"]);
    fails(Output::of(place.command().args(["status", "--jsno"])), 2, &["--jsno"]);
}

#[test]
fn completions_are_printed_for_every_shell() {
    let place = Workspace::empty();
    for shell in ["bash", "zsh", "fish"] {
        let script = Output::of(place.command().args(["completions", shell])).ended(0);
        assert!(SUBCOMMANDS.iter().all(|subcommand| script.stdout.contains(subcommand)), "{shell}");
    }
    fails(Output::of(place.command().args(["completions", "cobol"])), 2, &["cobol", "bash"]);
}

#[test]
fn an_invalid_log_filter_does_not_stop_the_program() {
    let workspace = Workspace::with_noop();
    let run =
        Output::of(workspace.command().env("BATON_LOG", "=,=nonsense").arg("-w").arg(workspace.root()).arg("status"));
    assert_eq!(run.code, 0, "{run:?}");
}
