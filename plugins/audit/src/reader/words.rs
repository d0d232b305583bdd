//! The words that decide the role of a path: actions on a file, its place, and the content of a list.
//!
//! Each word has one class; `features` combines the classes. English and German.

use std::collections::HashMap;
use std::sync::LazyLock;

/// What a verb does with a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Deed {
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

impl Deed {
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

/// A verb in one of its forms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Verb {
    pub(crate) deed: Deed,
    /// "created", "is written".
    pub(crate) past: bool,
}

const MAKE: &[&str] = &[
    "author",
    "build",
    "create",
    "define",
    "deliver",
    "design",
    "develop",
    "establish",
    "generate",
    "implement",
    "introduce",
    "make",
    "prepare",
    "produce",
    "provide",
    "publish",
    "scaffold",
    "specify",
    "new",
    "stand",
    "set",
    "anlegen",
    "angelegt",
    "erstell",
    "erzeug",
    "lege",
    "neu",
    "built",
    "made",
    "extract",
    "setup",
];
const ADD: &[&str] = &["add", "append", "f\u{fc}ge", "hinzuf\u{fc}gen", "insert", "put"];
const WRITE: &[&str] = &[
    "document", "draft", "dump", "emit", "export", "output", "place", "record", "save", "schreib", "speicher", "store",
    "write", "written", "wrote", "goe", "go",
];
const CHANGE: &[&str] = &[
    "adapt",
    "adjust",
    "aktualisier",
    "apply",
    "bump",
    "change",
    "clean",
    "configure",
    "convert",
    "edit",
    "enable",
    "enhance",
    "ergänz",
    "erweiter",
    "expand",
    "expose",
    "extend",
    "fix",
    "improve",
    "integrate",
    "mark",
    "migrate",
    "modify",
    "modified",
    "modifie",
    "patch",
    "port",
    "refactor",
    "register",
    "replace",
    "rewrite",
    "rework",
    "simplify",
    "support",
    "swap",
    "switch",
    "touch",
    "tweak",
    "update",
    "upgrade",
    "wire",
    "wrap",
    "ändere",
    "geändert",
    "grow",
    "hook",
    "include",
    "cover",
    "handle",
];
const TEST: &[&str] = &["test", "unit", "integration", "tests"];
const DELETE: &[&str] = &[
    "delete",
    "deprecate",
    "discard",
    "drop",
    "eliminate",
    "entfern",
    "lösch",
    "obsolete",
    "purge",
    "remove",
    "retire",
    "deletion",
    "removal",
    "gelöscht",
];
const MOVE: &[&str] = &["copy", "copie", "move", "rename", "split", "verschieb", "relocate", "archive"];
const RUN: &[&str] = &[
    "call", "execute", "invoke", "launch", "run", "start", "commit", "push", "restart", "install", "ask", "stop",
    "dispatch", "load", "import", "open", "parse", "ignore", "keep", "kept", "leave",
];
const SEE: &[&str] = &[
    "analyse",
    "analyze",
    "audit",
    "check",
    "compare",
    "confirm",
    "consider",
    "consult",
    "diff",
    "examine",
    "expect",
    "find",
    "follow",
    "inspect",
    "look",
    "match",
    "read",
    "refer",
    "reference",
    "require",
    "review",
    "see",
    "siehe",
    "study",
    "trace",
    "understand",
    "use",
    "using",
    "validate",
    "verify",
    "watch",
    "lie",
    "live",
    "lives",
    "describe",
    "depend",
    "know",
    "reuse",
    "mirror",
    "borrow",
    "steal",
    "taken",
    "come",
];
const BE: &[&str] =
    &["are", "contain", "exist", "existier", "fail", "ha", "hold", "is", "ist", "need", "stay", "wa", "were", "bleib"];

/// The stems of all verbs. Where a stem is in two lists, the first list counts.
static DEEDS: LazyLock<HashMap<&str, Deed>> = LazyLock::new(|| {
    let lists = [
        (MAKE, Deed::Make),
        (ADD, Deed::Add),
        (WRITE, Deed::Write),
        (CHANGE, Deed::Change),
        (TEST, Deed::Test),
        (DELETE, Deed::Delete),
        (MOVE, Deed::Move),
        (RUN, Deed::Run),
        (SEE, Deed::See),
        (BE, Deed::Be),
    ];
    let stems = lists.iter().rev().flat_map(|(list, deed)| list.iter().map(|stem| (*stem, *deed)));
    stems.collect()
});

/// The verb that a word is.
#[must_use]
pub(crate) fn verb(word: &str) -> Option<Verb> {
    let of = |stem: &str| DEEDS.get(stem).copied();
    if let Some(deed) = of(word) {
        let past =
            matches!(word, "built" | "made" | "written" | "wrote" | "modified" | "angelegt" | "gelöscht" | "geändert");
        return Some(Verb { deed, past });
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
        if let Some(deed) = found {
            return Some(Verb { deed, past });
        }
    }
    None
}

/// The words of a text in lower case, without what surrounds them.
pub(crate) fn words(text: &str) -> impl DoubleEndedIterator<Item = String> + Clone {
    let separates = |sign: char| {
        sign.is_whitespace()
            || matches!(sign, ',' | ';' | ':' | '(' | ')' | '[' | ']' | '"' | '/' | '\u{2014}' | '\u{2013}')
    };
    text.split(separates)
        .map(|word| {
            let bare = word.trim_matches(|sign: char| {
                !(sign.is_alphanumeric() || sign == super::lexer::PATH || sign == super::lexer::CODE)
            });
            bare.replace('\u{2019}', "'").to_lowercase()
        })
        .filter(|word| !word.is_empty())
}

/// What a little word before a path says of its place.
#[must_use]
pub(crate) fn preposition(word: &str) -> Option<&'static str> {
    Some(match word {
        "in" | "inside" | "within" | "im" => "in",
        "to" | "into" | "onto" | "nach" => "to",
        "under" | "at" | "unter" | "below" => "under",
        "as" | "called" | "named" | "als" | "namens" => "as",
        "from" | "of" | "aus" | "von" | "by" | "per" | "via" | "through" | "durch" => "from",
        "with" | "using" | "mit" => "with",
        "and" | "plus" | "und" | "or" | "oder" => "and",
        "like" | "than" | "alongside" | "see" | "siehe" | "against" | "wie" => "like",
        "for" | "about" | "on" | "f\u{fc}r" | "over" | "around" => "for",
        "if" | "when" | "until" | "after" | "before" | "once" | "because" | "since" | "while" | "wenn" => "if",
        _ => return None,
    })
}

/// Whether a word negates a statement.
#[must_use]
pub(crate) fn negates(word: &str) -> bool {
    matches!(
        word,
        "not"
            | "never"
            | "don't"
            | "doesn't"
            | "isn't"
            | "no"
            | "without"
            | "instead"
            | "avoid"
            | "won't"
            | "cannot"
            | "can't"
            | "nicht"
            | "kein"
            | "keine"
            | "keinen"
            | "ohne"
            | "nie"
            | "neither"
            | "nor"
            | "nothing"
    )
}

/// Whether a word makes a sentence depend on something.
#[must_use]
pub(crate) fn supposes(word: &str) -> bool {
    matches!(
        word,
        "if" | "when"
            | "whether"
            | "ob"
            | "unless"
            | "could"
            | "would"
            | "might"
            | "may"
            | "wenn"
            | "falls"
            | "perhaps"
            | "maybe"
            | "optionally"
            | "should"
    )
}

const ASIDE_PHRASES: &[&str] = &[
    "out of scope",
    "not in scope",
    "non goals",
    "non-goals",
    "not planned",
    "not now",
    "will not",
    "won't do",
    "wont do",
    "won't",
    "do not",
    "not doing",
    "nice to have",
    "not part",
    "not included",
    "not this time",
    "not to be",
    "can go wrong",
    "could go wrong",
    "see also",
    "siehe auch",
    "prior art",
    "further reading",
    "nicht im umfang",
    "nicht enthalten",
    "nicht teil",
    "offene fragen",
    "open questions",
];
const ASIDE: &[&str] = &[
    "alternatives",
    "anti-goals",
    "abgrenzung",
    "abgelehnt",
    "rejected",
    "risks",
    "risk",
    "risiken",
    "example",
    "examples",
    "beispiel",
    "beispiele",
    "references",
    "referenzen",
    "prerequisites",
    "voraussetzungen",
    "troubleshooting",
    "rollback",
    "background",
    "context",
    "motivation",
    "parked",
    "postponed",
    "deferred",
    "later",
    "future",
    "dependencies",
    "inputs",
    "issues",
    "problem",
    "problems",
    "related",
    "considered",
    "rationale",
    "changelog",
    "history",
    "archived",
    "verworfen",
    "obsolete",
    "superseded",
    "unresolved",
    "verweise",
    "reviewed",
    "analysed",
    "examined",
    "drawbacks",
    "hintergrund",
    "eingaben",
];
const THINGS: &[&str] = &[
    "file",
    "files",
    "datei",
    "dateien",
    "script",
    "scripts",
    "skripte",
    "module",
    "modules",
    "tests",
    "documents",
    "docs",
    "assets",
    "components",
    "pages",
    "items",
];
const EXISTING: &[&str] =
    &["existing", "unchanged", "current", "today", "bestehende", "vorhandene", "present", "unver\u{e4}ndert", "before"];
const DELIVERABLE: &[&str] = &[
    "deliverable",
    "deliverables",
    "artifact",
    "artifacts",
    "artefact",
    "artefacts",
    "artefakte",
    "output",
    "outputs",
    "ergebnis",
    "ergebnisse",
    "lieferobjekte",
    "lieferobjekt",
    "liefergegenst\u{e4}nde",
    "products",
    "deliver",
    "liefern",
];
const NEW: &[&str] = &[
    "new",
    "neue",
    "neu",
    "created",
    "create",
    "generated",
    "written",
    "produced",
    "added",
    "missing",
    "required",
    "expected",
    "planned",
    "generate",
    "write",
    "anlegen",
    "erstellende",
    "erwartete",
    "anzulegende",
];
const CHANGED: &[&str] =
    &["changed", "modified", "touched", "updated", "edited", "altered", "affected", "ge\u{e4}nderte", "modify"];
const CRITERIA_PHRASES: &[&str] = &[
    "success criteria",
    "done when",
    "definition of done",
    "exit criteria",
    "completion criteria",
    "success metrics",
    "complete when",
    "ready when",
    "fertig wenn",
    "erledigt wenn",
    "we are done",
    "finished when",
];
const CRITERIA: &[&str] = &[
    "acceptance",
    "verification",
    "abnahme",
    "abnahmekriterien",
    "akzeptanzkriterien",
    "erfolgskriterien",
    "criteria",
];
const LAYOUT: &[&str] = &[
    "structure",
    "layout",
    "tree",
    "struktur",
    "aufbau",
    "organization",
    "organisation",
    "verzeichnisstruktur",
    "directories",
    "ordnerstruktur",
];
const NOTES: &[&str] = &[
    "notes",
    "note",
    "hinweise",
    "hinweis",
    "decisions",
    "observations",
    "findings",
    "overview",
    "summary",
    "goal",
    "goals",
    "introduction",
    "scope",
    "quick",
    "usage",
    "commands",
    "links",
    "resources",
    "support",
    "next",
];
const TASKS: &[&str] = &[
    "task",
    "tasks",
    "step",
    "steps",
    "phase",
    "implementation",
    "plan",
    "todo",
    "work",
    "aufgaben",
    "schritte",
    "milestone",
    "milestones",
    "checklist",
    "workstream",
];

/// What a heading, a label or a column is about; the first that fits, the most telling first.
#[must_use]
pub(crate) fn topic(text: &str) -> &'static str {
    let text = super::lexer::start(text, 160);
    let words: Vec<String> = words(text).collect();
    let has = |list: &[&str]| words.iter().any(|word| list.contains(&word.as_str()));
    let joined = format!(" {} ", words.join(" "));
    let says = |list: &[&str]| list.iter().any(|phrase| joined.contains(&format!(" {phrase} ")));
    if says(ASIDE_PHRASES) || has(ASIDE) {
        return "aside";
    }
    if words.iter().any(|word| verb(word).is_some_and(|verb| verb.deed == Deed::Delete)) {
        return "delete";
    }
    let things = has(THINGS);
    if has(EXISTING) {
        return "existing";
    }
    if has(DELIVERABLE) {
        return "deliverable";
    }
    let deed = words.iter().find_map(|word| verb(word).map(|verb| verb.deed));
    if has(NEW) && things {
        return "new files";
    }
    if things && matches!(deed, Some(Deed::Change)) || has(CHANGED) {
        return "changed files";
    }
    if says(CRITERIA_PHRASES) || has(CRITERIA) {
        return "criteria";
    }
    if has(LAYOUT) {
        return "layout";
    }
    if has(NOTES) {
        return "notes";
    }
    if things {
        return "files";
    }
    if has(TASKS) {
        return "tasks";
    }
    match deed {
        Some(Deed::Make | Deed::Add | Deed::Write) => "makes",
        Some(Deed::Change) => "changes",
        Some(Deed::Run | Deed::See) => "runs",
        Some(Deed::Test) => "tests",
        _ => "other",
    }
}

/// Whether a text has a sign that calls a thing done, and none that takes it back.
#[must_use]
pub(crate) fn check(text: &str) -> bool {
    text.contains(['\u{2705}', '\u{2611}', '\u{2713}', '\u{2714}']) && !text.contains(['\u{274c}', '\u{23f3}'])
}

/// Whether a cell turns its row down.
#[must_use]
pub(crate) fn rejects(cell: &str) -> bool {
    let mut words = words(cell);
    words.clone().count() <= 3
        && words.any(|word| matches!(word.as_str(), "rejected" | "abgelehnt" | "verworfen" | "declined"))
}

/// What the state of a row, a tail or a note says.
#[must_use]
pub(crate) fn state(text: &str) -> &'static str {
    if text.trim().is_empty() {
        return "none";
    }
    let words: Vec<String> = words(text).collect();
    let has = |list: &[&str]| words.iter().any(|word| list.contains(&word.as_str()));
    let goes = |(at, word): (usize, &String)| {
        verb(word).is_some_and(|verb| verb.deed == Deed::Delete && (at == 0 || verb.past))
    };
    if words.iter().enumerate().any(goes) || has(&["cancelled", "canceled", "superseded"]) {
        return "goes";
    }
    if has(&["unchanged", "untouched", "stays", "unver\u{e4}ndert", "bleibt"]) {
        return "unchanged";
    }
    if words.first().is_some_and(|word| word == "this") {
        return "itself";
    }
    if has(&["existing", "exists", "already", "current", "unver\u{e4}ndert", "bestehend", "vorhanden", "keep"]) {
        return "existing";
    }
    if has(&["new", "neu"]) {
        return "new";
    }
    let deed = words.iter().take(2).find_map(|word| verb(word));
    match deed.map(|verb| verb.deed) {
        Some(Deed::Change) => "changed",
        Some(Deed::Add) if !deed.is_some_and(|verb| verb.past) && words.len() > 1 => "changed",
        Some(Deed::Make | Deed::Add | Deed::Write) if deed.is_some_and(|verb| verb.past) => "made",
        _ if text.contains(['\u{2705}', '\u{2714}', '\u{2611}', '\u{2713}'])
            || has(&["done", "complete", "completed", "implemented"]) =>
        {
            "done"
        }
        _ if text.contains(['\u{274c}', '\u{23f3}', '\u{1f534}', '\u{1f7e1}'])
            || has(&["pending", "todo", "planned", "open", "missing", "progress"]) =>
        {
            "open"
        }
        Some(Deed::Make | Deed::Add | Deed::Write) => "make",
        _ => "other",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verbs_are_known_in_their_forms() {
        let deed = |word: &str| verb(word).map(|verb| (verb.deed, verb.past));
        assert_eq!(deed("creating"), Some((Deed::Make, false)));
        assert_eq!(deed("added"), Some((Deed::Add, true)));
        assert_eq!(deed("dropped"), Some((Deed::Delete, true)));
        assert_eq!(deed("modifies"), Some((Deed::Change, false)));
        assert_eq!([deed("the"), deed("till"), deed("plan")], [None, None, None]);
    }

    #[test]
    fn topics_are_told_by_their_words() {
        for (text, topic_of) in [
            ("Files to create", "new files"),
            ("Out of Scope", "aside"),
            ("Deliverables", "deliverable"),
            ("Modified files", "changed files"),
            ("Existing files", "existing"),
            ("Key Deletion", "delete"),
        ] {
            assert_eq!(topic(text), topic_of, "{text}");
        }
    }
}
