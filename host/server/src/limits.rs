//! Times and numbers of the server, in one place.

use std::time::Duration;

/// How long a claim of a process lasts without renewal. Two renewals in a row may fail.
pub const PROCESS_CLAIM: Duration = Duration::from_mins(1);

/// The interval of renewals.
pub(crate) const RENEWAL: Duration = Duration::from_secs(20);

/// After this time without a call, the session stops renewing its claims: its agent probably does not work on the requests
/// any more.
pub(crate) const FORGOTTEN: Duration = Duration::from_hours(2);

/// The default wait of a tool. Shorter than the shortest time limit of the known clients (60 s).
pub(crate) const USUAL_WAIT: Duration = Duration::from_secs(50);

/// The longest wait of one call.
pub(crate) const LONGEST_WAIT: Duration = Duration::from_hours(1);

/// The interval of progress notifications while a tool waits.
pub(crate) const PROGRESS: Duration = Duration::from_secs(20);

/// The maximum number of handoffs and RETURNs that an agent may send to one server in [`WINDOW`].
pub(crate) const SENDS: usize = 60;

/// The maximum number of claims, reports of progress, questions and releases that an agent may send to one server in [`WINDOW`].
pub(crate) const CHANGES: usize = 120;

/// The window of [`SENDS`] and [`CHANGES`].
pub(crate) const WINDOW: Duration = Duration::from_mins(1);

/// The maximum number of bytes of a handoff's text that `read` returns at once.
pub(crate) const TEXT_BYTES: usize = 100_000;

/// The maximum number of tasks that `status` lists.
pub(crate) const LISTED: usize = 50;

/// How long a message of A2A may take from its file to its task.
pub(crate) const CAPTURE: Duration = Duration::from_secs(30);

/// The maximum number of tasks in a page of `ListTasks`; the A2A specification sets it.
pub(crate) const PAGE: u32 = 100;

/// The number of tasks in a page if a call of `ListTasks` names no page size; the A2A specification sets it.
pub(crate) const USUAL_PAGE: u32 = 50;

/// The maximum length in bytes of an id that an A2A client chooses.
pub(crate) const CLIENT_ID_BYTES: usize = 256;

/// How many events of an A2A stream may wait for a slow client.
pub(crate) const WAITING_EVENTS: usize = 16;

/// How long a claim over HTTP lasts after the last call of its agent.
pub(crate) const HTTP_CLAIM: Duration = Duration::from_mins(30);

/// The maximum number of connections at the same time.
pub(crate) const CONNECTIONS: usize = 512;

/// How long the headers of a request may take.
pub(crate) const HEADERS: Duration = Duration::from_secs(5);

/// The maximum number of sessions of one agent at the same time (protocol versions before 2026-07-28). A session ends after
/// five idle minutes.
pub(crate) const SESSIONS: usize = 32;

/// The maximum number of requests and open streams of one agent at the same time. So a few agents cannot use up [`CONNECTIONS`].
pub(crate) const STREAMS: usize = 64;

/// The maximum size in bytes of the headers of a request.
pub(crate) const HEADER_BYTES: usize = 64 << 10;

/// How long the body of a request may take.
pub(crate) const BODY: Duration = Duration::from_secs(20);

/// The maximum size in bytes of the body of a request.
pub(crate) const BODY_BYTES: usize = 4 << 20;

/// The pause after a connection could not be accepted.
pub(crate) const ACCEPT_AGAIN: Duration = Duration::from_millis(100);
