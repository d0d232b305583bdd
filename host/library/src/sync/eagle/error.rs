//! Errors of requests to Eagle. No message contains the token: addresses are shown without their queries.

use std::time::Duration;

/// An error of talking with Eagle.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EagleError {
    /// What was given is no address.
    #[error("`{address}` is not an address of Eagle: {reason}; write it like http://localhost:41595")]
    Address {
        /// What was given.
        address: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// There is no connection, or it broke.
    #[error("Eagle does not answer at {address}: {reason}; start Eagle, or name its address with --url")]
    Unreachable {
        /// Where.
        address: String,
        /// What the system says.
        reason: String,
    },
    /// No answer in time.
    #[error("{what} took longer than {after:?}; --timeout gives it more")]
    TooSlow {
        /// The path that was asked for.
        what: String,
        /// How long was waited.
        after: Duration,
    },
    /// The server reports an internal error (5xx).
    #[error("{what} failed within Eagle ({status}{words}); see whether Eagle shows an error, then sync again")]
    Failing {
        /// The path that was asked for.
        what: String,
        /// The HTTP status.
        status: u16,
        /// The beginning of what it says, with a colon before it.
        words: String,
    },
    /// It wants a token that it was not given, or another one.
    #[error(
        "Eagle at {address} requires its API token: copy it from Eagle's preferences under Developer, and store it with \
         `baton secret set {secret}`"
    )]
    Unauthorized {
        /// Where.
        address: String,
        /// The secret that would be sent.
        secret: String,
    },
    /// It refuses (4xx, or `status` is not `success`).
    #[error("Eagle refuses {what} ({status}{words})")]
    Refused {
        /// The path that was asked for.
        what: String,
        /// The HTTP status.
        status: u16,
        /// The beginning of what it says, with a colon before it.
        words: String,
    },
    /// The answer is not from Eagle's API.
    #[error("what answers {what} is not Eagle's API: {found}; see whether another program has the port")]
    NotEagle {
        /// The path that was asked for.
        what: String,
        /// What came instead.
        found: String,
    },
    /// The answer ends before its end.
    #[error("the answer to {what} ends in the middle; see whether Eagle is being closed, then sync again")]
    CutShort {
        /// The path that was asked for.
        what: String,
    },
    /// Tags that an item had are gone after it was saved, and do not come back.
    #[error(
        "Eagle lost tags of {item} when it saved them, twice: {tags}; nothing more is sent; add them in Eagle again"
    )]
    Loses {
        /// The item.
        item: String,
        /// The tags.
        tags: String,
    },
    /// Items are not as they were written, one after the other.
    #[error(
        "Eagle says that it saves, and the last {items} items were not as they were saved; restart Eagle, then sync again"
    )]
    SavesNothing {
        /// How many items.
        items: usize,
    },
    /// The answer is too long.
    #[error("the answer to {what} has more than {limit} bytes; nothing of it is taken")]
    TooLarge {
        /// The path that was asked for.
        what: String,
        /// How much it may have.
        limit: usize,
    },
    /// No client can be made.
    #[error("no connection can be made: {0}")]
    Client(String),
}

impl EagleError {
    /// Whether the same request may do better in a moment.
    #[must_use]
    pub fn may_pass(&self) -> bool {
        matches!(self, Self::Unreachable { .. } | Self::TooSlow { .. } | Self::Failing { .. } | Self::CutShort { .. })
    }

    /// Whether no other item would fare better.
    pub(super) fn ends_all(&self) -> bool {
        matches!(self, Self::Unreachable { .. } | Self::Unauthorized { .. } | Self::Loses { .. })
    }

    /// Whether it is said of an item that there is none of that id. The documents of V1 do not tell how it says so: as an answer
    /// that is no success (or a 404), which says that it was not found or gives no reason at all. Another reason is a refusal.
    pub(super) fn is_unknown(&self) -> bool {
        const SAYINGS: [&str; 4] = ["not found", "not exist", "no such", "no item"];
        let Self::Refused { status: 200 | 404, words, .. } = self else { return false };
        let words = words.to_lowercase();
        let bare: String = words.chars().filter(|sign| !sign.is_whitespace()).collect();
        ["", r#":{"status":"error"}"#].contains(&bare.as_str()) || SAYINGS.iter().any(|saying| words.contains(saying))
    }

    /// Whether the server answered and does not know what was asked of it.
    pub(super) fn is_refusal(&self) -> bool {
        matches!(self, Self::Refused { .. } | Self::NotEagle { .. })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_refusal_that_says_so_is_an_item_that_is_not_there() {
        let refused =
            |status, words: &str| EagleError::Refused { what: String::new(), status, words: words.to_owned() };
        for (status, words) in [
            (200, r#": {"status":"error","message":"Item not found"}"#),
            (200, r#": {"status": "error"}"#),
            (404, ": Not Found"),
            (404, ""),
        ] {
            assert!(refused(status, words).is_unknown(), "{status}{words}");
        }
        for (status, words) in [
            (200, r#": {"status":"error","message":"the library is being loaded"}"#),
            (400, ": Not Found"),
            (429, ""),
            (405, ""),
        ] {
            assert!(!refused(status, words).is_unknown(), "{status}{words}");
        }
    }
}
