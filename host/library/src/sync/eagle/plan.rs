//! Decides what each item needs, from the catalog and from Eagle's items. This module does no I/O.

use std::collections::{HashMap, HashSet};
use std::hash::BuildHasher;
use std::path::Path;

use super::{EagleItem, OpenLibrary};
use crate::sync::{FingerprintedItem, Item, Mark, MergedTags, merge};

/// An item with its decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedItem {
    /// Its id in Eagle.
    pub id: String,
    /// Its name in Eagle; the name of its file if Eagle does not have it.
    pub name: String,
    /// The tag of its fingerprint.
    pub mark: Mark,
    /// The decision.
    pub verdict: Verdict,
}

/// The decision for one item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The item has the tag.
    Has,
    /// The item is in a library that is not open. Contains the name of this library.
    Elsewhere(String),
    /// Several libraries that may be open have an item with this id: copies of one library, whose items may have different
    /// fingerprints.
    Ambiguous,
    /// Eagle has no item with this id.
    Unknown,
    /// The item's tags are not a list of texts, so Baton cannot save them again.
    Odd,
    /// The item is in Eagle's trash and is not changed.
    InTrash,
    /// The item's tags must be replaced with these.
    Needs(MergedTags),
}

impl Verdict {
    /// The code of the reason why the item is not written.
    #[must_use]
    pub const fn skipped(&self) -> Option<&'static str> {
        match self {
            Self::Has => Some("already_has_fingerprint"),
            Self::Elsewhere(_) => Some("library_not_open"),
            Self::Ambiguous => Some("in_several_libraries"),
            Self::Unknown => Some("not_found"),
            Self::Odd => Some("odd_tags"),
            Self::InTrash => Some("in_trash"),
            Self::Needs(_) => None,
        }
    }
}

/// Decides for each item, in the order of `known`. Files outside of Eagle libraries are left out.
#[must_use]
pub fn plan<S: BuildHasher>(
    known: &[FingerprintedItem],
    items: &HashMap<String, EagleItem, S>,
    open: Option<&OpenLibrary>,
    replace_old: bool,
) -> Vec<PlannedItem> {
    let may_be_open = |item: &Item| open.is_none_or(|open| open.may_have(item));
    let ambiguous = ambiguous(known, may_be_open);
    let planned = |known: &FingerprintedItem| {
        let of = known.item.as_ref()?;
        let item = items.get(&of.id);
        let file = known.path.file_stem().unwrap_or_default().to_string_lossy();
        let verdict = match item {
            _ if !may_be_open(of) => Verdict::Elsewhere(of.library.clone()),
            _ if ambiguous.contains(of.id.as_str()) => Verdict::Ambiguous,
            None => Verdict::Unknown,
            Some(item) => judge(item, &known.mark, replace_old),
        };
        let name = item.map_or_else(|| file.into_owned(), |item| item.name.clone());
        Some(PlannedItem { id: of.id.clone(), name, mark: known.mark.clone(), verdict })
    };
    known.iter().filter_map(planned).collect()
}

/// The ids that occur in several libraries that may be open.
fn ambiguous(known: &[FingerprintedItem], may_be_open: impl Fn(&Item) -> bool) -> HashSet<&str> {
    let (mut folders, mut ambiguous) = (HashMap::<&str, &Path>::new(), HashSet::new());
    for item in known.iter().filter_map(|known| known.item.as_ref()).filter(|item| may_be_open(item)) {
        if *folders.entry(&item.id).or_insert(&item.folder) != item.folder {
            ambiguous.insert(item.id.as_str());
        }
    }
    ambiguous
}

/// Decides for an item that Eagle has.
pub(super) fn judge(item: &EagleItem, mark: &Mark, replace_old: bool) -> Verdict {
    let merged = item.tags.as_ref().map(|tags| merge(tags, mark, replace_old));
    match merged {
        _ if item.deleted => Verdict::InTrash,
        None => Verdict::Odd,
        Some(merged) if merged.changes() => Verdict::Needs(merged),
        Some(_) => Verdict::Has,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sync::Format;

    fn known(id: &str, library: &str) -> FingerprintedItem {
        FingerprintedItem {
            number: 1,
            path: format!("/m/{library}.library/images/{id}.info/song {id}.mp3").into(),
            item: Some(Item {
                id: id.to_owned(),
                library: library.to_owned(),
                folder: format!("/m/{library}.library").into(),
            }),
            mark: Mark::of(id.as_bytes()),
            audio_sha256: None,
            format: Format::default(),
        }
    }

    fn item(id: &str, tags: &[&str], deleted: bool) -> (String, EagleItem) {
        let tags = Some(tags.iter().map(|tag| (*tag).to_owned()).collect());
        (id.to_owned(), EagleItem { id: id.to_owned(), name: format!("Song {id}"), tags, deleted, size: None })
    }

    #[test]
    fn each_item_gets_its_decision() {
        let has = Mark::of(b"L2");
        let items = HashMap::from([item("L1", &["x"], false), item("L2", &[has.tag()], false), item("L3", &[], true)]);
        let mut all: Vec<FingerprintedItem> = ["L1", "L2", "L3", "L4"].map(|id| known(id, "Music")).into();
        all.push(known("L1", "Other"));
        all.push(FingerprintedItem { item: None, ..known("L9", "Music") });
        let open = OpenLibrary { name: "Music".to_owned(), folder: None };
        let planned = plan(&all, &items, Some(&open), false);
        let reasons: Vec<_> = planned.iter().map(|planned| planned.verdict.skipped()).collect();
        let expected =
            [None, Some("already_has_fingerprint"), Some("in_trash"), Some("not_found"), Some("library_not_open")];
        assert_eq!(reasons, expected);
        assert_eq!((planned[0].name.as_str(), planned[3].name.as_str()), ("Song L1", "song L4"));
        // If Eagle does not report the open library, the items identify it, unless two libraries have them.
        assert_eq!(plan(&all[4..], &items, None, false)[0].verdict.skipped(), None);
        assert_eq!(plan(&all, &items, None, false)[4].verdict, Verdict::Ambiguous);
    }

    #[test]
    fn a_copy_of_a_library_is_recognised_only_by_its_folder() {
        let items = HashMap::from([item("L1", &[], false), item("L2", &[], false)]);
        let mut copy = known("L1", "Music");
        copy.item.as_mut().unwrap().folder = "/copy/Music.library".into();
        let all = [known("L1", "Music"), known("L2", "Music"), copy];
        let reasons = |folder: Option<&str>| {
            let open = OpenLibrary { name: "Music".to_owned(), folder: folder.map(Into::into) };
            let planned = plan(&all, &items, Some(&open), false);
            planned.iter().map(|planned| planned.verdict.skipped()).collect::<Vec<_>>()
        };
        assert_eq!(reasons(Some("/m/Music.library")), [None, None, Some("library_not_open")]);
        assert_eq!(reasons(Some("/elsewhere/Music.library")), [Some("library_not_open"); 3]);
        assert_eq!(reasons(None), [Some("in_several_libraries"), None, Some("in_several_libraries")]);
    }
}
