//! The host's side of a worker process (`baton_plugin_sql::worker`): one connection to one database.
//!
//! When a [`Worker`] is dropped, its process is killed, even during a statement. So a statement ends with the call, the
//! attempt or the daemon that waits for it.

use std::io;
use std::os::unix::process::ExitStatusExt as _;
use std::time::Duration;

use baton_plugin_sql::worker::{Answer, Exit, FRAME_BYTES, HEADER_BYTES, Reply, Request, decode, encode, length};
use baton_plugin_sql::{Access, GuestError, limits};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::unix::pipe;
use tokio::time::timeout;

use crate::workers::{Process, WorkerProcess, Workers};

/// The time for a process to close its database after a successful attempt.
const CLOSING: Duration = Duration::from_millis(500);

/// SIGABRT.
const ABORTED: i32 = 6;

/// SIGBUS, on Linux and macOS.
const CUT_SHORT: [i32; 2] = [7, 10];

/// A connection in a process.
pub(super) struct Worker {
    input: pipe::Sender,
    output: pipe::Receiver,
    /// Absent in tests of this crate, which have no program to start. There the worker is a thread.
    process: Option<Process>,
    /// A message was sent or received only partly, so no further request is possible.
    broken: bool,
}

impl Worker {
    /// Starts a worker that opens the database.
    pub(super) async fn open(workers: Option<&Workers>, access: Access) -> Result<Self, GuestError> {
        let mut worker = Self::start(workers)?;
        let opening = encoded(&Request::Open(access))?;
        match worker.reply(opening, limits::OPENING, "opening the database").await? {
            Answer::Opened => Ok(worker),
            _ => Err(broken_off()),
        }
    }

    /// Copies a database of another program, as requested. If this future is dropped, the copying ends.
    ///
    /// SQLite maps a file beside the database into memory. If another program truncates that file, the process with the
    /// mapping is killed. So the copying runs in a separate process.
    ///
    /// # Errors
    /// The errors of `snapshot-of` in `wit/sql.wit`; also when the process ends.
    pub(super) async fn copy(workers: Option<&Workers>, request: &Request) -> Result<(), GuestError> {
        let message = encoded(request)?;
        match Self::start(workers)?.reply(message, limits::FILE_TIME, "the copy").await? {
            Answer::Copied => Ok(()),
            _ => Err(broken_off()),
        }
    }

    fn start(workers: Option<&Workers>) -> Result<Self, GuestError> {
        let started = match workers {
            Some(workers) => process(workers),
            None => without_program(),
        };
        started.map_err(|error| {
            GuestError::Failed(format!("the process for statements of plugins does not start: {error}"))
        })
    }

    /// Sends a request and waits for the reply. After an error of the process (not of the statement), the worker [is
    /// broken](Self::is_broken).
    pub(super) async fn ask(&mut self, request: &Request) -> Reply {
        let message = encoded(request)?;
        self.reply(message, limits::STATEMENT, "the statement").await
    }

    /// True if no further request is possible.
    pub(super) fn is_broken(&self) -> bool {
        self.broken
    }

    /// Lets the process close its database, which empties the write-ahead log.
    pub(super) async fn close(mut self) {
        drop(self.input);
        if let Some(process) = &mut self.process {
            // If the process does not end, it is killed.
            process.ended(CLOSING).await;
        }
    }

    async fn reply(&mut self, message: Vec<u8>, time: Duration, what: &str) -> Reply {
        if self.broken {
            return Err(broken_off());
        }
        // If this future is dropped while it waits, a reply remains in the pipe.
        self.broken = true;
        match timeout(time + limits::STATEMENT_GRACE, self.pass(&message)).await {
            Ok(Ok(reply)) => {
                self.broken = false;
                reply
            }
            Ok(Err(_)) => Err(self.why().await),
            Err(_) => {
                self.kill();
                Err(GuestError::Timeout(format!("{what} took longer than {} s", time.as_secs())))
            }
        }
    }

    async fn pass(&mut self, message: &[u8]) -> io::Result<Reply> {
        self.input.write_all(message).await?;
        self.input.flush().await?;
        let mut header = [0; HEADER_BYTES];
        self.output.read_exact(&mut header).await?;
        let mut reply = vec![0; length(header)?];
        self.output.read_exact(&mut reply).await?;
        decode(&reply)
    }

    async fn why(&mut self) -> GuestError {
        let Some(process) = &mut self.process else { return broken_off() };
        let Some(status) = process.ended(CLOSING).await else {
            process.kill();
            return broken_off();
        };
        match (status.code().and_then(Exit::from_code), status.signal()) {
            (Some(exit), _) => exit.error(),
            // A program aborts if an allocation outside of SQLite fails.
            (None, Some(ABORTED)) => GuestError::out_of_memory(),
            (None, Some(signal)) if CUT_SHORT.contains(&signal) => {
                GuestError::Failed("a file of the database was truncated while it was read".to_owned())
            }
            (None, _) => GuestError::Failed(format!("the process that ran the statement ended ({status})")),
        }
    }

    fn kill(&mut self) {
        if let Some(process) = &mut self.process {
            process.kill();
        }
    }
}

fn encoded(request: &Request) -> Result<Vec<u8>, GuestError> {
    let too_large = |_| GuestError::TooLarge(format!("the call is larger than {} MiB", FRAME_BYTES >> 20));
    encode(request).map_err(too_large)
}

fn process(workers: &Workers) -> io::Result<Worker> {
    let WorkerProcess { process, input, output } = workers.start("sql")?;
    Ok(Worker { input, output, process: Some(process), broken: false })
}

#[cfg(not(test))]
fn without_program() -> io::Result<Worker> {
    Err(io::Error::other("this host was started without workers"))
}

/// Sends a request to the worker in `kept`. Starts a worker if there is none. Drops the worker afterwards if it is broken.
pub(super) async fn ask(
    workers: Option<&Workers>,
    kept: &mut Option<Worker>,
    access: Access,
    request: &Request,
) -> Result<Answer, GuestError> {
    let mut worker = match kept.take() {
        Some(worker) => worker,
        None => Worker::open(workers, access).await?,
    };
    let reply = worker.ask(request).await;
    if !worker.is_broken() {
        *kept = Some(worker);
    }
    reply
}

#[cfg(test)]
fn without_program() -> io::Result<Worker> {
    use baton_plugin_sql::worker::serve;
    let ((input, requests), (replies, output)) = (io::pipe()?, io::pipe()?);
    std::thread::spawn(move || serve(input, output, |_| ()));
    let input = pipe::Sender::from_owned_fd(requests.into())?;
    let output = pipe::Receiver::from_owned_fd(replies.into())?;
    Ok(Worker { input, output, process: None, broken: false })
}

/// The error for a broken protocol with a worker, which is a fault of Baton.
pub(super) fn broken_off() -> GuestError {
    GuestError::Failed("the call failed; this is a fault of Baton: please report it".to_owned())
}
