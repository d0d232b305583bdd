//! Every limit of talking with Eagle, with its reason.

use std::time::Duration;

/// Until a connection stands: Eagle is on this machine or in the same house.
pub(super) const CONNECT: Duration = Duration::from_secs(5);

/// The pauses before a request is tried again, after what may pass.
pub(super) const PAUSES: [Duration; 3] = [Duration::from_secs(1), Duration::from_secs(2), Duration::from_secs(4)];

/// One answer. A page of items has about 1 MiB, the folders of a large library too.
pub(super) const ANSWER_BYTES: usize = 32 << 20;

/// Items of one request. V2 gives at most 1000, and a page should be there in a second.
pub(super) const PAGE: usize = 500;

/// Up to so many items are asked for one by one of V1, which can be asked for one item or for all.
pub(super) const SINGLE: usize = 50;

/// Pages of one listing: 10 million items.
pub(super) const PAGES: usize = 20_000;

/// Items that fail one after the other until it is given up: something is wrong that is not theirs.
pub(super) const FAILURES: usize = 5;

/// How much of an unusable answer is shown.
pub(super) const WORDS_CHARS: usize = 200;
