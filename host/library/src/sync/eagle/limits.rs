//! The limits of requests to Eagle, with their reasons.

use std::time::Duration;

/// The timeout for a connection: Eagle runs on this machine or in the local network.
pub(super) const CONNECT: Duration = Duration::from_secs(5);

/// The pauses between retries after temporary failures.
pub(super) const PAUSES: [Duration; 3] = [Duration::from_secs(1), Duration::from_secs(2), Duration::from_secs(4)];

/// The limit of one answer. A page of items has about 1 MiB, and so has the folder list of a large library.
pub(super) const ANSWER_BYTES: usize = 32 << 20;

/// Items of one request. V2 returns at most 1000, and a page should take less than a second.
pub(super) const PAGE: usize = 500;

/// The maximum of items that are requested one by one from V1, which can return one item or all items.
pub(super) const SINGLE: usize = 50;

/// The maximum of pages in one listing: 10 million items.
pub(super) const PAGES: usize = 20_000;

/// After this many failures in a row the sync stops, because the items are probably not the cause.
pub(super) const FAILURES: usize = 5;

/// The number of characters of an unexpected answer in an error.
pub(super) const WORDS_CHARS: usize = 200;
