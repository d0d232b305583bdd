//! The verbs for actions on files. English and German; `foreign` translates other languages.

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::lists::list;

/// The action of a verb.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FileAction {
    Make,
    Add,
    Write,
    Change,
    Test,
    Delete,
    Move,
    Run,
    See,
    Be,
}

impl FileAction {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Make => "make",
            Self::Add => "add",
            Self::Write => "write",
            Self::Change => "change",
            Self::Test => "test",
            Self::Delete => "delete",
            Self::Move => "move",
            Self::Run => "run",
            Self::See => "see",
            Self::Be => "be",
        }
    }
}

impl FileAction {
    /// The class of the action.
    pub(crate) const fn effect(self) -> &'static str {
        match self {
            Self::Make | Self::Add | Self::Write => "makes",
            Self::Change | Self::Move | Self::Delete => "changes",
            Self::Test => "tests",
            Self::Run | Self::See => "looks",
            Self::Be => "is",
        }
    }
}

/// A verb in one of its forms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Verb {
    pub(crate) action: FileAction,
    /// True for a past form: "created", "is written".
    pub(crate) past: bool,
}

const MAKE: &[&str] = list!(
    "author build create define deliver design develop establish generate implement initialise initialize introduce make prepare produce \
    provide publish scaffold ship specify new stand set anlegen angelegt erstell erzeug lege neu built made extract \
    setup"
);
const ADD: &[&str] = &["add", "append", "f\u{fc}ge", "hinzuf\u{fc}gen", "insert", "put"];
const WRITE: &[&str] =
    list!("document draft dump emit export output place record save schreib speicher store write written wrote goe go");
const CHANGE: &[&str] = list!(
    "adapt adjust aktualisier apply bump change clean configure convert edit enable enhance ergänz erweiter expand \
    expose extend fix improve integrate mark migrate modify modified modifie patch port refactor register replace \
    rewrite rework simplify support swap switch touch tweak update upgrade wire wrap ändere geändert grow hook \
    include cover handle"
);
const TEST: &[&str] = &["test", "unit", "integration", "tests"];
const DELETE: &[&str] = list!(
    "delete deprecate discard drop eliminate entfern lösch obsolete purge remove retire deletion removal gelöscht"
);
const MOVE: &[&str] = &["copy", "copie", "move", "rename", "split", "verschieb", "relocate", "archive"];
const RUN: &[&str] = list!(
    "call execute invoke launch run start commit push restart install ask stop dispatch load import open parse ignore \
    keep kept leave"
);
const SEE: &[&str] = list!(
    "analyse analyze audit check compare confirm consider consult diff examine expect find follow inspect look match \
    read refer reference require review see siehe study trace understand use using validate verify watch lie live \
    lives describe depend know reuse mirror borrow steal taken come"
);
const BE: &[&str] =
    &["are", "contain", "exist", "existier", "fail", "ha", "hold", "is", "ist", "need", "stay", "wa", "were", "bleib"];

/// The stems of all verbs. If a stem is in two lists, the first list counts.
static ACTIONS: LazyLock<HashMap<&str, FileAction>> = LazyLock::new(|| {
    let lists = [
        (MAKE, FileAction::Make),
        (ADD, FileAction::Add),
        (WRITE, FileAction::Write),
        (CHANGE, FileAction::Change),
        (TEST, FileAction::Test),
        (DELETE, FileAction::Delete),
        (MOVE, FileAction::Move),
        (RUN, FileAction::Run),
        (SEE, FileAction::See),
        (BE, FileAction::Be),
    ];
    let stems = lists.iter().rev().flat_map(|(list, action)| list.iter().map(|stem| (*stem, *action)));
    stems.collect()
});

/// The verb for a word.
#[must_use]
pub(crate) fn verb(word: &str) -> Option<Verb> {
    // "The failing test": an adjective.
    if word == "failing" {
        return None;
    }
    let of = |stem: &str| ACTIONS.get(stem).copied();
    if let Some(action) = of(word) {
        let past =
            matches!(word, "built" | "made" | "written" | "wrote" | "modified" | "angelegt" | "gelöscht" | "geändert");
        return Some(Verb { action, past });
    }
    let stem = |ending: &str| word.strip_suffix(ending).filter(|stem| stem.len() >= 2);
    let doubled = |stem: &str| {
        let mut signs = stem.chars().rev();
        (signs.next() == signs.next()).then(|| stem.get(..stem.len() - 1).map(str::to_owned)).flatten()
    };
    for (ending, past) in [
        ("s", false),
        ("es", false),
        ("d", true),
        ("ed", true),
        ("ing", false),
        ("ied", true),
        ("ies", false),
        ("e", false),
        ("en", false),
        ("t", true),
    ] {
        let Some(stem) = stem(ending) else { continue };
        let found = of(stem)
            .or_else(|| (ending == "ing").then(|| of(&format!("{stem}e"))).flatten())
            .or_else(|| matches!(ending, "ied" | "ies").then(|| of(&format!("{stem}y"))).flatten())
            .or_else(|| matches!(ending, "ed" | "ing").then(|| doubled(stem).and_then(|stem| of(&stem))).flatten());
        if let Some(action) = found {
            return Some(Verb { action, past });
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verbs_are_known_in_their_forms() {
        let action = |word: &str| verb(word).map(|verb| (verb.action, verb.past));
        assert_eq!(action("creating"), Some((FileAction::Make, false)));
        assert_eq!(action("added"), Some((FileAction::Add, true)));
        assert_eq!(action("dropped"), Some((FileAction::Delete, true)));
        assert_eq!(action("modifies"), Some((FileAction::Change, false)));
        assert_eq!([action("the"), action("till"), action("failing")], [None, None, None]);
    }
}
