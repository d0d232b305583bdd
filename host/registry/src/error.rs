//! The errors of fetching and publishing a package: each variant has a different remedy.

use std::path::PathBuf;
use std::time::Duration;

use crate::oci::AccessError;

/// An error of fetching or publishing a package.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// A file cannot be read.
    #[error("{} cannot be read: {reason}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// The cause.
        reason: String,
    },
    /// The server does not answer.
    #[error("{host} cannot be reached: {reason}; check its name, whether it is up, and the network (proxy, firewall)")]
    Unreachable {
        /// The server.
        host: String,
        /// The system's error.
        reason: String,
    },
    /// The transfer took too long.
    #[error("{what} did not arrive within {} s; try again with a better connection", after.as_secs())]
    Timeout {
        /// The file or address.
        what: String,
        /// The time limit.
        after: Duration,
    },
    /// The server requires a login.
    #[error(
        "{host} requires a login for {what}: run `docker login {host}`, which writes name and password to \
        ~/.docker/config.json (Baton reads `auths`, but calls no credential helpers), or set BATON_REGISTRY_USER and \
        BATON_REGISTRY_PASSWORD"
    )]
    Unauthorized {
        /// The server.
        host: String,
        /// The file or address.
        what: String,
    },
    /// The server refuses the request for these credentials.
    #[error("{host} refuses {what}: ask its operator for permission")]
    Denied {
        /// The server.
        host: String,
        /// The file or address.
        what: String,
    },
    /// The file or package does not exist.
    #[error("{what} does not exist; check the name, the tag and the digest")]
    NotFound {
        /// The file or address.
        what: String,
    },
    /// The file is larger than its limit.
    #[error("{what} has more than {limit} bytes, {why}")]
    TooLarge {
        /// The file or address.
        what: String,
        /// The largest size, in bytes.
        limit: usize,
        /// The name of the limit: `the limit for a component`.
        why: &'static str,
    },
    /// The file is incomplete.
    #[error("{what} is cut off after {found} of {expected} bytes; try again, or ask its publisher to publish it again")]
    Truncated {
        /// The file or address.
        what: String,
        /// The expected size, in bytes.
        expected: u64,
        /// The number of bytes that were received.
        found: usize,
    },
    /// The digest of the file is not the expected one.
    #[error("{what} was changed: its digest should be {expected}, but is {found}; it was discarded")]
    WrongDigest {
        /// The file or address.
        what: String,
        /// The expected digest.
        expected: String,
        /// The digest of the received bytes.
        found: String,
    },
    /// The downloaded file is not a plugin.
    #[error("{what} is not a plugin package: {reason}")]
    NotAPackage {
        /// The file or address.
        what: String,
        /// What the file contains instead of a package.
        reason: String,
    },
    /// The server answers with another error, or its answer is unusable.
    #[error("{host} sent an unusable answer: {reason}")]
    Refused {
        /// The server.
        host: String,
        /// The server's answer.
        reason: String,
    },
    /// The component cannot be published. Contains the reason.
    #[error("the component cannot be published: {0}")]
    Unpublishable(String),
    /// The credentials cannot be read.
    #[error(transparent)]
    Access(#[from] AccessError),
}
