//! Why a package could not be fetched or published, one variant for each thing that a person can do about it.

use std::path::PathBuf;
use std::time::Duration;

use crate::oci::AccessError;

/// Why a package could not be fetched or published.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// A file cannot be read.
    #[error("{} cannot be read: {reason}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why not.
        reason: String,
    },
    /// There is no answer.
    #[error("{host} cannot be reached: {reason}; check its name, whether it is up, and the network (proxy, firewall)")]
    Unreachable {
        /// The server.
        host: String,
        /// What the system says.
        reason: String,
    },
    /// It took too long.
    #[error("{what} did not come within {} s; try again on a better connection", after.as_secs())]
    TooSlow {
        /// What was asked for.
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
        /// What was asked for.
        what: String,
    },
    /// The server knows who asks and refuses.
    #[error("{host} refuses {what}: ask its operator for permission")]
    Denied {
        /// The server.
        host: String,
        /// What was asked for.
        what: String,
    },
    /// It is not there.
    #[error("{what} is not there; check the name, the tag and the digest")]
    NotFound {
        /// What was asked for.
        what: String,
    },
    /// It has more bytes than it may have.
    #[error("{what} has more than {limit} bytes, {why}")]
    TooLarge {
        /// What was asked for.
        what: String,
        /// How many bytes it may have.
        limit: usize,
        /// Where that limit comes from.
        why: &'static str,
    },
    /// It ends too early.
    #[error("{what} is cut off after {found} of {expected} bytes; try again, or have it published again")]
    Truncated {
        /// What was asked for.
        what: String,
        /// How many bytes it should have.
        expected: u64,
        /// How many came.
        found: usize,
    },
    /// Its bytes are others than those that were asked for.
    #[error("{what} was changed: it should have the digest {expected} and has {found}; nothing of it was kept")]
    WrongDigest {
        /// What was asked for.
        what: String,
        /// The digest that was asked for.
        expected: String,
        /// The digest of what came.
        found: String,
    },
    /// The downloaded file is not a plugin.
    #[error("{what} is not a plugin package: {reason}")]
    NotAPackage {
        /// What was asked for.
        what: String,
        /// What it is instead.
        reason: String,
    },
    /// The server answers with something else.
    #[error("{host} sent an unusable answer: {reason}")]
    Refused {
        /// The server.
        host: String,
        /// What it said or did.
        reason: String,
    },
    /// A package cannot be published like this.
    #[error("it cannot be published: {0}")]
    Unpublishable(String),
    /// The credentials cannot be read.
    #[error(transparent)]
    Access(#[from] AccessError),
}
