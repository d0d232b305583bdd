//! Properties of a file's text: its lines, its definitions, and whether it is a stub.
//!
//! This module searches text and has no parsers: a definition is a keyword before a name, or an assignment to a name.

use std::collections::{HashMap, HashSet};

use crate::lists::list;

/// Phrases of a generator in an unfinished file.
const GENERATED: &[&str] = &["generated from plan deliverable", "todo: implement functionality"];

/// Phrases that announce a missing body.
const MISSING_BODY: &[&str] = &[
    "not implemented",
    "notimplementederror",
    "todo!(",
    "unimplemented!(",
    "todo: implement",
    "coming soon",
    "placeholder",
];

const DEFINING: &[&str] = list!(
    "actor class const def defmodule defp enum extension fn fun func function interface let macro macro_rules! mixin mod module \
    namespace newtype object proc procedure protocol record static struct subroutine trait type typealias union val var"
);

/// Defining words that are common in prose: they count only at the start of a line.
const DEFINING_AT_START: &[&str] = list!("contract data factory library local package sub");

/// If one of these words is before a name and its parenthesis, the name is called, not defined.
const CALLING: &[&str] = list!(
    "assert await case clone co_await co_return co_yield defer del delete do echo elif else emit go if in instanceof match move new not or and print raise return \
    throw throws typeof until using when while yield"
);

/// Extensions of files whose comments are recognised, so that a file with only comments counts as a stub.
const COMMENTED: &[&str] = list!("c cc cpp cs gs go h java js jsx kt mjs php py rb rs sh swift ts tsx");

/// Extensions of source files.
pub(crate) const CODE: &[&str] = list!(
    "asd astro bash c cc cjs clj cljc cljs cpp cr cs cts cu cxx d dart elm erl ex exs f90 frag fs gd glsl go groovy gs h hh hpp hs hxx java jl js \
    jsx kt kts lean lisp lua m metal mjs ml mm mts nim pas php pl pm proto ps1 psm1 py r rb rkt rs scala scm sh sol sql svelte swift tf ts tsx vb \
    vert vue wgsl zig zsh"
);

/// Longer lines are generated code, which is not searched for definitions.
const LINE_BYTES: usize = 4 * 1024;

/// The reason why a file is only a placeholder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stub {
    /// It states that it was generated and must still be filled.
    Generated,
    /// It contains only comments.
    Comments,
    /// It is short, and states that its body is still missing.
    BodyMissing,
}

impl Stub {
    /// Every reason.
    const ALL: [Self; 3] = [Self::Generated, Self::Comments, Self::BodyMissing];

    /// The reason for reports.
    #[must_use]
    pub const fn reason(self) -> &'static str {
        match self {
            Self::Generated => "its text says that it was generated and is not implemented yet",
            Self::Comments => "it has only comments",
            Self::BodyMissing => "its body is missing",
        }
    }

    /// The name in the plugin database.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Generated => "generated",
            Self::Comments => "comments",
            Self::BodyMissing => "to-come",
        }
    }

    /// The reason with this name in the plugin database.
    #[must_use]
    pub fn of_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|stub| stub.code() == code)
    }
}

/// The number of lines, with or without a final newline.
#[must_use]
pub(crate) fn line_count(text: &str) -> u64 {
    text.lines().count() as u64
}

/// The first lines, from 1, that define the wanted names, in the order of `wanted`.
#[must_use]
pub(crate) fn definitions(text: &str, wanted: &[String]) -> Vec<Option<u64>> {
    let found = occurrences(text, &wanted.iter().map(String::as_str).collect());
    wanted.iter().map(|name| found.get(name.as_str()).copied().flatten()).collect()
}

/// The wanted names that a text contains, each with the first line, from 1, that defines it; `None` if the text only uses it.
///
/// The text is read once, so the time does not depend on the number of names.
#[must_use]
pub(crate) fn occurrences<'a>(text: &str, wanted: &HashSet<&'a str>) -> HashMap<&'a str, Option<u64>> {
    let mut found: HashMap<&str, Option<u64>> = HashMap::new();
    let mut defined = 0;
    for (line, number) in text.lines().zip(1..) {
        if defined == wanted.len() {
            break;
        }
        if is_comment(line) {
            continue;
        }
        let mut tried = HashSet::new();
        for word in line.split(|sign| !is_word(sign)) {
            let Some(name) = wanted.get(word) else { continue };
            let place = found.entry(name).or_default();
            let searched = place.is_none() && line.len() <= LINE_BYTES && tried.insert(word);
            if searched && line_defines(line, word) {
                *place = Some(number);
                defined += 1;
            }
        }
    }
    found
}

/// True if a text contains this word.
#[must_use]
pub(crate) fn has_word(text: &str, name: &str) -> bool {
    text.match_indices(name).any(|(at, _)| {
        let before = text.get(..at).and_then(|text| text.chars().next_back());
        let after = text.get(at + name.len()..).and_then(|text| text.chars().next());
        !before.is_some_and(is_word) && !after.is_some_and(is_word)
    })
}

/// True for a line that is only a comment. A comment neither defines nor uses a name.
fn is_comment(line: &str) -> bool {
    let text = line.trim_start();
    ["//", "# ", "-- ", "* ", "/*", "<!--"].iter().any(|mark| text.starts_with(mark))
}

fn is_word(sign: char) -> bool {
    sign.is_alphanumeric() || sign == '_' || sign == '$'
}

pub(crate) fn line_defines(line: &str, name: &str) -> bool {
    line.match_indices(name).any(|(at, _)| {
        let before = line.get(..at).unwrap_or_default();
        let after = line.get(at + name.len()..).unwrap_or_default();
        if before.ends_with(is_word) || after.starts_with(is_word) {
            return false;
        }
        let before = without_class(before, after);
        // The receiver of a Go method is between the keyword and the name.
        let plain = before.trim_end();
        let keyword = match plain.strip_suffix(')').and_then(|rest| rest.rsplit_once('(')) {
            Some((ahead, _)) if ahead.trim() == "func" => "func",
            _ => plain.rsplit(char::is_whitespace).next().unwrap_or_default(),
        };
        let given = before.trim().is_empty() && after.trim_start().starts_with(['=', ':']);
        let opens = || plain.split_whitespace().count() == 1 && DEFINING_AT_START.contains(&keyword);
        let defining = DEFINING.contains(&keyword) || opens();
        given || defining && before.ends_with(char::is_whitespace) || is_method(before, after)
    })
}

/// The text before a method's name, without its C++ class: `void ` for `void Till::open(int drawer) {`.
fn without_class<'a>(before: &'a str, after: &str) -> &'a str {
    let end = after.trim_end();
    let defines = ["{", ")", "const", "noexcept", "override"].iter().any(|word| end.ends_with(word));
    let class = before.strip_suffix("::").map(|class| class.trim_end_matches(|sign| is_word(sign) || sign == ':'));
    class.filter(|ahead| defines && ahead.contains(is_word)).unwrap_or(before)
}

/// True if a name is defined as a method or as a function without a keyword, by the texts before and after the name:
/// `name(till) {`, `public async name(`, `static int name(int till)`.
fn is_method(before: &str, after: &str) -> bool {
    let opens = after.starts_with('(') || after.starts_with('<') && after.contains(">(");
    let end = after.trim_end();
    let body = end.ends_with('{') || end.ends_with("{}") || end.contains(") {");
    let mut kinds = before.split_whitespace().peekable();
    if kinds.peek().is_none() {
        // JavaScript: only its body distinguishes a method from a call. Shell: nothing is before the name of a function.
        return opens && body && (!before.is_empty() || matches!(after.trim_end(), "() {" | "(){"));
    }
    let is_type = |word: &str| {
        let named = word.starts_with(|sign: char| sign.is_alphabetic() || matches!(sign, '_' | '@' | '*' | '&'));
        named
            && !CALLING.contains(&word)
            && word
                .chars()
                .all(|sign| is_word(sign) || matches!(sign, '<' | '>' | '[' | ']' | ',' | '?' | '*' | '&' | ':' | '@'))
            && !word.ends_with(':')
    };
    opens && before.ends_with([' ', '*', '&']) && kinds.all(is_type) && (body || !end.ends_with([';', ':', '{']))
}

/// The reason why the file is a stub; `None` if the file is not a stub.
#[must_use]
pub(super) fn stub(path: &str, text: &str) -> Option<Stub> {
    let lower = text.to_lowercase();
    if says_generated(&lower) {
        return Some(Stub::Generated);
    }
    let (stem, ending) = path.rsplit('/').next()?.rsplit_once('.')?;
    if !COMMENTED.contains(&ending) || stem == "__init__" {
        return None;
    }
    let body = text.lines().map(str::trim).filter(|line| is_substance(line)).count();
    if body == 0 {
        return Some(Stub::Comments);
    }
    let to_come = MISSING_BODY.iter().any(|phrase| lower.contains(phrase));
    (to_come && body <= 6).then_some(Stub::BodyMissing)
}

/// True if a file with this name is a source file.
#[must_use]
pub(crate) fn is_code(name: &str) -> bool {
    name.rsplit_once('.').is_some_and(|(_, ending)| CODE.contains(&ending))
}

/// True for a name that a script may have (`open-till`, but not `LICENSE` or `.gitignore`), and for a file of settings.
#[must_use]
pub(crate) fn may_define(name: &str) -> bool {
    let script = !name.contains('.') && name.chars().any(char::is_lowercase) && !name.starts_with(char::is_uppercase);
    script || [".yml", ".yaml", ".toml"].iter().any(|ending| name.ends_with(ending)) && !name.contains("-lock.")
}

/// True if a text, in lower case, states that a generator made it from a plan and did not fill it.
#[must_use]
pub(super) fn says_generated(lower: &str) -> bool {
    GENERATED.iter().any(|phrase| lower.contains(phrase))
}

/// True if a line is more than a comment or a bracket.
fn is_substance(line: &str) -> bool {
    let comment =
        ["#", "//", "/*", "*", "--", "\"\"\"", "'''", "<!--", "<?php"].iter().any(|mark| line.starts_with(mark));
    // `#define TILL_H` alone only guards a header.
    let directive = ["#include", "#import"].iter().any(|mark| line.starts_with(mark))
        || line.starts_with("#define ") && line.split_whitespace().count() > 2;
    directive || !comment && !matches!(line, "" | "pass" | "..." | "{" | "}" | "};" | "\"use strict\";")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn definitions_are_distinguished_from_uses() {
        let text = "class Maker(Base):\n    x = Taker()\nRow = tuple\nexport const Giver = 1\nasync def go(x):\nMakerTwo = 2\nfunc (s *Shop) Open() {\nMaker = 3\n";
        let wanted = ["Maker", "Taker", "Row", "Giver", "go", "Two", "MakerTwo", "Open"].map(str::to_owned);
        let lines = [Some(1), None, Some(3), Some(4), Some(5), None, Some(6), Some(7)];
        assert_eq!(definitions(text, &wanted), lines);
    }

    #[test]
    fn methods_are_distinguished_from_calls() {
        for line in [
            "    open(till) {",
            "  public open(",
            "    public async Task<Till> open(int number)",
            "  async open(till: Till): Promise<void> {",
            "static int open(uint8_t drawer)",
            "    override fun open(till: Till) = 1",
            "char *open(void) {",
            "  Future<bool> open(Till till) async {",
            "local open = 1",
            "sub open {",
            "defp open(till) do",
            "open() {",
            "void Till::open(int drawer) {",
            "std::string Shop::Till::open() const {",
        ] {
            assert!(line_defines(line, "open"), "{line}");
        }
        for line in [
            "    open(till);",
            "    return open(till)",
            "    await open(till)",
            "open(till) {",
            "    x = open(till)",
            "    this.open(till) {",
            "    if open(till) {",
            "    } else open(till) {",
            "    new open(till) {",
            "    case open(till): {",
            "    Till::open(drawer);",
            "    return Till::open(drawer);",
            "    match crate::till::open(drawer) {",
            "    &drawer::open(till)",
            "# uses the library open",
        ] {
            assert!(!line_defines(line, "open"), "{line}");
        }
    }

    #[test]
    fn stubs_are_distinguished_from_short_files() {
        assert!(stub("a.js", "// Generated from plan deliverable.\n// TODO: Implement functionality\n").is_some());
        assert!(stub("a.py", "# only\n\npass\n").is_some());
        assert!(stub("a.py", "def f():\n    raise NotImplementedError\n").is_some());
        assert!(stub("a.py", "class A:\n    x = 1\n").is_none());
        assert!(stub("p/__init__.py", "# package\n").is_none());
        assert!(stub("a.md", "# Heading\n").is_none());
        assert!(stub("a.h", "// Till\n#ifndef TILL_H\n#define TILL_H\n#endif\n").is_some());
        assert!(stub("a.h", "// Till\n#define TILL_OPEN 1\n").is_none());
    }
}
