//! The words by which plans tell a promise from a remark.
//!
//! Lists and small tests on lower-case text, in one place so that they can be read against each other. English only.

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

/// Parts of a label or heading below which a list names deliverables.
const PROMISING_LABELS: &[&str] = &[
    "artifacts",
    "artefacts",
    "created files",
    "deliverable",
    "deliverables",
    "expected artifacts",
    "expected files",
    "expected output",
    "expected outputs",
    "expected scripts",
    "files added",
    "files created",
    "files to add",
    "files to be created",
    "files to create",
    "generated files",
    "missing files",
    "modules to create",
    "new files",
    "new modules",
    "new scripts",
    "output files",
    "outputs",
    "planned files",
    "required files",
    "scripts to create",
];

/// Openings of headings below which nothing is promised.
const EXCLUDED_HEADINGS: &[&str] = &[
    "alternatives",
    "archived",
    "changelog",
    "deleted",
    "dependencies",
    "deprecated",
    "document history",
    "example",
    "examples",
    "files deleted",
    "files removed",
    "files reviewed",
    "files to be deleted",
    "files to be removed",
    "files to delete",
    "files to remove",
    "further reading",
    "inputs",
    "known issues",
    "non-goals",
    "not in scope",
    "obsolete",
    "out of scope",
    "prerequisites",
    "references",
    "rejected",
    "related",
    "removed",
    "risk",
    "risks",
    "rollback",
    "see also",
    "superseded",
    "to be removed",
    "to remove",
    "troubleshooting",
    "version history",
];

/// First words of a label below which a list names nothing new, whatever the heading says.
const TURNED_AWAY: &[&str] = &[
    "based",
    "depends",
    "existing",
    "from",
    "input",
    "note",
    "notes",
    "reads",
    "reference",
    "requires",
    "see",
    "used",
    "uses",
];

/// First words after a file by which an item says something about the file instead of naming it.
const ABOUT: &[&str] = &[
    "already", "are", "does", "exists", "fails", "gets", "had", "has", "is", "line", "lines", "must", "needs",
    "should", "stays", "version", "was", "were", "will",
];

/// Openings of headings below which it stands by what success is told.
const MEASURING: &[&str] = &[
    "acceptance",
    "completion criteria",
    "definition of done",
    "done when",
    "exit criteria",
    "success criteria",
    "success metrics",
];

/// Words that may stand before the verb of a step without changing what it does.
const LEADING: &[&str] =
    &["afterwards", "also", "and", "finally", "first", "for", "just", "last", "next", "now", "please", "then"];
/// Words of headings below which a tree or a table shows a part of what there is.
const LISTING_PART: &[&str] = &[
    "added", "affected", "changed", "changes", "created", "example", "examples", "excerpt", "key", "modified", "new",
    "partial", "sample", "selected", "touched", "updated",
];

/// Words of headings below which a table lists every file.
const LISTING_ALL: &[&str] = &[
    "all files",
    "complete file list",
    "complete list of files",
    "every file",
    "file inventory",
    "full file list",
    "inventory of files",
];

/// Words in a status or a tail that say that a file is to go.
const GOING: &[&str] = &[
    "cancelled",
    "canceled",
    "delete",
    "deleted",
    "deprecated",
    "dropped",
    "obsolete",
    "remove",
    "removed",
    "retired",
    "superseded",
];

/// Labels whose value is what is made.
const MADE_LABELS: &[&str] = &[
    "artifact",
    "artifacts",
    "creates",
    "deliverable",
    "deliverables",
    "generates",
    "new file",
    "new files",
    "output",
    "output file",
    "outputs",
    "produces",
    "saved to",
    "written to",
];

/// Labels whose value is the place of what is spoken of.
const PLACE_LABELS: &[&str] =
    &["destination", "file", "file path", "filename", "files", "location", "module", "path", "script", "target file"];

/// Whether a label (`new export generated`) says that its value was made.
#[must_use]
pub(super) fn label_makes(label: &str) -> bool {
    let last = label.rsplit(' ').next().unwrap_or_default();
    MADE_LABELS.contains(&label) || matches!(last, "created" | "generated" | "produced" | "written")
}

/// Whether a label's value is a place.
#[must_use]
pub(super) fn label_places(label: &str) -> bool {
    PLACE_LABELS.contains(&label)
}

/// Whether a list below this label or heading names deliverables.
#[must_use]
pub(super) fn promises(label: &str) -> bool {
    let words = padded(label);
    PROMISING_LABELS.iter().any(|phrase| holds(&words, phrase)) && !excludes(label) && !goes(label)
}

/// Whether a list below this label names nothing new.
#[must_use]
pub(super) fn turns_away(label: &str) -> bool {
    padded(label).split_whitespace().next().is_some_and(|word| TURNED_AWAY.contains(&word))
}

/// Whether the words after a file that opens an item speak about the file instead of describing what is made.
#[must_use]
pub(super) fn speaks_about(after: &str) -> bool {
    let words = padded(after);
    let first = words.split_whitespace().next().unwrap_or_default();
    ABOUT.contains(&first) || goes(after) || negates(after)
}

/// Whether a line without any mark is a heading of a list: `Deliverables`, `Success criteria`, `Out of scope`.
#[must_use]
pub(super) fn is_heading(text: &str) -> bool {
    let words = padded(text);
    let plain = words.trim();
    let known = |lists: &[&str]| lists.contains(&plain);
    known(PROMISING_LABELS) || known(MEASURING) || known(EXCLUDED_HEADINGS)
}

/// Whether what follows this heading says by what success is told.
#[must_use]
pub(super) fn measures(heading: &str) -> bool {
    let words = padded(heading);
    MEASURING.iter().any(|phrase| words.contains(&format!(" {phrase} ")))
}

/// Whether the words after a file say that it stands: "exists", "is generated".
#[must_use]
pub(super) fn stands(after: &str) -> bool {
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

/// Whether nothing below this heading is promised.
#[must_use]
pub(super) fn excludes(heading: &str) -> bool {
    let words = padded(heading);
    let opening = words.trim_start();
    EXCLUDED_HEADINGS.iter().any(|phrase| opening.strip_prefix(phrase).is_some_and(|rest| rest.starts_with(' ')))
        || [" out of scope ", " files reviewed ", " files examined ", " files analysed "]
            .iter()
            .any(|phrase| words.contains(phrase))
}

/// Whether what stands below this heading or label is a part of something larger: what is new, changed, or an example.
#[must_use]
pub(super) fn lists_part(heading: &str) -> bool {
    padded(heading).split(' ').any(|word| LISTING_PART.contains(&word))
}

/// Whether a heading or label announces a table of every file.
#[must_use]
pub(super) fn lists_every_file(heading: &str) -> bool {
    let words = padded(heading);
    LISTING_ALL.iter().any(|phrase| holds(&words, phrase)) && !lists_part(heading)
}

/// Whether a status or a tail says that the file is to go.
#[must_use]
pub(super) fn goes(text: &str) -> bool {
    padded(text).split(' ').any(|word| GOING.contains(&word))
}

/// Whether an item in a list of deliverables with these words before its file still promises the file.
#[must_use]
pub(super) fn leads_to_promise(lead: &str) -> bool {
    let words: Vec<&str> = lead.split_whitespace().collect();
    let first = words.first().copied().unwrap_or_default();
    words.len() <= 6 && !NOT_PROMISING.contains(&bare(first)) && !negates(lead)
}

/// Whether the words before a file promise it: "Create a new module".
#[must_use]
pub(super) fn creates(lead: &str) -> bool {
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
pub(super) fn opens_creating(text: &str) -> bool {
    let lower = text.to_lowercase();
    lower.split_whitespace().map(bare).next().is_some_and(|word| CREATING.contains(&word))
}

/// Whether the text takes back what it says.
#[must_use]
pub(super) fn negates(text: &str) -> bool {
    text.split_whitespace()
        .map(bare)
        .any(|word| matches!(word, "not" | "never" | "don't" | "no" | "without" | "instead" | "avoid"))
}

/// Whether a line opens with a verb that gives a file another place or name.
#[must_use]
pub(super) fn moves(lead: &str) -> bool {
    let first = lead.split_whitespace().map(bare).find(|word| !LEADING.contains(word)).unwrap_or_default();
    matches!(first, "copy" | "convert" | "move" | "moved" | "port" | "rename" | "renamed" | "split") && !negates(lead)
}

/// Whether the words between two files lead from the one to the other.
#[must_use]
pub(super) fn leads_on(between: &str) -> bool {
    matches!(between.trim(), "to" | "into" | "as" | "\u{2192}" | "->")
}

/// Whether the words before a file open a quotation that is still open.
#[must_use]
pub(super) fn is_quoting(before: &str) -> bool {
    let count = |marks: &[char]| before.chars().filter(|sign| marks.contains(sign)).count();
    count(&['"']) % 2 == 1 || count(&['\u{201c}', '\u{201e}']) > count(&['\u{201d}'])
}

/// Whether what follows a file that opens an item tells somebody to make it: `x.md`: Create it last.
#[must_use]
pub(super) fn is_told_to_be_made(after: &str) -> bool {
    after.trim_start().strip_prefix([':', '\u{2013}', '\u{2014}']).is_some_and(opens_creating)
}

/// The last clause of a step, where it opens with a verb that makes something: of "measure it; write the table to" the
/// second half. Clauses after a condition stay with it.
#[must_use]
pub(super) fn last_clause(lead: &str) -> &str {
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

/// Whether text between two files merely lists them.
#[must_use]
pub(super) fn only_lists(between: &str) -> bool {
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

/// Whether padded words hold a phrase as whole words.
fn holds(words: &str, phrase: &str) -> bool {
    let part = |at: usize| {
        let before = words.get(..at).is_some_and(|before| before.ends_with(' '));
        before && words.get(at + phrase.len()..).is_some_and(|after| after.starts_with(' '))
    };
    words.match_indices(phrase).any(|(at, _)| part(at))
}

fn bare(word: &str) -> &str {
    word.trim_matches(|sign: char| !sign.is_alphanumeric() && sign != '\'')
}

/// The words of a text, in lower case, one blank between and around them.
fn padded(text: &str) -> String {
    let lower = text.to_lowercase();
    let words: Vec<&str> =
        lower.split(|sign: char| !(sign.is_alphanumeric() || sign == '-')).filter(|word| !word.is_empty()).collect();
    format!(" {} ", words.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_creating_verb_needs_the_file_as_its_object() {
        for lead in [
            "create ",
            "created ",
            "add a new module ",
            "write the summary to ",
            "create volume index file ",
            "new file: ",
        ] {
            assert!(creates(lead), "{lead}");
        }
        for lead in [
            "",
            "update ",
            "add tests to ",
            "implement retries in ",
            "do not create ",
            "create docs. see ",
            "run ",
            "the script creates ",
            "save ",
        ] {
            assert!(!creates(lead), "{lead}");
        }
    }

    #[test]
    fn headings_promise_or_exclude() {
        assert!(
            promises("\u{1f4c1} Files Created/Modified")
                && promises("Phase 1 Deliverables")
                && promises("Expected Outputs")
        );
        assert!(!promises("Files reviewed") && !promises("Output format") && !promises("Removed deliverables"));
        assert!(
            excludes("Out of Scope") && excludes("Risks") && excludes("Known Issues") && !excludes("Risky business")
        );
    }

    #[test]
    fn files_may_be_marked_as_going() {
        assert!(goes("(DELETED)") && goes("Deprecated in v2") && !goes("deletes nothing here"));
    }
}
