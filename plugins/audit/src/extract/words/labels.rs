//! Headings and labels: which of them make the list below them promise files, which of them rule that out.

use super::{goes, padded};

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
pub(in crate::extract) fn label_makes(label: &str) -> bool {
    let last = label.rsplit(' ').next().unwrap_or_default();
    MADE_LABELS.contains(&label) || matches!(last, "created" | "generated" | "produced" | "written")
}

/// Whether a label's value is a place.
#[must_use]
pub(in crate::extract) fn label_places(label: &str) -> bool {
    PLACE_LABELS.contains(&label)
}

/// Whether a list below this label or heading names deliverables.
#[must_use]
pub(in crate::extract) fn promises(label: &str) -> bool {
    let words = padded(label);
    !excludes(label) && !goes(label) && PROMISING_LABELS.iter().any(|phrase| words.contains(&format!(" {phrase} ")))
}

/// Whether a list below this label names nothing new.
#[must_use]
pub(in crate::extract) fn turns_away(label: &str) -> bool {
    padded(label).split_whitespace().next().is_some_and(|word| TURNED_AWAY.contains(&word))
}

/// Whether a line without any mark is a heading of a list: `Deliverables`, `Success criteria`, `Out of scope`.
#[must_use]
pub(in crate::extract) fn is_heading(text: &str) -> bool {
    let words = padded(text);
    let plain = words.trim();
    let known = |lists: &[&str]| lists.contains(&plain);
    known(PROMISING_LABELS) || known(MEASURING) || known(EXCLUDED_HEADINGS)
}

/// Whether what follows this heading says by what success is told.
#[must_use]
pub(in crate::extract) fn measures(heading: &str) -> bool {
    let words = padded(heading);
    MEASURING.iter().any(|phrase| words.contains(&format!(" {phrase} ")))
}

/// Whether nothing below this heading is promised.
#[must_use]
pub(in crate::extract) fn excludes(heading: &str) -> bool {
    let words = padded(heading);
    let opening = words.trim_start();
    EXCLUDED_HEADINGS.iter().any(|phrase| opening.strip_prefix(phrase).is_some_and(|rest| rest.starts_with(' ')))
        || [" out of scope ", " files reviewed ", " files examined ", " files analysed "]
            .iter()
            .any(|phrase| words.contains(phrase))
}
