//! What stands around a file in a line: what turns it away, what says that it stands, what merely lists.

use super::{bare, goes, negates, opens_creating, padded};

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
    "already", "are", "does", "exists", "fails", "gets", "had", "has", "is", "line", "lines", "must", "needs",
    "should", "stays", "version", "was", "were", "will",
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
    !negates(after) && (matches!(first, "exist" | "exists") || (matches!(first, "is" | "are") && made))
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

/// Whether what follows a file that opens an item tells somebody to make it: `x.md`: Create it last.
#[must_use]
pub(in crate::extract) fn is_told_to_be_made(after: &str) -> bool {
    after.trim_start().strip_prefix([':', '\u{2013}', '\u{2014}']).is_some_and(opens_creating)
}

/// Whether text between two files merely lists them.
#[must_use]
pub(in crate::extract) fn only_lists(between: &str) -> bool {
    let between = without_brackets(between).replace("<br>", " ").replace("<br/>", " ");
    between.split_whitespace().all(|word| {
        matches!(word.trim_matches([',', ';']), "" | "and" | "&" | "+" | "/" | "|" | "plus" | "\u{b7}" | "\u{2022}")
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
