//! Interprets the key before a path: `Modify: x`, `**Location:** x`, "The output of this phase is `x`".

use super::placeholders::PATH;
use super::verbs::{self, FileAction};
use super::words;
use crate::lists::list;

/// True for a counter or tag of a line: `T001`, `[P]`, `US1`, `Step 4`, a number.
pub(super) fn is_tag(word: &str) -> bool {
    let coded = word.chars().any(|sign| sign.is_ascii_digit())
        && word.chars().count() <= 6
        && word.chars().all(|sign| sign.is_alphanumeric() || sign == '.');
    coded
        || word.chars().count() == 1 && word.chars().all(|sign| sign.is_ascii_alphanumeric())
        || matches!(
            word,
            "step" | "task" | "phase" | "action" | "todo" | "schritt" | "aufgabe" | "part" | "deliverable"
        )
}

/// The key before a path: `Modify: x`, `**Location:** x`.
pub(super) fn key(before: &str) -> Option<&'static str> {
    let text = before.trim_end_matches([' ', '*', '_', '`', '"']);
    let listed = text.trim_end_matches([PATH, ',', ' ', '&', '+']);
    let text = listed.trim_end_matches(" and").trim_end_matches([PATH, ',', ' ']).trim_end_matches(['*', '_', ' ']);
    // In "Outcome: a short note, `x`" the words before `x` explain what `x` is.
    let explained = listed.split_once(": ").filter(|(_, words)| {
        before.trim_end().ends_with(',') && !before.contains(PATH) && words.split_whitespace().count() <= 4
    });
    let text = explained.map_or(text.to_owned(), |(key, _)| format!("{key}:"));
    let text = text.as_str();
    // A task of get-shit-done lists its files after `<files>`.
    if text.ends_with("<files>") {
        return Some("change");
    }
    if text.ends_with(['\u{2192}', '\u{21d2}']) || text.ends_with("->") || text.ends_with("=>") {
        // The arrow in "`a` → `b`" is a move; the arrow in "the design → `b`" is a reference.
        return Some(if text.contains(PATH) { "arrow from a path" } else { "arrow" });
    }
    let Some(named) = text.strip_suffix(':').or_else(|| text.strip_suffix('=')) else {
        // The sentence names a result: "The output of this phase is a short note, `x`".
        return is_result(before).then_some("make");
    };
    let named = named.rsplit(['.', ';', ',', '(']).next().unwrap_or(named);
    let all: Vec<String> = words::words(named).filter(|word| word == "deliverable" || !is_tag(word)).collect();
    if let Some(standing) = standing(named, &all) {
        return Some(standing);
    }
    if all.len() > 5 {
        return Some("sentence");
    }
    let has = |list: &[&str]| all.iter().any(|word| list.contains(&word.as_str()));
    if has(list!("file files path location datei dateien pfad ort module script target zieldatei filename")) {
        let action = all.iter().find_map(|word| verbs::verb(word));
        return Some(match action.map(|verb| verb.action) {
            Some(FileAction::Make | FileAction::Add | FileAction::Write) => "make",
            Some(FileAction::Change) => "change",
            Some(FileAction::Delete) => "delete",
            Some(_) => "other",
            None if has(&["existing", "source", "related", "involved", "relevant", "affected", "key"]) => "existing",
            None => "file",
        });
    }
    if has(list!(
        "deliverable deliverables artifact artifacts artefact output outputs result ergebnis \
            lieferobjekt neu new"
    )) {
        return Some("make");
    }
    Some(match all.iter().find_map(|word| verbs::verb(word)).map(|verb| verb.action) {
        Some(FileAction::Make | FileAction::Add | FileAction::Write) => "make",
        Some(FileAction::Change) => "change",
        Some(FileAction::Delete) => "delete",
        Some(FileAction::Run | FileAction::See) => "run",
        Some(FileAction::Test) => "test",
        Some(FileAction::Move) => "move",
        _ => "other",
    })
}

/// The state that a key gives to the paths after it: done ("Done:") or still to be made ("TODO:", "There will be two modules:").
fn standing(named: &str, all: &[String]) -> Option<&'static str> {
    let open = |word: &String| {
        matches!(
            word.as_str(),
            "todo" | "remaining" | "outstanding" | "pending" | "left" | "open" | "missing" | "offen"
        )
    };
    if all.iter().all(|word| open(word) || word == "still") && words::words(named).any(|word| open(&word)) {
        return Some("make");
    }
    if !all.is_empty() && all.iter().all(|word| words::is_made(word)) {
        return Some("done");
    }
    let future =
        |pair: &[String]| matches!(pair, [will, be] if matches!(will.as_str(), "will" | "shall") && be == "be");
    (all.len() <= 8 && all.windows(2).any(future)).then_some("make")
}

/// True if the words name the result of something: "The output of this phase is".
fn is_result(before: &str) -> bool {
    let all: Vec<String> = words::words(before).collect();
    let result = |word: &String| {
        matches!(
            word.as_str(),
            "output" | "result" | "deliverable" | "artifact" | "artefact" | "outcome" | "left" | "ergebnis"
        )
    };
    let subject = all.iter().take(2).any(result);
    let says = all.iter().position(|word| matches!(word.as_str(), "is" | "are" | "ist" | "be"));
    subject
        && all.len() <= 14
        && says.is_some_and(|at| {
            !all.iter().skip(at + 1).any(|word| verbs::verb(word).is_some_and(|verb| verb.action.effect() == "looks"))
        })
}
