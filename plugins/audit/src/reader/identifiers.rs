//! Finds the identifiers that a line claims to exist. A line claims this if it is ticked, has a check mark, or begins with a
//! completed action: "`[x]` Implement `open_till()`", "`test_till` ✅", "Implemented `open_till()`".

use super::before::{self, LeadingWords};
use super::placeholders::{CODE, PATH};
use super::structure::{Document, Line, LineForm};
use super::todos::todos;
use super::verbs::{FileAction, verb};
use super::{after, foreign, lexer, names, symbols, words};
use crate::lists::list;

/// Words of lines about a name that code should not use any more.
const REPLACING: &[&str] =
    list!("deprecate deprecated former from instead old previous rename renamed replace replaced replaces switch");

/// The kind of a statement about a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SymbolKind {
    /// Code defines or uses it.
    Code,
    /// No code has it any more.
    Removed,
    /// It is a package that the project depends on.
    Package,
}

/// An identifier in a line about work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SymbolStatement {
    /// The line, from 1.
    pub(crate) line: usize,
    /// The name without its qualifier and its arguments.
    pub(crate) name: String,
    /// The line says that the identifier was created. If no code has the identifier, the statement is false.
    pub(crate) sure: bool,
    /// Code that uses the name proves the statement, because the line is done and does not replace the name.
    pub(crate) used: bool,
    /// The line is done and names an action on the identifier. If no code defines the identifier, the audit reports that.
    pub(crate) meant: bool,
    pub(crate) kind: SymbolKind,
    pub(crate) words: String,
}

/// The identifiers of a text.
#[must_use]
pub(crate) fn symbol_statements(text: &str) -> Vec<SymbolStatement> {
    let document = Document::of(text);
    let is_read = |line: &Line| match line.form {
        LineForm::Item | LineForm::Text => !line.quoted,
        LineForm::Row(_) => !line.quoted && words::check(&line.text),
        _ => false,
    };
    // An item below a checked one is a part of it, unless it has a box or a sign of its own.
    let mut checked: Vec<bool> = Vec::with_capacity(document.lines.len());
    for line in &document.lines {
        let above = line.boxed.is_none() && line.parent.and_then(|at| checked.get(at)).is_some_and(|done| *done);
        checked.push(words::check(&line.text) || above && !words::is_unfinished(&line.text));
    }
    let lines = document.lines.iter().zip(checked).filter(|(line, _)| is_read(line));
    let todos = todos(text).into_iter().filter(|todo| !todo.dropped).flat_map(|todo| {
        let document = Document::of(&todo.item());
        let told: Vec<SymbolStatement> = document.lines.iter().flat_map(|line| of_line(line, false)).collect();
        told.into_iter().map(move |told| SymbolStatement { line: todo.line, ..told })
    });
    lines.flat_map(|(line, checked)| of_line(line, checked)).chain(todos).collect()
}

/// What a line states about the names in it.
struct LineState<'a> {
    line: &'a Line,
    checked: bool,
    /// The line is ticked, has a check mark, or begins with a completed action: "Implemented `open_till()` in `till.py`."
    done: bool,
    /// The line is done, and contains a verb such as "add".
    works: bool,
}

impl<'a> LineState<'a> {
    /// `None` for a line that is not about work.
    fn of(line: &'a Line, checked: bool) -> Option<Self> {
        let told = line.boxed.is_none() && before::opens_with_work(&line.text);
        let done = line.boxed == Some(true) || checked || told;
        let makes = |word: String| verb(&word).is_some_and(|verb| verb.action.effect() == "makes");
        (line.boxed.is_some() || done).then(|| Self {
            line,
            checked,
            done,
            works: done && words::words(&line.text).any(makes),
        })
    }

    fn statement(&self, name: String, sure: bool, meant: bool) -> SymbolStatement {
        // A setting such as `TILL_PORT` may be in a file that is not code; "the constant `TILL_PORT`" is code.
        let called = |word: String| matches!(word.as_str(), "const" | "constant" | "constants" | "konstante");
        let constant = !name.chars().any(char::is_lowercase) && !words::words(&self.line.text).any(called);
        // A table may also list names that do not belong to the code.
        let certain = !constant && !matches!(self.line.form, LineForm::Row(_));
        SymbolStatement {
            line: self.line.number,
            name,
            sure: sure && certain,
            used: self.done && !words::words(&self.line.text).any(|word| REPLACING.contains(&word.as_str())),
            meant: meant && certain,
            kind: SymbolKind::Code,
            words: lexer::plain(&self.line.text),
        }
    }

    /// The statement about a name that is marked as code.
    fn marked(&self, code: &str, leading: &LeadingWords) -> Option<SymbolStatement> {
        let makes = matches!(leading.near, Some(FileAction::Make | FileAction::Add | FileAction::Write));
        let works = makes || matches!(leading.near, Some(FileAction::Change | FileAction::Move));
        let fits = match leading.prep {
            "start" => true,
            "key" => self.checked || works,
            "verb" | "words" | "in" => works,
            "bracket" => works || self.works,
            "with" => makes,
            "to" => leading.near == Some(FileAction::Add),
            _ => false,
        };
        // In languages without spaces between words, the verb is often the last word.
        let fits = fits || self.done && self.line.text.contains(foreign::is_unparted);
        if !fits {
            // In "\u{2705} Drawers close through `shut_till()`", the name counts only if code defines or uses it.
            let told = self.checked || self.line.boxed == Some(true) && leading.near.is_none();
            let used = told && is_identifier_form(code);
            return Some(self.statement(identifier(code).filter(|_| used)?, false, false));
        }
        let name = identifier(code)?;
        let tested = words::check(&self.line.text) && matches!(leading.prep, "start" | "key");
        let sure = self.done && (makes && leading.prep == "verb" || tested) && is_identifier_form(code);
        let several = has_humps(&name) || name.contains('_');
        let stated = works || self.works || self.checked || self.line.own_box.is_some() && leading.opens;
        Some(self.statement(name, sure, self.done && several && stated))
    }

    /// The statement that a package was added: "`[x]` Add the `till-client` dependency".
    fn package(&self, code: &str, leading: &LeadingWords) -> Option<SymbolStatement> {
        const PACKAGES: &[&str] = list!("crate crates dependencies dependency deps library libraries package packages");
        let plain = |sign: char| sign.is_ascii_lowercase() || sign.is_ascii_digit() || "-_./@".contains(sign);
        let named = code.len() >= 3
            && code.chars().all(plain)
            && code.starts_with(|sign: char| sign.is_ascii_lowercase() || sign == '@');
        let installs = |word: String| matches!(word.as_str(), "installed" | "install");
        let adds = leading.near == Some(FileAction::Add) || words::words(&self.line.text).any(installs);
        let said = || words::words(&self.line.text).any(|word| PACKAGES.contains(&word.as_str()));
        let fits = named && self.done && adds && !leading.negated && !leading.existing && said();
        let kind = SymbolKind::Package;
        fits.then(|| SymbolStatement { kind, meant: true, ..self.statement(code.to_owned(), false, false) })
    }

    /// The statement that a name was removed: "`[x]` Remove `open_till()`".
    fn removed(&self, code: &str, leading: &LeadingWords) -> Option<SymbolStatement> {
        let fits = leading.near == Some(FileAction::Delete) && leading.prep == "verb" && !leading.negated;
        let name = identifier(code).filter(|_| fits && self.done)?;
        let several = has_humps(&name) || name.contains('_');
        several.then(|| SymbolStatement { kind: SymbolKind::Removed, ..self.statement(name, false, false) })
    }
}

fn of_line(line: &Line, checked: bool) -> Vec<SymbolStatement> {
    let Some(state) = LineState::of(line, checked) else { return Vec::new() };
    if let Some(name) = Some(line.text.trim()).filter(|text| has_humps(text)).and_then(identifier) {
        return vec![state.statement(name, false, state.done)];
    }
    let mut found = Vec::new();
    let mut before = String::new();
    let mut named = None;
    let parts: Vec<&str> = line.text.split('`').take(64).collect();
    for (nth, part) in parts.iter().enumerate() {
        if before.len() > 2048 {
            break;
        }
        if nth % 2 == 0 {
            // In "`a`, `b` and `c`" the words before `a` apply to `b` and `c` too.
            if named.is_some() && symbols::only_lists(part) {
                continue;
            }
            before.extend(named.take());
            if state.done {
                found.extend(in_words(part).filter_map(|name| plain(&state, &before, part, name)));
            }
            before.push_str(&foreign::english(part));
            continue;
        }
        if names::file(part).is_some() || names::folder(part).is_some() {
            named = Some(PATH);
            continue;
        }
        let leading = before::leading_words(&before);
        let rest = parts.get(nth + 1).copied().unwrap_or_default();
        let told = state.removed(part, &leading).or_else(|| state.package(part, &leading)).or_else(|| {
            let told = state.marked(part, &leading).filter(|_| !is_excluded(&leading, rest))?;
            Some(SymbolStatement { sure: told.sure && is_code_for_certain(rest), ..told })
        });
        found.extend(told);
        named = Some(CODE);
    }
    found
}

/// The statement about a name that is not in backticks.
fn plain(state: &LineState<'_>, before: &str, part: &str, name: String) -> Option<SymbolStatement> {
    let (words, rest) = part.split_once(name.as_str())?;
    let leading = before::leading_words(&format!("{before}{}", foreign::english(words)));
    let opens = leading.opens && state.line.own_box.is_some();
    // The words name a change of a function: "Update openTill() in `x`".
    let called = rest.starts_with("()") && matches!(leading.near, Some(FileAction::Change | FileAction::Move));
    let says = state.works || opens || called || rest.starts_with(" is a");
    (!is_excluded(&leading, rest)).then(|| state.statement(name, false, says))
}

/// True if the line says that the name must not be created, is removed, or existed before.
fn is_excluded(leading: &LeadingWords, rest: &str) -> bool {
    let removed = || {
        let verb = words::words(rest).find_map(|word| verb(&word));
        rest.contains(foreign::is_unparted) && verb.is_some_and(|verb| verb.action == FileAction::Delete)
    };
    leading.negated
        || leading.existing
        || leading.near == Some(FileAction::Delete)
        || leading.near.is_none() && (after::after(rest) == "said to go" || removed())
}

/// False if the words behind a name say that the name is not in code ("the `till_open` job"), or that it may not be needed ("if
/// needed").
fn is_code_for_certain(rest: &str) -> bool {
    let said: Vec<String> = words::words(rest).take(8).collect();
    let elsewhere = list!("bucket collection column index job migration queue secret table topic view workflow");
    let needed = |word: &String| matches!(word.as_str(), "any" | "desired" | "necessary" | "needed" | "required");
    let supposed = said.iter().position(|word| word == "if").and_then(|at| said.get(at..));
    !said.first().is_some_and(|word| elsewhere.contains(&word.as_str()))
        && !supposed.is_some_and(|rest| rest.iter().any(needed))
}

/// Words behind the name of a definition: "Task dataclass".
const KINDS: &[&str] = &["class", "dataclass", "enum", "interface", "protocol", "struct", "trait"];

/// The identifiers among plain words: `OpenTillCommand`, `open_till()`, `read_all<T>`, `Till` before "class".
fn in_words(text: &str) -> impl Iterator<Item = String> {
    let words = text.split(|sign: char| {
        sign.is_whitespace() || foreign::is_unparted(sign) || matches!(sign, ',' | ';' | '/' | '"')
    });
    let bare: Vec<&str> = words
        .map(|word| {
            let word = word.trim_matches(['(', '*', '_', '.', ':', '!', '?']);
            if word.contains(['(', '[']) { word } else { word.trim_end_matches([')', ']']) }
        })
        .collect();
    let named = |word: &str, next: Option<&&str>| {
        let name = word.split(['(', '<', '[']).next().unwrap_or_default();
        let name = if word.ends_with("()") { name.rsplit(['.', ':']).next().unwrap_or(name) } else { name };
        let joined = name.contains('_') && name.chars().all(|sign| sign.is_ascii_alphanumeric() || sign == '_');
        let kind = next.is_some_and(|next| KINDS.contains(next)) && symbols::is_single_name(word);
        // The functions in "Fetch() and parse()" may belong to any library; "the shut() function" belongs to the project.
        let kind_of_code = next.is_some_and(|next| matches!(*next, "function" | "method" | "procedure"));
        let called = word.ends_with("()")
            && (has_humps(name) || kind_of_code)
            && name.chars().all(|sign| sign.is_alphanumeric() || sign == '_');
        has_humps(name) && name.chars().filter(|sign| sign.is_uppercase()).count() >= 2 || joined || kind || called
    };
    let found = bare.iter().enumerate().filter(|(at, word)| named(word, bare.get(at + 1)));
    let found = found.map(|(_, word)| *word).filter(|word| names::file(word).is_none());
    found.filter_map(identifier).collect::<Vec<_>>().into_iter()
}

/// The name in a piece of code: `open` in `Till.open(drawer:)`.
fn identifier(code: &str) -> Option<String> {
    let trimmed = code.trim();
    let bare = symbols::without_keyword(trimmed);
    let head = bare.split(['(', '<', '[', ' ', '=', ':']).next()?;
    let name = head.rsplit(['.', '#']).next()?;
    let name = if bare.contains("::") { bare.split(['(', '<', '[', ' ']).next()?.rsplit("::").next()? } else { name };
    let plain = name.chars().all(|sign| sign.is_alphanumeric() || sign == '_') && name.chars().count() >= 3;
    let starts = name.starts_with(|sign: char| sign.is_alphabetic() || sign == '_');
    let cased = name.chars().any(char::is_lowercase) || name.trim_matches('_').contains('_');
    let like_code = bare.len() < trimmed.len()
        || bare.contains(['(', '['])
        || head.contains('.')
        || name.contains('_')
        || name.chars().skip(1).any(char::is_uppercase)
        || name.starts_with(char::is_uppercase);
    (plain && starts && cased && like_code && !bare.starts_with('-')).then(|| name.to_owned())
}

/// True if the form alone shows that it is an identifier: it is called, or has several parts.
fn is_identifier_form(code: &str) -> bool {
    code.contains("()")
        || code.contains('(')
        || identifier(code).is_some_and(|name| has_humps(&name) || name.contains('_'))
}

/// True for a name of several capitalised parts: `OpenTill`, `openTill` or `HTTPTill`.
fn has_humps(text: &str) -> bool {
    let plain = text.chars().all(char::is_alphanumeric);
    let upper = text.chars().take_while(|sign| sign.is_uppercase()).count();
    if upper >= 3 && plain && text.chars().skip(upper).take_while(|sign| sign.is_lowercase()).count() >= 3 {
        return true;
    }
    let humps =
        text.chars().zip(text.chars().skip(1)).filter(|(one, two)| one.is_lowercase() && two.is_uppercase()).count();
    plain && humps >= 1 && text.chars().count() >= 5
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticked_lines_name_created_identifiers() {
        let text = "- [x] Implement `Till.open()` using `Drawer.pull()` in `till.py`\n- [ ] OpenTill\n- `TillTests.testOpen` \u{2705} passing\n- see `close()`\n- [x] write tests for `shut()`\n";
        let found: Vec<_> =
            symbol_statements(text).into_iter().map(|claim| (claim.line, claim.name, claim.sure)).collect();
        assert_eq!(
            found,
            [(1, "open".to_owned(), true), (2, "OpenTill".to_owned(), false), (3, "testOpen".to_owned(), true)]
        );
    }

    #[test]
    fn a_name_that_a_done_line_uses_counts_only_if_code_defines_it() {
        for (line, wanted) in [
            ("- \u{2705} Drawers close through `shut_till()`", vec![("shut_till".to_owned(), false)]),
            ("- [x] Accept the `isOpen` parameter", vec![("isOpen".to_owned(), false)]),
            ("- Drawers close through `shut_till()`", Vec::new()),
        ] {
            assert_eq!(names(line), wanted, "{line}");
        }
    }

    #[test]
    fn an_item_below_a_checked_one_is_checked_but_no_certain_statement() {
        let kept = |text: &str| -> Vec<(String, bool, bool)> {
            symbol_statements(text).into_iter().map(|told| (told.name, told.sure, told.meant)).collect()
        };
        let name = || "open_till".to_owned();
        assert_eq!(kept("- \u{2705} Till\n  - `open_till()` - opens it\n"), [(name(), false, true)]);
        assert_eq!(kept("- \u{2705} Till\n  - \u{274c} Drawer\n    - `open_till()` - opens it\n"), []);
        assert_eq!(kept("- \u{2705} Till\n  - [ ] `open_till()`\n"), kept("- [ ] `open_till()`\n"));
        let row = "| Feature | Done | In |\n|---|---|---|\n| Open | \u{2705} | `open_till()` |\n";
        assert_eq!(kept(row), [(name(), false, false)]);
    }

    /// The names in one line; true if the audit reports a name that no code defines.
    fn names(line: &str) -> Vec<(String, bool)> {
        let kept = symbol_statements(line).into_iter().filter(|told| told.kind == SymbolKind::Code);
        kept.map(|told| (told.name, told.meant)).collect()
    }

    #[test]
    fn names_are_read_in_every_form() {
        for (line, wanted) in [
            (
                "- [x] Add the functions `open_till()`, `shut_till()` and `count_till()`",
                "open_till shut_till count_till",
            ),
            ("- [x] Define `TILL_LIMIT` and `DRAWER_LIMIT`", "TILL_LIMIT DRAWER_LIMIT"),
            ("- [x] Add `Page<T>`, `drawers[...]` and `class Till`", "Page drawers Till"),
            ("- [x] Write the drawer panel (DrawerPanel)", "DrawerPanel"),
            ("- [x] Create test `test_open_till()`", "test_open_till"),
            ("- [x] Create records in `event/`: `TillOpened(int id, String by)`, `TillShut`", "TillOpened TillShut"),
            ("- [x] Update openTill() in src/till.ts to count", "openTill"),
            ("- [x] Create Till dataclass in src/till.py", "Till"),
            ("- [x] Implement shut() function in src/till.py", "shut"),
            ("- [x] Write failing test `test_open_till()` - asserts that it opens", "test_open_till"),
            ("| Open | \u{2705} | Till.openTill() |", "openTill"),
            (
                "---\ntodos:\n  - content: Create src/till.py with the class OpenTill\n    status: completed\n---\n",
                "OpenTill",
            ),
            ("- [x] Add rounding in `parseTill()`", "parseTill"),
            ("- [x] Extend the till\n  - `open_till()` takes a drawer", "open_till"),
            (
                "- [x] \u{5f15}\u{51fa}\u{3057}\u{ff08}DrawerPanel\u{ff09}\u{3092}\u{4f5c}\u{6210}\u{3059}\u{308b}",
                "DrawerPanel",
            ),
            ("- [x] `open_till` \u{30d5}\u{30a3}\u{30fc}\u{30eb}\u{30c9}\u{3092}\u{8ffd}\u{52a0}", "open_till"),
        ] {
            let found: Vec<String> = names(line).into_iter().map(|(name, _)| name).collect();
            assert_eq!(found.join(" "), wanted, "{line}");
        }
        for line in ["- [x] Implement `open_till` job", "- [x] Define `open_till()` if any drawer needs it"] {
            assert!(symbol_statements(line).iter().all(|told| !told.sure), "{line}");
        }
        assert_eq!(names("- [x] Set `TILL_PORT` to 80"), [("TILL_PORT".to_owned(), false)]);
    }

    #[test]
    fn removed_and_existing_names_are_not_promised() {
        for line in [
            "- [x] Remove `open_till()` and `shut_till()`",
            "- [x] Delete the OldTillCommand",
            "- [x] `open_till()` removed",
            "- [x] Do not add `open_till()`",
            "- [x] \u{65e2}\u{5b58} `open_till` \u{3092}\u{4f7f}\u{3046}",
            "- [x] `open_till` \u{3092}\u{524a}\u{9664}",
        ] {
            assert!(names(line).is_empty(), "{line}");
        }
        assert_eq!(names("- [x] Remove OldTill and add NewTill"), [("NewTill".to_owned(), true)]);
        let removed = symbol_statements("- [x] Remove `open_till()` and `shut_till()` from `till.py`").into_iter();
        let removed: Vec<String> =
            removed.filter(|told| told.kind == SymbolKind::Removed).map(|told| told.name).collect();
        assert_eq!(removed, ["open_till", "shut_till"]);
    }

    #[test]
    fn packages_are_read_where_a_line_adds_them() {
        let packages = |line: &str| {
            let told = symbol_statements(line).into_iter().filter(|told| told.kind == SymbolKind::Package);
            told.map(|told| told.name).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(packages("- [x] Add `till-client` dependency to `till/pom.xml`"), "till-client");
        assert_eq!(packages("- [x] Deps installed: `@till/drawer`, `till-client`"), "@till/drawer till-client");
        assert_eq!(packages("- [ ] Add `till-client` dependency"), "");
        assert_eq!(packages("- [x] Add `till-client` to the list"), "");
    }
}
