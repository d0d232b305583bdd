//! The main loop of a worker.

use std::io::{self, Read, Write};
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;
use std::time::Duration;

use super::bounds::{Exit, watch_space};
use super::frame;
use super::message::{Answer, Reply, Request};
use crate::read::{PageEnd, ResultPages};
use crate::session::columns;
use crate::{GuestError, Session, StopHandle, Value, copy, limits};

/// The time limit for a statement to end after the input was closed.
const GRACE: Duration = Duration::from_millis(200);

/// Answers requests until the input is closed. `end` ends the process at once, even during a statement.
///
/// # Errors
/// When the answers cannot be written because the reader has ended.
pub fn serve(input: impl Read + Send + 'static, output: impl Write, end: fn(Exit)) -> io::Result<()> {
    let stop = StopHandle::default();
    let mut link = Link { requests: listen(input, stop.clone(), end)?, output };
    let Some(first) = link.next() else { return Ok(()) };
    let access = match first {
        Request::Open(access) => access,
        Request::Copy { from, to, device, inode } => {
            let copied = copy(&from, &to, &stop, || identity(&from) == Some((device, inode)));
            return link.send(&copied.map(|()| Answer::Copied));
        }
        _ => return link.send(&out_of_order()),
    };
    let session = match Session::open(&access, &stop) {
        Ok(session) => session,
        Err(error) => return link.send(&Err(error)),
    };
    let _watched = watch_space(access, end);
    link.send(&Ok(Answer::Opened))?;
    while let Some(request) = link.next() {
        let reply = match request {
            Request::Query { statement, parameters } => session.query(&statement, &parameters).map(Answer::Table),
            Request::Execute { statement, parameters } => changed(&session, session.execute(&statement, &parameters)),
            Request::Batch { statement, rows } => changed(&session, session.batch(&statement, &rows)),
            Request::Transaction { steps } => {
                let rows = session.transaction(&steps);
                let growth = session.take_growth();
                rows.map(|rows| Answer::Changes { rows, growth })
            }
            Request::OpenCursor { statement, parameters } => {
                return serve_cursor(&session, &mut link, &statement, &parameters);
            }
            Request::Open(_) | Request::Copy { .. } | Request::Next { .. } => out_of_order(),
        };
        link.send(&reply)?;
    }
    Ok(())
}

fn changed(session: &Session, rows: Result<u64, GuestError>) -> Reply {
    let growth = session.take_growth();
    rows.map(|rows| Answer::Changed { rows, growth })
}

/// Device and inode of the file at the path; does not follow a link.
fn identity(path: &Path) -> Option<(u64, u64)> {
    path.symlink_metadata().ok().map(|found| (found.dev(), found.ino()))
}

/// Starts a query and answers with its rows page by page. All rows come from the state of the database at the start.
fn serve_cursor(
    session: &Session,
    link: &mut Link<impl Write>,
    statement: &str,
    parameters: &[Value],
) -> io::Result<()> {
    let stop = session.stop();
    stop.begin();
    let mut prepared = match session.prepare_query(statement, parameters) {
        Ok(prepared) => prepared,
        Err(error) => return link.send(&Err(error)),
    };
    let columns = columns(&prepared);
    let mut pieces = ResultPages::new(prepared.raw_query(), columns.len());
    // SQLite takes its snapshot of the database when it reads the first row.
    if let Err(error) = pieces.peek(stop) {
        return link.send(&Err(error));
    }
    link.send(&Ok(Answer::Columns(columns)))?;
    while let Some(request) = link.next() {
        let Request::Next { most } = request else { return link.send(&out_of_order()) };
        stop.begin();
        let most = usize::try_from(most).unwrap_or(usize::MAX).min(limits::ROWS);
        let rows = pieces.next(most, PageEnd::Pause, stop);
        let ended = rows.is_err();
        link.send(&rows.map(Answer::Rows))?;
        if ended {
            return Ok(());
        }
    }
    Ok(())
}

/// The two pipes of a worker.
struct Link<W> {
    requests: Receiver<Request>,
    output: W,
}

impl<W: Write> Link<W> {
    /// The next request; `None` after the input was closed.
    fn next(&self) -> Option<Request> {
        self.requests.recv().ok()
    }

    fn send(&mut self, reply: &Reply) -> io::Result<()> {
        frame::write(&mut self.output, reply)
    }
}

/// Reads requests on a thread, so that the end of the input is noticed while a statement runs.
fn listen(input: impl Read + Send + 'static, stop: StopHandle, end: fn(Exit)) -> io::Result<Receiver<Request>> {
    let (requests, received) = sync_channel(1);
    let listen = move || {
        forward(input, &requests);
        drop(requests);
        stop.stop();
        thread::sleep(GRACE);
        end(Exit::Abandoned);
    };
    thread::Builder::new().name("requests".to_owned()).spawn(listen)?;
    Ok(received)
}

fn forward(mut input: impl Read, requests: &SyncSender<Request>) {
    while let Ok(Some(request)) = frame::read(&mut input) {
        if requests.send(request).is_err() {
            return;
        }
    }
}

fn out_of_order() -> Reply {
    Err(GuestError::Failed("a request in the wrong order; this is a fault of Baton: please report it".to_owned()))
}
