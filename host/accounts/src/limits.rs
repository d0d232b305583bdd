//! The timeouts and sizes of this crate.

use std::time::Duration;

/// A token is renewed this long before it expires. The margin covers a request that is sent now and arrives late, and a clock
/// that is a minute wrong.
pub const EXPIRY_MARGIN: Duration = Duration::from_mins(2);

/// If a service refuses a token that it issued less than this time ago, a new token does not help. Without this limit each
/// refusal would cause a renewal.
pub const NEW_TOKEN: Duration = Duration::from_secs(10);

/// How long the operator has to give consent in a browser.
pub const CONSENT: Duration = Duration::from_mins(10);

/// The timeout for a connection to a service.
pub const CONNECT: Duration = Duration::from_secs(10);

/// The timeout for one request to a token endpoint. A process holds the lock of an account for at most this time.
pub const REQUEST: Duration = Duration::from_secs(30);

/// The timeout for the headers of a redirect.
pub const REDIRECT_READ: Duration = Duration::from_secs(5);

/// The maximum size of an answer of a token endpoint. Known tokens have at most 2 KB.
pub const ANSWER_BYTES: usize = 256 << 10;

/// The maximum size of the first line and the headers of a redirect.
pub const REDIRECT_BYTES: u64 = 16 << 10;

/// The maximum number of characters of a service's error text that are kept.
pub const REASON_CHARS: usize = 200;
