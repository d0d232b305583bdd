//! `baton service`: the written unit, the commands for the system, and what is not changed. The tests do not use the machine's own
//! `systemctl`, but a script that records its arguments.
#![cfg(target_os = "linux")]

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use baton_tests::{Output, Workspace, baton, or_skip, tool};

/// A workspace, and a folder with `systemctl`.
struct ServiceWorkspace {
    workspace: Workspace,
    /// The workspace's folder.
    root: PathBuf,
}

impl ServiceWorkspace {
    fn new(name: &str) -> Self {
        let workspace = Workspace::empty();
        let root = workspace.outside().canonicalize().unwrap().join(name);
        Output::of(workspace.command().arg("init").arg(&root)).ended(0);
        let bin = workspace.outside().join("bin");
        fs::create_dir(&bin).unwrap();
        Self { workspace, root }
    }

    /// Adds a `systemctl` that ends with `code`.
    fn with_system(self, code: u8) -> Self {
        let script = self.workspace.outside().join("bin/systemctl");
        fs::write(&script, format!("#!/bin/sh\necho \"$*\" >> {}\nexit {code}\n", self.log().display())).unwrap();
        fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).unwrap();
        self
    }

    fn log(&self) -> PathBuf {
        self.workspace.outside().join("systemctl.log")
    }

    /// The arguments of `systemctl` since the last call.
    fn asked(&self) -> Vec<String> {
        let text = fs::read_to_string(self.log()).unwrap_or_default();
        drop(fs::remove_file(self.log()));
        text.lines().map(str::to_owned).collect()
    }

    fn command_in(&self, root: &Path) -> Command {
        let mut command = self.workspace.command();
        command
            .env("XDG_CONFIG_HOME", self.workspace.outside().join("config"))
            .env("PATH", self.workspace.outside().join("bin"))
            .arg("-w")
            .arg(root)
            .arg("service");
        command
    }

    fn service(&self, args: &[&str]) -> Output {
        Output::of(self.command_in(&self.root).args(args))
    }

    fn units(&self) -> PathBuf {
        self.workspace.outside().join("config/systemd/user")
    }

    /// The names of all units.
    fn installed(&self) -> Vec<String> {
        let entries = fs::read_dir(self.units()).into_iter().flatten();
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }
}

#[test]
fn print_only_prints() {
    let place = ServiceWorkspace::new("work").with_system(0);
    let printed = place.service(&["install", "--print"]).ended(0);
    let exec = format!("ExecStart=\"{}\" -w {} up", baton().canonicalize().unwrap().display(), place.root.display());
    assert!(printed.stdout.lines().any(|line| line == exec), "{exec}\n{}", printed.stdout);
    let home = format!("Environment=\"XDG_STATE_HOME={}\"", place.workspace.outside().join("state").display());
    assert!(printed.stdout.lines().any(|line| line == home), "the service finds the same state: {}", printed.stdout);
    assert!(printed.stderr.is_empty() && place.installed().is_empty() && place.asked().is_empty());
}

#[test]
fn install_writes_and_starts_the_unit_and_a_repetition_changes_nothing() {
    let place = ServiceWorkspace::new("work").with_system(0);
    let text = place.service(&["install", "--print"]).ended(0).stdout;
    place.service(&["status"]).ended(1);
    let first = place.service(&["install"]).ended(0);
    assert!(first.stdout.contains("written") && first.stdout.contains("started"), "{first:?}");
    let [unit] = <[String; 1]>::try_from(place.installed()).unwrap();
    assert!(unit.starts_with("baton-work-") && unit.ends_with(".service"), "{unit}");
    assert_eq!(fs::read_to_string(place.units().join(&unit)).unwrap(), text);
    let start = ["--user show-environment", "--user daemon-reload", &format!("--user enable --now {unit}")];
    assert_eq!(place.asked(), start);
    assert!(place.service(&["install"]).ended(0).stdout.contains("unchanged"));
    assert_eq!((place.asked(), place.installed()), (start.map(str::to_owned).to_vec(), vec![unit.clone()]));
    place.service(&["status"]).ended(0);
    assert!(place.asked().contains(&format!("--user is-active {unit}")));
    place.service(&["uninstall"]).ended(0);
    assert_eq!(place.asked()[1..], [format!("--user disable --now {unit}"), "--user daemon-reload".to_owned()]);
    assert!(place.installed().is_empty());
    assert!(place.service(&["uninstall"]).ended(0).stdout.contains("not installed"));
}

#[test]
fn without_a_service_manager_the_commands_are_printed() {
    for place in [ServiceWorkspace::new("work"), ServiceWorkspace::new("work").with_system(1)] {
        let said = place.service(&["install", "--name", "team"]).ended(0);
        assert_eq!(place.installed(), ["team.service"]);
        for command in ["systemctl --user daemon-reload", "systemctl --user enable --now team.service"] {
            assert!(said.stderr.contains(command), "{}", said.stderr);
        }
        let said = place.service(&["uninstall", "--name", "team"]).ended(0);
        assert!(said.stderr.contains("systemctl --user disable --now team.service"), "{}", said.stderr);
        assert!(place.installed().is_empty());
    }
}

#[test]
fn a_changed_service_is_written_and_restarted() {
    let place = ServiceWorkspace::new("work").with_system(0);
    place.service(&["install", "--name", "team"]).ended(0);
    place.asked();
    let state = place.workspace.outside().join("own state");
    let mut command = place.command_in(&place.root);
    let changed = Output::of(command.args(["install", "--name", "team", "--state"]).arg(&state)).ended(0);
    assert!(changed.stdout.contains("changed"), "{changed:?}");
    assert_eq!(place.asked().last().map(String::as_str), Some("--user try-restart team.service"));
    let text = fs::read_to_string(place.units().join("team.service")).unwrap();
    assert!(text.contains(&format!(" --state \"{}\" up", state.display())), "{text}");
    assert!(!state.exists(), "the service makes it, not the installation");
}

#[test]
fn files_of_others_are_not_changed() {
    let place = ServiceWorkspace::new("work").with_system(0);
    let other = place.workspace.outside().join("other");
    Output::of(place.workspace.command().arg("init").arg(&other)).ended(0);
    fs::create_dir_all(place.units()).unwrap();
    let theirs = place.units().join("theirs.service");
    fs::write(&theirs, "[Service]\nExecStart=/bin/true\n").unwrap();
    Output::of(place.command_in(&other).args(["install", "--name", "other"])).ended(0);
    place.asked();
    for (name, words) in [("theirs", "not from `baton service install`"), ("other", "another workspace")] {
        let file = place.units().join(format!("{name}.service"));
        let before = fs::read(&file).unwrap();
        for action in ["install", "uninstall", "status"] {
            let refused = place.service(&[action, "--name", name]).ended(2);
            assert!(refused.stderr.contains(words) && refused.stderr.contains("--name"), "{}", refused.stderr);
        }
        assert_eq!(fs::read(&file).unwrap(), before);
    }
    assert!(place.asked().is_empty());
    place.service(&["install", "--name", "../x"]).ended(2);
}

#[test]
fn systemd_parses_a_unit_with_unusual_paths() {
    or_skip!(tool("systemd-analyze", "apt-get install systemd"));
    let place = ServiceWorkspace::new("50% of $HOME \"it\" \\x & 'that'");
    place.service(&["install", "--name", "team"]).ended(0);
    let unit = place.units().join("team.service");
    // Messages about `man` pages and the machine's own units are ignored.
    let judged = Command::new("systemd-analyze")
        .args(["verify", "--user", "--man=no"])
        .arg(&unit)
        .env("XDG_RUNTIME_DIR", place.workspace.outside())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&judged.stderr).into_owned();
    assert!(
        judged.status.success() && !said.contains("team.service"),
        "{said}\n{}",
        fs::read_to_string(&unit).unwrap()
    );
    let broken = fs::read_to_string(&unit).unwrap().replace("ExecStart=\"/", "ExecStart=\"/nowhere/");
    fs::write(&unit, broken).unwrap();
    let judged = Command::new("systemd-analyze").args(["verify", "--user", "--man=no"]).arg(&unit).output().unwrap();
    assert!(!judged.status.success(), "systemd-analyze refuses a broken unit");
}
