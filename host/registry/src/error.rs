//! The errors of fetching and publishing a package, one variant for each thing that a person can do about it.

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
    /// It took too long.
    #[error("{what} did not come within {} s; try again on a better connection", after.as_secs())]
    TooSlow {
        /// The file or address.
        what: String,
        /// The time limit.
        after: Duration,
    },
    /// The server wants to know who asks.
    #[error(
        "{host} requires a login for {what}: `docker login {host}` writes a name and a password \
         to ~/.docker/config.json (`auths` is read, helpers are not), or set BATON_REGISTRY_USER and \
         BATON_REGISTRY_PASSWORD"
    )]
    Unauthorized {
        /// The server.
        host: String,
        /// The file or address.
        what: String,
    },
    /// The server knows who asks and refuses.
    #[error("{host} refuses {what}: ask its operator for permission")]
    Denied {
        /// The server.
        host: String,
        /// The file or address.
        what: String,
    },
    /// It is not there.
    #[error("{what} is not there; check the name, the tag and the digest")]
    NotFound {
        /// The file or address.
        what: String,
    },
    /// It has more bytes than it may have.
    #[error("{what} has more than {limit} bytes, {why}")]
    TooLarge {
        /// The file or address.
        what: String,
        /// The largest size, in bytes.
        limit: usize,
        /// The source of the limit.
        why: &'static str,
    },
    /// It ends too early.
    #[error("{what} is cut off after {found} of {expected} bytes; try again, or have it published again")]
    Truncated {
        /// The file or address.
        what: String,
        /// The expected size, in bytes.
        expected: u64,
        /// The number of bytes that were received.
        found: usize,
    },
    /// Its digest is not the expected one.
    #[error("{what} was changed: it should have the digest {expected} and has {found}; nothing of it was kept")]
    WrongDigest {
        /// The file or address.
        what: String,
        /// The digest that was asked for.
        expected: String,
        /// The digest of what came.
        found: String,
    },
    /// The downloaded file is not a plugin.
    #[error("{what} is not a plugin package: {reason}")]
    NotAPackage {
        /// The file or address.
        what: String,
        /// What was found instead.
        reason: String,
    },
    /// The server answers with something else.
    #[error("{host} sent an unusable answer: {reason}")]
    Refused {
        /// The server.
        host: String,
        /// The server's answer.
        reason: String,
    },
    /// A package cannot be published like this.
    #[error("it cannot be published: {0}")]
    Unpublishable(String),
    /// The credentials cannot be read.
    #[error(transparent)]
    Access(#[from] AccessError),
}
