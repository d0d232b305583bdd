//! The limits of fetching packages, with their reasons.

use std::time::Duration;

/// The timeout for a connection: a distant registry needs a second, and Baton should soon report that a registry is unreachable.
pub(crate) const CONNECT: Duration = Duration::from_secs(10);

/// The maximum time without a byte; after it a transfer counts as stopped.
pub(crate) const QUIET: Duration = Duration::from_secs(30);

/// The time limit for a whole transfer: the largest component (64 MiB) at about 1 Mbit/s.
pub(crate) const TRANSFER: Duration = Duration::from_mins(10);

/// The maximum number of redirects. A release on a forge needs two.
pub(crate) const REDIRECTS: usize = 5;

/// The maximum size of an OCI manifest: the size that the distribution specification requires registries to accept. A manifest of
/// Baton has less than 2 KiB.
pub(crate) const MANIFEST_BYTES: usize = 4 << 20;

/// The maximum size of a detached signature: it has four lines, and its trusted comment may have 8 KiB.
pub(crate) const SIGNATURE_BYTES: usize = 16 << 10;

/// The number of characters of a server's refusal that are shown.
pub(crate) const REFUSAL_CHARS: usize = 300;
