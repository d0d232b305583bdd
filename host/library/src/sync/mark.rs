//! The tag by which a fingerprint is known to others: `fingerprint:chromaprint-2:` and 32 hexadecimal digits.
//!
//! A tag is read by people and compared by programs, so it holds a digest and not the words (4 kB of them for two minutes).
//! The digits are the first 128 bits of the SHA-256 of the words, each in 4 bytes with the lowest first, as the catalog
//! stores them: anybody can compute it, and two pieces of one library never share it by accident. It begins as the tag of
//! old did, so that whoever looks for `fingerprint:` finds both, and names its algorithm, so that they are never mistaken
//! for each other. The tag of old, `fingerprint:` and 64 digits, was the SHA-256 of a whole file before it was written into
//! that file; nothing can be told by it any more.

use baton_core::Digest;
use baton_fingerprint::Fingerprint;

/// How every tag of a fingerprint begins.
const HEAD: &str = "fingerprint:";

/// The hexadecimal digits of a tag of ours, 4 bits each.
const DIGITS: usize = 32;

/// The hexadecimal digits of a tag of old: a SHA-256.
const OLD_DIGITS: usize = 64;

/// The tag of one fingerprint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark(String);

/// What a tag is to us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A tag of ours, of this fingerprint or another one.
    Ours,
    /// A tag of old.
    Old,
    /// Somebody else's.
    Other,
}

impl Mark {
    /// The tag of the fingerprint with these bytes ([`Fingerprint::to_bytes`]).
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self(format!("{HEAD}{}:{}", Fingerprint::ALGORITHM, Digest::of(bytes).short(DIGITS)))
    }

    /// The tag.
    #[must_use]
    pub fn tag(&self) -> &str {
        &self.0
    }

    /// What it says in a tag that has a name of its own: without the `fingerprint:`.
    #[must_use]
    pub fn value(&self) -> &str {
        self.0.strip_prefix(HEAD).unwrap_or(&self.0)
    }

    /// Whether the value of a tag that is called `FINGERPRINT` is one of old.
    pub(crate) fn is_old(value: &str) -> bool {
        is_hex(value, OLD_DIGITS)
    }

    /// What `tag` is.
    pub(crate) fn kind(tag: &str) -> Kind {
        let Some(rest) = tag.strip_prefix(HEAD) else { return Kind::Other };
        let ours = rest.strip_prefix(Fingerprint::ALGORITHM).and_then(|rest| rest.strip_prefix(':'));
        match ours {
            Some(digits) if is_hex(digits, DIGITS) => Kind::Ours,
            None if is_hex(rest, OLD_DIGITS) => Kind::Old,
            _ => Kind::Other,
        }
    }
}

fn is_hex(text: &str, digits: usize) -> bool {
    text.len() == digits && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_what_anybody_computes_from_the_words() {
        // printf '\x01\x00\x00\x00\x02\x00\x00\x00' | sha256sum
        let mark = Mark::of(&Fingerprint::new(vec![1, 2]).to_bytes());
        assert_eq!(mark.tag(), "fingerprint:chromaprint-2:34fb5c825de7ca4aea6e712f19d439c1");
        assert_eq!(mark.value(), "chromaprint-2:34fb5c825de7ca4aea6e712f19d439c1");
        assert_eq!(Mark::kind(mark.tag()), Kind::Ours);
    }

    #[test]
    fn tags_of_old_and_of_others_are_told_apart() {
        assert_eq!(Mark::kind(&format!("fingerprint:{}", "0aF".repeat(21) + "0")), Kind::Old);
        for other in [
            "fingerprint:",
            "fingerprint:short",
            "Fingerprint:chromaprint-2:34fb5c825de7ca4aea6e712f19d439c1",
            "fingerprint:chromaprint-2:34fb5c825de7ca4aea6e712f19d439c",
            "fingerprint:chromaprint-1:34fb5c825de7ca4aea6e712f19d439c1",
            "techno",
            "",
        ] {
            assert_eq!(Mark::kind(other), Kind::Other, "{other}");
        }
    }
}
