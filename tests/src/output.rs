//! Runs the program, waits for its end and reads its output.

use std::fs::File;
use std::io::{Read, Seek, Write as _};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::PATIENCE;

/// The exit code and output of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// The exit code; -1 when a signal ended it.
    pub code: i32,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

impl Output {
    /// Runs the command to its end.
    ///
    /// # Panics
    /// When it does not start or does not end.
    pub fn of(command: &mut Command) -> Self {
        Self::run(command, Stdio::null(), PATIENCE)
    }

    /// As [`Output::of`], with a longer time limit, for commands that compile.
    ///
    /// # Panics
    /// As [`Output::of`].
    pub fn within(command: &mut Command, patience: Duration) -> Self {
        Self::run(command, Stdio::null(), patience)
    }

    /// As [`Output::of`], with `input` on standard input.
    ///
    /// # Panics
    /// When it does not start or does not end.
    pub fn fed(command: &mut Command, input: &[u8]) -> Self {
        let mut file = tempfile::tempfile().expect("a temporary file");
        file.write_all(input).and_then(|()| file.rewind()).expect("the input can be written");
        Self::run(command, file.into(), PATIENCE)
    }

    fn run(command: &mut Command, input: Stdio, patience: Duration) -> Self {
        let [mut out, mut err] = [0; 2].map(|_| tempfile::tempfile().expect("a temporary file"));
        let handle = |file: &File| Stdio::from(file.try_clone().expect("a second handle"));
        let started = command.stdin(input).stdout(handle(&out)).stderr(handle(&err)).spawn();
        let mut child = started.expect("the program starts");
        let ended = wait_within(&mut child, patience);
        let (stdout, stderr) = (text(&mut out), text(&mut err));
        let Some(status) = ended else {
            panic!("{command:?} did not end\n{stdout}\n{stderr}");
        };
        Self { code: status.code().unwrap_or(-1), stdout, stderr }
    }

    /// Asserts the exit code.
    ///
    /// # Panics
    /// When the run ended with another exit code.
    #[expect(
        clippy::must_use_candidate,
        clippy::return_self_not_must_use,
        reason = "many tests check only the exit code"
    )]
    #[track_caller]
    pub fn ended(self, code: i32) -> Self {
        assert_eq!(self.code, code, "stdout:\n{}\nstderr:\n{}", self.stdout, self.stderr);
        self
    }

    /// Standard output as JSON.
    ///
    /// # Panics
    /// When it is not JSON.
    #[must_use]
    #[track_caller]
    pub fn json(&self) -> Value {
        match serde_json::from_str(&self.stdout) {
            Ok(value) => value,
            Err(error) => panic!("stdout is not JSON: {error}\n{}\nstderr:\n{}", self.stdout, self.stderr),
        }
    }
}

/// Waits for the end of a process, and kills it when it does not end.
pub(crate) fn wait(child: &mut Child) -> Option<ExitStatus> {
    wait_within(child, PATIENCE)
}

fn wait_within(child: &mut Child, patience: Duration) -> Option<ExitStatus> {
    let begun = Instant::now();
    while begun.elapsed() < patience {
        if let Ok(Some(status)) = child.try_wait() {
            return Some(status);
        }
        sleep(Duration::from_millis(5));
    }
    drop(child.kill());
    drop(child.wait());
    None
}

fn text(file: &mut File) -> String {
    let mut bytes = Vec::new();
    file.rewind().and_then(|()| file.read_to_end(&mut bytes)).expect("the output can be read");
    String::from_utf8_lossy(&bytes).into_owned()
}
