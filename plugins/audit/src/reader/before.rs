//! Interprets the words before a path: the verb, the preposition, the key, and a negation.

use super::keys::is_tag;
use super::placeholders::{CODE, PATH};
use super::verbs::{self, FileAction, Verb};
use super::words;
use crate::lists::list;

/// The interpreted words before a path.
#[expect(clippy::struct_excessive_bools, reason = "each is one thing that words may say, whatever else they say")]
pub(super) struct Clause {
    pub(super) lead: Option<Verb>,
    pub(super) near: Option<Verb>,
    /// "Remove the field and add `x`": the verb near the path has another object than the first verb.
    pub(super) another: bool,
    pub(super) prep: &'static str,
    pub(super) negated: bool,
    pub(super) supposed: bool,
    pub(super) will: bool,
    pub(super) new: bool,
    /// The word "it" or "them" precedes the path: "explain it in `x`".
    pub(super) it: bool,
    /// The path continues a list of paths.
    pub(super) joined: bool,
    /// A word such as "from" is between the verb and the path.
    pub(super) within: bool,
    /// Only list marks precede the path.
    pub(super) opens: bool,
    /// "In `x`, …": only "in" precedes the path.
    pub(super) only_in: bool,
    /// The clause says that the path is wanted or will exist: "we need `x`", "it should live in `x`".
    pub(super) wanted: bool,
    /// The clause begins with a completed action: "Merged: new routes in `x`".
    pub(super) done: bool,
    /// The first verb converts one file into another: "port `a` to `x`".
    pub(super) converts: bool,
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
    let sentence = without_stamp(sentence);
    let all: Vec<String> = words::words(sentence).collect();
    let said: Vec<&str> = all.iter().map(String::as_str).skip_while(|word| is_tag(word)).collect();
    let main = main_clause(sentence, said.first().copied());
    let main: Vec<&str> = main.as_ref().map_or_else(|| said.clone(), |main| main.iter().map(String::as_str).collect());
    let first = main.iter().find(|word| !is_leading(word)).copied().unwrap_or_default();
    let lead = verbs::verb(first);
    let named = |at: usize| at.checked_sub(1).and_then(|at| said.get(at)).is_some_and(|word| is_article(word));
    let near = (0..said.len()).rev().filter(|at| !named(*at)).find_map(|at| {
        let test = |verb: &Verb| verb.action == FileAction::Test && (at > 0 || said.len() > 2);
        said.get(at).and_then(|word| verbs::verb(word)).filter(|verb| !test(verb)).map(|verb| (at, verb))
    });
    let another = near.and_then(|(at, _)| at.checked_sub(1).and_then(|at| said.get(at)));
    let another = another.is_some_and(|word| matches!(*word, "and" | "then" | "und" | "dann"));
    let near = near.map(|(_, verb)| verb);
    let within = said.iter().skip(1).any(|word| matches!(*word, "from" | "in" | "within" | "inside" | "aus" | "im"));
    // In "(`a`, `b`", the second path is in the bracket too.
    let opened = sentence.trim_end_matches([' ', '`', '*', '_', '"', PATH, ',', '+', '&']);
    let prep = if opened.ends_with('(') { "bracket" } else { prep(&said) };
    let wanted = is_wanted(&said);
    // A wanted file counts as created: "it should live in `x`", "I'd like to see tests at `x`".
    let made = |verb: Option<Verb>| match verb.map(|verb| verb.action) {
        None | Some(FileAction::See | FileAction::Be | FileAction::Test) if wanted => {
            Some(Verb { action: FileAction::Make, past: false })
        }
        _ => verb,
    };
    Clause {
        lead: made(lead),
        near: made(near),
        another,
        done: words::is_made(first),
        prep,
        within,
        wanted,
        converts: ["port", "convert", "migrat", "translat", "rewrit", "split"]
            .iter()
            .any(|stem| first.starts_with(stem)),
        negated: words::words(&without_asides(sentence)).any(|word| words::negates(&word)),
        supposed: said.iter().any(|word| words::supposes(word)) && !wanted,
        will: said.iter().any(|word| {
            matches!(*word, "will" | "shall" | "must" | "wird" | "werden" | "soll" | "going" | "we'll" | "i'll")
        }),
        new: said.iter().rev().take(4).any(|word| matches!(*word, "new" | "neue" | "neuen" | "neues" | "neu")),
        it: said.iter().rev().take(3).any(|word| matches!(*word, "it" | "them" | "es" | "sie")),
        joined: said.last().is_some_and(|word| is_path(word))
            || matches!(said.as_slice(), [.., path, "and" | "und" | "or" | "oder" | "plus" | "&" | "+"] if is_path(path)),
        opens: prep == "start",
        only_in: matches!(said.as_slice(), ["in" | "inside" | "within"]),
    }
}

/// A text without the stamp of a log before it: `[10:31] - `, `**[2026-01-18]** – `.
fn without_stamp(text: &str) -> &str {
    let bare = text.trim_start_matches([' ', '*', '_']);
    let inside = bare.strip_prefix('[').and_then(|rest| rest.split_once(']'));
    let stamp = inside.filter(|(stamp, _)| stamp.chars().count() > 1 && !stamp.contains(PATH));
    stamp.map_or(text, |(_, rest)| rest.trim_start_matches([' ', '*', '_', '-', '\u{2013}', '\u{2014}', ':']))
}

/// The words behind a subordinate clause: "Once that works, add `x`".
fn main_clause(sentence: &str, first: Option<&str>) -> Option<Vec<String>> {
    let subordinate =
        matches!(first?, "once" | "when" | "after" | "before" | "as" | "while" | "wenn" | "nachdem" | "sobald");
    let (_, main) = sentence.split_once(", ").filter(|_| subordinate)?;
    Some(words::words(main).collect())
}

/// True if the words say that something is wanted, or where it will be.
fn is_wanted(said: &[&str]) -> bool {
    // "We need", "I'd like" and "a new `x` is needed" are wishes; "the build needs" states a fact.
    let wish = |at: usize| {
        let before = at.checked_sub(1).and_then(|at| said.get(at)).copied();
        match said.get(at).copied().unwrap_or_default() {
            "need" | "want" | "require" => {
                matches!(before, None | Some("we" | "i" | "you" | "will" | "also" | "still" | "they" | "to"))
            }
            "like" => matches!(before, Some("would" | "i'd" | "we'd")),
            _ => false,
        }
    };
    // The words name a future place: "should live in", "will be", "has to go into".
    let place = |at: usize| {
        let rest = said.get(at + 1..).unwrap_or_default();
        let told = matches!(said.get(at), Some(&("will" | "should" | "shall" | "must" | "soll" | "sollte")));
        let told = told || matches!(said.get(at..at + 2), Some(["has" | "have" | "needs" | "is" | "are", "to"]));
        let stays = |word: &&str| {
            matches!(*word, "be" | "have" | "live" | "sit" | "go" | "reside" | "belong" | "land" | "exist" | "liegen")
        };
        told && rest.iter().take(2).any(stays)
    };
    let conditional = said.iter().any(|word| words::supposes(word) && !matches!(*word, "should" | "would"));
    let Some(at) = (0..said.len()).rev().find(|at| wish(*at) || place(*at)).filter(|_| !conditional) else {
        return false;
    };
    // "We need to read `x`" and "it will be used by `x`" do not ask for `x`.
    let is_other = |word: &&str| {
        let fits = matches!(*word, "have" | "see" | "be" | "live" | "has" | "is" | "are");
        let makes = |verb: Verb| {
            matches!(verb.action, FileAction::Make | FileAction::Add | FileAction::Write | FileAction::Test)
        };
        matches!(*word, "from" | "by" | "like" | "than") || verbs::verb(word).is_some_and(|verb| !fits && !makes(verb))
    };
    !said.iter().skip(at + 1).any(is_other)
}

/// A text without its closed brackets.
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

/// The interpreted words before an identifier.
pub(super) struct LeadingWords {
    pub(super) near: Option<FileAction>,
    pub(super) prep: &'static str,
    pub(super) opens: bool,
    pub(super) negated: bool,
    /// The last word says that the identifier already exists: "the existing".
    pub(super) existing: bool,
}

/// Reads the words before an identifier.
pub(super) fn leading_words(before: &str) -> LeadingWords {
    let clause = clause(before);
    let prep = if super::keys::key(before).is_some() { "key" } else { clause.prep };
    let last = words::words(before).next_back();
    LeadingWords {
        near: clause.near.map(|verb| verb.action),
        prep,
        opens: clause.opens,
        negated: clause.negated,
        existing: last.is_some_and(|word| matches!(word.as_str(), "existing" | "current" | "bestehende")),
    }
}

/// True if the sentence before a path reports completed work: "Done:", "We shipped the exporter (".
pub(super) fn is_done(before: &str) -> bool {
    let clause = clause(before);
    clause.done && !clause.negated && !clause.wanted && !clause.supposed
}

/// True if a text begins with a completed action: "Implemented", "I've added".
pub(super) fn opens_with_work(text: &str) -> bool {
    let first = words::words(super::lexer::start(text, 200)).find(|word| !is_leading(word));
    first.and_then(|word| verbs::verb(&word)).is_some_and(|verb| verb.past && verb.action.effect() == "makes")
}

/// True for words that may precede the verb of a step.
fn is_leading(word: &str) -> bool {
    list!(
        "we i you will to then also finally first next please and are going should must shall wir dann \
                i'll we'll now the be need optionally can let's lets i've we've have zuerst der die das"
    )
    .contains(&word)
}

/// True for words that may precede a noun.
fn is_article(word: &str) -> bool {
    list!("the a an of its their this each every for der die das den eine einen our").contains(&word)
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
    let mut words = rest.iter().rev().take(5).peekable();
    while let Some(word) = words.next() {
        // In "Create the folder with `x`", the verb applies to `x` too, so "with" is skipped.
        if matches!(*word, "with" | "containing" | "mit") && words.peek().is_some_and(|word| is_folder(word)) {
            continue;
        }
        if let Some(prep) = words::preposition(word) {
            return prep;
        }
        if let Some(verb) = verbs::verb(word)
            .filter(|_| !matches!(*word, "new" | "neu" | "neue" | "test" | "tests" | "unit" | "integration"))
        {
            return if verb.action == FileAction::Be { "be" } else { "verb" };
        }
        let skipped = list!(
            "the a an new file files script module its our this root der die das eine einen datei neue neuen \
                existing failing test folder directory ordner verzeichnis both document page package class config component constant function method"
        )
        .contains(word)
            || word.starts_with(CODE);
        if !skipped {
            return "words";
        }
    }
    // Only words such as "the file" precede the path.
    if rest.len() <= 3 { "start" } else { "words" }
}

fn is_folder(word: &str) -> bool {
    matches!(word, "folder" | "directory" | "ordner" | "verzeichnis")
}

fn is_path(word: &str) -> bool {
    word.chars().all(|sign| sign == PATH)
}
