//! Counts the objects that cannot be read, by cause. A library without any readable object is an error, not an empty library.

use std::collections::BTreeMap;

use baton_plugin_sdk::Error;

/// Maximum number of causes counted separately (a damaged library may have a different one per object).
const MOST_CAUSES: usize = 64;

/// Maximum number of causes in the error message.
const SHOWN: usize = 5;

/// The reason why an object cannot be read.
#[derive(Debug)]
pub(super) struct UnreadReason {
    /// The cause and the byte position.
    pub(super) message: String,
    /// The cause without the position, so that equal causes are counted together.
    pub(super) category: String,
}

impl UnreadReason {
    pub(super) fn new(message: String, category: &str) -> Self {
        Self { message, category: category.to_owned() }
    }
}

#[derive(Debug, Default)]
pub(super) struct UnreadCounts {
    counts: BTreeMap<String, usize>,
    read: usize,
    unread: usize,
}

impl UnreadCounts {
    pub(super) fn count(&mut self, unread: Option<&UnreadReason>) {
        let Some(UnreadReason { category: cause, .. }) = unread else {
            self.read += 1;
            return;
        };
        self.unread += 1;
        let is_counted = self.counts.len() < MOST_CAUSES || self.counts.contains_key(cause);
        let cause = if is_counted { cause.as_str() } else { "another cause" };
        *self.counts.entry(cause.to_owned()).or_default() += 1;
    }

    /// Checks that not all objects are unreadable.
    ///
    /// # Errors
    /// `permanent`, with the most frequent causes.
    pub(super) fn check(&self) -> Result<(), Error> {
        if self.read > 0 || self.unread == 0 {
            return Ok(());
        }
        let mut causes: Vec<_> = self.counts.iter().collect();
        causes.sort_by(|a, b| b.1.cmp(a.1).then(a.0.cmp(b.0)));
        let shown: Vec<_> = causes.iter().take(SHOWN).map(|(cause, count)| format!("{cause} ({count})")).collect();
        let more = if causes.len() > SHOWN { ", and others" } else { "" };
        Err(unsupported(&format!("none of its {} objects can be read: {}{more}", self.unread, shown.join(", "))))
    }
}

/// The error for a library of another djay version.
pub(super) fn unsupported(why: &str) -> Error {
    Error::Permanent(format!("this is not a library of a supported djay version: {why}"))
}
