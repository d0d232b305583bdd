//! Ids of findings, and keys in them, with a limited length.

use crate::limits;

/// Bytes for the kind of a finding with the colon before it.
const KIND_BYTES: usize = 40;

/// An id of at most [`limits::FINDING_ID_BYTES`]. A longer id keeps its beginning and its kind; a hash of the whole id
/// replaces the middle.
pub(crate) fn bounded(id: &str) -> String {
    let id: String = id.chars().map(|sign| if sign.is_control() { ' ' } else { sign }).collect();
    if id.len() <= limits::FINDING_ID_BYTES {
        return id;
    }
    let kind = id.rfind(':').and_then(|at| id.get(at..)).filter(|kind| kind.len() <= KIND_BYTES).unwrap_or_default();
    format!("{}{kind}", shortened(&id, limits::FINDING_ID_BYTES - kind.len()))
}

/// Eight hexadecimal digits that distinguish the texts of one document.
pub(crate) fn hashed(text: &str) -> String {
    let hash = fnv1a(text.as_bytes());
    format!("{:08x}", (hash >> 32) ^ (hash & 0xffff_ffff))
}

/// A text of at most `most` bytes: a longer one keeps its beginning and gets a hash of the whole.
pub(crate) fn shortened(text: &str, most: usize) -> String {
    if text.len() <= most {
        return text.to_owned();
    }
    let mark = format!("~{:016x}", fnv1a(text.as_bytes()));
    let mut end = most.saturating_sub(mark.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}{mark}", text.get(..end).unwrap_or_default())
}

/// FNV-1a with 64 bits: sufficient to distinguish the ids of one workspace, and equal on every machine.
fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_fnv_1a() {
        assert_eq!(fnv1a(b"a"), 0xaf63_dc4c_8601_ec8c);
    }

    #[test]
    fn only_long_ids_are_shortened() {
        assert_eq!(shortened("abc", 3), "abc");
        let long = shortened(&"é".repeat(100), 150);
        assert!(long.len() <= 150 && long.starts_with("éé") && long.contains('~'), "{long}");
    }

    #[test]
    fn a_long_id_keeps_its_kind() {
        let id = |path: &str| bounded(&format!("audit:{}/{path}:claim-file", "long".repeat(60)));
        assert!(id("a").len() <= limits::FINDING_ID_BYTES && id("a").ends_with(":claim-file"), "{}", id("a"));
        assert_ne!(id("a"), id("b"));
        assert_eq!(hashed("a").len(), 8);
    }
}
