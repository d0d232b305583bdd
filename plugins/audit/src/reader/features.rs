//! Computes the features of a path in a plan, from which the model decides whether it is promised.
//!
//! A feature is a short text such as `verb/prep=make/in`; `weights.tsv` gives it a weight. Few and general: what is done
//! with the file, by which words, in which kind of line, below which heading, with which box or sign.

use std::cell::OnceCell;

use super::lexer::{CODE, PATH, Token, Written};
use super::structure::{Document, Line, LineForm};
use super::words::{self, Deed, Verb};

/// Collects features.
#[derive(Debug, Default)]
pub(crate) struct Features(pub(crate) Vec<String>);

impl Features {
    fn add(&mut self, name: &str, value: &str) {
        self.0.push(format!("{name}={value}"));
    }

    fn pair(&mut self, name: &str, one: &str, two: &str) {
        self.0.push(format!("{name}={one}/{two}"));
    }

    fn flag(&mut self, name: &str, is: bool) {
        if is {
            self.0.push(name.to_owned());
        }
    }
}

/// Signs that call a thing done.
const CHECKS: [char; 5] = ['\u{2705}', '\u{2611}', '\u{2713}', '\u{2714}', '\u{2728}'];

/// What the words before a path say.
#[expect(clippy::struct_excessive_bools, reason = "each is one thing that words may say, whatever else they say")]
struct Clause {
    lead: Option<Verb>,
    near: Option<Verb>,
    prep: &'static str,
    negated: bool,
    supposed: bool,
    will: bool,
    new: bool,
    /// "explain it in `x`".
    it: bool,
    /// It continues a list of paths.
    joined: bool,
    /// A word such as "from" is between the verb and it.
    within: bool,
    /// Only marks are before it.
    opens: bool,
}

/// A line that has paths. What all its paths share is worked out once: a line may have thousands.
pub(crate) struct Place<'a> {
    document: &'a Document,
    line: &'a Line,
    mark: OnceCell<&'static str>,
    label: OnceCell<&'static str>,
    heading: OnceCell<&'static str>,
}

impl<'a> Place<'a> {
    pub(crate) fn new(document: &'a Document, line: &'a Line) -> Self {
        Self { document, line, mark: OnceCell::new(), label: OnceCell::new(), heading: OnceCell::new() }
    }
}

/// The features of a path in running text: an item, a heading, a paragraph, a cell.
pub(crate) fn of_text(place: &Place<'_>, token: &Token, nth: usize, out: &mut Features) {
    let line = place.line;
    let form = match line.form {
        LineForm::Heading => "heading",
        LineForm::Item if line.numbered => "numbered",
        LineForm::Item => "item",
        LineForm::Row(_) => "cell",
        _ => "text",
    };
    let key = key(&token.before);
    let mut clause = clause(&token.before);
    if key.is_some() && !matches!(clause.prep, "in" | "to") {
        clause.prep = "key";
    }
    let deed = |verb: Option<Verb>| verb.map_or("none", |verb| verb.deed.name());
    let box_ = boxed(line);
    let after = after(&token.after);
    let written = match token.written {
        Written::Code => "code",
        Written::Inside => "inside",
        Written::Link => "link",
        Written::Plain => "plain",
    };
    let label = label(place);
    let heading = heading_topic(place);
    let mark = mark(place);
    let opens = if clause.opens { "opens" } else { "later" };
    out.pair("form/opens", form, opens);
    out.pair("form/box", form, box_);
    out.add("written", written);
    out.pair("written/form", written, form);
    out.pair("box/prep", box_, clause.prep);
    out.pair("box/lead", box_, deed(clause.lead));
    out.add("prep", clause.prep);
    out.add("lead", deed(clause.lead));
    out.pair("lead/prep", deed(clause.lead), clause.prep);
    out.pair("verb/prep", deed(clause.near), clause.prep);
    out.pair("verb/tense", deed(clause.near), if clause.near.is_some_and(|verb| verb.past) { "past" } else { "now" });
    if is_barred(place, token, &clause, key) {
        out.0.push("barred".to_owned());
    }
    let listed = if label == "none" { heading } else { label };
    out.flag("deletes", deletes(&clause, key, after, listed));
    out.flag("supposed", clause.supposed);
    out.flag("will", clause.will);
    out.flag("said new", clause.new);
    out.pair("after/opens", after, opens);
    out.add("after", after);
    of_key(place, token, key, out);
    out.add("label", label);
    out.pair("label/opens", label, opens);
    out.add("heading", heading);
    out.pair("heading/opens", heading, opens);
    out.pair("heading/after", heading, after);
    out.pair("label/after", label, after);
    if clause.it {
        out.add("it stands before", deed(clause.lead));
    }
    if line.form == LineForm::Heading {
        let whole = clause.opens && matches!(after, "end" | "bracket" | "dash");
        out.flag("heading is the file", whole);
    }
    above(place, out);
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

/// The key before the path, with the verb of the item above it.
fn of_key(place: &Place<'_>, token: &Token, key: Option<&str>, out: &mut Features) {
    if let Some(key) = key {
        out.add("key", key);
        let above = place
            .document
            .parents_of(place.line)
            .next()
            .and_then(|above| self::clause(super::lexer::start(&above.text, 400)).lead);
        out.pair("key/parent", key, above.map_or("none", |verb| verb.deed.name()));
        let kind = if token.kind == crate::plan::Kind::Folder { "folder" } else { "file" };
        out.pair("key/kind", key, kind);
    }
}

/// Whether nothing is promised there: denied, quoted, asked, looked up, or a property of the document.
fn is_barred(place: &Place<'_>, token: &Token, clause: &Clause, key: Option<&str>) -> bool {
    let line = place.line;
    // The bold lines below the title describe the document; its first heading names it.
    let below_title = line.form == LineForm::Text && line.text.starts_with("**") && line.heading == Some(0);
    let described = below_title && line.parent.is_none() && matches!(key, Some("file" | "other" | "existing"));
    let first = place.document.headings.first().filter(|heading| heading.level == 1);
    let title = first.and_then(|heading| place.document.lines.get(heading.line));
    let titled = title.is_some_and(|title| title.number == line.number);
    let said = clause.negated || is_quoted(&token.before) || is_asked(&token.after) || is_looked_up(&token.before);
    let run = clause.prep == "verb" && clause.near.is_some_and(|verb| verb.deed == Deed::Run);
    described || titled || said || run
}

/// Whether the words say that the file is deleted. `listed`: what its list holds.
fn deletes(clause: &Clause, key: Option<&str>, after: &str, listed: &str) -> bool {
    // "Remove the old handler from `x`" changes `x`.
    let direct = matches!(clause.prep, "verb" | "start" | "words") && !clause.opens && !clause.within;
    let is = |verb: Option<Verb>| verb.is_some_and(|verb| verb.deed == Deed::Delete);
    let told = is(clause.near) && clause.prep == "verb" || is(clause.lead) && direct;
    let in_list = listed == "delete" && clause.opens && key.is_none();
    !clause.negated && (told || in_list || key == Some("delete") || after == "said to go")
}

/// What the path looks like.
fn shape(token: &Token, out: &mut Features) {
    use crate::plan::Kind;
    out.flag("folder", token.kind == Kind::Folder);
    out.flag("no folder before it", !token.path.contains('/'));
    out.flag("unknown ending", token.unknown);
    out.flag("outside", token.path.starts_with(['/', '~']) || token.path.starts_with(".."));
}

/// Whether a heading above, however far, turns away or promises.
fn above(place: &Place<'_>, out: &mut Features) {
    let headings: Vec<_> = place.document.headings_of(place.line.heading).collect();
    let topics: Vec<&str> = headings
        .iter()
        .filter(|heading| !is_title(place.document, heading))
        .map(|heading| words::topic(&heading.text))
        .collect();
    for topic in ["aside", "delete", "deliverable", "new files", "changed files", "existing"] {
        out.flag(&format!("below {topic}"), topics.contains(&topic));
    }
}

/// What the item above does, and whether it names a file itself.
fn parent(place: &Place<'_>, out: &mut Features) {
    let Some(above) = place.document.parents_of(place.line).next() else { return };
    let text = super::lexer::start(&above.text, 400);
    let tokens = super::lexer::tokens(text, false);
    let verb = clause(text).lead;
    out.add("parent", verb.map_or("none", |verb| verb.deed.name()));
    out.flag("parent names a file", !tokens.is_empty());
}

fn boxed(line: &Line) -> &'static str {
    match (line.own_box, line.boxed) {
        (Some(true), _) => "ticked",
        (Some(false), _) => "open",
        (None, Some(true)) => "below ticked",
        (None, Some(false)) => "below open",
        (None, None) => "none",
    }
}

/// Where a sign says that it is done: in the line, in an item above, in the heading.
fn mark(place: &Place<'_>) -> &'static str {
    place.mark.get_or_init(|| find_mark(place))
}

fn find_mark(place: &Place<'_>) -> &'static str {
    if place.line.text.contains(CHECKS) {
        "own"
    } else if place.document.parents_of(place.line).any(|above| above.text.contains(CHECKS)) {
        "parent"
    } else if place
        .document
        .headings_of(place.line.heading)
        .any(|heading| heading.level > 1 && heading.text.contains(CHECKS))
    {
        "heading"
    } else {
        "none"
    }
}

/// What the list that the line is in holds.
fn label(place: &Place<'_>) -> &'static str {
    place.label.get_or_init(|| find_label(place))
}

fn find_label(place: &Place<'_>) -> &'static str {
    let above = place
        .document
        .parents_of(place.line)
        .find(|above| above.text.trim_end().trim_end_matches(['*', '_']).ends_with(':') || is_bold(&above.text));
    let label =
        place.line.label.and_then(|at| place.document.lines.get(at)).filter(|label| label.number != place.line.number);
    above.or(label).map_or("none", |above| words::topic(&super::lexer::plain(&above.text)))
}

fn is_bold(text: &str) -> bool {
    text.starts_with("**") && text.trim_end().ends_with("**")
}

/// Whether a heading is the document's own.
fn is_title(document: &Document, heading: &super::structure::Heading) -> bool {
    let first = document.headings.first().is_some_and(|first| first.line == heading.line);
    first && heading.level == 1 && heading.parent.is_none()
}

fn heading_topic(place: &Place<'_>) -> &'static str {
    place.heading.get_or_init(|| {
        let nearest = place.document.headings_of(place.line.heading).next();
        let heading = nearest.filter(|heading| !is_title(place.document, heading));
        heading.map_or("none", |heading| words::topic(&heading.text))
    })
}

/// The words before a path, from the last sentence on.
fn clause(before: &str) -> Clause {
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
    let said: Vec<&str> = all.iter().map(String::as_str).skip_while(|word| is_tag(word)).collect();
    let lead = said.iter().find(|word| !is_leading(word)).and_then(|word| words::verb(word));
    let named = |at: usize| at.checked_sub(1).and_then(|at| said.get(at)).is_some_and(|word| is_article(word));
    let near = (0..said.len()).rev().filter(|at| !named(*at)).find_map(|at| {
        said.get(at).and_then(|word| words::verb(word)).filter(|verb| verb.deed != Deed::Test || said.len() < 3)
    });
    let within = said.iter().skip(1).any(|word| matches!(*word, "from" | "in" | "within" | "inside" | "aus" | "im"));
    let opened = sentence.trim_end_matches([' ', '`', '*', '_', '"']);
    let prep = if opened.ends_with('(') { "bracket" } else { prep(&said) };
    Clause {
        lead,
        near,
        prep,
        within,
        negated: words::words(&without_asides(sentence)).any(|word| words::negates(&word)),
        supposed: said.iter().any(|word| words::supposes(word)),
        will: said.iter().any(|word| {
            matches!(*word, "will" | "shall" | "must" | "wird" | "werden" | "soll" | "going" | "we'll" | "i'll")
        }),
        new: said.iter().rev().take(4).any(|word| matches!(*word, "new" | "neue" | "neuen" | "neues" | "neu")),
        it: said.iter().rev().take(3).any(|word| matches!(*word, "it" | "them" | "es" | "sie")),
        joined: said.last().is_some_and(|word| is_path(word))
            || matches!(said.as_slice(), [.., path, "and" | "und" | "or" | "oder" | "plus" | "&" | "+"] if is_path(path)),
        opens: prep == "start",
    }
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

/// The meaning of the text that follows these words.
pub(super) struct Said {
    pub(super) near: Option<Deed>,
    pub(super) prep: &'static str,
    pub(super) opens: bool,
    pub(super) negated: bool,
}

/// Reads the words before a name of code.
pub(super) fn said(_place: &Place<'_>, before: &str) -> Said {
    let clause = clause(before);
    let prep = if key(before).is_some() { "key" } else { clause.prep };
    Said { near: clause.near.map(|verb| verb.deed), prep, opens: clause.opens, negated: clause.negated }
}

/// What counts or tags a line: `T001`, `[P]`, `US1`, `Step 4`, a number.
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

/// Words that may stand before the verb of a step.
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

/// Words before a noun.
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

/// What leads to the path: a preposition, the verb itself, or nothing.
fn prep(said: &[&str]) -> &'static str {
    let mut rest = said;
    // "`a`, `b` and `c`": the later ones are led to by what leads to the first.
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
        if let Some(verb) = words::verb(word)
            .filter(|_| !matches!(*word, "new" | "neu" | "neue" | "test" | "tests" | "unit" | "integration"))
        {
            return if verb.deed == Deed::Be { "be" } else { "verb" };
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
    // Only words such as "the file" stand before it.
    if rest.len() <= 3 { "start" } else { "words" }
}

fn is_path(word: &str) -> bool {
    word.chars().all(|sign| sign == PATH)
}

/// The key before a path: `Modify: x`, `**Location:** x`.
fn key(before: &str) -> Option<&'static str> {
    let text = before.trim_end_matches([' ', '*', '_', '`', '"']);
    let listed = text.trim_end_matches([PATH, ',', ' ', '&', '+']);
    let text = listed.trim_end_matches(" and").trim_end_matches([PATH, ',', ' ']).trim_end_matches(['*', '_', ' ']);
    // "Outcome: a short note, `x`" says what `x` is.
    let explained = listed.split_once(": ").filter(|(_, words)| {
        before.trim_end().ends_with(',') && !listed.contains(PATH) && words.split_whitespace().count() <= 4
    });
    let text = explained.map_or(text.to_owned(), |(key, _)| format!("{key}:"));
    let text = text.as_str();
    let named = text.strip_suffix(':').or_else(|| text.strip_suffix(&['\u{2192}', '='][..]))?;
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
        let deed = all.iter().find_map(|word| words::verb(word));
        return Some(match deed.map(|verb| verb.deed) {
            Some(Deed::Make | Deed::Add | Deed::Write) => "make",
            Some(Deed::Change) => "change",
            Some(Deed::Delete) => "delete",
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
    Some(match all.iter().find_map(|word| words::verb(word)).map(|verb| verb.deed) {
        Some(Deed::Make | Deed::Add | Deed::Write) => "make",
        Some(Deed::Change) => "change",
        Some(Deed::Delete) => "delete",
        Some(Deed::Run | Deed::See) => "run",
        Some(Deed::Test) => "test",
        Some(Deed::Move) => "move",
        _ => "other",
    })
}

/// What follows the path.
fn after(after: &str) -> &'static str {
    let rest = after.trim_start_matches(['`', '*', '_', '"']);
    let text = rest.trim_start();
    if text.trim_end_matches(['.', ':', '*', '_', ' ']).is_empty() {
        return "end";
    }
    if let Some(inner) = text.strip_prefix(['(', '[']) {
        let inner = inner.split([')', ']']).next().unwrap_or_default();
        return match words::state(inner) {
            "new" | "make" | "made" => "said new",
            "existing" => "said existing",
            "goes" => "said to go",
            "changed" => "said changed",
            _ => "bracket",
        };
    }
    if text.starts_with(['-', '\u{2013}', '\u{2014}', ':', '\u{2190}', '#']) || rest.starts_with("  ") {
        let said = text.trim_start_matches(['-', '\u{2013}', '\u{2014}', ':', '\u{2190}', '#', ' ', '*']);
        let first = said.split_whitespace().next().unwrap_or_default();
        let gone = || words::words(first).next().and_then(|word| words::verb(&word)).is_some_and(|verb| verb.past);
        return match words::state(first) {
            "new" if said.split_whitespace().count() == 1 || first.starts_with("NEW") => "said new",
            "existing" => "said existing",
            "goes" if gone() => "said to go",
            _ if is_to_be_made(said) => "is made",
            _ if is_order(said) => "told to change",
            _ => "dash",
        };
    }
    if text.starts_with([',', '+', '&', '/']) {
        return "list";
    }
    let said: Vec<String> = words::words(text).take(4).collect();
    let first = said.first().map_or("", String::as_str);
    if matches!(first, "and" | "or" | "und" | "oder") {
        return "list";
    }
    if said.iter().any(|word| matches!(word.as_str(), "already" | "schon" | "bereits")) {
        return "said existing";
    }
    let negated = said.iter().any(|word| words::negates(word));
    let made = said.iter().any(|word| {
        words::verb(word).is_some_and(|verb| matches!(verb.deed, Deed::Make | Deed::Add | Deed::Write) && verb.past)
            || matches!(word.as_str(), "there" | "present" | "available" | "committed")
    });
    match (first, negated) {
        (_, true) => "negated",
        ("exists" | "exist" | "existiert" | "existieren", _) => "exists",
        ("is" | "are" | "wird" | "will" | "gets" | "was" | "were" | "has" | "werden" | "must", _) => {
            if made {
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

/// "to be created in `x`", "wird erstellt".
fn is_to_be_made(said: &str) -> bool {
    let said: Vec<String> = words::words(said).take(5).collect();
    let made = |word: &String| {
        words::verb(word).is_some_and(|verb| verb.past && matches!(verb.deed, Deed::Make | Deed::Write))
    };
    said.windows(2).any(|pair| matches!(pair, [be, verb] if matches!(be.as_str(), "be" | "is" | "are" | "wird" | "werden") && made(verb)))
}

/// An order to change what is named before: "`x`: drop the field", "`x` – add a key".
fn is_order(said: &str) -> bool {
    let mut words = words::words(said);
    let order = words.next().and_then(|word| words::verb(&word));
    let changes = order.is_some_and(|verb| !verb.past && matches!(verb.deed, Deed::Change | Deed::Delete | Deed::Add));
    changes && words.next().is_some()
}

/// Whether the words before a path open a quotation that is still open.
fn is_quoted(before: &str) -> bool {
    before.matches('"').count() % 2 == 1
        || before.matches(['\u{201c}', '\u{201e}']).count() > before.matches('\u{201d}').count()
}

/// Whether the sentence of a path is a question.
fn is_asked(after: &str) -> bool {
    let end = after.find(['?', '!']).into_iter().chain(after.find(". ")).min();
    end.and_then(|end| after.get(end..)).is_some_and(|rest| rest.starts_with('?'))
}

/// Whether the word before says that it is looked up, or is the name of a branch.
fn is_looked_up(before: &str) -> bool {
    words::words(before).next_back().is_some_and(|word| {
        matches!(word.as_str(), "see" | "siehe" | "cf" | "vgl" | "branch" | "branches" | "tag" | "endpoint" | "route")
    })
}

/// The heading and the label nearest to a place.
fn nearest(document: &Document, heading: Option<usize>, label: Option<usize>) -> impl Iterator<Item = &str> {
    let heading = heading.and_then(|at| document.headings.get(at)).map(|heading| heading.text.as_str());
    let label = label.and_then(|at| document.lines.get(at)).map(|label| label.text.as_str());
    heading.into_iter().chain(label)
}

/// Whether a tree shows only a part of what there is: what is new, changed, or an example.
pub(super) fn lists_part(document: &Document, code: &super::structure::Code) -> bool {
    const PART: &[&str] = &[
        "added", "affected", "changed", "changes", "created", "example", "examples", "excerpt", "key", "modified",
        "new", "partial", "sample", "selected", "touched", "updated",
    ];
    nearest(document, code.heading, code.label)
        .any(|text| words::topic(text) == "aside" || words::words(text).any(|word| PART.contains(&word.as_str())))
}

/// Whether the plan says that a table lists every file.
pub(super) fn lists_every_file(place: &Place<'_>) -> bool {
    nearest(place.document, place.line.heading, place.line.label).any(|text| {
        let words: Vec<String> = words::words(text).collect();
        let has = |list: &[&str]| words.iter().any(|word| list.contains(&word.as_str()));
        has(&["inventory"]) || has(&["all", "every", "complete", "full"]) && has(&["file", "files"])
    })
}

/// The features of a row of a tree.
pub(crate) fn of_tree(
    document: &Document,
    code: Option<&super::structure::Code>,
    row: &super::tree::Leaf,
    marked: bool,
    out: &mut Features,
) {
    let tail = words::state(&row.tail);
    out.flag("deletes", tail == "goes");
    out.add("tree", tail);
    out.pair("tree/marked", tail, if marked { "marked" } else { "plain" });
    let heading = code.and_then(|code| code.heading);
    let topics: Vec<&str> = document
        .headings_of(heading)
        .filter(|heading| heading.level > 1)
        .map(|heading| words::topic(&heading.text))
        .collect();
    let label = code
        .and_then(|code| code.label)
        .and_then(|at| document.lines.get(at))
        .map_or("none", |label| words::topic(&label.text));
    out.pair("tree/heading", topics.first().unwrap_or(&"none"), if marked { "marked" } else { "plain" });
    out.pair("tree/label", label, if marked { "marked" } else { "plain" });
    for topic in ["aside", "delete", "existing", "changed files"] {
        out.flag(&format!("tree below {topic}"), topics.contains(&topic) || label == topic);
    }
    out.flag("tree listing", !row.connected);
}

/// The features that a table adds to those of the words of a cell.
pub(crate) fn of_cell(
    place: &Place<'_>,
    head: &[String],
    cells: &[String],
    column: usize,
    alone: bool,
    out: &mut Features,
) {
    // In a table of two columns the first may say what the second is.
    let first = cells.first().filter(|_| head.len() == 2 && column == 1).and_then(|cell| key(&format!("{cell}:")));
    let own = match first {
        Some("file" | "make") => "file",
        Some("change" | "delete" | "run" | "existing") => "complaint",
        _ => head.get(column).map_or("none", |head| self::column(head)),
    };
    let complains = first.is_none() && head.iter().any(|head| self::column(head) == "complaint");
    out.flag("barred", cells.iter().any(|cell| words::rejects(cell)));
    let any = |wanted: &str| {
        head.iter().position(|head| self::column(head) == wanted).or_else(|| (own == wanted).then_some(column))
    };
    let state = any("state").and_then(|at| cells.get(at)).map_or("none", |cell| words::state(cell));
    let alone = if alone { "alone" } else { "among words" };
    out.pair("column", own, alone);
    out.pair("column/first", own, if column == 0 { "first" } else { "later" });
    out.flag("deletes", state == "goes");
    out.pair("row state", state, own);
    out.flag("table of complaints", complains);
    out.pair("table has files", if any("file").or(any("deliverable")).is_some() { "yes" } else { "no" }, own);
    below(place, own, out);
    out.flag("row is checked", cells.iter().any(|cell| matches!(cell.trim(), "[x]" | "[X]") || cell.contains(CHECKS)));
}

/// The text above a table.
fn below(place: &Place<'_>, own: &str, out: &mut Features) {
    let label = label(place);
    out.pair("table label", label, own);
    out.pair("table heading", heading_topic(place), own);
}

/// Words of the heads of columns that hold files.
const FILE_COLUMNS: &[&str] = &[
    "file",
    "files",
    "path",
    "paths",
    "datei",
    "dateien",
    "filename",
    "pfad",
    "script",
    "scripts",
    "skript",
    "skripte",
    "dateiname",
    "dateipfad",
    "zieldatei",
];

/// What a column holds, by its head.
pub(super) fn column(head: &str) -> &'static str {
    let all: Vec<String> = words::words(head).collect();
    let has = |list: &[&str]| all.iter().any(|word| list.contains(&word.as_str()));
    if has(FILE_COLUMNS) {
        "file"
    } else if has(&[
        "deliverable",
        "deliverables",
        "output",
        "outputs",
        "artifact",
        "artifacts",
        "artefact",
        "artefacts",
        "artefakt",
        "artefakte",
        "ergebnis",
        "lieferobjekt",
        "result",
    ]) {
        "deliverable"
    } else if has(&["status", "state", "action", "change", "done", "progress", "stand", "zustand"]) {
        "state"
    } else if has(&[
        "issue",
        "risk",
        "risiko",
        "problem",
        "bug",
        "error",
        "finding",
        "metric",
        "alternative",
        "option",
        "criterion",
        "question",
        "activity",
        "source",
        "field",
        "input",
    ]) {
        "complaint"
    } else if has(&["location", "directory", "folder", "ordner", "ort", "verzeichnis"]) {
        "folder"
    } else if has(&[
        "component",
        "komponente",
        "module",
        "modul",
        "task",
        "aufgabe",
        "feature",
        "item",
        "what",
        "was",
        "area",
        "phase",
        "step",
        "work",
        "document",
        "component",
    ]) {
        "thing"
    } else {
        "other"
    }
}

/// What the list of a line, or its heading, holds.
pub(super) fn list_topic(place: &Place<'_>) -> &'static str {
    match label(place) {
        "none" => heading_topic(place),
        topic => topic,
    }
}
