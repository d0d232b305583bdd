//! A program from its start to its end.

use std::ffi::OsStr;
use std::io;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, ExitStatus};
use std::time::{Duration, Instant};

use rustix::process::{Signal, WaitId, WaitIdOptions, waitid};

use crate::marked_processes::{self, kill_marked, marked};
use crate::{GRACE, owner, pid, signal_group};

/// The variables that every program gets, if they are set.
const VARIABLES: [&str; 7] = ["PATH", "HOME", "USER", "LANG", "LC_ALL", "TZ", "TMPDIR"];

/// The shortest interval of checks for the end of a program.
pub(crate) const CHECK_INTERVAL: Duration = Duration::from_millis(10);

/// The longest interval of these checks.
const LONGEST_CHECK_INTERVAL: Duration = Duration::from_millis(100);

/// A started program. Dropping it kills it with everything that it started.
#[derive(Debug)]
pub struct Program {
    child: Child,
    mark: String,
    is_over: bool,
}

impl Program {
    /// A command with a cleared environment: it gets the usual variables and those in `variables` from this process.
    #[must_use]
    pub fn command<'a>(
        program: impl AsRef<OsStr>,
        folder: &Path,
        variables: impl IntoIterator<Item = &'a str>,
    ) -> Command {
        let names = VARIABLES.into_iter().chain(variables);
        let variables = names.filter_map(|name| Some((name, std::env::var_os(name)?)));
        let mut command = Command::new(program);
        command.current_dir(folder).env_clear().envs(variables);
        command
    }

    /// Starts the command in a separate process group. `mark` must be unique.
    ///
    /// # Errors
    /// When the program cannot be started.
    pub fn start(command: &mut Command, mark: &str) -> io::Result<Self> {
        let child = command.env(marked_processes::VARIABLE, mark).process_group(0).spawn()?;
        Ok(Self { child, mark: mark.to_owned(), is_over: false })
    }

    /// Its name in the ledger.
    #[must_use]
    pub fn name(&self, kind: &str) -> String {
        owner::name_of(kind, self.child.id())
    }

    /// The process, for its pipes.
    pub fn child(&mut self) -> &mut Child {
        &mut self.child
    }

    /// Waits until the program has ended, or `must_end` returns true. Returns whether it has ended. Processes
    /// that it started may still run.
    ///
    /// # Errors
    /// When the system does not report the state of the program.
    pub fn wait(&self, must_end: impl Fn() -> bool) -> io::Result<bool> {
        let mut pause = CHECK_INTERVAL;
        while !self.has_ended()? {
            if must_end() {
                return Ok(false);
            }
            std::thread::sleep(pause);
            pause = (pause * 2).min(LONGEST_CHECK_INTERVAL);
        }
        Ok(true)
    }

    /// Ends the program, if it has not ended, with INT, TERM and KILL. When `hurry` returns true, KILL follows at once. Then
    /// kills the processes that the program has started.
    ///
    /// # Errors
    /// When the system does not report its exit status.
    pub fn end(mut self, hurry: impl Fn() -> bool) -> io::Result<ExitStatus> {
        let known = marked(&self.mark);
        for signal in [Signal::INT, Signal::TERM] {
            if hurry() || self.has_ended()? {
                break;
            }
            signal_group(self.child.id(), signal);
            let until = Instant::now() + GRACE;
            self.wait(|| hurry() || Instant::now() >= until)?;
        }
        self.kill(known)
    }

    /// Kills the group before its leader is reaped, because until then no other process can get its id.
    fn kill(&mut self, known: Vec<u32>) -> io::Result<ExitStatus> {
        self.is_over = true;
        signal_group(self.child.id(), Signal::KILL);
        let status = self.child.wait();
        kill_marked(&self.mark, known);
        status
    }

    /// Whether the leader has ended. It stays a zombie until it is reaped.
    fn has_ended(&self) -> io::Result<bool> {
        let leader = pid(self.child.id()).ok_or(io::ErrorKind::NotFound)?;
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT | WaitIdOptions::NOHANG;
        Ok(waitid(WaitId::Pid(leader), options)?.is_some())
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        if !self.is_over {
            drop(self.kill(marked(&self.mark)));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;
    use crate::end_left_over;

    /// A folder in which scripts run. A process that still runs when the file `release` is created creates the file `late` there.
    struct Scene {
        folder: tempfile::TempDir,
    }

    impl Scene {
        fn new() -> Self {
            Self { folder: tempfile::tempdir().unwrap() }
        }

        fn start(&self, script: &str) -> Program {
            let mut command = Program::command("/bin/sh", self.folder.path(), []);
            Program::start(command.args(["-c", script]), &self.mark()).unwrap()
        }

        fn mark(&self) -> String {
            self.folder.path().display().to_string()
        }

        fn wait_for(&self, file: &str) {
            let began = Instant::now();
            while !self.path(file).exists() {
                assert!(began.elapsed() < Duration::from_mins(1), "{file} is missing");
                std::thread::sleep(CHECK_INTERVAL);
            }
        }

        fn path(&self, file: &str) -> PathBuf {
            self.folder.path().join(file)
        }

        #[track_caller]
        fn nothing_survives(&self) {
            std::fs::write(self.path("release"), "").unwrap();
            std::thread::sleep(Duration::from_secs(1));
            assert!(!self.path("late").exists(), "a process survived");
        }
    }

    /// Creates `begun`, then waits for `release`, for a minute at most, so that it ends after a failed test too. A shell can lose
    /// an INT while it starts, so no test may depend on which of the signals ends it.
    macro_rules! waiting_script {
        () => {
            "touch begun; for i in $(seq 600); do test -e release && touch late && exit; sleep 0.1; done"
        };
    }

    const IN_GROUP: &str = concat!("(trap '' INT TERM; ", waiting_script!(), ") >/dev/null 2>&1 &");
    #[cfg(target_os = "linux")]
    const OUT_OF_GROUP: &str = concat!("setsid sh -c '", waiting_script!(), "' >/dev/null 2>&1 &");

    #[test]
    fn a_program_ends_with_its_child_processes() {
        let scene = Scene::new();
        let program = scene.start(&format!("{IN_GROUP} sleep 60"));
        scene.wait_for("begun");
        assert!(!program.wait(|| true).unwrap());
        assert!(!program.end(|| false).unwrap().success());
        scene.nothing_survives();
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_program_ends_with_its_child_processes_outside_of_its_group() {
        for last in ["sleep 60", "exit 0"] {
            let scene = Scene::new();
            let program = scene.start(&format!("{OUT_OF_GROUP} {last}"));
            scene.wait_for("begun");
            drop(program.end(|| false));
            scene.nothing_survives();
        }
    }

    #[test]
    fn background_processes_of_a_program_are_ended_and_its_exit_code_is_kept() {
        let scene = Scene::new();
        let program = scene.start(&format!("{IN_GROUP} exit 3"));
        scene.wait_for("begun");
        assert!(program.wait(|| false).unwrap());
        assert_eq!(program.end(|| false).unwrap().code(), Some(3));
        scene.nothing_survives();
    }

    #[test]
    fn a_program_that_ignores_signals_is_killed_when_it_is_dropped_or_in_a_hurry() {
        for drops in [true, false] {
            let scene = Scene::new();
            let program = scene.start(concat!("trap '' INT TERM; ", waiting_script!()));
            scene.wait_for("begun");
            if drops {
                drop(program);
            } else {
                assert!(!program.end(|| true).unwrap().success());
            }
            scene.nothing_survives();
        }
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn programs_of_a_killed_daemon_are_found_by_their_name_or_their_mark() {
        for is_recorded in [true, false] {
            let scene = Scene::new();
            let program = scene.start(&format!("{OUT_OF_GROUP} sleep 60"));
            scene.wait_for("begun");
            let name = program.name("run");
            end_left_over(Some(name.as_str()).filter(|_| is_recorded), "another mark");
            assert_eq!(program.wait(|| true).unwrap(), is_recorded);
            end_left_over(None, &scene.mark());
            scene.nothing_survives();
        }
    }

    #[test]
    fn a_program_gets_only_the_listed_variables() {
        let scene = Scene::new();
        let program = scene.start("test -z \"$CARGO_MANIFEST_DIR\" && test -n \"$PATH\" && test -n \"$BATON_RUN\"");
        assert!(program.wait(|| false).unwrap());
        assert!(program.end(|| false).unwrap().success());
    }
}
