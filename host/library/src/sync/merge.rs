//! Merges the fingerprint tag into the tags of an item. This module does no I/O.
//!
//! Other tags stay in their order. If the item has a fingerprint tag of Baton for another fingerprint (the file was
//! replaced, or scanned with other settings), the new tag takes its position. Otherwise the new tag is appended.

use super::mark::{Kind, Mark};

/// The result of a merge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MergedTags {
    /// All tags after the merge.
    pub tags: Vec<String>,
    /// The removed tags, which are fingerprint tags only.
    pub removed: Vec<String>,
    /// True if the item had the tag before the merge.
    pub had: bool,
}

impl MergedTags {
    /// True if the item must be written.
    #[must_use]
    pub fn changes(&self) -> bool {
        !self.had || !self.removed.is_empty()
    }
}

/// Merges `mark` into `tags`. `replace_old` removes tags of the old form.
#[must_use]
pub fn merge(tags: &[String], mark: &Mark, replace_old: bool) -> MergedTags {
    let had = tags.iter().any(|tag| tag == mark.tag());
    let is_removed = |tag: &String| match Mark::kind(tag) {
        Kind::Ours => tag != mark.tag(),
        Kind::Old => replace_old,
        Kind::Other => false,
    };
    let mut merged = MergedTags { tags: Vec::new(), removed: Vec::new(), had };
    let mut placed = had;
    for tag in tags {
        if !is_removed(tag) {
            merged.tags.push(tag.clone());
            continue;
        }
        merged.removed.push(tag.clone());
        if !placed {
            merged.tags.push(mark.tag().to_owned());
            placed = true;
        }
    }
    if !placed {
        merged.tags.push(mark.tag().to_owned());
    }
    merged
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mark() -> Mark {
        Mark::of(b"words")
    }

    fn tags(tags: &[&str]) -> Vec<String> {
        tags.iter().map(|tag| (*tag).to_owned()).collect()
    }

    #[test]
    fn other_tags_keep_their_order() {
        let before = tags(&["b", "a", "b", "Fingerprint:x", ""]);
        let after = merge(&before, &mark(), true);
        assert_eq!(after.tags.split_last().unwrap(), (&mark().tag().to_owned(), before.as_slice()));
        assert!(after.changes() && after.removed.is_empty());
        let again = merge(&after.tags, &mark(), true);
        assert!(!again.changes());
        assert_eq!(again.tags, after.tags);
    }

    #[test]
    fn a_tag_of_another_fingerprint_is_replaced_in_its_position() {
        let other = Mark::of(b"other words");
        let after = merge(&tags(&["a", other.tag(), "b"]), &mark(), false);
        assert_eq!(after.tags, tags(&["a", mark().tag(), "b"]));
        assert_eq!(after.removed, [other.tag()]);
        let both = merge(&tags(&[other.tag(), "a", mark().tag()]), &mark(), false);
        assert_eq!(both.tags, tags(&["a", mark().tag()]));
        assert!(both.had && both.changes());
    }

    #[test]
    fn old_tags_are_removed_only_on_request() {
        let old = format!("fingerprint:{}", "0".repeat(64));
        let before = tags(&[&old, "a"]);
        assert_eq!(merge(&before, &mark(), false).tags, tags(&[&old, "a", mark().tag()]));
        assert_eq!(merge(&before, &mark(), true).tags, tags(&[mark().tag(), "a"]));
    }
}
