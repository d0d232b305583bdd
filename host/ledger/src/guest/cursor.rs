//! A result that is read piece by piece: a thread holds connection and statement and answers until nobody asks any more.

use std::sync::mpsc::Receiver;

use tokio::sync::oneshot;

use super::read::{Full, Pieces};
use super::session::columns;
use super::{Access, GuestError, Row, Session, Stop, Value, limits};

/// Somebody wants rows.
#[derive(Debug)]
pub struct Asked {
    /// At most so many.
    pub most: usize,
    /// Where they go; none when there are no more.
    pub answer: oneshot::Sender<Result<Vec<Row>, GuestError>>,
}

/// Opens a connection of its own, begins the query, tells the columns to `opened`, and answers what is `asked` until the
/// other end is dropped. The rows are those of the moment of opening. Blocks all that time.
pub fn serve(
    access: &Access,
    stop: &Stop,
    (statement, parameters): (&str, &[Value]),
    opened: oneshot::Sender<Result<Vec<String>, GuestError>>,
    asked: &Receiver<Asked>,
) {
    // A cursor never writes.
    let access = Access { writable: false, ..access.clone() };
    stop.begin();
    let session = match Session::open(&access, stop) {
        Ok(session) => session,
        Err(error) => return drop(opened.send(Err(error))),
    };
    let mut prepared = match session.reading(statement, parameters) {
        Ok(prepared) => prepared,
        Err(error) => return drop(opened.send(Err(error))),
    };
    let columns = columns(&prepared);
    let mut pieces = Pieces::of(prepared.raw_query(), columns.len());
    // The first row is what makes SQLite take its view of the database.
    if let Err(error) = pieces.peek(stop) {
        return drop(opened.send(Err(error)));
    }
    if opened.send(Ok(columns)).is_err() {
        return;
    }
    while let Ok(Asked { most, answer }) = asked.recv() {
        session.stop().begin();
        let most = most.min(limits::ROWS);
        let rows = pieces.next(most, Full::Pause, stop);
        let ended = rows.is_err();
        if answer.send(rows).is_err() || ended {
            return;
        }
    }
}
