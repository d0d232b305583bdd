//! The tag of a fingerprint: `fingerprint:chromaprint-2:` and 32 hexadecimal digits.
//!
//! People read tags and programs compare them, so the tag contains a digest instead of the words (4 kB for two minutes). The
//! digits are the first 128 bits of the SHA-256 of the words, each as 4 bytes in little-endian order, as the catalog stores
//! them. Any program can compute the tag. The tag starts like the old form, so that a search for `fingerprint:` finds both
//! forms. It also names its algorithm, so that the two forms cannot be confused. The old form, `fingerprint:` and 64 digits,
//! was the SHA-256 of a whole file before the tag was written into it; nothing uses it any more.

use baton_core::Digest;
use baton_fingerprint::Fingerprint;

/// The prefix of all fingerprint tags.
const HEAD: &str = "fingerprint:";

/// The number of hexadecimal digits in a tag, 4 bits each.
const DIGITS: usize = 32;

/// The number of hexadecimal digits in a tag of the old form: a SHA-256.
const OLD_DIGITS: usize = 64;

/// The tag of one fingerprint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark(String);

/// The kind of a tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A fingerprint tag of Baton in the present form, for any fingerprint.
    Ours,
    /// A fingerprint tag of the old form.
    Old,
    /// Any other tag.
    Other,
}

impl Mark {
    /// The tag of a fingerprint with these bytes ([`Fingerprint::to_bytes`]).
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self(format!("{HEAD}{}:{}", Fingerprint::ALGORITHM, Digest::of(bytes).short(DIGITS)))
    }

    /// The full text.
    #[must_use]
    pub fn tag(&self) -> &str {
        &self.0
    }

    /// The text without `fingerprint:`, for a tag field that has a name.
    #[must_use]
    pub fn value(&self) -> &str {
        self.0.strip_prefix(HEAD).unwrap_or(&self.0)
    }

    /// True if this value of a field `FINGERPRINT` has the old form.
    pub(crate) fn is_old(value: &str) -> bool {
        is_hex(value, OLD_DIGITS)
    }

    /// Classifies a tag.
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
    fn a_tag_can_be_computed_with_sha256sum() {
        // printf '\x01\x00\x00\x00\x02\x00\x00\x00' | sha256sum
        let mark = Mark::of(&Fingerprint::new(vec![1, 2]).to_bytes());
        assert_eq!(mark.tag(), "fingerprint:chromaprint-2:34fb5c825de7ca4aea6e712f19d439c1");
        assert_eq!(mark.value(), "chromaprint-2:34fb5c825de7ca4aea6e712f19d439c1");
        assert_eq!(Mark::kind(mark.tag()), Kind::Ours);
    }

    #[test]
    fn old_and_other_tags_are_distinguished() {
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
