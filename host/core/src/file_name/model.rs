//! The parts of a name. Every part may be absent.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};

/// The parts that a name has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FileName {
    /// When an archive last moved the file: a leading time without zone, in the local time of the moving machine.
    pub moved_at: Option<DateTime>,
    /// When the handoff was created: a UTC time before the title or, in older names, after it. In nested names, the
    /// outermost time.
    pub made_at: Option<Timestamp>,
    /// The day on which the handoff was created, if the name has a date without a zone or without a time.
    pub made_on: Option<Date>,
    /// When the file was renamed because of another file with the same name: a second UTC time before the tail.
    pub clashed_at: Option<Timestamp>,
    /// When the file was parked after its last try: the date after `RETRY3`.
    pub parked_on: Option<Date>,
    /// `HANDOFF`, `RETURN`, `HUMAN-ACTION`, …, as written. In nested names, the outermost one.
    pub kind: Option<String>,
    /// The nested names, outermost first. A handoff about a handoff has one entry.
    pub about: Vec<About>,
    /// The title, with spaces instead of hyphens.
    pub title: Option<String>,
    /// The requesting agent: the agent before the title. Absent if the name has only one agent.
    pub sender: Option<String>,
    /// The recipient of a request or the author of a RETURN: the agent after the title, otherwise the only agent before
    /// the title.
    pub agent: Option<String>,
    /// A task's token: 8 or 16 hexadecimal digits of its id, or the whole id. Many tasks can have the same eight
    /// digits.
    pub token: Option<String>,
    /// The last part after the title, as written: an agent, a token or a word.
    pub tail: Option<String>,
    /// The suffixes that archives add, in the order of the name: `SUPERSEDED`, `STALE`, `BLOCKED_…`, `MAXRETRY`,
    /// `RETRY3`, …
    pub decorations: Vec<String>,
}

/// A name inside a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct About {
    /// When the handoff in the nested name was created.
    pub made_at: Timestamp,
    /// The kind of that handoff.
    pub kind: String,
}
