//! Classifies headings, labels and columns by topic.

use super::verbs::{FileAction, verb};
use super::words::words;
use crate::lists::list;

const ASIDE_PHRASES: &[&str] = &[
    "out of scope",
    "not in scope",
    "decided against",
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
    "not to touch",
    "not to change",
    "not to modify",
    "not touched",
    "not changed",
    "not modified",
    "no changes",
    "no change",
    "unaffected",
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
const ASIDE: &[&str] = list!(
    "alternatives anti-goals abgrenzung abgelehnt rejected risks risk risiken example examples beispiel beispiele \
    referenzen voraussetzungen rollback motivation parked postponed deferred later future considered rationale \
    changelog archived verworfen obsolete superseded unresolved verweise reviewed analysed examined drawbacks \
    hintergrund eingaben"
);
/// These words make a heading an aside, but not the heading of a phase of work: "Phase 2: Background Scheduler" is work.
const ASIDE_UNLESS_PHASE: &[&str] = list!(
    "references prerequisites troubleshooting background context dependencies inputs issues problem problems related \
    history"
);
/// Words that begin the heading of a phase of work if a number follows: "Phase 2".
const PHASES: &[&str] = list!("phase stage milestone sprint iteration step task epic story");
const THINGS: &[&str] = list!(
    "file files datei dateien script scripts skripte module modules tests documents docs assets components pages \
    items"
);
const EXISTING: &[&str] =
    &["existing", "unchanged", "current", "today", "bestehende", "vorhandene", "present", "unver\u{e4}ndert", "before"];
const DELIVERABLE: &[&str] = list!(
    "deliverable deliverables artifact artifacts artefact artefacts artefakte output outputs ergebnis ergebnisse \
    lieferobjekte lieferobjekt liefergegenst\u{e4}nde products deliver liefern"
);
const NEW: &[&str] = list!(
    "new neue neu created create generated written produced added missing required expected planned generate write \
    anlegen erstellende erwartete anzulegende"
);
const CHANGED: &[&str] =
    list!("changed modified touched updated edited altered affected impacted ge\u{e4}nderte modify update");
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
const CRITERIA: &[&str] =
    list!("acceptance verification abnahme abnahmekriterien akzeptanzkriterien erfolgskriterien criteria");
const LAYOUT: &[&str] = list!(
    "structure layout tree struktur aufbau organization organisation verzeichnisstruktur directories ordnerstruktur"
);
const NOTES: &[&str] = list!(
    "notes note hinweise hinweis decisions observations findings overview summary goal goals introduction scope quick \
    usage commands links resources support next"
);
const TASKS: &[&str] = list!(
    "task tasks step steps phase implementation plan todo work aufgaben schritte milestone milestones checklist \
    workstream"
);

/// True for a label or heading above a description of the present state: "Current state:", "Before:".
#[must_use]
pub(crate) fn is_present_state(text: &str) -> bool {
    const THINGS: &[&str] =
        list!("architecture behavior behaviour code implementation layout problem situation state structure");
    let words: Vec<String> = words(super::lexer::start(text, 160)).take(3).collect();
    match words.as_slice() {
        [first] => matches!(first.as_str(), "before" | "current" | "currently" | "today" | "ausgangslage"),
        [first, thing, ..] if first == "current" => THINGS.contains(&thing.as_str()),
        _ => false,
    }
}

/// True for the heading of a phase of work: "Phase 2: …" or "Foundational (Blocking Prerequisites)".
fn is_phase(text: &str, words: &[String]) -> bool {
    let numbered =
        text.split_whitespace().nth(1).is_some_and(|number| number.starts_with(|sign: char| sign.is_ascii_digit()));
    let is = |word: &String| {
        numbered && PHASES.contains(&word.as_str()) || matches!(word.as_str(), "foundational" | "blocking")
    };
    words.first().is_some_and(is)
}

/// The topic of a heading, a label or a column. If several topics match, the most specific one is used.
#[must_use]
pub(crate) fn topic(text: &str) -> &'static str {
    let text = super::lexer::start(text, 160);
    let words: Vec<String> = words(text).collect();
    let has = |list: &[&str]| words.iter().any(|word| list.contains(&word.as_str()));
    let joined = format!(" {} ", words.join(" "));
    let says = |list: &[&str]| list.iter().any(|phrase| joined.contains(&format!(" {phrase} ")));
    // "Option 2: Keep the till" describes an alternative, not work.
    let option = matches!(words.as_slice(), [first, which, ..] if first == "option" && which.len() == 1);
    if option && !has(&["chosen", "selected"])
        || says(ASIDE_PHRASES)
        || has(ASIDE)
        || has(ASIDE_UNLESS_PHASE) && !is_phase(text, &words)
    {
        return "aside";
    }
    let deletes = |(at, word): (usize, &String)| {
        // A "soft delete" deletes no file.
        let soft = at.checked_sub(1).and_then(|at| words.get(at)).is_some_and(|word| word == "soft");
        !soft && verb(word).is_some_and(|verb| verb.action == FileAction::Delete)
    };
    if words.iter().enumerate().any(deletes) {
        return "delete";
    }
    let things = has(THINGS);
    if has(EXISTING) {
        return "existing";
    }
    if has(DELIVERABLE) {
        return "deliverable";
    }
    let action = words.iter().find_map(|word| verb(word).map(|verb| verb.action));
    if has(NEW) && things {
        return "new files";
    }
    if things && matches!(action, Some(FileAction::Change)) || has(CHANGED) {
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
    match action {
        Some(FileAction::Make | FileAction::Add | FileAction::Write) => "makes",
        Some(FileAction::Change) => "changes",
        Some(FileAction::Run | FileAction::See) => "runs",
        Some(FileAction::Test) => "tests",
        _ => "other",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn topics_are_recognised_by_their_words() {
        for (text, topic_of) in [
            ("Files to create", "new files"),
            ("Out of Scope", "aside"),
            ("Prerequisites", "aside"),
            ("Phase 2: Foundational (Blocking Prerequisites)", "tasks"),
            ("Phase 3: Background Till", "tasks"),
            ("Background", "aside"),
            ("Option 2: Keep the till", "aside"),
            ("Deliverables", "deliverable"),
            ("Modified files", "changed files"),
            ("Existing files", "existing"),
            ("Key Deletion", "delete"),
        ] {
            assert_eq!(topic(text), topic_of, "{text}");
        }
    }
}
