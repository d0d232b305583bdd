//! What stands around a file in a line: what turns it away, what says that it stands, what merely lists.

use super::{bare, goes, negates, padded};

/// First words of an item that promises nothing, even in a list of deliverables.
const NOT_PROMISING: &[&str] = &[
    "based",
    "call",
    "check",
    "delete",
    "deleted",
    "deprecate",
    "deprecated",
    "drop",
    "enhance",
    "extend",
    "fix",
    "fixed",
    "follow",
    "from",
    "import",
    "like",
    "look",
    "modify",
    "move",
    "no",
    "not",
    "once",
    "per",
    "read",
    "refactor",
    "remove",
    "removed",
    "rename",
    "replace",
    "replaces",
    "review",
    "run",
    "same",
    "see",
    "similar",
    "since",
    "uses",
    "use",
    "using",
    "verify",
    "was",
    "when",
    "without",
];

/// First words after a file by which an item says something about the file instead of naming it.
const ABOUT: &[&str] = &[
    "already", "are", "changed", "extended", "modified", "updated", "bleibt", "ist", "remains", "wird", "does",
    "exists", "fails", "gets", "had", "has", "is", "line", "lines", "must", "needs", "should", "stays", "version",
    "was", "were", "will",
];

/// Whether the words after a file that opens an item speak about the file instead of describing what is made.
#[must_use]
pub(in crate::extract) fn speaks_about(after: &str) -> bool {
    let words = padded(after);
    let first = words.split_whitespace().next().unwrap_or_default();
    ABOUT.contains(&first) || goes(after) || negates(after)
}

/// Whether the words after a file say that it stands: "exists", "is generated".
#[must_use]
pub(in crate::extract) fn stands(after: &str) -> bool {
    let words = padded(after);
    let opening = words.split_whitespace().take(3).collect::<Vec<_>>().join(" ");
    let mut words = words.split_whitespace();
    let (first, second) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let made = matches!(
        second,
        "available"
            | "built"
            | "committed"
            | "created"
            | "generated"
            | "present"
            | "produced"
            | "published"
            | "there"
            | "written"
    );
    !negates(&opening)
        && second != "already"
        && (matches!(first, "exist" | "exists" | "existiert" | "existieren") || (matches!(first, "is" | "are") && made))
}

/// Whether an item in a list of deliverables with these words before its file still promises the file.
#[must_use]
pub(in crate::extract) fn leads_to_promise(lead: &str) -> bool {
    let words: Vec<&str> = lead.split_whitespace().collect();
    let first = words.first().copied().unwrap_or_default();
    words.len() <= 6 && !NOT_PROMISING.contains(&bare(first)) && !negates(lead)
}

/// Whether the words before a file open a quotation that is still open.
#[must_use]
pub(in crate::extract) fn is_quoting(before: &str) -> bool {
    let count = |marks: &[char]| before.chars().filter(|sign| marks.contains(sign)).count();
    count(&['"']) % 2 == 1 || count(&['\u{201c}', '\u{201e}']) > count(&['\u{201d}'])
}

/// Whether what follows a file that opens an item tells somebody to make it: `x.md`: Create it last; `x.md` anlegen.
#[must_use]
pub(in crate::extract) fn is_told_to_be_made(after: &str) -> bool {
    let after = after.trim_start();
    after.strip_prefix([':', '\u{2013}', '\u{2014}']).is_some_and(orders_it)
        || opens_with(after, &["anlegen", "erstellen", "erzeugen", "schreiben"])
        || is_said_new(after)
}

/// Whether a text orders the thing itself to be made: "create it last", "write", not "create a section".
fn orders_it(text: &str) -> bool {
    let lower = text.to_lowercase();
    let mut words = lower.split_whitespace().map(bare);
    let verb = words.next().is_some_and(|word| matches!(word, "create" | "draft" | "erstelle" | "scaffold" | "write"));
    verb && words.next().is_none_or(|word| matches!(word, "it" | "them" | "this" | "from" | "with" | "new" | "file"))
}

/// Whether what follows a file says that it is still to come: "will be created", "(to be written)", "wird neu angelegt".
#[must_use]
pub(in crate::extract) fn is_to_come(after: &str) -> bool {
    const MADE: &[&str] = &[
        "added",
        "angelegt",
        "authored",
        "built",
        "created",
        "drafted",
        "erstellt",
        "erzeugt",
        "generated",
        "introduced",
        "geschrieben",
        "produced",
        "written",
    ];
    let words = padded(after);
    let mut words = words.split_whitespace();
    let coming = match (words.next(), words.next()) {
        (Some("will" | "shall" | "to"), Some("be")) | (Some("wird" | "werden"), Some("neu")) => words.next(),
        (Some("wird" | "werden"), second) => second,
        (Some("is" | "are"), Some("to")) => words.nth(1),
        _ => None,
    };
    coming.is_some_and(|word| MADE.contains(&word)) && !negates(after)
}

/// Whether the mark behind a file says that it is new: `(new)`, `[NEW, 50 lines]`, `\u{2014} NEW`.
fn is_said_new(after: &str) -> bool {
    let lower = after.to_lowercase();
    let Some(said) = lower.strip_prefix(['(', '[', '\u{2013}', '\u{2014}', '-']) else { return false };
    let said = said.trim_start();
    let end = said.find([')', ']', ',', ':', ';', '.']).unwrap_or(said.len());
    let said = said.get(..end).unwrap_or_default().trim();
    matches!(said, "new" | "new file" | "new module" | "new script" | "neu" | "neue datei")
}

/// Whether a text opens with one of these words.
fn opens_with(text: &str, words: &[&str]) -> bool {
    let lower = text.to_lowercase();
    lower.split_whitespace().next().map(bare).is_some_and(|word| words.contains(&word))
}

/// Whether the words between a file and a folder say that the one is in the other: "exists in", "to be created under".
#[must_use]
pub(in crate::extract) fn places(between: &str) -> bool {
    const QUIET: &[&str] = &[
        "added",
        "be",
        "created",
        "exists",
        "file",
        "generated",
        "goes",
        "is",
        "lives",
        "placed",
        "saved",
        "stored",
        "to",
        "will",
        "written",
        "new",
        "neu",
    ];
    let words = padded(between);
    let mut words = words.split_whitespace().rev();
    let last = words.next().unwrap_or_default();
    matches!(last, "in" | "into" | "under" | "inside" | "below" | "unter") && words.all(|word| QUIET.contains(&word))
}

/// Whether text between two files merely lists them.
#[must_use]
pub(in crate::extract) fn only_lists(between: &str) -> bool {
    let between = without_brackets(between).replace("<br>", " ").replace("<br/>", " ");
    between.split_whitespace().all(|word| {
        matches!(
            word.trim_matches([',', ';']),
            "" | "and" | "&" | "+" | "/" | "|" | "plus" | "und" | "\u{b7}" | "\u{2022}"
        )
    })
}

/// The text without what stands in closed round brackets.
fn without_brackets(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, inner)) = rest.split_once('(') {
        let Some((_, after)) = inner.split_once(')') else { break };
        out.push_str(before);
        rest = after;
    }
    out + rest
}
