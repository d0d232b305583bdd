//! `baton up` as a separate process. Dropping the value kills it.

use std::fs::File;
use std::os::unix::process::ExitStatusExt as _;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::output::wait;

/// A running daemon.
#[derive(Debug)]
pub struct Daemon {
    child: Child,
    log: PathBuf,
}

impl Daemon {
    pub(crate) fn start(command: &mut Command, log: PathBuf) -> Self {
        let file = File::create(&log).expect("a file for the log");
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(file).spawn();
        Self { child: child.expect("the daemon starts"), log }
    }

    /// Its process id.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// The log of the daemon so far.
    #[must_use]
    pub fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// True if the daemon is still running.
    #[must_use]
    pub fn runs(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Waits until the daemon ends without a signal from the test. Returns whether SIGKILL ended the daemon, or `None` if it
    /// still runs after `patience`.
    pub fn died(&mut self, patience: Duration) -> Option<bool> {
        let begun = Instant::now();
        loop {
            if let Ok(Some(status)) = self.child.try_wait() {
                return Some(status.signal() == Some(Signal::KILL.as_raw()));
            }
            if begun.elapsed() > patience {
                return None;
            }
            sleep(Duration::from_millis(2));
        }
    }

    /// How often the daemon has logged this text.
    #[must_use]
    pub fn says(&self, text: &str) -> usize {
        self.log().matches(text).count()
    }

    /// Stops the process (SIGSTOP), which imitates a machine under load.
    ///
    /// # Panics
    /// When it has ended already.
    pub fn suspend(&self) {
        self.signal(Signal::STOP);
    }

    /// Lets the process continue (SIGCONT).
    ///
    /// # Panics
    /// When it has ended already.
    pub fn resume(&self) {
        self.signal(Signal::CONT);
    }

    fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).expect("the daemon can be reached");
    }

    /// Sends Ctrl-C.
    ///
    /// # Panics
    /// When it has ended already.
    pub fn interrupt(&self) {
        self.signal(Signal::INT);
    }

    /// Sends Ctrl-C and waits for the end.
    ///
    /// # Panics
    /// When the daemon does not end.
    #[must_use]
    pub fn stop(mut self) -> ExitStatus {
        self.interrupt();
        match wait(&mut self.child) {
            Some(status) => {
                if !status.success() {
                    tell(&self.log());
                }
                status
            }
            None => panic!("the daemon did not end after Ctrl-C\n{}", self.log()),
        }
    }

    /// Kills the process (SIGKILL), which imitates a crash.
    pub fn kill(self) {
        drop(self);
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Prints the log of a daemon that failed, so that it is part of the test's output.
#[expect(clippy::print_stderr, reason = "a test says why it failed")]
fn tell(log: &str) {
    eprintln!("the daemon failed; its log:\n{log}");
}
