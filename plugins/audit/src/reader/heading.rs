//! A heading, and what its words say to every path below it.

use std::cell::OnceCell;

use super::lexer::{self, Markup};
use super::{topics, words};
use crate::plan::Kind;

/// Signs that mean "done".
pub(super) const CHECKS: [char; 5] = ['\u{2705}', '\u{2611}', '\u{2713}', '\u{2714}', '\u{2728}'];

#[derive(Debug, Clone)]
pub(crate) struct Heading {
    pub(crate) level: usize,
    pub(crate) text: String,
    pub(crate) line: usize,
    pub(crate) parent: Option<usize>,
    said: OnceCell<Said>,
}

/// The meaning of a heading. It is computed once: thousands of paths may be below it.
#[derive(Debug, Clone)]
struct Said {
    topic: &'static str,
    made: bool,
    checked: bool,
    folder: Option<String>,
    plain: String,
}

impl Heading {
    pub(super) fn new(level: usize, text: &str, line: usize, parent: Option<usize>) -> Self {
        Self { level, text: text.to_owned(), line, parent, said: OnceCell::new() }
    }

    pub(crate) fn topic(&self) -> &'static str {
        self.said().topic
    }

    /// True if a word says that something was made: "Files created".
    pub(crate) fn says_made(&self) -> bool {
        self.said().made
    }

    /// True if it has a sign that means "done".
    pub(crate) fn is_checked(&self) -> bool {
        self.said().checked
    }

    /// The folder that it is about: "### `src/till/` – new package".
    pub(crate) fn folder(&self) -> Option<&str> {
        self.said().folder.as_deref()
    }

    /// Its text without markup.
    pub(crate) fn plain(&self) -> &str {
        &self.said().plain
    }

    fn said(&self) -> &Said {
        self.said.get_or_init(|| Said {
            topic: topics::topic(&self.text),
            made: words::words(&self.text).any(|word| words::is_made(&word)),
            checked: self.text.contains(CHECKS),
            folder: match lexer::tokens(&self.text, false).as_slice() {
                [only] if only.kind == Kind::Folder && only.written == Markup::Code => Some(only.path.clone()),
                _ => None,
            },
            plain: lexer::plain(&self.text),
        })
    }
}
