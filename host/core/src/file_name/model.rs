//! The parts of a name. Every part may be absent.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};

/// The parts that a name has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FileName {
    /// When an archive last moved the file: a leading time without zone, by the clock of the machine that moved it.
    pub moved_at: Option<DateTime>,
    /// When the handoff was made: the outermost UTC time, before the title or, in older names, behind it.
    pub made_at: Option<Timestamp>,
    /// The day on which it was made, where the name has a date without a zone or without a time.
    pub made_on: Option<Date>,
    /// When it met a file of the same name on a move: a second UTC time before the tail.
    pub clashed_at: Option<Timestamp>,
    /// When it was parked after its last try: the date behind `RETRY3`.
    pub parked_on: Option<Date>,
    /// `HANDOFF`, `RETURN`, `HUMAN-ACTION`, …, as written: the outermost one where names are nested.
    pub kind: Option<String>,
    /// The inner names, outermost first: a handoff about a handoff has one entry.
    pub about: Vec<About>,
    /// The title, hyphens as spaces.
    pub title: Option<String>,
    /// The requesting agent: the one before the title, where the name has another agent too.
    pub sender: Option<String>,
    /// The recipient of a request or the author of a RETURN: the agent after the title, else the only one before it.
    pub agent: Option<String>,
    /// A task's token: 8 or 16 hexadecimal digits of its id, or the whole id. Eight digits cover many tasks.
    pub token: Option<String>,
    /// The last part after the title, as written: an agent, a token or a word.
    pub tail: Option<String>,
    /// The marks that archives add, in the name's order: `SUPERSEDED`, `STALE`, `BLOCKED_…`, `MAXRETRY`, `RETRY3`, …
    pub decorations: Vec<String>,
}

/// The name inside a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct About {
    /// When the handoff that it is about was made.
    pub made_at: Timestamp,
    /// The kind of that handoff.
    pub kind: String,
}
