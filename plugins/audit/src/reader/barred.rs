//! Recognises paths that a line names without promising them: denied, quoted or looked-up paths, examples, and files that a
//! command generates.

use super::after::after;
use super::before::Clause;
use super::context::{LineContext, label, lists_products, mark, shows_present};
use super::keys::is_tag;
use super::lexer::Token;
use super::placeholders::{CODE, PATH};
use super::structure::LineForm;
use super::verbs::{FileAction, Verb};
use super::{foreign, names, words};

/// True if the first verb of the sentence moves a file: "Move `x` to `y`".
pub(super) fn is_moved(lead: Option<Verb>) -> bool {
    lead.is_some_and(|verb| verb.action == FileAction::Move)
}

/// True if the path cannot be promised: the sentence denies, quotes or looks up the path, or is a question, or the line
/// describes the document.
pub(super) fn is_barred(place: &LineContext<'_>, token: &Token, clause: &Clause, key: Option<&str>) -> bool {
    let line = place.line;
    // The bold lines below the title describe the document, and the first heading is the document's title.
    let below_title = line.form == LineForm::Text && line.text.starts_with("**") && line.heading == Some(0);
    let described = below_title && line.parent.is_none() && matches!(key, Some("file" | "other" | "existing"));
    let first = place.document.headings.first().filter(|heading| heading.level == 1);
    let title = first.and_then(|heading| place.document.lines.get(heading.line));
    let titled = title.is_some_and(|title| title.number == line.number);
    let said = clause.negated || is_quoted(&token.before) || is_asked(&token.after) || is_looked_up(&token.before);
    let run = clause.prep == "verb" && clause.near.is_some_and(|verb| verb.action == FileAction::Run);
    described || titled || said || run || after(&token.after) == "unchanged" || is_unpromised(place, token, clause, key)
}

/// True for a path that the words use without promising it.
fn is_unpromised(place: &LineContext<'_>, token: &Token, clause: &Clause, key: Option<&str>) -> bool {
    let line = place.line;
    let open = line.boxed != Some(true) && mark(place) == "none";
    is_subject(&token.before, &token.after)
        || is_example(&token.before)
        || is_alternative(&token.before, &token.after)
        || is_convention(&token.before, &token.after)
        || !token.path.contains('/') && is_feature(&token.before, &token.after)
        || names::is_runtime(&token.path)
        || names::is_plan_of_phase(&token.path)
        || becomes_file(&token.rest) && !is_moved(clause.lead) && !clause.converts
        || !token.path.contains('/') && is_of_many(&token.before, &token.after)
        || open && token.lines && is_place(place, clause, key)
        || open
            && (is_product(&token.after) && !lists_products(place) || is_made_by_run(clause) || shows_present(place))
}

/// True if the line only says where a problem is ("**File:** `x.py:12`") and not what is changed ("Modify: `x.py:12`").
fn is_place(place: &LineContext<'_>, clause: &Clause, key: Option<&str>) -> bool {
    key == Some("file") || key.is_none() && clause.opens && label(place) == "files"
}

/// True for `y` in "Run `x` to generate `y`": the command creates `y`.
fn is_made_by_run(clause: &Clause) -> bool {
    let is = |verb: Option<Verb>, action| verb.is_some_and(|verb| verb.action == action);
    clause.prep == "verb" && is(clause.lead, FileAction::Run) && is(clause.near, FileAction::Make)
}

/// True if the words before a path open a quotation that is still open.
fn is_quoted(before: &str) -> bool {
    before.matches('"').count() % 2 == 1
        || before.matches(['\u{201c}', '\u{201e}']).count() > before.matches('\u{201d}').count()
}

/// True if the last word introduces something to look up ("see") or a name that is not a path ("branch").
fn is_looked_up(before: &str) -> bool {
    let mut words = words::words(before).rev();
    let last = words.next().unwrap_or_default();
    // "Tracked in `x`" refers the reader to `x`.
    let told = words.next().is_some_and(|word| {
        matches!(
            word.as_str(),
            "covered" | "described" | "discussed" | "explained" | "listed" | "mentioned" | "outlined" | "tracked"
        )
    });
    matches!(last.as_str(), "see" | "siehe" | "cf" | "vgl" | "branch" | "branches" | "tag" | "endpoint" | "route")
        || told && last == "in"
}

/// True for `x` in "Specify `x` in `y`": `y` is the file to write, and `x` is its topic.
fn is_subject(before: &str, after: &str) -> bool {
    let first = words::words(before).find(|word| !is_tag(word)).unwrap_or_default();
    let written = matches!(first.as_str(), "describe" | "document" | "explain" | "specify");
    let between = after.split_once(PATH).map(|(between, _)| between);
    written && between.is_some_and(|between| words::words(between).next_back().is_some_and(|word| word == "in"))
}

/// True for a path in "(e.g., `x`": the path is only an example of such files.
fn is_example(before: &str) -> bool {
    let inside = before.rsplit_once('(').map(|(_, inside)| inside).filter(|inside| !inside.contains(')'));
    inside.is_some_and(|inside| {
        ["e.g", "for example", "such as", "z.B", "z. B"].iter().any(|words| inside.starts_with(words))
    })
}

/// True if the sentence is about a file in each of several places: "an `answer.json` for each case", "various `x`".
fn is_of_many(before: &str, after: &str) -> bool {
    let each = |word: &str| matches!(word, "each" | "every");
    let various = |word: String| matches!(word.as_str(), "different" | "multiple" | "various");
    // "`x` with a table for each case" is one file.
    let said: Vec<String> = words::words(before).chain(words::words(after).take(2)).collect();
    let said: Vec<&str> = said.iter().map(String::as_str).collect();
    words::words(before).next_back().is_some_and(various)
        || said.first().is_some_and(|word| each(word))
        || said.windows(2).any(|pair| matches!(pair, ["for" | "in" | "to", word] if each(word)))
}

/// True for a path of "`x` or `y`": either of them is sufficient.
fn is_alternative(before: &str, after: &str) -> bool {
    let or = |word: Option<&str>| matches!(word, Some("or" | "oder"));
    let (mut ahead, mut behind) = (before.split_whitespace().rev(), after.split_whitespace());
    let path = |word: Option<&str>| word.is_some_and(|word| word.contains(PATH));
    or(ahead.next()) && path(ahead.next()) || or(behind.next()) && path(behind.next())
}

/// True if the words say what makes the file: "generated by `x`".
fn is_product(after: &str) -> bool {
    let said: Vec<String> = words::words(after).take(6).collect();
    let made = |word: &String| matches!(word.as_str(), "built" | "compiled" | "emitted" | "generated" | "produced");
    let code = |word: &String| word.chars().all(|sign| sign == PATH || sign == CODE);
    said.windows(3).any(|three| {
        matches!(three, [one, by, tool] if made(one) && matches!(by.as_str(), "by" | "from" | "with") && code(tool))
    })
}

/// True if the path is an example of a convention: "`x` by convention", "the convention that `x` holds it".
fn is_convention(before: &str, after: &str) -> bool {
    if ![before, after].iter().any(|text| text.contains("onvention") || text.contains(foreign::is_unparted)) {
        return false;
    }
    let convention = |word: &String| matches!(word.as_str(), "convention" | "konvention");
    let ahead: Vec<String> = words::words(before).collect();
    let behind: Vec<String> = words::words(after.split(". ").next().unwrap_or(after)).take(12).collect();
    let pair = |said: &[String], is: fn(&str, &str) -> bool| {
        said.windows(2).any(|pair| matches!(pair, [one, two] if is(one, two)))
    };
    // In languages without spaces between words, the description of the convention precedes the word "convention".
    behind.first().is_some_and(convention)
        || after.contains(foreign::is_unparted) && behind.iter().any(convention)
        || pair(&behind, |by, word| matches!(by, "as" | "by" | "per") && word == "convention")
        || pair(&ahead, |word, that| word == "convention" && matches!(that, "of" | "that" | "to" | "where"))
}

/// True if an arrow leads from the path to a file: the path is the former name, or a source.
fn becomes_file(rest: &str) -> bool {
    let text = rest.trim_start_matches(['`', '*', ' ']);
    let arrow = ["\u{2192}", "\u{21d2}", "->", "=>"].iter().find_map(|arrow| text.strip_prefix(arrow));
    let target = arrow.and_then(|target| target.trim_start_matches(['`', '*', ' ']).split([' ', '`', '*', ',']).next());
    target.is_some_and(|target| names::file(target).is_some())
}

/// True if the path names a format or a topic: "`.env` support", "`a.toml` and `b.toml` parsing", "Django detection
/// (`manage.py`)", but not "`till.py` handling refunds".
fn is_feature(before: &str, after: &str) -> bool {
    let listed = after.trim_start_matches([' ', ',', '`', PATH]);
    let listed = listed.strip_prefix("and ").or_else(|| listed.strip_prefix("or ")).unwrap_or(listed);
    let listed = listed.trim_start_matches(['`', PATH]);
    let clause = listed.split([',', ';', '.', ':', '(', ')', '\u{2013}', '\u{2014}']).next().unwrap_or(listed);
    let mut words = words::words(clause.split(" - ").next().unwrap_or(clause));
    let is_noun = after.starts_with([' ', ',']) && words.next().is_some_and(|word| words::is_feature(&word));
    let ends = |next: &str| words::preposition(next).is_some() || next.contains(foreign::is_unparted);
    let opened = before.rsplit_once('(').filter(|(_, inside)| !inside.contains(')'));
    let explains =
        || opened.and_then(|(said, _)| words::words(said).next_back()).is_some_and(|word| words::is_feature(&word));
    is_noun && words.next().is_none_or(|next| ends(&next) || matches!(next.as_str(), "and" | "is" | "steps"))
        || explains()
}

/// True if the sentence of a path is a question.
fn is_asked(after: &str) -> bool {
    // The `?` in code such as `open(drawer?: string)` does not end a question.
    let ends = |sign: &str| {
        after.match_indices(sign).map(|(at, _)| at).find(|at| {
            !after
                .get(at + 1..)
                .is_some_and(|rest| rest.starts_with([':', '.']) || rest.starts_with(char::is_alphanumeric))
        })
    };
    let end = ["?", "!", ". "].into_iter().filter_map(ends).min();
    end.and_then(|end| after.get(end..)).is_some_and(|rest| rest.starts_with('?'))
}
