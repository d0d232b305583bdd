//! Finds every path of a line: in code, links, plain words and lists.
//!
//! The same reader reads all forms. `features` and `model` decide whether a path is promised.

use super::foreign;
use super::names::{self, Name};
use super::placeholders::{CODE, PATH};
use super::{verbs, words};
use crate::plan::Kind;

/// The markup of a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Markup {
    /// In backticks.
    Code,
    /// As a part of code or of a command.
    Inside,
    /// As the target or the text of a link.
    Link,
    /// As a word.
    Plain,
}

/// A path of a line.
#[derive(Debug, Clone)]
pub(crate) struct Token {
    pub(crate) path: String,
    pub(crate) kind: Kind,
    pub(crate) written: Markup,
    /// The extension is unknown.
    pub(crate) unknown: bool,
    /// The text names a part of the file: `x.md#layout`.
    pub(crate) part: bool,
    /// The text names lines of the file: `x.py:12-30`.
    pub(crate) lines: bool,
    /// The words before it; every path is replaced by [`PATH`], other code by [`CODE`].
    pub(crate) before: String,
    /// The words after it.
    pub(crate) after: String,
    /// The words after it, including code.
    pub(crate) rest: String,
}

impl Token {
    /// The kind of content, by the extension.
    pub(crate) fn content(&self) -> &'static str {
        let name = self.path.rsplit('/').next().unwrap_or_default().to_ascii_lowercase();
        match (self.kind, name.rsplit_once('.').map_or("", |(_, ending)| ending)) {
            (Kind::Folder, _) => "folder",
            (_, "md" | "mdx" | "rst" | "txt" | "adoc" | "pdf" | "docx") => "text",
            (
                _,
                "json" | "jsonl" | "csv" | "db" | "sqlite" | "sqlite3" | "log" | "tsv" | "xml" | "lock" | "plist"
                | "wav" | "mp3" | "png" | "svg" | "jpg" | "gz" | "zip" | "bin" | "wasm",
            ) => "data",
            (_, "toml" | "yaml" | "yml" | "ini" | "cfg" | "conf" | "env" | "config") => "settings",
            (_, "") => "none",
            _ => "code",
        }
    }
}

/// A piece of a line.
enum Piece<'a> {
    Words(&'a str),
    Code(&'a str),
    Link { text: &'a str, target: &'a str },
}

/// A path before the words after it are known.
struct FoundPath {
    name: Name,
    written: Markup,
    unknown: bool,
    /// Its position in the words of the line.
    at: usize,
    /// The position in the raw line after it.
    raw: usize,
}

/// The paths of a line, in order. With `listing`, all code that looks like a file is a path.
#[must_use]
pub(crate) fn tokens(line: &str, listing: bool) -> Vec<Token> {
    let line = start(line, LINE_BYTES);
    let mut found: Vec<FoundPath> = Vec::new();
    let mut words = String::with_capacity(line.len());
    let mut add = |name: Name, written, unknown, words: &mut String, raw: usize| {
        found.push(FoundPath { name, written, unknown, at: words.len(), raw });
        words.push(PATH);
    };
    for (piece, end) in pieces(line) {
        match piece {
            Piece::Code(code) => match called_folder(code, &words, line.get(end..).unwrap_or_default()) {
                Some(name) => add(name, Markup::Code, false, &mut words, end),
                None => code_paths(code, listing, end, &mut words, &mut add),
            },
            Piece::Link { text, target } => match linked(target, text) {
                Some(name) => add(name, Markup::Link, false, &mut words, end),
                None => words.push_str(text),
            },
            Piece::Words(text) => plain_paths(text, listing, end, line.len(), &mut words, &mut add),
        }
    }
    let cut = |from: usize| {
        foreign::english(start(words.get(from + PATH.len_utf8()..).unwrap_or_default(), NEAR_BYTES)).into_owned()
    };
    let token = |found: FoundPath| Token {
        path: found.name.path,
        kind: found.name.kind,
        written: found.written,
        unknown: found.unknown,
        part: names_a_part(line.get(..found.raw).unwrap_or_default()),
        lines: names_lines(line.get(..found.raw).unwrap_or_default()),
        before: foreign::english(end(words.get(..found.at).unwrap_or_default(), NEAR_BYTES)).into_owned(),
        after: cut(found.at),
        rest: start(line.get(found.raw..).unwrap_or_default(), NEAR_BYTES).to_owned(),
    };
    found.into_iter().map(token).collect()
}

/// True if the last word of a text ends with a fragment that is not a line number: `x.md#layout`.
fn names_a_part(text: &str) -> bool {
    let fragment = last_word(text).split_once('#').map(|(_, fragment)| fragment.trim_start_matches('L'));
    fragment.is_some_and(|fragment| fragment.starts_with(char::is_alphabetic))
}

fn last_word(text: &str) -> &str {
    text.trim_end_matches(['`', ')']).rsplit(char::is_whitespace).next().unwrap_or_default()
}

/// True if the last word of a text ends with line numbers: `x.py:12-30`.
fn names_lines(text: &str) -> bool {
    let lines = last_word(text).split_once([':', '#']).map(|(_, lines)| lines.trim_start_matches('L'));
    lines.is_some_and(|lines| {
        lines.starts_with(|sign: char| sign.is_ascii_digit())
            && lines.chars().all(|sign| sign.is_ascii_digit() || matches!(sign, '-' | ':' | ','))
    })
}

/// Maximum number of bytes that are read of a line.
const LINE_BYTES: usize = 8 * 1024;

/// Length of the text around a path that is read: the words that decide its role are close to it.
const NEAR_BYTES: usize = 400;

/// The first bytes of a text.
pub(crate) fn start(text: &str, most: usize) -> &str {
    let cut = (0..=most.min(text.len())).rev().find(|at| text.is_char_boundary(*at));
    cut.and_then(|cut| text.get(..cut)).unwrap_or_default()
}

/// The last bytes of a text.
fn end(text: &str, most: usize) -> &str {
    let cut = (text.len().saturating_sub(most)..=text.len()).find(|at| text.is_char_boundary(*at));
    cut.and_then(|cut| text.get(cut..)).unwrap_or_default()
}

/// A line without emphasis, with the texts of its code and links.
#[must_use]
pub(crate) fn plain(line: &str) -> String {
    let line = start(line, LINE_BYTES);
    let mut out = String::with_capacity(line.len());
    for (piece, _) in pieces(line) {
        match piece {
            Piece::Words(text) => out.extend(text.split(['*']).filter(|part| !part.is_empty())),
            Piece::Code(text) | Piece::Link { text, .. } => out.push_str(text),
        }
    }
    out.trim().to_owned()
}

/// The paths of a piece of code: all of it, or some of its words.
fn code_paths(
    code: &str,
    listing: bool,
    end: usize,
    words: &mut String,
    add: &mut impl FnMut(Name, Markup, bool, &mut String, usize),
) {
    // `.till/<name>/x.json` is a pattern, and its last part is not a path.
    if code.contains('<') && code.contains('/') && !code.contains(char::is_whitespace) {
        return words.push(CODE);
    }
    if let Some(pair) = names::pair(code) {
        return pair.into_iter().for_each(|name| add(name, Markup::Code, false, words, end));
    }
    if let Some(files) = names::braces(code) {
        return files.into_iter().for_each(|name| add(name, Markup::Code, false, words, end));
    }
    let known = names::file(code).or_else(|| names::folder(code)).or_else(|| names::spaced(code));
    if let Some(name) = known {
        return add(name, Markup::Code, false, words, end);
    }
    let likely = names::likely_file(code, listing).or_else(|| names::weak(code)).or_else(|| names::deep(code));
    if let Some(name) = likely {
        return add(name, Markup::Code, true, words, end);
    }
    let asks = code.split_once(' ').is_some_and(|(verb, _)| is_method(verb));
    let parts: Vec<Name> = code.split(is_separator).filter(|_| !asks).filter_map(names::file).collect();
    if parts.is_empty() {
        words.push(CODE);
    }
    for name in parts {
        add(name, Markup::Inside, false, words, end);
        words.push(' ');
    }
}

/// Code that the words call a folder: "the `till` directory", "create the directories (`till`, `till/docs`)", "a new
/// `internal/till` package".
fn called_folder(code: &str, before: &str, after: &str) -> Option<Name> {
    let name = names::bare_folder(code)?;
    let is = |word: Option<String>, deep: bool| {
        word.is_some_and(|word| match word.as_str() {
            "directory" | "directories" | "folder" | "folders" | "ordner" | "verzeichnis" | "verzeichnisse" => true,
            "structure" | "layout" | "package" | "packages" => deep,
            _ => false,
        })
    };
    let deep = names::is_rooted(code);
    let before = end(before, NEAR_BYTES);
    let next = foreign::english(start(after, 60)).into_owned();
    let next = next.strip_prefix(' ').and_then(|next| words::words(next).next());
    let opened = before.rfind('(').filter(|at| !before.get(*at..).is_some_and(|inside| inside.contains(')')));
    let list = opened
        .map(|at| before.split_at(at))
        .filter(|(_, inside)| inside.chars().skip(1).all(|sign| sign == PATH || sign == ',' || sign.is_whitespace()));
    let said = |text: &str| words::words(&foreign::english(end(text, 60))).next_back();
    (is(next, deep) || is(said(before), false) || list.is_some_and(|(before, _)| is(said(before), deep)))
        .then_some(name)
}

/// True for an HTTP method. The address of a server follows such a word: `GET /x.json`.
fn is_method(word: &str) -> bool {
    matches!(word, "DELETE" | "GET" | "HEAD" | "PATCH" | "POST" | "PUT")
}

fn plain_paths(
    text: &str,
    listing: bool,
    end: usize,
    line_length: usize,
    words: &mut String,
    add: &mut impl FnMut(Name, Markup, bool, &mut String, usize),
) {
    let start = end - text.len();
    let (mut from, mut asks) = (0, false);
    for (at, word) in split(text) {
        if std::mem::replace(&mut asks, is_method(word)) {
            continue;
        }
        let bare = word.trim_end_matches(['.', '!', '?', ':', '*', '_']).trim_start_matches(['*']);
        let bare = if word.starts_with("__") && word.ends_with("__") { word.trim_matches('_') } else { bare };
        let slash = bare.matches('/').count() >= 2 || bare.starts_with(['.', '/', '~']) || bare.contains('_');
        let folder = || names::folder(bare).filter(|name| name.path.len() > 2 && (slash || !name.path.contains('/')));
        let outside = || names::outside_path(bare).filter(|_| listing);
        // In "Create scripts/core/open", the verb and the end of the line show that the last word is a path.
        let last = || text.get(at + word.len()..).is_some_and(|rest| rest.trim().is_empty()) && end == line_length;
        let made = || {
            names::deep(bare).filter(|_| {
                !bare.starts_with("api/") && last() && ends_with_making(text.get(from..at).unwrap_or_default())
            })
        };
        let one = || names::file(bare).or_else(folder).or_else(outside).or_else(made).into_iter().collect();
        let mut found: Vec<Name> = names::pair(bare).map_or_else(one, Vec::from);
        // An unknown extension is accepted after two folders if the first one is common in projects: `docker/till/my.cnf`.
        let unknown = found.is_empty() && bare.matches('/').count() >= 2;
        if unknown {
            found.extend(names::likely_file(bare, false).filter(|name| names::is_plain_project_file(&name.path)));
        }
        if found.is_empty() {
            continue;
        }
        let inner = at + word.find(bare).unwrap_or_default();
        // The last part of `logs/{id}/` may have any name.
        if bare.ends_with('/') && text.get(inner + bare.len()..).is_some_and(|rest| rest.starts_with(['{', '<'])) {
            continue;
        }
        words.push_str(text.get(from..inner).unwrap_or_default());
        from = inner + bare.len();
        for name in found {
            add(name, Markup::Plain, unknown, words, start + from);
        }
    }
    words.push_str(text.get(from..).unwrap_or_default());
}

/// True if the last word of a text is a verb such as "create".
fn ends_with_making(text: &str) -> bool {
    words::words(text).next_back().is_some_and(|word| {
        let makes = verbs::verb(&word).is_some_and(|verb| verb.action == verbs::FileAction::Make);
        makes && !matches!(word.as_str(), "new" | "neu" | "set" | "stand")
    })
}

/// The words of a text with their positions; brackets, quotes and commas separate them.
fn split(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut at = Some(0);
    std::iter::from_fn(move || {
        let here = at?;
        let rest = text.get(here..)?;
        let mut inside = 0;
        let end = rest.char_indices().find(|(place, sign)| {
            if *place < inside || !is_separator(*sign) {
                return false;
            }
            inside = place + parameter(rest, *place);
            inside == *place
        });
        at = end.map(|(place, sign)| here + place + sign.len_utf8());
        Some((here, rest.get(..end.map_or(rest.len(), |(place, _)| place))?))
    })
}

/// The length of a bracket that is a folder or a part of a name in a path: `app/[id]/page.tsx`, `app/(tabs)/page.tsx`.
fn parameter(text: &str, at: usize) -> usize {
    let is_path = text.get(..at).is_some_and(|before| before.ends_with('/'));
    let Some(rest) = text.get(at..).filter(|_| is_path) else { return 0 };
    let closes = [("[[", "]]"), ("[", "]"), ("(", ")")].into_iter().find_map(|(open, close)| {
        let inner = rest.strip_prefix(open)?;
        // Reads no further than the name, so that many open brackets cost no more than their length.
        let name = inner.find(|sign: char| !sign.is_alphanumeric() && !"-_.".contains(sign))?;
        let after = inner.get(name..)?.strip_prefix(close)?;
        (name > 0 && after.starts_with(['/', '.'])).then_some(open.len() + name + close.len())
    });
    closes.unwrap_or_default()
}

fn is_separator(sign: char) -> bool {
    sign.is_whitespace()
        || foreign::is_unparted(sign)
        || "\"'()[]<>{}|,;=\u{201c}\u{201d}\u{201e}\u{3010}\u{3011}\u{2192}\u{300c}\u{300d}\u{300e}\u{300f}"
            .contains(sign)
}

/// The pieces of a line with their end positions.
fn pieces(line: &str) -> Vec<(Piece<'_>, usize)> {
    let mut pieces = Vec::new();
    let (mut at, mut from) = (0, 0);
    while let Some(sign) = line.get(at..).and_then(|rest| rest.chars().next()) {
        let rest = line.get(at..).unwrap_or_default();
        let found = match sign {
            '`' => code(rest),
            '[' => link(rest),
            _ => None,
        };
        let Some((piece, length)) = found else {
            at += sign.len_utf8();
            continue;
        };
        if from < at {
            pieces.push((Piece::Words(line.get(from..at).unwrap_or_default()), at));
        }
        at += length;
        from = at;
        pieces.push((piece, at));
    }
    if from < line.len() {
        pieces.push((Piece::Words(line.get(from..).unwrap_or_default()), line.len()));
    }
    pieces
}

fn code(rest: &str) -> Option<(Piece<'_>, usize)> {
    let inner = rest.trim_start_matches('`');
    let ticks = rest.get(..rest.len() - inner.len())?;
    let end = start(inner, NEAR_BYTES).find(ticks)?;
    Some((Piece::Code(inner.get(..end)?.trim()), ticks.len() * 2 + end))
}

fn link(rest: &str) -> Option<(Piece<'_>, usize)> {
    let (text, after) = start(rest, NEAR_BYTES).strip_prefix('[')?.split_once("](")?;
    let (target, _) = after.split_once(')')?;
    let plain = !text.contains('[') && !target.contains(char::is_whitespace);
    plain.then(|| (Piece::Link { text: text.trim_matches('`'), target }, text.len() + target.len() + 4))
}

/// The target file of a link; `None` for URLs and for anchors in the same document.
fn linked(target: &str, text: &str) -> Option<Name> {
    let target = target.strip_prefix("file://").unwrap_or(target);
    let path = target.split(['#', '?']).next().unwrap_or_default();
    if path.is_empty() || target.contains("://") || target.starts_with("mailto:") {
        return None;
    }
    let path = path.replace("%20", " ");
    names::file(path.trim_start_matches("../")).or_else(|| names::file(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(line: &str) -> Vec<String> {
        tokens(line, false).into_iter().map(|token| token.path).collect()
    }

    #[test]
    fn every_form_of_a_path_is_read() {
        let line = "Move `a/b.py:12-30` (src/a.py) to [x](../docs/y.md), **c.rs**, `agents/` and `run d.sh --all`.";
        assert_eq!(paths(line), ["a/b.py", "src/a.py", "docs/y.md", "c.rs", "agents", "d.sh"]);
        let found = tokens("Create `x.py` with `Maker` in lib/y.rs.", false);
        assert_eq!(
            (found[0].before.as_str(), found[1].before.as_str()),
            ("Create ", "Create \u{e000} with \u{e001} in ")
        );
        assert_eq!(found[0].rest, " with `Maker` in lib/y.rs.");
        assert_eq!(found[1].after, ".");
    }

    #[test]
    fn words_around_a_name_make_it_a_folder() {
        assert_eq!(paths("Create the directories (`till`, `till/docs`)"), ["till", "till/docs"]);
        assert_eq!(paths("Add an `internal/till` package and the `notes` folder"), ["internal/till", "notes"]);
        assert_eq!(paths("Install the `till` package and run `till/open`"), Vec::<String>::new());
    }

    #[test]
    fn a_folder_may_be_a_parameter() {
        assert_eq!(
            paths("app/[id]/page.tsx and app/(tabs)/[[...all]]/x.tsx (see app/a.ts)"),
            ["app/[id]/page.tsx", "app/(tabs)/[[...all]]/x.tsx", "app/a.ts"]
        );
    }

    #[test]
    fn many_marks_and_open_brackets_are_read_to_the_end() {
        assert_eq!(paths(&("@".repeat(LINE_BYTES / 2) + "x.md")), Vec::<String>::new());
        for piece in ["app/[", "app/[a", "app/(a"] {
            let line = piece.repeat(LINE_BYTES / piece.len() - 10) + " src/a.py";
            assert_eq!(paths(&line).last().map(String::as_str), Some("src/a.py"), "{piece}");
        }
    }

    #[test]
    fn the_mark_of_a_mention_is_no_part_of_its_path() {
        assert_eq!(paths("Read @docs/plan.md and `notes/@till.md`"), ["docs/plan.md", "notes/till.md"]);
        assert_eq!(paths("`.till/<name>/x.json` and `Samples~/Till/`"), ["Samples~/Till"]);
    }

    #[test]
    fn other_words_are_no_paths() {
        for line in [
            "and/or",
            "see https://x.y/z.html",
            "`GET /a/b`",
            "GET /animals/{id}",
            "POST /a/b/c.json",
            "version 1.2.3",
            "[a](#b)",
            "`x = y.z()`",
        ] {
            assert_eq!(paths(line), Vec::<String>::new(), "{line}");
        }
    }
}
