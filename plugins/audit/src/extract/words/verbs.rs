//! Verbs before a file: which of them make it, move it or write it.

use super::{bare, negates};

/// Verbs that promise a new file when they open a sentence.
const CREATING: &[&str] = &[
    "add",
    "added",
    "adding",
    "author",
    "build",
    "built",
    "create",
    "created",
    "creates",
    "creating",
    "deliver",
    "delivered",
    "draft",
    "drafted",
    "generate",
    "generated",
    "implement",
    "implemented",
    "introduce",
    "introduced",
    "new",
    "produce",
    "produced",
    "scaffold",
    "write",
    "written",
    "wrote",
];

/// Verbs after which "to `x`" names what is written.
const WRITING: &[&str] = &[
    "dump",
    "export",
    "exported",
    "generate",
    "generated",
    "output",
    "save",
    "saved",
    "store",
    "stored",
    "write",
    "written",
    "wrote",
];

/// Words between a verb and its object after which the file is not the thing that is made.
const TURNING: &[&str] = &[
    "about", "against", "and", "based", "because", "before", "by", "for", "from", "if", "in", "inside", "instead",
    "into", "like", "matching", "no", "not", "of", "on", "or", "per", "than", "that", "to", "under", "using", "via",
    "when", "where", "which", "with", "within", "without",
];

/// Words that may stand before the verb of a step without changing what it does.
const LEADING: &[&str] =
    &["afterwards", "also", "and", "finally", "first", "for", "just", "last", "next", "now", "please", "then"];

/// Whether the words before a file promise it: "Create a new module".
#[must_use]
pub(in crate::extract) fn creates(lead: &str) -> bool {
    let mut words = lead.split_whitespace().map(bare).skip_while(|word| LEADING.contains(word));
    let Some(verb) = words.next() else { return false };
    if !CREATING.contains(&verb) && !WRITING.contains(&verb) || lead.contains(['.', ';', '?']) || negates(lead) {
        return false;
    }
    let rest: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    let Some((last, middle)) = rest.split_last() else { return CREATING.contains(&verb) };
    let turned = |words: &[&str]| words.iter().any(|word| TURNING.contains(word));
    let put_down =
        matches!(*last, "in" | "as" | "into") && middle.iter().any(|word| matches!(*word, "it" | "them" | "down"));
    if (*last == "to" || put_down) && rest.len() <= 8 {
        return WRITING.contains(&verb) && !middle.iter().any(|word| matches!(*word, "add" | "according" | "up"));
    }
    if rest.len() > 6 || turned(middle) {
        return false;
    }
    match *last {
        "at" | "as" | "called" | "named" => true,
        word => CREATING.contains(&verb) && !TURNING.contains(&word),
    }
}

/// Whether a heading or item opens with a verb that makes something.
#[must_use]
pub(in crate::extract) fn opens_creating(text: &str) -> bool {
    let lower = text.to_lowercase();
    lower.split_whitespace().map(bare).next().is_some_and(|word| CREATING.contains(&word))
}

/// Whether a line opens with a verb that gives a file another place or name.
#[must_use]
pub(in crate::extract) fn moves(lead: &str) -> bool {
    let first = lead.split_whitespace().map(bare).find(|word| !LEADING.contains(word)).unwrap_or_default();
    matches!(first, "copy" | "convert" | "move" | "moved" | "port" | "rename" | "renamed" | "split") && !negates(lead)
}

/// Whether the words between two files lead from the one to the other.
#[must_use]
pub(in crate::extract) fn leads_on(between: &str) -> bool {
    matches!(between.trim(), "to" | "into" | "as" | "\u{2192}" | "->")
}

/// The last clause of a step, where it opens with a verb that makes something: of "measure it; write the table to" the
/// second half. Clauses after a condition stay with it.
#[must_use]
pub(in crate::extract) fn last_clause(lead: &str) -> &str {
    let cut = ["; ", ", ", ". "].iter().filter_map(|stop| lead.rfind(stop).map(|at| at + stop.len())).max();
    let Some((before, last)) = cut.and_then(|cut| lead.split_at_checked(cut)) else { return lead };
    let conditional = before
        .split_whitespace()
        .map(bare)
        .any(|word| matches!(word, "if" | "when" | "unless" | "should" | "could" | "would"));
    if conditional || negates(before) || !opens_making(last) { lead } else { last }
}

/// Whether a clause opens with a verb that makes or writes something, said as a step.
fn opens_making(clause: &str) -> bool {
    let first = clause.split_whitespace().map(bare).find(|word| !LEADING.contains(word)).unwrap_or_default();
    matches!(first, "add" | "build" | "create" | "draft" | "generate" | "produce" | "save" | "store" | "write")
}
