//! Counts the objects that cannot be read, by cause. A library without any readable object is an error, not an empty library.

use std::collections::BTreeMap;

use baton_plugin_sdk::Error;

/// Causes that are counted separately; a file could have one for each object.
const MOST_CAUSES: usize = 64;

/// Causes in the error message.
const SHOWN: usize = 5;

/// The reason why an object cannot be read.
#[derive(Debug)]
pub(super) struct UnreadReason {
    /// With the position.
    pub(super) why: String,
    /// Without a position.
    pub(super) cause: String,
}

impl UnreadReason {
    pub(super) fn new(why: String, cause: &str) -> Self {
        Self { why, cause: cause.to_owned() }
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
        let Some(UnreadReason { cause, .. }) = unread else {
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
