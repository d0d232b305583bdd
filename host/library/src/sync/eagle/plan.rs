//! What each item needs, from what the catalog knows and what Eagle has: pure.

use std::collections::HashMap;
use std::hash::BuildHasher;

use super::EagleItem;
use crate::sync::{Known, Mark, Merged, merged};

/// An item and what it needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Planned {
    /// Eagle's id of it.
    pub id: String,
    /// Its name; of an item that Eagle does not have, that of its file.
    pub name: String,
    /// The tag of its fingerprint.
    pub mark: Mark,
    /// What it needs.
    pub verdict: Verdict,
}

/// What an item needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing: it has the tag.
    Has,
    /// It lies in another library than the one that is open.
    Elsewhere(String),
    /// Eagle does not know it.
    Unknown,
    /// It lies in Eagle's trash, and is left alone there.
    InTrash,
    /// Its tags have to become these.
    Needs(Merged),
}

impl Verdict {
    /// The reason why nothing is done, as it is stored and shown.
    #[must_use]
    pub const fn skipped(&self) -> Option<&'static str> {
        match self {
            Self::Has => Some("already_has_fingerprint"),
            Self::Elsewhere(_) => Some("library_not_open"),
            Self::Unknown => Some("not_found"),
            Self::InTrash => Some("in_trash"),
            Self::Needs(_) => None,
        }
    }
}

/// What each item needs, in the order of `known`. Files that are no items of Eagle are left out.
#[must_use]
pub fn plan<S: BuildHasher>(
    known: &[Known],
    items: &HashMap<String, EagleItem, S>,
    open: Option<&str>,
    replace_old: bool,
) -> Vec<Planned> {
    let planned = |known: &Known| {
        let of = known.item.as_ref()?;
        let item = items.get(&of.id);
        let file = known.path.file_stem().unwrap_or_default().to_string_lossy();
        let verdict = match item {
            _ if open.is_some_and(|open| open != of.library) => Verdict::Elsewhere(of.library.clone()),
            None => Verdict::Unknown,
            Some(item) => judge(item, &known.mark, replace_old),
        };
        let name = item.map_or_else(|| file.into_owned(), |item| item.name.clone());
        Some(Planned { id: of.id.clone(), name, mark: known.mark.clone(), verdict })
    };
    known.iter().filter_map(planned).collect()
}

/// What an item that is there needs.
pub(super) fn judge(item: &EagleItem, mark: &Mark, replace_old: bool) -> Verdict {
    let merged = merged(&item.tags, mark, replace_old);
    match merged {
        _ if item.deleted => Verdict::InTrash,
        merged if merged.changes() => Verdict::Needs(merged),
        _ => Verdict::Has,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sync::known::Item;

    fn known(id: &str, library: &str) -> Known {
        Known {
            path: format!("/m/{library}.library/images/{id}.info/song {id}.mp3").into(),
            item: Some(Item { id: id.to_owned(), library: library.to_owned() }),
            mark: Mark::of(id.as_bytes()),
            audio_sha256: None,
        }
    }

    fn item(id: &str, tags: &[&str], deleted: bool) -> (String, EagleItem) {
        let tags = tags.iter().map(|tag| (*tag).to_owned()).collect();
        (id.to_owned(), EagleItem { id: id.to_owned(), name: format!("Song {id}"), tags, deleted })
    }

    #[test]
    fn each_item_gets_what_it_needs() {
        let has = Mark::of(b"L2");
        let items = HashMap::from([item("L1", &["x"], false), item("L2", &[has.tag()], false), item("L3", &[], true)]);
        let mut all: Vec<Known> = ["L1", "L2", "L3", "L4"].map(|id| known(id, "Music")).into();
        all.push(known("L1", "Other"));
        all.push(Known { item: None, ..known("L9", "Music") });
        let planned = plan(&all, &items, Some("Music"), false);
        let reasons: Vec<_> = planned.iter().map(|planned| planned.verdict.skipped()).collect();
        let expected =
            [None, Some("already_has_fingerprint"), Some("in_trash"), Some("not_found"), Some("library_not_open")];
        assert_eq!(reasons, expected);
        assert_eq!((planned[0].name.as_str(), planned[3].name.as_str()), ("Song L1", "song L4"));
        // Where Eagle does not say which library is open, its items tell.
        assert_eq!(plan(&all, &items, None, false)[4].verdict.skipped(), None);
    }
}
