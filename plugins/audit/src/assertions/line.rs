//! Lines of files that a document cites: `.gitignore (line 35: *.json)`, `(line 3804)` beside a function,
//! `matcher.py:41-44`, or a fence with a comment that names a line and the text of this line below the comment.

use super::assertion::{Assertion, Condition, Kind, LineStatement};
use super::text::{Form, Text};
use super::words::{files, stem};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Pointer {
    first: u64,
    last: u64,
    about: bool,
    end: usize,
}

/// Reads the lines of a document.
pub(super) fn read(text: &Text, assertions: &mut Vec<Assertion>) {
    let mut rows = text.passages.iter().peekable();
    while let Some(passage) = rows.next() {
        let words = passage.text.as_str();
        let named = files(words);
        if passage.form == Form::Fence {
            let comment = words.trim_start().strip_prefix(['#', '/']).is_some();
            let next = rows.peek().filter(|next| next.at.block == passage.at.block && !next.text.trim().is_empty());
            if let (true, [only], Some(pointer), Some(next)) = (comment, named.as_slice(), pointer(words), next) {
                let content = (pointer.first == pointer.last).then(|| next.text.trim().to_owned());
                assertions.push(assertion(passage.line, words, &only.path, pointer, content, None));
            }
            continue;
        }
        for name in &named {
            if let Some(pointer) = position(words.get(name.start..name.end).unwrap_or_default()) {
                assertions.push(assertion(passage.line, words, &name.path, pointer, None, symbol(words)));
            }
        }
        // "`open_till()` (lines ~10-20)" only helps to find the function; it does not state a line.
        let Some(pointer) = pointer(words).filter(|pointer| !pointer.about || symbol(words).is_none()) else {
            continue;
        };
        let above = || match files(&passage.at.label).as_slice() {
            [only] => Some(only.path.clone()),
            _ => None,
        };
        let path = match named.as_slice() {
            [only] => Some(only.path.clone()),
            [] => above(),
            _ => None,
        };
        if let Some(path) = path {
            assertions.push(assertion(passage.line, words, &path, pointer, content(words, pointer.end), symbol(words)));
        }
    }
}

fn assertion(
    line: usize,
    words: &str,
    path: &str,
    pointer: Pointer,
    content: Option<String>,
    symbol: Option<String>,
) -> Assertion {
    let slack = if pointer.about { pointer.first / 50 + 5 } else { 0 };
    let symbol = symbol.filter(|_| content.is_none());
    let (first, last) = (pointer.first.saturating_sub(slack).max(1), pointer.last.saturating_add(slack));
    Assertion::new(
        line,
        Kind::Line,
        words,
        Condition::Line(LineStatement { path: path.to_owned(), first, last, content, symbol }),
    )
}

/// `line 35`, `lines 900-924`, `line ~7120`.
fn pointer(text: &str) -> Option<Pointer> {
    let mut at = 0;
    for word in text.split_inclusive(char::is_whitespace) {
        at += word.len();
        let bare = word.trim().trim_start_matches(|sign: char| !sign.is_alphanumeric());
        if stem(bare) == "line"
            && let Some(pointer) = range(text, at)
        {
            return Some(pointer);
        }
    }
    None
}

fn range(text: &str, at: usize) -> Option<Pointer> {
    let rest = text.get(at..)?;
    let about = rest.starts_with(['~', '\u{2248}']);
    let rest = rest.trim_start_matches(['~', '\u{2248}']);
    let digits = |text: &str| text.find(|sign: char| !sign.is_ascii_digit()).unwrap_or(text.len());
    let cut = digits(rest);
    let first: u64 = rest.get(..cut)?.parse().ok().filter(|first| *first > 0)?;
    let after = rest.get(cut..)?;
    let beyond = after.strip_prefix(['-', '\u{2013}']);
    let last = beyond.and_then(|beyond| beyond.get(..digits(beyond))?.parse().ok()).unwrap_or(first);
    let end = text.len() - after.len() + beyond.map_or(0, |beyond| after.len() - beyond.len() + digits(beyond));
    let unit = after.starts_with(|sign: char| sign.is_alphanumeric() || matches!(sign, '%' | '.' | '/'))
        && !after.starts_with(". ")
        && after != ".";
    (last >= first && !unit).then_some(Pointer { first, last, about, end })
}

/// The position `:41-44` after a path.
fn position(written: &str) -> Option<Pointer> {
    let (_, tail) = written.trim_matches(|sign: char| !sign.is_alphanumeric()).split_once(':')?;
    range(tail, 0)
}

/// The code after `line 35:`: the content of the line.
fn content(text: &str, end: usize) -> Option<String> {
    let rest = text.get(end..)?.strip_prefix(':')?.trim_start().strip_prefix('`')?;
    rest.split_once('`').map(|(code, _)| code.to_owned())
}

/// The function that a text names: the only code that ends in `()`.
fn symbol(text: &str) -> Option<String> {
    let mut found = text.split('`').skip(1).step_by(2).filter_map(|code| code.strip_suffix("()"));
    let first = found.next()?;
    let name = first.rsplit(['.', ':']).next().unwrap_or(first);
    let plain = !name.is_empty() && name.chars().all(|sign| sign.is_alphanumeric() || sign == '_');
    (plain && found.next().is_none()).then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    type StatedLine = (String, u64, u64, Option<String>, Option<String>);

    fn found(markdown: &str) -> Vec<StatedLine> {
        let mut assertions = Vec::new();
        read(&Text::of(markdown), &mut assertions);
        let stated = assertions.into_iter().filter_map(|assertion| match assertion.stated {
            Condition::Line(stated) => Some((stated.path, stated.first, stated.last, stated.content, stated.symbol)),
            _ => None,
        });
        stated.collect()
    }

    #[test]
    fn lines_are_pointed_to_in_many_ways() {
        let stated = |path: &str, first, last, content: Option<&str>, symbol: Option<&str>| {
            vec![(path.to_owned(), first, last, content.map(str::to_owned), symbol.map(str::to_owned))]
        };
        assert_eq!(found("`.npmrc` grew (line 9: `a=*`)"), stated(".npmrc", 9, 9, Some("a=*"), None));
        assert_eq!(found("```sh\n# .npmrc line 9\na=*\n```"), stated(".npmrc", 9, 9, Some("a=*"), None));
        assert_eq!(
            found("In the script (`x.py`):\n- `open_it()` function (line 40)"),
            stated("x.py", 40, 40, None, Some("open_it"))
        );
        assert_eq!(found("Mended `x.py` lines 10-20"), stated("x.py", 10, 20, None, None));
        assert_eq!(found("`A.go()` (x.py:4-6) goes"), stated("x.py", 4, 6, None, Some("go")));
        assert_eq!(found("in x.py (near line ~100)"), stated("x.py", 93, 107, None, None));
    }

    #[test]
    fn other_lines_do_not_name_a_line_of_a_file() {
        for text in [
            "`x.py` has 40 lines",
            "one line 5% longer in `x.py`",
            "(line 40)",
            "`x.py` and `y.py` (line 4)",
            "`open_till()` in `x.py` (lines ~40-50)",
            "deadline 5 of `x.py`",
        ] {
            assert_eq!(found(text), [], "{text}");
        }
    }
}
