//! Computes the features of a path in a plan. From these, the model decides whether the path is promised.
//!
//! A feature is a short text such as `verb/prep=make/in`; `weights.tsv` gives it a weight. Features are few and
//! general: the action, the words around the path, the kind of line, the heading, the box or sign.

use super::after::{after, removes};
use super::barred::{is_barred, is_moved};
use super::before::{Clause, clause};
use super::context::{LineContext, boxed, heading_topic, is_title, label, mark, tells_moves};
use super::keys::key;
use super::lexer::{Markup, Token};
use super::placeholders::PATH;
use super::stories::CRITERIA_LABEL;
use super::structure::LineForm;
use super::verbs::{self, FileAction, Verb};
use super::{foreign, words};

/// A list of features.
#[derive(Debug, Default)]
pub(crate) struct Features(pub(crate) Vec<String>);

impl Features {
    pub(super) fn add(&mut self, name: &str, value: &str) {
        self.0.push(format!("{name}={value}"));
    }

    pub(super) fn pair(&mut self, name: &str, one: &str, two: &str) {
        self.0.push(format!("{name}={one}/{two}"));
    }

    pub(super) fn flag(&mut self, name: &str, is: bool) {
        if is {
            self.0.push(name.to_owned());
        }
    }
}

/// The features of a path in prose: an item, a heading, a paragraph, a cell.
pub(crate) fn of_text(place: &LineContext<'_>, token: &Token, nth: usize, out: &mut Features) {
    let line = place.line;
    let form = match line.form {
        LineForm::Heading => "heading",
        LineForm::Item if line.numbered => "numbered",
        LineForm::Item => "item",
        LineForm::Row(_) => "cell",
        _ => "text",
    };
    let key = key(&token.before);
    let mut clause = clause(&with_final_verb(token));
    if key.is_some() && !matches!(clause.prep, "in" | "to") {
        clause.prep = "key";
    }
    let action = |verb: Option<Verb>| verb.map_or("none", |verb| verb.action.name());
    let box_ = boxed(line);
    let after = words_after(token, box_, &clause);
    let written = written(token);
    let label = label(place);
    let heading = heading_topic(place);
    let mark = mark(place);
    let opens = if clause.opens { "opens" } else { "later" };
    out.pair("form/opens", form, opens);
    out.pair("form/box", form, box_);
    out.add("written", written);
    out.pair("written/form", written, form);
    out.pair("box/prep", box_, clause.prep);
    out.pair("box/lead", box_, action(clause.lead));
    out.add("prep", clause.prep);
    out.add("lead", action(clause.lead));
    out.pair("lead/prep", action(clause.lead), clause.prep);
    out.pair("verb/prep", action(clause.near), clause.prep);
    out.pair("verb/tense", action(clause.near), if clause.near.is_some_and(|verb| verb.past) { "past" } else { "now" });
    if is_barred(place, token, &clause, key) {
        out.0.push("barred".to_owned());
    }
    let listed = if label == "none" { heading } else { label };
    let copied = words::words(&token.before).any(|word| word.starts_with("cop"));
    let moved = after == "arrow to a path" && !copied && matches!(clause.prep, "verb" | "start" | "words");
    out.flag("deletes", deletes(&clause, key, after, listed) || moved && is_moved(clause.lead));
    // "Remove the old list (`x`)" deletes the file, or only a list in the file.
    let deletes = clause.lead.is_some_and(|verb| verb.action == FileAction::Delete);
    let beside = clause.prep == "bracket" && !clause.negated && !clause.within && !token.before.contains(PATH);
    out.flag("removes beside", beside && deletes || after == "told to change" && removes(&token.after));
    out.flag("moved here", is_moved_here(place, token, &clause, key));
    of_effect(token, &clause, &LineTraits { box_, listed, opens, after }, out);
    out.flag("supposed", clause.supposed);
    out.flag("will", clause.will);
    of_standing(place, token, &clause, &LineTraits { box_, listed, opens, after }, out);
    out.flag("said new", clause.new);
    out.pair("after/opens", after, opens);
    out.add("after", after);
    out.pair("after/box", after, box_);
    of_key(place, token, key, out);
    out.add("label", label);
    out.pair("label/opens", label, opens);
    out.add("heading", heading);
    out.pair("heading/opens", heading, opens);
    out.pair("heading/after", heading, after);
    out.pair("label/after", label, after);
    if clause.it {
        out.add("it stands before", action(clause.lead));
    }
    if line.form == LineForm::Heading {
        let whole = clause.opens && matches!(after, "end" | "bracket" | "dash");
        out.flag("heading is the file", whole);
    }
    above(place, opens, out);
    out.pair("mark/prep", mark, clause.prep);
    out.pair("mark/form", mark, form);
    let later = nth > 0 && !clause.joined;
    out.flag("not the first", later);
    if later {
        out.add("later", clause.prep);
    }
    if token.unknown {
        out.pair("unknown/key", key.unwrap_or("none"), clause.prep);
    }
    shape(token, out);
    parent(place, out);
}

/// The class of the words after a path. In "[ ] Sign in (`lib/auth.dart`)", the path counts as the end of the line.
fn words_after(token: &Token, box_: &str, clause: &Clause) -> &'static str {
    match after(&token.after) {
        "words" if box_ == "open" && clause.prep == "bracket" && token.after.starts_with(')') => "end",
        other => other,
    }
}

/// The words before a path. In Chinese, Japanese and Korean a verb may follow the path ("`docs` を作成する"): it is put before
/// these words.
fn with_final_verb(token: &Token) -> std::borrow::Cow<'_, str> {
    let final_verb = || {
        let has_verb = words::words(&token.before).any(|word| verbs::verb(&word).is_some());
        let writes =
            |word: &String| verbs::verb(word).is_some_and(|verb| matches!(verb.action.effect(), "makes" | "changes"));
        words::words(&token.after).take(8).find(writes).filter(|_| !has_verb)
    };
    match token.after.contains(foreign::is_unparted).then(final_verb).flatten() {
        Some(verb) => format!("{verb} {}", token.before).into(),
        None => token.before.as_str().into(),
    }
}

fn makes(verb: Verb) -> bool {
    verb.action.effect() == "makes"
}

fn written(token: &Token) -> &'static str {
    match token.written {
        Markup::Code => "code",
        Markup::Inside => "inside",
        Markup::Link => "link",
        Markup::Plain => "plain",
    }
}

/// Adds features for wanted paths, for completed work, and for criteria of a story.
fn of_standing(place: &LineContext<'_>, token: &Token, clause: &Clause, said: &LineTraits<'_>, out: &mut Features) {
    out.flag("wanted", clause.wanted);
    // Completed work before the bracket: "[x] Rate limits (`x`)", "Shipped the exporter (`x`)".
    let made = clause.lead.is_some_and(|verb| verb.past && makes(verb));
    let done = said.box_ == "ticked" || mark(place) != "none" || made || clause.done;
    let alone = ends_bracket(&token.after);
    let reported = place.document.report && place.line.form == LineForm::Heading;
    let path = token.written != Markup::Inside;
    let bracket = clause.prep == "bracket" && alone;
    let listed = done && follows_dash(&token.before) && ends_line(&token.after);
    out.flag("done in brackets", ((done || reported) && bracket || listed) && path);
    let in_list = place.line.form == LineForm::Item && said.listed == "files" && said.box_ == "none";
    out.flag("report lists", place.document.report && in_list && clause.opens);
    out.flag(
        "done in",
        clause.done && said.box_ == "none" && matches!(clause.prep, "in" | "to" | "under" | "words" | "start"),
    );
    if place.document.parents_of(place.line).next().is_some_and(|above| above.text == CRITERIA_LABEL) {
        // The criterion only reads the file: "Given the file `x`, …", "reads it from `x`".
        let read = matches!(clause.prep, "from" | "like" | "for" | "if" | "with");
        let given = words::words(&place.line.text).next().is_some_and(|word| word == "given" || words::supposes(&word));
        out.add("criterion of a story", if read || given { "reads" } else { said.opens });
    }
}

/// True if only paths and endings are between a path and the end of its bracket: "(`x.swift` + `.h`)".
fn ends_bracket(after: &str) -> bool {
    let Some((inside, _)) = after.split_once(')') else { return false };
    let mut parts = inside.split(|sign: char| sign.is_whitespace() || matches!(sign, ',' | '+' | '&' | '/'));
    parts.all(|part| {
        let part = part.trim_matches('`');
        part.is_empty()
            || part.starts_with('.')
            || matches!(part, "and" | "und" | "etc" | "etc.")
            || part.chars().all(|sign| sign == PATH)
    })
}

/// True if only paths are between a dash and the path: "Add the layout \u{2014} `x`, `y`".
fn follows_dash(before: &str) -> bool {
    let before = before.trim_end_matches(is_path_or_joint);
    before.ends_with(['\u{2013}', '\u{2014}']) || before.ends_with(" -")
}

/// True if only paths follow.
fn ends_line(after: &str) -> bool {
    after.trim_end_matches('.').chars().all(is_path_or_joint)
}

/// True for the placeholder of a path, and for a character between the paths of a list.
const fn is_path_or_joint(sign: char) -> bool {
    sign.is_whitespace() || matches!(sign, PATH | ',' | '`' | '+' | '&')
}

/// The traits of a line that its coarse features use.
struct LineTraits<'a> {
    box_: &'a str,
    listed: &'a str,
    opens: &'a str,
    after: &'a str,
}

/// Features with few classes, for lines with rare words.
fn of_effect(token: &Token, clause: &Clause, said: &LineTraits<'_>, out: &mut Features) {
    let effect = clause.near.map_or("none", |verb| verb.action.effect());
    out.pair("effect/prep", effect, clause.prep);
    out.pair("effect/box", effect, said.box_);
    out.pair("effect/listed", effect, said.listed);
    out.pair("listed/opens", said.listed, said.opens);
    out.pair("listed/after", said.listed, said.after);
    out.pair("content/folder", token.content(), if token.path.contains('/') { "yes" } else { "no" });
    out.pair("content/effect", token.content(), effect);
    out.flag("only in", clause.only_in);
    if clause.only_in {
        out.pair("only in/after", said.after, said.box_);
    }
}

/// The key before the path, with the verb of the parent item.
fn of_key(place: &LineContext<'_>, token: &Token, key: Option<&str>, out: &mut Features) {
    if let Some(key) = key {
        out.add("key", key);
        let above = place
            .document
            .parents_of(place.line)
            .next()
            .and_then(|above| clause(super::lexer::start(&above.text, 400)).lead);
        out.pair("key/parent", key, above.map_or("none", |verb| verb.action.name()));
        let kind = if token.kind == crate::plan::Kind::Folder { "folder" } else { "file" };
        out.pair("key/kind", key, kind);
    }
}

/// True for `y` in "Move `x` to `y`": the plan creates `y`.
fn is_moved_here(place: &LineContext<'_>, token: &Token, clause: &Clause, key: Option<&str>) -> bool {
    let behind = token.before.contains(PATH) && (clause.prep == "to" || key == Some("arrow from a path"));
    let listed = || matches!(key, Some("arrow" | "arrow from a path")) && tells_moves(place);
    !clause.negated && (behind && (is_moved(clause.lead) || clause.converts) || listed())
}

/// True if the words say that the file is deleted. `listed` is the topic of its list.
fn deletes(clause: &Clause, key: Option<&str>, after: &str, listed: &str) -> bool {
    // "Remove the old handler from `x`" changes `x`.
    let direct = matches!(clause.prep, "verb" | "start" | "words") && !clause.opens && !clause.within;
    let is = |verb: Option<Verb>| verb.is_some_and(|verb| verb.action == FileAction::Delete);
    let another =
        clause.another && clause.near.is_some_and(|verb| !matches!(verb.action, FileAction::Delete | FileAction::Move));
    let told = is(clause.near) && clause.prep == "verb" || is(clause.lead) && direct && !another;
    let in_list = listed == "delete" && clause.opens && key.is_none();
    !clause.negated && (told || in_list || key == Some("delete") || after == "said to go")
}

/// Features of the path's form.
fn shape(token: &Token, out: &mut Features) {
    use crate::plan::Kind;
    out.flag("folder", token.kind == Kind::Folder);
    out.flag("no folder before it", !token.path.contains('/') && !is_called_folder(token));
    out.flag("unknown ending", token.unknown);
    out.flag("part", token.part);
    out.flag("dated", is_dated(&token.path));
    out.flag("outside", token.path.starts_with(['/', '~']) || token.path.starts_with(".."));
}

/// True for a folder that the words call a folder: "the folder `x/`", "the `x/` directory".
fn is_called_folder(token: &Token) -> bool {
    let called = |word: Option<String>| {
        word.is_some_and(|word| matches!(word.as_str(), "directory" | "folder" | "ordner" | "package" | "verzeichnis"))
    };
    let folder = token.kind == crate::plan::Kind::Folder;
    folder && (called(words::words(&token.before).next_back()) || called(words::words(&token.after).next()))
}

/// True if a path contains a date, as in files that a program writes: `log-2026-01-28.txt`.
pub(super) fn is_dated(path: &str) -> bool {
    let mut parts = path.split(|sign: char| !sign.is_ascii_digit()).map(str::len);
    let lengths: Vec<usize> = parts.by_ref().collect();
    lengths.contains(&8) || lengths.windows(3).any(|day| day == [4, 2, 2])
}

/// Adds features for the topics of the headings above: "below deliverable", "below delete".
fn above(place: &LineContext<'_>, opens: &str, out: &mut Features) {
    let headings: Vec<_> = place.document.headings_of(place.line.heading).collect();
    let topics: Vec<&str> =
        headings.iter().filter(|heading| !is_title(place.document, heading)).map(|heading| heading.topic()).collect();
    for topic in ["aside", "delete", "deliverable", "new files", "changed files", "existing"] {
        out.flag(&format!("below {topic}"), topics.contains(&topic));
    }
    if headings.iter().any(|heading| heading.says_made()) {
        out.pair("below done", if place.line.form == LineForm::Heading { "heading" } else { "other" }, opens);
    }
}

/// Adds features for the verb of the parent item, and for a parent item that names a file.
fn parent(place: &LineContext<'_>, out: &mut Features) {
    let Some(above) = place.document.parents_of(place.line).next() else { return };
    let text = super::lexer::start(&above.text, 400);
    let tokens = super::lexer::tokens(text, false);
    let verb = clause(text).lead;
    out.add("parent", verb.map_or("none", |verb| verb.action.name()));
    out.flag("parent names a file", !tokens.is_empty());
}
