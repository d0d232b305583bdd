//! Headings and labels: which of them make the list below them promise files, which of them rule that out.

use super::{goes, padded};

/// Parts of a label or heading below which a list names deliverables.
const PROMISING_LABELS: &[&str] = &[
    "added files",
    "anzulegende dateien",
    "artefacts",
    "artefakte",
    "artifacts",
    "created artifacts",
    "created files",
    "dateien anlegen",
    "deliverable",
    "deliverables",
    "ergebnisse",
    "erwartete dateien",
    "expected artifacts",
    "expected files",
    "expected output",
    "expected outputs",
    "expected scripts",
    "file to create",
    "files added",
    "files created",
    "files delivered",
    "files to add",
    "files to be added",
    "files to be created",
    "files to be written",
    "files to create",
    "files to deliver",
    "files to generate",
    "files to produce",
    "files to write",
    "files we add",
    "files we create",
    "generated files",
    "liefergegenst\u{e4}nde",
    "lieferobjekte",
    "missing files",
    "modules to create",
    "neue dateien",
    "neue module",
    "neue skripte",
    "new file",
    "new files",
    "new assets",
    "new components",
    "new docs",
    "new modules",
    "new scripts",
    "new test files",
    "new tests",
    "output files",
    "outputs",
    "planned files",
    "produced files",
    "required files",
    "resulting files",
    "scripts to be written",
    "scripts to create",
    "scripts to write",
    "we deliver",
    "we will create",
    "what we deliver",
    "will be added",
    "will be created",
    "work products",
    "zu erstellende dateien",
    "zu liefern",
];

/// Openings of headings below which nothing is promised.
const EXCLUDED_HEADINGS: &[&str] = &[
    "abgelehnt",
    "abgrenzung",
    "alternatives",
    "anti-goals",
    "archived",
    "beispiel",
    "beispiele",
    "changelog",
    "deleted",
    "dependencies",
    "deprecated",
    "document history",
    "drawbacks",
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
    "future",
    "inputs",
    "known issues",
    "later",
    "maybe later",
    "nice to have",
    "nicht enthalten",
    "nicht im umfang",
    "nicht teil",
    "non goals",
    "non-goals",
    "not doing",
    "not in scope",
    "not included",
    "not now",
    "not part of",
    "not planned",
    "not this time",
    "not to be built",
    "obsolete",
    "offene fragen",
    "open questions",
    "out of scope",
    "parked",
    "postponed",
    "prerequisites",
    "prior art",
    "problems",
    "references",
    "referenzen",
    "rejected",
    "related",
    "removed",
    "risiken",
    "risk",
    "risks",
    "rollback",
    "see also",
    "siehe auch",
    "superseded",
    "things we will not do",
    "to be removed",
    "to remove",
    "troubleshooting",
    "unresolved questions",
    "version history",
    "verweise",
    "verworfen",
    "voraussetzungen",
    "what can go wrong",
    "what could go wrong",
    "what we do not",
    "what we will not",
    "won t do",
    "wont do",
    "zu entfernen",
    "zu l\u{f6}schen",
    "zu l\u{f6}schende dateien",
];

/// Phrases anywhere in a heading below which nothing is promised.
const RULING_OUT: &[&str] = &[
    " alternatives ",
    " considered ",
    " do not ",
    " files analysed ",
    " files examined ",
    " files reviewed ",
    " not now ",
    " looked at ",
    " not planned ",
    " out of scope ",
    " will not ",
    " won t ",
];

/// First words of a label below which a list names nothing new, whatever the heading says.
const TURNED_AWAY: &[&str] = &[
    "altered",
    "based",
    "bestehende",
    "changed",
    "changes",
    "depends",
    "edited",
    "eingaben",
    "existing",
    "from",
    "ge\u{e4}nderte",
    "input",
    "modified",
    "modifies",
    "note",
    "notes",
    "reads",
    "reference",
    "requires",
    "see",
    "siehe",
    "touched",
    "unchanged",
    "updated",
    "used",
    "uses",
    "vorhandene",
];

/// Openings of headings below which it stands by what success is told.
const MEASURING: &[&str] = &[
    "abnahme",
    "abnahmekriterien",
    "acceptance",
    "akzeptanzkriterien",
    "complete when",
    "completed when",
    "completion criteria",
    "definition of done",
    "done criteria",
    "done when",
    "erfolgskriterien",
    "erledigt wenn",
    "exit criteria",
    "fertig wenn",
    "finished when",
    "ready when",
    "success criteria",
    "success metrics",
    "verification",
    "we are done",
];

/// Labels whose value is what is made.
const MADE_LABELS: &[&str] = &[
    "add",
    "adds",
    "artefact",
    "artefacts",
    "artifact",
    "artifacts",
    "create",
    "created",
    "creates",
    "deliverable",
    "deliverables",
    "ergebnis",
    "generates",
    "lieferobjekt",
    "neu",
    "neue datei",
    "neue dateien",
    "new",
    "new file",
    "new files",
    "new module",
    "new script",
    "output",
    "output file",
    "outputs",
    "produces",
    "result file",
    "saved to",
    "write",
    "writes",
    "written to",
];

/// Labels whose value is the place of what is spoken of.
const PLACE_LABELS: &[&str] = &[
    "datei",
    "dateien",
    "destination",
    "file",
    "file path",
    "filename",
    "files",
    "location",
    "module",
    "ort",
    "path",
    "pfad",
    "save to",
    "saved in",
    "script",
    "target",
    "target file",
    "target path",
    "zieldatei",
];

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

/// Whether a label (`new export generated`, `Deliverable 2`) says that its value was made.
#[must_use]
pub(in crate::extract) fn label_makes(label: &str) -> bool {
    let label = uncounted(label);
    let last = label.rsplit(' ').next().unwrap_or_default();
    MADE_LABELS.contains(&label) || matches!(last, "created" | "generated" | "produced" | "written") || promises(label)
}

/// A label without the number that counts it: of `deliverable #2` the first word.
fn uncounted(label: &str) -> &str {
    label.trim_end_matches(|sign: char| sign.is_ascii_digit() || matches!(sign, '#' | '.' | ' '))
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
    PROMISING_LABELS.iter().any(|phrase| holds(&words, phrase)) && !excludes(label) && !goes(label)
}

/// Whether a list below this label names nothing new.
#[must_use]
pub(in crate::extract) fn turns_away(label: &str) -> bool {
    padded(label).split_whitespace().next().is_some_and(|word| TURNED_AWAY.contains(&word))
}

/// Whether a line without any mark is a heading of a list: `Deliverables`, `Success criteria`, `Presets: files to create`.
#[must_use]
pub(in crate::extract) fn is_heading(text: &str) -> bool {
    let words = padded(text.rsplit(':').find(|part| !part.trim().is_empty()).unwrap_or_default());
    let plain = words.trim();
    let known = |lists: &[&str]| lists.contains(&plain);
    known(PROMISING_LABELS) || known(MEASURING) || known(EXCLUDED_HEADINGS)
}

/// Whether what follows this heading says by what success is told.
#[must_use]
pub(in crate::extract) fn measures(heading: &str) -> bool {
    let words = padded(heading);
    MEASURING.iter().any(|phrase| holds(&words, phrase))
}

/// Whether nothing below this heading is promised.
#[must_use]
pub(in crate::extract) fn excludes(heading: &str) -> bool {
    let words = padded(heading);
    let opening = words.trim_start();
    EXCLUDED_HEADINGS.iter().any(|phrase| opening.strip_prefix(phrase).is_some_and(|rest| rest.starts_with(' ')))
        || RULING_OUT.iter().any(|phrase| words.contains(phrase))
}

/// Whether what stands below this heading is there already and is only changed.
#[must_use]
pub(in crate::extract) fn revises(heading: &str) -> bool {
    const REVISING: &[&str] = &[
        "affected",
        "change",
        "changed",
        "changes",
        "current",
        "existing",
        "modified",
        "present",
        "modify",
        "refactor",
        "touched",
        "update",
        "updated",
        "updates",
        "edit",
        "edits",
        "today",
        "bestehende",
    ];
    turns_away(heading) || padded(heading).split(' ').any(|word| REVISING.contains(&word))
}

/// Whether what stands below this heading or label is a part of something larger: what is new, changed, or an example.
#[must_use]
pub(in crate::extract) fn lists_part(heading: &str) -> bool {
    padded(heading).split(' ').any(|word| LISTING_PART.contains(&word))
}

/// Whether a label announces a layout: "present layout", "structure today".
#[must_use]
pub(in crate::extract) fn shows_layout(label: &str) -> bool {
    padded(label).split(' ').any(|word| matches!(word, "layout" | "structure" | "tree"))
}

/// Whether a heading or label announces a table of every file.
#[must_use]
pub(in crate::extract) fn lists_every_file(heading: &str) -> bool {
    let words = padded(heading);
    LISTING_ALL.iter().any(|phrase| holds(&words, phrase)) && !lists_part(heading)
}

/// Whether padded words hold a phrase as whole words.
fn holds(words: &str, phrase: &str) -> bool {
    let from = |at: usize| words.get(at + 1..)?.strip_prefix(phrase);
    words.match_indices(' ').any(|(at, _)| from(at).is_some_and(|after| after.starts_with(' ')))
}
