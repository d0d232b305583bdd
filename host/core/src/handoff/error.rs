//! Errors of files that are not handoffs, with the place in the text.

use std::fmt;

/// The reason why a file is not a handoff. Each message has the position of the fault and the fix.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParseError {
    /// Nothing but white space.
    #[error("the file is empty; write the handoff and drop it again")]
    Empty,
    /// Not text.
    #[error(
        "the file is not text (neither UTF-8 nor UTF-16) at byte {at}, {place}; save it as UTF-8 and drop it again"
    )]
    NotText {
        /// The byte, counted from 1.
        at: usize,
        /// The position as line and column.
        place: Position,
    },
    /// The JSON is incomplete. Its writer may not have finished it yet.
    #[error("the JSON ends before its object is closed; write the complete file under a hidden name, then rename it")]
    EndsEarly,
    /// Not JSON.
    #[error("the file is not JSON: {message} at {place}; correct it there and drop it again")]
    NotJson {
        /// What the parser expected, in the words of the parser.
        message: String,
        /// The position of the fault.
        place: Position,
    },
    /// The file has two objects. Baton reads neither, because one of them would be lost.
    #[error("a second JSON object begins at {place}; write each handoff to a separate file and drop both")]
    SecondObject {
        /// The beginning of the second object.
        place: Position,
    },
    /// JSON that is not an object, but for example a list, a number or a text.
    #[error("the file contains a JSON {0}, not an object; a handoff is an object")]
    NotObject(&'static str),
    /// An object without any key of a handoff.
    #[error("the JSON object is not a handoff: it has none of {0}; `baton send` writes a handoff")]
    NotHandoff(String),
}

/// A position in a text. Both numbers count from 1; columns are bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    pub(super) line: usize,
    pub(super) column: usize,
}

impl Position {
    /// The position of the byte `at`.
    pub(super) fn of(text: &str, at: usize) -> Self {
        let before = text.as_bytes().get(..at).unwrap_or(text.as_bytes());
        let line = before.split(|byte| *byte == b'\n').count();
        let begin = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
        Self { line, column: before.len() + 1 - begin }
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {} column {}", self.line, self.column)
    }
}

impl ParseError {
    pub(super) fn json(error: &serde_json::Error) -> Self {
        let message = error.to_string();
        let message = message.split(" at line ").next().unwrap_or_default().to_owned();
        Self::NotJson { message, place: Position { line: error.line(), column: error.column() } }
    }

    /// True if the writer may not have finished the file yet, so that reading it again later may succeed.
    #[must_use]
    pub fn may_be_unfinished(&self) -> bool {
        matches!(self, Self::EndsEarly | Self::Empty)
    }
}
