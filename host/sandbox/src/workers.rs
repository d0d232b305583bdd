//! Worker processes run SQL statements of plugins and compile components: a process ends at once when it is killed, and the
//! system can limit its resources. The program is `baton` itself, with hidden subcommands.

use std::fs::{DirBuilder, File};
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use tokio::net::unix::pipe;

use crate::limits;

/// The pause between two checks whether a process has ended.
const LOOK: Duration = Duration::from_millis(1);

/// Starts worker processes.
#[derive(Clone, Debug)]
pub struct Workers {
    program: PathBuf,
    scratch: PathBuf,
}

impl Workers {
    /// Workers that run this program. Their temporary files are in `scratch`, a folder that is created on demand and
    /// used for nothing else.
    ///
    /// # Errors
    /// When the system does not return the path of this program.
    pub fn of_this_program(scratch: PathBuf) -> io::Result<Self> {
        // On Linux this link leads to the running program, even after an update has replaced its file.
        let link = PathBuf::from("/proc/self/exe");
        let program = if link.exists() { link } else { std::env::current_exe()? };
        Ok(Self { program, scratch })
    }

    /// Starts `baton worker WORK`, with pipes for input and output, without environment variables and without other
    /// file descriptors.
    pub(crate) fn start(&self, work: &str) -> io::Result<WorkerProcess> {
        let mut command = self.command(work)?;
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut process = Process(Some(command.spawn()?));
        let pipes = process.0.as_mut().and_then(|child| child.stdin.take().zip(child.stdout.take()));
        let (input, output) = pipes.ok_or(io::ErrorKind::BrokenPipe)?;
        let input = pipe::Sender::from_owned_fd(input.into())?;
        let output = pipe::Receiver::from_owned_fd(output.into())?;
        Ok(WorkerProcess { process, input, output })
    }

    /// Starts `baton worker compile`, which writes to `code`, with pipes for its input and its errors.
    pub(crate) fn start_compiler(&self, code: File) -> io::Result<Child> {
        let mut command = self.command("compile")?;
        let threads = thread::available_parallelism().map_or(1, usize::from).min(limits::COMPILE_THREADS);
        command.env("RAYON_NUM_THREADS", threads.to_string());
        command.stdin(Stdio::piped()).stdout(code).stderr(Stdio::piped()).spawn()
    }

    fn command(&self, work: &str) -> io::Result<Command> {
        DirBuilder::new().recursive(true).mode(0o700).create(&self.scratch)?;
        let mut command = Command::new(&self.program);
        command.args(["worker", work]).env_clear().env("SQLITE_TMPDIR", &self.scratch).env("TMPDIR", &self.scratch);
        Ok(command)
    }
}

pub(crate) struct WorkerProcess {
    pub(crate) process: Process,
    pub(crate) input: pipe::Sender,
    pub(crate) output: pipe::Receiver,
}

/// A process that is killed when the value is dropped.
pub(crate) struct Process(Option<Child>);

impl Process {
    /// Waits at most `patience` for the end of the process. Returns `None` if the process is still running.
    pub(crate) async fn ended(&mut self, patience: Duration) -> Option<ExitStatus> {
        let begun = Instant::now();
        loop {
            match self.0.as_mut()?.try_wait() {
                Ok(Some(status)) => {
                    self.0 = None;
                    return Some(status);
                }
                Ok(None) if begun.elapsed() < patience => tokio::time::sleep(LOOK).await,
                Ok(None) | Err(_) => return None,
            }
        }
    }

    /// Kills the process now.
    pub(crate) fn kill(&mut self) {
        let Some(mut child) = self.0.take() else { return };
        // The process may have ended already.
        drop(child.kill());
        if !matches!(child.try_wait(), Ok(Some(_))) {
            // A process that waits for a disk may take some time to end.
            drop(thread::Builder::new().name("reaper".to_owned()).spawn(move || child.wait()));
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}
