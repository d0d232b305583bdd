//! Interprets the words after a path.

use super::heading::CHECKS;
use super::placeholders::PATH;
use super::verbs::{self, FileAction, Verb};
use super::words;

/// The class of the words after a path.
pub(super) fn after(after: &str) -> &'static str {
    let rest = after.trim_start_matches(['`', '*', '_', '"']);
    let text = rest.trim_start();
    if text.trim_end_matches(['.', ':', '*', '_', ' ']).is_empty() {
        return "end";
    }
    if text.starts_with(CHECKS) {
        return "check";
    }
    if text.starts_with(['\u{2192}', '\u{21d2}']) || text.starts_with("->") || text.starts_with("=>") {
        return if text.contains(PATH) { "arrow to a path" } else { "arrow" };
    }
    if let Some(inner) = text.strip_prefix(['(', '[']) {
        let inner = inner.split([')', ']']).next().unwrap_or_default();
        return match words::state(inner) {
            "new" | "make" | "made" => "said new",
            "existing" => "said existing",
            // "(remove the check in line 7)" describes a change in the file, not the removal of the file.
            "goes" if !opens_with_command(inner) => "said to go",
            "changed" => "said changed",
            _ => "bracket",
        };
    }
    if text.starts_with(['-', '\u{2013}', '\u{2014}', ':', '\u{2190}', '#']) || rest.starts_with("  ") {
        return after_dash(text);
    }
    if text.starts_with([',', '+', '&', '/']) {
        // The text of "In `x`, add a field" describes a change and does not continue a list.
        return if text.starts_with(", ") && is_change(text) { "told to change" } else { "list" };
    }
    let said: Vec<String> = words::words(text).take(4).collect();
    let first = said.first().map_or("", String::as_str);
    // Only one word follows the path: "`x` added (not in the first list)", "`x` updated".
    if alone_behind(text) {
        match verbs::verb(first) {
            Some(Verb { action: FileAction::Make | FileAction::Add | FileAction::Write, past: true }) => {
                return "is made";
            }
            Some(Verb { action: FileAction::Change, past: true }) => return "said changed",
            _ => {}
        }
    }
    match first {
        "create" | "implement" | "done" | "finished" | "complete" | "completed" => return "is made",
        "update" | "add" | "fix" | "extend" => return "told to change",
        "delete" | "remove" | "deleted" | "removed" | "gel\u{f6}scht" | "entfernt" => return "said to go",
        "to" | "into" | "nach" if text.contains(PATH) => return "arrow to a path",
        "now" => return "now",
        _ => {}
    }
    if matches!(first, "and" | "or" | "und" | "oder") {
        return "list";
    }
    if said.iter().any(|word| matches!(word.as_str(), "already" | "schon" | "bereits")) {
        return "said existing";
    }
    let negated = said.iter().any(|word| words::negates(word));
    let made = said.iter().any(|word| {
        verbs::verb(word).is_some_and(|verb| {
            matches!(verb.action, FileAction::Make | FileAction::Add | FileAction::Write) && verb.past
        }) || matches!(word.as_str(), "there" | "present" | "available" | "committed")
    });
    match (first, negated) {
        (_, true) => "negated",
        ("exists" | "exist" | "existiert" | "existieren", _) => "exists",
        ("is" | "are" | "wird" | "will" | "gets" | "was" | "were" | "has" | "werden" | "must", _) => {
            let gone =
                |word: &String| verbs::verb(word).is_some_and(|verb| verb.past && verb.action == FileAction::Delete);
            if said.iter().skip(1).take(2).any(gone) {
                "said to go"
            } else if made {
                "is made"
            } else {
                "is"
            }
        }
        (
            "with" | "mit" | "for" | "containing" | "f\u{fc}r" | "that" | "implementing" | "holding" | "explaining",
            _,
        ) => "with",
        ("anlegen" | "erstellen" | "erzeugen" | "schreiben" | "hinzu" | "hinzuf\u{fc}gen", _) => "is made",
        _ => "words",
    }
}

/// True if a text begins with a command and its object: "remove the check".
fn opens_with_command(text: &str) -> bool {
    let mut said = words::words(text);
    let verb = said.next().and_then(|word| verbs::verb(&word));
    verb.is_some_and(|verb| !verb.past) && said.next().is_some()
}

/// True if exactly one word follows a path before a bracket, a stop or the end.
fn alone_behind(text: &str) -> bool {
    let words = text.split(['(', '.', ';', ',', '\u{2013}', '\u{2014}']).next().unwrap_or_default();
    words.split_whitespace().filter(|word| word.contains(char::is_alphabetic)).count() == 1
}

/// True if the words after a path say that it was made or exists: "is in place", "has been written".
pub(super) fn is_done(after: &str) -> bool {
    let text = after.trim_start_matches(['`', '*', '_', '"']).split([';', ',']).next().unwrap_or_default();
    let said: Vec<String> = words::words(text.split(". ").next().unwrap_or(text)).take(5).collect();
    let open = |word: &String| {
        words::negates(word)
            || words::supposes(word)
            || matches!(word.as_str(), "to" | "being" | "will" | "must" | "partly")
    };
    match said.split_first() {
        Some((first, rest)) if matches!(first.as_str(), "is" | "are" | "has" | "have" | "was" | "were") => {
            let there =
                rest.iter().take(2).any(|word| matches!(word.as_str(), "there" | "present" | "available" | "complete"))
                    || rest.iter().take(4).any(|word| words::is_made(word))
                    || matches!(rest, [first, second, ..] if first == "in" && second == "place");
            there && !rest.iter().any(open)
        }
        _ => false,
    }
}

/// The class of a text that a dash or colon separates from the path.
fn after_dash(text: &str) -> &'static str {
    let said = text.trim_start_matches(['-', '\u{2013}', '\u{2014}', ':', '\u{2190}', '#', ' ', '*']);
    let first = said.split_whitespace().next().unwrap_or_default();
    if is_unchanged(said) {
        return "unchanged";
    }
    let gone = || words::words(first).next().and_then(|word| verbs::verb(&word)).is_some_and(|verb| verb.past);
    let goes = words::state(first) == "goes" && words::state(said) == "goes";
    // The verb has no object: "`x` - delete (moved to `y`)".
    let alone = || alone_behind(said);
    match words::state(first) {
        "new" if said.split_whitespace().count() == 1 || first.starts_with("NEW") => "said new",
        "existing" => "said existing",
        "goes"
            if goes
                && (gone() || alone() || first.chars().filter(|sign| sign.is_alphabetic()).all(char::is_uppercase)) =>
        {
            "said to go"
        }
        _ if is_to_be_made(said) => "is made",
        _ if is_change(said) => "told to change",
        _ => "dash",
    }
}

/// True for words such as "to be created in `x`" and "wird erstellt".
fn is_to_be_made(said: &str) -> bool {
    let said: Vec<String> = words::words(said).take(5).collect();
    let made = |word: &String| {
        verbs::verb(word).is_some_and(|verb| verb.past && matches!(verb.action, FileAction::Make | FileAction::Write))
    };
    said.windows(2).any(|pair| matches!(pair, [be, verb] if matches!(be.as_str(), "be" | "is" | "are" | "wird" | "werden") && made(verb)))
}

/// True for words such as "no changes needed", "unchanged" and "not touched".
fn is_unchanged(said: &str) -> bool {
    let said: Vec<String> = words::words(said).take(3).collect();
    let denies = |word: &String| matches!(word.as_str(), "no" | "not" | "nothing");
    let changes = |word: &String| {
        verbs::verb(word).is_some_and(|verb| verb.action == FileAction::Change) || word == "modifications"
    };
    said.first().is_some_and(|word| word == "unchanged" || denies(word) && said.iter().skip(1).any(changes))
}

/// True if the words describe a change of the file named before them: "`x`: drop the field", "`x` – added a key".
fn is_change(said: &str) -> bool {
    let mut words = words::words(said);
    let order = words.next().and_then(|word| verbs::verb(&word));
    let changes =
        |action| matches!(action, FileAction::Change | FileAction::Add | FileAction::Delete | FileAction::Move);
    order.is_some_and(|verb| changes(verb.action)) && words.next().is_some()
}

/// True if the words say that the file or a part of it was removed: "– Removed legacy code".
pub(super) fn removes(after: &str) -> bool {
    let said = after.trim_start_matches(['`', '*', '_', ' ', '-', '\u{2013}', '\u{2014}', ':']);
    let mut words = words::words(said);
    let verb = words.next().and_then(|word| verbs::verb(&word));
    said.len() < after.len() && verb.is_some_and(|verb| verb.action == FileAction::Delete) && words.next().is_some()
}
