//! A head that was kept outside of the ledger (a hash or its first digits), and its position in the chain.

use std::str::FromStr;

/// With fewer digits, a head could match several events of a long ledger. In a ledger of a million events, two hashes
/// begin with the same twelve digits with a probability of 1 in 500.
const MIN_DIGITS: usize = 12;

/// The number of hexadecimal digits of a SHA-256 hash.
const DIGITS: usize = 64;

/// The head to find: a hash, or the beginning of one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head(String);

/// The text is not a head.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a head is 64 hexadecimal digits, or at least the first {MIN_DIGITS} of them")]
pub struct HeadParseError;

impl FromStr for Head {
    type Err = HeadParseError;

    fn from_str(text: &str) -> Result<Self, HeadParseError> {
        let is_hexadecimal = text.bytes().all(|byte| byte.is_ascii_hexdigit());
        let is_head = is_hexadecimal && (MIN_DIGITS..=DIGITS).contains(&text.len());
        if is_head { Ok(Self(text.to_ascii_lowercase())) } else { Err(HeadParseError) }
    }
}

impl std::fmt::Display for Head {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// The position of the expected head in the chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeadPosition {
    /// The head is the hash of the event with this number. 0 means the initial hash before the first event.
    At(i64),
    /// No event has this hash: the ledger was cut or rewritten.
    Nowhere,
    /// No remaining event has this hash, and not all archives of pruned events were given.
    Pruned,
    /// The number of hashes that begin with these digits.
    Several(u64),
}

/// Compares a head with each hash in turn. Without a head, it finds nothing.
#[derive(Debug)]
pub(super) struct Search<'a> {
    head: Option<&'a Head>,
    found: HeadPosition,
}

impl<'a> Search<'a> {
    pub(super) fn new(head: Option<&'a Head>) -> Self {
        Self { head, found: HeadPosition::Nowhere }
    }

    /// Compares the hash of the event `seq`.
    pub(super) fn see(&mut self, seq: i64, hash: &str) {
        if !self.head.is_some_and(|head| hash.starts_with(&head.0)) {
            return;
        }
        self.found = match self.found {
            HeadPosition::Nowhere | HeadPosition::Pruned => HeadPosition::At(seq),
            HeadPosition::At(_) => HeadPosition::Several(2),
            HeadPosition::Several(count) => HeadPosition::Several(count.saturating_add(1)),
        };
    }

    /// The position of the head, after the hashes were compared. `saw_all` is false if the hashes of pruned events were not
    /// compared.
    pub(super) fn end(self, saw_all: bool) -> Option<HeadPosition> {
        self.head
            .map(|_| if self.found == HeadPosition::Nowhere && !saw_all { HeadPosition::Pruned } else { self.found })
    }
}
