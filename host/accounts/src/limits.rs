//! The timeouts and sizes of this crate.

use std::time::Duration;

/// A token is renewed this long before it expires. It covers a request that is sent now and arrives late, and a clock
/// that is a minute wrong.
pub const EXPIRY_MARGIN: Duration = Duration::from_mins(2);

/// A service that refuses a token which it issued less than this ago refuses the account, not the token. Without this
/// pause each refusal would cause a renewal.
pub const NEW_TOKEN: Duration = Duration::from_secs(10);

/// How long the operator has to give consent in a browser.
pub const CONSENT: Duration = Duration::from_mins(10);

/// The timeout for a connection to a service.
pub const CONNECT: Duration = Duration::from_secs(10);

/// The timeout for one request to a token endpoint. The lock of an account is held for no longer.
pub const REQUEST: Duration = Duration::from_secs(30);

/// The timeout for the headers of a redirect.
pub const REDIRECT_READ: Duration = Duration::from_secs(5);

/// The maximum size of an answer of a token endpoint. Known tokens have at most 2 KB.
pub const ANSWER_BYTES: usize = 256 << 10;

/// The maximum size of the first line and the headers of a redirect.
pub const REDIRECT_BYTES: u64 = 16 << 10;

/// The characters of a service's error text that are kept.
pub const REASON_CHARS: usize = 200;
