//! Errors of requests to Eagle. No message contains the token: addresses are shown without their queries.

use std::time::Duration;

/// An error of a request to Eagle.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EagleError {
    /// The given address is not valid.
    #[error("`{address}` is not an address of Eagle: {reason}; write it like http://localhost:41595")]
    Address {
        /// The address without secrets.
        address: String,
        /// Why it is not valid.
        reason: &'static str,
    },
    /// The connection failed or was lost.
    #[error("Eagle does not answer at {address}: {reason}; start Eagle, or name its address with --url")]
    Unreachable {
        /// The address.
        address: String,
        /// The reason of the system.
        reason: String,
    },
    /// Eagle did not answer before the timeout.
    #[error("the request {what} took longer than {after:?}; set a longer --timeout")]
    Timeout {
        /// The requested path.
        what: String,
        /// The timeout.
        after: Duration,
    },
    /// The server reports an internal error (5xx).
    #[error(
        "Eagle reports an internal error for {what} ({status}{words}); check whether Eagle shows an error, then sync again"
    )]
    ServerError {
        /// The requested path.
        what: String,
        /// The HTTP status.
        status: u16,
        /// The beginning of the answer, after a colon.
        words: String,
    },
    /// The token is missing or wrong.
    #[error(
        "Eagle at {address} requires its API token: copy it from Eagle's preferences under Developer, and store it with \
         `baton secret set {secret}`"
    )]
    Unauthorized {
        /// The address.
        address: String,
        /// The name of the secret that holds the token.
        secret: String,
    },
    /// Eagle refuses the request (4xx, or `status` is not `success`).
    #[error("Eagle refuses {what} ({status}{words})")]
    Refused {
        /// The requested path.
        what: String,
        /// The HTTP status.
        status: u16,
        /// The beginning of the answer, after a colon.
        words: String,
    },
    /// The answer is not from Eagle's API.
    #[error("the answer to {what} is not from Eagle's API: {found}; check whether another program uses the port")]
    NotEagle {
        /// The requested path.
        what: String,
        /// The answer that was found.
        found: String,
    },
    /// The answer is incomplete.
    #[error("the answer to {what} is incomplete; check whether Eagle is closing, then sync again")]
    Incomplete {
        /// The requested path.
        what: String,
    },
    /// Tags of an item were lost after saving, and restoring them failed.
    #[error(
        "Eagle lost tags of {item} when it saved them, twice: {tags}; the sync stopped; add the tags in Eagle again"
    )]
    TagsLost {
        /// The item.
        item: String,
        /// The tags.
        tags: String,
    },
    /// Several items in a row did not have the tags that were saved.
    #[error(
        "Eagle reports success, but the last {items} items do not have the saved tags; restart Eagle, then sync again"
    )]
    NotSaved {
        /// The number of items.
        items: usize,
    },
    /// The answer is too long.
    #[error("the answer to {what} has more than {limit} bytes and is ignored")]
    TooLarge {
        /// The requested path.
        what: String,
        /// The limit in bytes.
        limit: usize,
    },
    /// The HTTP client cannot be built.
    #[error("cannot build the HTTP client: {0}")]
    Client(String),
}

impl EagleError {
    /// True if a retry may succeed.
    #[must_use]
    pub fn is_temporary(&self) -> bool {
        matches!(
            self,
            Self::Unreachable { .. } | Self::Timeout { .. } | Self::ServerError { .. } | Self::Incomplete { .. }
        )
    }

    /// True if the error affects all items, so that the sync stops.
    pub(super) fn affects_all_items(&self) -> bool {
        matches!(self, Self::Unreachable { .. } | Self::Unauthorized { .. } | Self::TagsLost { .. })
    }

    /// True if the answer means that Eagle has no item with this id. The documentation of V1 does not define this answer. It
    /// is a refusal (or a 404) that says "not found" or gives no reason. A refusal with another reason is an error.
    pub(super) fn is_unknown_item(&self) -> bool {
        const PHRASES: [&str; 4] = ["not found", "not exist", "no such", "no item"];
        let Self::Refused { status: 200 | 404, words, .. } = self else { return false };
        let words = words.to_lowercase();
        let bare: String = words.chars().filter(|sign| !sign.is_whitespace()).collect();
        ["", r#":{"status":"error"}"#].contains(&bare.as_str()) || PHRASES.iter().any(|saying| words.contains(saying))
    }

    /// True if the server answered, but does not support the request.
    pub(super) fn is_refusal(&self) -> bool {
        matches!(self, Self::Refused { .. } | Self::NotEagle { .. })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_some_refusals_mean_an_unknown_item() {
        let refused =
            |status, words: &str| EagleError::Refused { what: String::new(), status, words: words.to_owned() };
        for (status, words) in [
            (200, r#": {"status":"error","message":"Item not found"}"#),
            (200, r#": {"status": "error"}"#),
            (404, ": Not Found"),
            (404, ""),
        ] {
            assert!(refused(status, words).is_unknown_item(), "{status}{words}");
        }
        for (status, words) in [
            (200, r#": {"status":"error","message":"the library is being loaded"}"#),
            (400, ": Not Found"),
            (429, ""),
            (405, ""),
        ] {
            assert!(!refused(status, words).is_unknown_item(), "{status}{words}");
        }
    }
}
