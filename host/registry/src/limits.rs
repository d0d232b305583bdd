//! Every limit of getting packages from elsewhere, with its reason.

use std::time::Duration;

/// The time to connect: a far registry needs a second, and the error for an unreachable one should come soon.
pub(crate) const CONNECT: Duration = Duration::from_secs(10);

/// The longest time without a byte; a transfer that is quiet for this long has stopped.
pub(crate) const QUIET: Duration = Duration::from_secs(30);

/// One transfer from its first request to its last: the largest component (64 MiB) at about 1 Mbit/s.
pub(crate) const TRANSFER: Duration = Duration::from_mins(10);

/// Redirects that are followed. A release on a forge needs two.
pub(crate) const REDIRECTS: usize = 5;

/// An OCI manifest: what the distribution specification asks registries to accept. Ours have less than 2 KiB.
pub(crate) const MANIFEST_BYTES: usize = 4 << 20;

/// A detached signature: four lines, of which the trusted comment may have 8 KiB.
pub(crate) const SIGNATURE_BYTES: usize = 16 << 10;

/// The part of a server's refusal that is shown, in bytes.
pub(crate) const REFUSAL_CHARS: usize = 300;
