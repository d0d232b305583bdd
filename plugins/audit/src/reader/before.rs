//! Interprets the words before a path: the verb, the preposition, the key, and a negation.

use super::lexer::{CODE, PATH};
use super::verbs::{self, FileAction, Verb};
use super::words;

/// The interpreted words before a path.
#[expect(clippy::struct_excessive_bools, reason = "each is one thing that words may say, whatever else they say")]
pub(super) struct Clause {
    pub(super) lead: Option<Verb>,
    pub(super) near: Option<Verb>,
    pub(super) prep: &'static str,
    pub(super) negated: bool,
    pub(super) supposed: bool,
    pub(super) will: bool,
    pub(super) new: bool,
    /// "explain it in `x`".
    pub(super) it: bool,
    /// The path continues a list of paths.
    pub(super) joined: bool,
    /// A word such as "from" is between the verb and the path.
    pub(super) within: bool,
    /// Only list marks precede the path.
    pub(super) opens: bool,
    /// "In `x`, …": only "in" precedes the path.
    pub(super) only_in: bool,
}

/// Interprets the words before a path, from the start of its sentence.
pub(super) fn clause(before: &str) -> Clause {
    let cut = ["; ", ". ", "! ", "? "].iter().filter_map(|stop| before.rfind(stop).map(|at| at + stop.len())).max();
    let short = |cut: usize| {
        let word = before
            .get(..cut)
            .unwrap_or_default()
            .trim_end()
            .trim_end_matches('.')
            .rsplit([' ', '('])
            .next()
            .unwrap_or_default()
            .to_lowercase();
        matches!(word.as_str(), "e.g" | "i.e" | "z.b" | "cf" | "vgl" | "etc" | "vs")
            || word.chars().all(|sign| sign.is_ascii_digit())
    };
    let sentence = cut.filter(|cut| !short(*cut)).and_then(|cut| before.get(cut..)).unwrap_or(before);
    let all: Vec<String> = words::words(sentence).collect();
    let leading_words: Vec<&str> = all.iter().map(String::as_str).skip_while(|word| is_tag(word)).collect();
    let lead = leading_words.iter().find(|word| !is_leading(word)).and_then(|word| verbs::verb(word));
    let named = |at: usize| at.checked_sub(1).and_then(|at| leading_words.get(at)).is_some_and(|word| is_article(word));
    let near = (0..leading_words.len()).rev().filter(|at| !named(*at)).find_map(|at| {
        leading_words
            .get(at)
            .and_then(|word| verbs::verb(word))
            .filter(|verb| verb.action != FileAction::Test || leading_words.len() < 3)
    });
    let within =
        leading_words.iter().skip(1).any(|word| matches!(*word, "from" | "in" | "within" | "inside" | "aus" | "im"));
    let opened = sentence.trim_end_matches([' ', '`', '*', '_', '"']);
    let prep = if opened.ends_with('(') { "bracket" } else { prep(&leading_words) };
    Clause {
        lead,
        near,
        prep,
        within,
        negated: words::words(&without_asides(sentence)).any(|word| words::negates(&word)),
        supposed: leading_words.iter().any(|word| words::supposes(word)),
        will: leading_words.iter().any(|word| {
            matches!(*word, "will" | "shall" | "must" | "wird" | "werden" | "soll" | "going" | "we'll" | "i'll")
        }),
        new: leading_words.iter().rev().take(4).any(|word| matches!(*word, "new" | "neue" | "neuen" | "neues" | "neu")),
        it: leading_words.iter().rev().take(3).any(|word| matches!(*word, "it" | "them" | "es" | "sie")),
        joined: leading_words.last().is_some_and(|word| is_path(word))
            || matches!(leading_words.as_slice(), [.., path, "and" | "und" | "or" | "oder" | "plus" | "&" | "+"] if is_path(path)),
        opens: prep == "start",
        only_in: matches!(leading_words.as_slice(), ["in" | "inside" | "within"]),
    }
}

/// A text without its closed parentheses.
fn without_asides(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('(') {
        let Some((_, behind)) = after.split_once(')') else { break };
        out.push_str(before);
        rest = behind;
    }
    out.push_str(rest);
    out
}

/// The meaning of a text for the words that follow it.
pub(super) struct LeadingWords {
    pub(super) near: Option<FileAction>,
    pub(super) prep: &'static str,
    pub(super) opens: bool,
    pub(super) negated: bool,
}

/// Reads the words before an identifier.
pub(super) fn leading_words(before: &str) -> LeadingWords {
    let clause = clause(before);
    let prep = if key(before).is_some() { "key" } else { clause.prep };
    LeadingWords { near: clause.near.map(|verb| verb.action), prep, opens: clause.opens, negated: clause.negated }
}

/// True for a counter or tag of a line: `T001`, `[P]`, `US1`, `Step 4`, a number.
fn is_tag(word: &str) -> bool {
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

/// True for words that may precede the verb of a step.
fn is_leading(word: &str) -> bool {
    matches!(
        word,
        "we" | "i"
            | "you"
            | "will"
            | "to"
            | "then"
            | "also"
            | "finally"
            | "first"
            | "next"
            | "please"
            | "and"
            | "are"
            | "going"
            | "should"
            | "must"
            | "shall"
            | "wir"
            | "dann"
            | "i'll"
            | "we'll"
            | "now"
            | "the"
            | "be"
            | "need"
            | "optionally"
            | "can"
            | "zuerst"
            | "der"
            | "die"
            | "das"
    )
}

/// True for words that may precede a noun.
fn is_article(word: &str) -> bool {
    matches!(
        word,
        "the"
            | "a"
            | "an"
            | "of"
            | "its"
            | "their"
            | "this"
            | "each"
            | "every"
            | "for"
            | "der"
            | "die"
            | "das"
            | "den"
            | "eine"
            | "einen"
            | "our"
    )
}

/// The word that connects to the path: a preposition, the verb itself, or nothing.
fn prep(leading_words: &[&str]) -> &'static str {
    let mut rest = leading_words;
    // "`a`, `b` and `c`": the later paths have the same connection as the first.
    loop {
        let trimmed = match rest {
            [before @ .., path, joint]
                if is_path(path) && matches!(*joint, "and" | "or" | "und" | "oder" | "plus" | "with" | "+" | "&") =>
            {
                before
            }
            [before @ .., path] if is_path(path) => before,
            _ => break,
        };
        rest = trimmed;
    }
    for word in rest.iter().rev().take(5) {
        if let Some(prep) = words::preposition(word) {
            return prep;
        }
        if let Some(verb) = verbs::verb(word)
            .filter(|_| !matches!(*word, "new" | "neu" | "neue" | "test" | "tests" | "unit" | "integration"))
        {
            return if verb.action == FileAction::Be { "be" } else { "verb" };
        }
        let skipped = matches!(
            *word,
            "the"
                | "a"
                | "an"
                | "new"
                | "file"
                | "files"
                | "script"
                | "module"
                | "its"
                | "our"
                | "this"
                | "root"
                | "der"
                | "die"
                | "das"
                | "eine"
                | "einen"
                | "datei"
                | "neue"
                | "neuen"
                | "existing"
                | "test"
                | "folder"
                | "directory"
                | "both"
                | "document"
                | "page"
                | "package"
                | "class"
                | "config"
                | "component"
        ) || word.starts_with(CODE);
        if !skipped {
            return "words";
        }
    }
    // Only words such as "the file" precede the path.
    if rest.len() <= 3 { "start" } else { "words" }
}

fn is_path(word: &str) -> bool {
    word.chars().all(|sign| sign == PATH)
}

/// The key before a path: `Modify: x`, `**Location:** x`.
pub(super) fn key(before: &str) -> Option<&'static str> {
    let text = before.trim_end_matches([' ', '*', '_', '`', '"']);
    let listed = text.trim_end_matches([PATH, ',', ' ', '&', '+']);
    let text = listed.trim_end_matches(" and").trim_end_matches([PATH, ',', ' ']).trim_end_matches(['*', '_', ' ']);
    // "Outcome: a short note, `x`" explains what `x` is.
    let explained = listed.split_once(": ").filter(|(_, words)| {
        before.trim_end().ends_with(',') && !listed.contains(PATH) && words.split_whitespace().count() <= 4
    });
    let text = explained.map_or(text.to_owned(), |(key, _)| format!("{key}:"));
    let text = text.as_str();
    if text.ends_with(['\u{2192}', '\u{21d2}']) || text.ends_with("->") || text.ends_with("=>") {
        // "`a` → `b`" is a move, "the design → `b`" is a reference.
        return Some(if text.contains(PATH) { "arrow from a path" } else { "arrow" });
    }
    let named = text.strip_suffix(':').or_else(|| text.strip_suffix('='))?;
    let named = named.rsplit(['.', ';', ',', '(']).next().unwrap_or(named);
    let all: Vec<String> = words::words(named).filter(|word| word == "deliverable" || !is_tag(word)).collect();
    if all.len() > 5 {
        return Some("sentence");
    }
    let has = |list: &[&str]| all.iter().any(|word| list.contains(&word.as_str()));
    if has(&[
        "file",
        "files",
        "path",
        "location",
        "datei",
        "dateien",
        "pfad",
        "ort",
        "module",
        "script",
        "target",
        "zieldatei",
        "filename",
    ]) {
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
    if has(&[
        "deliverable",
        "deliverables",
        "artifact",
        "artifacts",
        "artefact",
        "output",
        "outputs",
        "result",
        "ergebnis",
        "lieferobjekt",
        "neu",
        "new",
    ]) {
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

/// True if the words before a path end inside a quotation.
pub(super) fn is_quoted(before: &str) -> bool {
    before.matches('"').count() % 2 == 1
        || before.matches(['\u{201c}', '\u{201e}']).count() > before.matches('\u{201d}').count()
}

/// True if the last word introduces something to look up ("see") or a name that is not a path ("branch").
pub(super) fn is_looked_up(before: &str) -> bool {
    words::words(before).next_back().is_some_and(|word| {
        matches!(word.as_str(), "see" | "siehe" | "cf" | "vgl" | "branch" | "branches" | "tag" | "endpoint" | "route")
    })
}
