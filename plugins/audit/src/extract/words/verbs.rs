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
    "adds",
    "anlegen",
    "erstelle",
    "erstellen",
    "erstellt",
    "erzeuge",
    "erzeugen",
    "erzeugt",
    "f\u{fc}ge",
    "generates",
    "lege",
    "neu",
    "neue",
    "neues",
    "prepare",
    "produces",
    "provide",
    "schreibe",
    "schreiben",
];

/// Verbs after which "to `x`" names what is written.
const WRITING: &[&str] = &[
    "dump",
    "export",
    "exported",
    "generate",
    "generated",
    "output",
    "place",
    "record",
    "save",
    "schreibe",
    "speichere",
    "speichern",
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
    "when", "where", "which", "with", "within", "without", "aus", "f\u{fc}r", "mit", "von",
];

/// Words that may stand before the verb of a step without changing what it does.
const LEADING: &[&str] =
    &["afterwards", "also", "and", "finally", "first", "for", "just", "last", "next", "now", "please", "then"];

/// Who makes something, at the start of a clause.
const SUBJECTS: &[&str] = &["i", "i'll", "i'm", "let's", "we", "we'll", "we're", "wir", "ich"];

/// Words between who makes something and the verb.
const MODALS: &[&str] = &[
    "also", "am", "are", "going", "have", "must", "need", "now", "plan", "shall", "should", "then", "to", "want",
    "will",
];

/// The words of a clause from its verb on, and whether somebody is said to do it.
fn from_verb(clause: &str) -> (Vec<&str>, bool) {
    let mut words: Vec<&str> =
        clause.split_whitespace().map(bare).skip_while(|word| LEADING.contains(word) || word.is_empty()).collect();
    let told = words.first().is_some_and(|word| SUBJECTS.contains(word));
    if told {
        let skipped = 1 + words.iter().skip(1).take_while(|word| MODALS.contains(word)).count();
        words.drain(..skipped);
    } else if let ["a" | "an" | "eine" | "ein", "new" | "neue" | "neues", ..] = words.as_slice() {
        words.remove(0);
    } else if let ["set", "up", ..] = words.as_slice() {
        words.splice(..2, ["create"]);
    }
    (words, told)
}

/// Whether the words before a file promise it: "Create a new module", "We will add", "Save the list in".
#[must_use]
pub(in crate::extract) fn creates(lead: &str) -> bool {
    let (words, told) = from_verb(lead);
    let Some((verb, rest)) = words.split_first() else { return false };
    if !CREATING.contains(verb) && !WRITING.contains(verb) || lead.contains(['.', ';', '?']) || negates(lead) {
        return false;
    }
    let rest: Vec<&str> = rest.iter().copied().filter(|word| !word.is_empty()).collect();
    let Some((last, middle)) = rest.split_last() else { return CREATING.contains(verb) };
    let turned = |words: &[&str]| words.iter().any(|word| TURNING.contains(word));
    if matches!(*last, "to" | "nach") && rest.len() <= 8 {
        let added = middle.iter().any(|word| matches!(*word, "add" | "according" | "up"));
        return WRITING.contains(verb) && !added && !told;
    }
    if matches!(*last, "in" | "into" | "under" | "unter") && rest.len() <= 8 {
        let within = middle.iter().any(|word| matches!(*word, "add" | "according" | "up" | "to" | "that" | "if"));
        return WRITING.contains(verb) && !middle.is_empty() && !within;
    }
    if rest.len() > 6 || turned(middle) {
        return false;
    }
    match *last {
        "at" | "as" | "called" | "named" | "als" | "namens" => true,
        word => CREATING.contains(verb) && !TURNING.contains(&word),
    }
}

/// Whether the words before a file say that something is to be found there: "the script goes into".
#[must_use]
pub(in crate::extract) fn goes_into(lead: &str) -> bool {
    let words: Vec<&str> = lead.split_whitespace().map(bare).collect();
    let ends = |phrase: &[&str]| words.ends_with(phrase);
    let goes = ends(&["goes", "into"]) || ends(&["go", "into"]) || ends(&["goes", "in"]) || ends(&["go", "in"]);
    let will = words.iter().any(|word| matches!(*word, "will"));
    let put = words.iter().any(|word| matches!(*word, "saved" | "stored" | "written" | "exported" | "live" | "go"))
        && matches!(words.last(), Some(&("to" | "in" | "into" | "under")));
    (goes || (will && put)) && words.len() <= 10 && !negates(lead)
}

/// Whether a heading or item opens with a verb that makes something.
#[must_use]
pub(in crate::extract) fn opens_creating(text: &str) -> bool {
    let lower = text.to_lowercase();
    from_verb(&lower).0.first().is_some_and(|word| CREATING.contains(word))
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

/// The last sentence of the words before a file. What stands behind an abbreviation is not another one.
#[must_use]
pub(in crate::extract) fn last_sentence(lead: &str) -> &str {
    let cut = [". ", "! ", "? "].iter().filter_map(|stop| lead.rfind(stop).map(|at| at + stop.len())).max();
    let Some((before, last)) = cut.and_then(|cut| lead.split_at_checked(cut)) else { return lead };
    let word = before.trim_end().trim_end_matches('.').rsplit([' ', '(']).next().unwrap_or_default();
    let short = matches!(word, "e.g" | "i.e" | "z.b" | "cf" | "vgl" | "d.h" | "etc" | "vs");
    if short { lead } else { last.trim() }
}

/// The last clause of a step, where it opens with a verb that makes something: of "measure it; write the table to" the
/// second half. Clauses after a condition stay with it. In prose somebody must be said to do it.
#[must_use]
pub(in crate::extract) fn last_clause(lead: &str, prose: bool) -> &str {
    let cut = ["; ", ", ", ". "].iter().filter_map(|stop| lead.rfind(stop).map(|at| at + stop.len())).max();
    let Some((before, last)) = cut.and_then(|cut| lead.split_at_checked(cut)) else { return lead };
    let conditional = before
        .split_whitespace()
        .map(bare)
        .any(|word| matches!(word, "if" | "when" | "unless" | "should" | "could" | "would" | "falls" | "wenn"));
    if conditional || negates(before) || !opens_making(last, prose) { lead } else { last }
}

/// Whether a clause opens with a verb that makes or writes something, said as a step.
fn opens_making(clause: &str, prose: bool) -> bool {
    let (words, told) = from_verb(clause);
    let makes = words.first().is_some_and(|word| {
        matches!(
            *word,
            "add" | "build" | "create" | "draft" | "erstelle" | "generate" | "produce" | "save" | "store" | "write"
        )
    });
    makes && (told || !prose)
}
