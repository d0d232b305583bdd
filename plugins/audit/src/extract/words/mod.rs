//! The words by which plans tell a promise from a remark.
//!
//! Lists and small tests on lower-case text, in one place so that they can be read against each other: `labels` for what
//! stands above a list, `verbs` for what stands before a file, `around` for the rest of its line. English, and the few
//! German words by which plans that mix both say the same.

mod around;
mod labels;
mod verbs;

pub(super) use around::*;
pub(super) use labels::*;
pub(super) use verbs::*;

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
    "entfernt",
    "gel\u{f6}scht",
    "entfernen",
    "l\u{f6}schen",
];

/// Whether a status or a tail says that the file is to go.
#[must_use]
pub(in crate::extract) fn goes(text: &str) -> bool {
    padded(text).split(' ').any(|word| GOING.contains(&word))
}

/// Whether a state says that the file is there already and is only changed: `MODIFY`, `✏️ Modified`, `Edit`.
#[must_use]
pub(in crate::extract) fn only_changes(state: &str) -> bool {
    const CHANGING: [&str; 12] = [
        "change",
        "changed",
        "edit",
        "edited",
        "extend",
        "modified",
        "modify",
        "touch",
        "unchanged",
        "update",
        "updated",
        "ge\u{e4}ndert",
    ];
    padded(state).split_whitespace().next().is_some_and(|first| CHANGING.contains(&first))
}

/// Whether the text takes back what it says.
#[must_use]
pub(in crate::extract) fn negates(text: &str) -> bool {
    text.split_whitespace().map(bare).any(|word| {
        matches!(
            word,
            "not"
                | "never"
                | "don't"
                | "no"
                | "without"
                | "instead"
                | "avoid"
                | "won't"
                | "nicht"
                | "kein"
                | "keine"
                | "keinen"
                | "ohne"
                | "nie"
        )
    })
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
