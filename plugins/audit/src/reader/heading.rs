//! A heading, and what its words mean for every path below it.

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
    meaning: OnceCell<HeadingMeaning>,
}

/// The meaning of a heading, computed once, because thousands of paths may be below it.
#[derive(Debug, Clone)]
struct HeadingMeaning {
    topic: &'static str,
    made: bool,
    checked: bool,
    folder: Option<String>,
    plain: String,
}

impl Heading {
    pub(super) fn new(level: usize, text: &str, line: usize, parent: Option<usize>) -> Self {
        Self { level, text: text.to_owned(), line, parent, meaning: OnceCell::new() }
    }

    pub(crate) fn topic(&self) -> &'static str {
        self.meaning().topic
    }

    /// True if a word says that something was made: "Files created".
    pub(crate) fn says_made(&self) -> bool {
        self.meaning().made
    }

    /// True if it has a sign that means "done".
    pub(crate) fn is_checked(&self) -> bool {
        self.meaning().checked
    }

    /// The folder that the heading is about: "### `src/till/` – new package".
    pub(crate) fn folder(&self) -> Option<&str> {
        self.meaning().folder.as_deref()
    }

    /// Its text without markup.
    pub(crate) fn plain(&self) -> &str {
        &self.meaning().plain
    }

    fn meaning(&self) -> &HeadingMeaning {
        self.meaning.get_or_init(|| HeadingMeaning {
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
