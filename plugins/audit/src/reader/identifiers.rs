//! Names of code that a line says to be there, because it is ticked, check-marked, or opens with what was done:
//! "`[x]` Implement `open_till()`", "`test_till` ✅", "Implemented `open_till()`".

use super::lexer::{CODE, PATH};
use super::structure::{Document, Line, LineForm};
use super::verbs::{FileAction, verb};
use super::words;
use super::{before, foreign, lexer, names};

/// An identifier in a line about work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SymbolStatement {
    /// The line, from 1.
    pub(crate) line: usize,
    /// The name without its qualifier and its arguments.
    pub(crate) name: String,
    /// The line states that it was made, and is ticked: the identifier must exist.
    pub(crate) sure: bool,
    /// The line states an action for it, and is ticked.
    pub(crate) meant: bool,
    pub(crate) words: String,
}

/// The identifiers of a text.
#[must_use]
pub(crate) fn symbol_statements(text: &str) -> Vec<SymbolStatement> {
    let document = Document::of(text);
    let lines =
        document.lines.iter().filter(|line| matches!(line.form, LineForm::Item | LineForm::Text) && !line.quoted);
    lines.flat_map(of_line).collect()
}

fn of_line(line: &Line) -> Vec<SymbolStatement> {
    let checked = words::check(&line.text);
    // "Implemented `open_till()` in `till.py`."
    let told = line.boxed.is_none() && before::opens_with_work(&line.text);
    let done = line.boxed == Some(true) || checked || told;
    if line.boxed.is_none() && !done {
        return Vec::new();
    }
    let claim = |name: String, sure: bool, meant: bool| SymbolStatement {
        line: line.number,
        name,
        sure,
        meant,
        words: lexer::plain(&line.text),
    };
    if let Some(name) = Some(line.text.trim()).filter(|text| has_humps(text)).and_then(identifier) {
        return vec![claim(name, false, done)];
    }
    let works =
        done && words::words(&line.text).filter_map(|word| verb(&word)).any(|verb| verb.action.effect() == "makes");
    let mut found = Vec::new();
    let mut before = String::new();
    for (nth, part) in line.text.split('`').take(64).enumerate() {
        if before.len() > 2048 {
            break;
        }
        if nth % 2 == 0 {
            if done {
                let says = |name: &str| works || part.contains(&format!("{name} is a"));
                found.extend(
                    in_words(part).map(|name| (says(&name), name)).map(|(says, name)| claim(name, false, says)),
                );
            }
            before.push_str(part);
            continue;
        }
        if names::file(part).is_some() || names::folder(part).is_some() {
            before.push(PATH);
            continue;
        }
        let leading_words = before::leading_words(&before);
        let makes = matches!(leading_words.near, Some(FileAction::Make | FileAction::Add | FileAction::Write));
        let works = makes || matches!(leading_words.near, Some(FileAction::Change | FileAction::Move));
        let meant = match leading_words.prep {
            "start" | "key" => checked || line.own_box.is_some() && leading_words.opens,
            "verb" | "words" => works,
            "with" => makes,
            "to" => leading_words.near == Some(FileAction::Add),
            _ => false,
        };
        if let Some(name) = identifier(part).filter(|_| meant && !leading_words.negated) {
            let tested = checked && matches!(leading_words.prep, "start" | "key");
            let sure = done && (makes && leading_words.prep == "verb" || tested) && is_identifier_form(part);
            let several = has_humps(&name) || name.contains('_');
            found.push(claim(name, sure, done && several));
        }
        before.push(CODE);
    }
    found
}

/// The identifiers among plain words: `OpenTillCommand`, `open_till()`, `read_all<T>`.
fn in_words(text: &str) -> impl Iterator<Item = String> {
    let words = text.split(|sign: char| {
        sign.is_whitespace() || foreign::is_unparted(sign) || matches!(sign, ',' | ';' | '/' | '"')
    });
    let bare = words.map(|word| word.trim_matches(['(', '*', '_', '.', ':', '!', '?']));
    let named = |word: &&str| {
        let name = word.split(['(', '<']).next().unwrap_or_default();
        let joined = name.contains('_') && name.chars().all(|sign| sign.is_ascii_alphanumeric() || sign == '_');
        has_humps(name) && name.chars().filter(|sign| sign.is_uppercase()).count() >= 2 || joined
    };
    bare.filter(named).filter(|word| names::file(word).is_none()).filter_map(identifier).collect::<Vec<_>>().into_iter()
}

/// The name in a piece of code: `open` in `Till.open(drawer:)`.
fn identifier(code: &str) -> Option<String> {
    let head = code.trim().split(['(', '<', ' ', '=', ':']).next()?;
    let name = head.rsplit(['.', '#']).next()?;
    let name = if code.contains("::") { code.split(['(', '<', ' ']).next()?.rsplit("::").next()? } else { name };
    let plain = name.chars().all(|sign| sign.is_alphanumeric() || sign == '_') && name.chars().count() >= 3;
    let starts = name.starts_with(|sign: char| sign.is_alphabetic() || sign == '_');
    let upper = name.chars().any(char::is_lowercase);
    let like_code = code.contains('(')
        || head.contains('.')
        || name.contains('_')
        || name.chars().skip(1).any(char::is_uppercase)
        || name.starts_with(char::is_uppercase);
    (plain && starts && upper && like_code && !code.starts_with('-')).then(|| name.to_owned())
}

/// True if the form alone shows that it is an identifier: it is called, or has several parts.
fn is_identifier_form(code: &str) -> bool {
    code.contains("()")
        || code.contains('(')
        || identifier(code).is_some_and(|name| has_humps(&name) || name.contains('_'))
}

/// True for several humps: `OpenTill`, `openTill` or `HTTPTill`.
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
    fn ticked_lines_name_what_was_made() {
        let text = "- [x] Implement `Till.open()` using `Drawer.pull()` in `till.py`\n- [ ] OpenTill\n- `TillTests.testOpen` \u{2705} passing\n- see `close()`\n- [x] write tests for `shut()`\n";
        let found: Vec<_> =
            symbol_statements(text).into_iter().map(|claim| (claim.line, claim.name, claim.sure)).collect();
        assert_eq!(
            found,
            [(1, "open".to_owned(), true), (2, "OpenTill".to_owned(), false), (3, "testOpen".to_owned(), true)]
        );
    }
}
