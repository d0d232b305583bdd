//! Words normalised for comparison (lower case, singular, without glyphs), and file names in a text.

use crate::reader::names;

/// The words of a text in lower case and in the singular, without code and glyphs.
pub(super) fn stems(text: &str) -> Vec<String> {
    let mut out = Vec::new();
    for (nth, part) in text.split('`').enumerate() {
        if nth % 2 == 0 {
            out.extend(part.split(|sign: char| !sign.is_alphanumeric()).filter(|word| !word.is_empty()).map(stem));
        }
    }
    out
}

pub(super) fn stem(word: &str) -> String {
    let word = word.to_lowercase();
    if let Some(head) = word.strip_suffix("ies").filter(|head| head.len() > 2) {
        return format!("{head}y");
    }
    let sibilant = ["sses", "shes", "ches", "xes"].iter().any(|end| word.ends_with(end));
    let cut = if sibilant { 2 } else { usize::from(word.ends_with('s') && !word.ends_with("ss") && word.len() > 3) };
    word.get(..word.len() - cut).unwrap_or_default().to_owned()
}

/// True if a word is in a list of words separated by spaces.
pub(super) fn is_among(list: &str, word: &str) -> bool {
    list.split_whitespace().any(|listed| listed == word)
}

/// True if one of the words is in a list of words separated by spaces.
pub(super) fn any_among(list: &str, words: &[String]) -> bool {
    words.iter().any(|word| is_among(list, word))
}

/// `Label` and `value` of a line `Label: value`, if the label is short enough.
pub(super) fn labelled(text: &str) -> Option<(&str, &str)> {
    let text = text.trim_start_matches(|sign: char| !sign.is_alphanumeric() && sign != '`');
    let (label, value) = text.split_once(':')?;
    let short = label.split_whitespace().count() <= 8 && label.len() <= 80;
    let parted = value.is_empty() || value.starts_with(char::is_whitespace);
    (short && parted && !label.contains(['`', '.']) && !label.is_empty()).then(|| (label.trim(), value.trim()))
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct WrittenPath {
    pub path: String,
    /// True if the path is in backticks.
    pub code: bool,
    /// End in the text, including a backtick.
    pub end: usize,
    pub start: usize,
}

/// The files that a text names, in order: code that is a path, and other words that are a path with an extension.
pub(super) fn files(text: &str) -> Vec<WrittenPath> {
    let mut found = Vec::new();
    let mut at = 0;
    for (nth, part) in text.split('`').enumerate() {
        if nth % 2 == 1 {
            if let Some(name) = names::file(part).or_else(|| spaced(part)) {
                let (start, end) = (at.max(1) - 1, at + part.len() + 1);
                found.push(WrittenPath { path: name.path, code: true, end, start });
            }
        } else {
            words_with_place(part).for_each(|(start, word)| {
                let bare = word.trim_matches(|sign: char| "()[]*,;\"'".contains(sign));
                if let Some(name) = names::file(bare) {
                    found.push(WrittenPath {
                        path: name.path,
                        code: false,
                        end: at + start + word.len(),
                        start: at + start,
                    });
                }
            });
        }
        at += part.len() + 1;
    }
    found
}

/// A path in backticks whose folder names contain spaces.
fn spaced(code: &str) -> Option<names::Name> {
    let absolute = code.starts_with('/') || code.starts_with("~/");
    let joined = code.replace(' ', "_");
    let name = names::file(&joined).filter(|_| absolute && code.contains(' '))?;
    Some(names::Name { path: code.to_owned(), ..name })
}

fn words_with_place(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let base = text.as_ptr() as usize;
    text.split_whitespace().map(move |word| (word.as_ptr() as usize - base, word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_lose_their_plural_and_code() {
        assert_eq!(stems("3 Boxes, libraries & `x` passes"), ["3", "box", "library", "pass"]);
        assert_eq!(stem("class"), "class");
        assert_eq!(stem("Status"), "statu");
    }

    #[test]
    fn labels_are_short_and_followed_by_a_blank() {
        assert_eq!(labelled("- Gap size: 5 items"), Some(("Gap size", "5 items")));
        assert_eq!(labelled("see http://a.b"), None);
        assert_eq!(labelled("In `x.py`: two"), None);
    }

    #[test]
    fn files_are_found_in_code_and_words() {
        let text = "Wrote `a/b.py` and docs/c.md (see x.rs:12), not `Maker`.";
        let found: Vec<String> = files(text).into_iter().map(|name| name.path).collect();
        assert_eq!(found, ["a/b.py", "docs/c.md", "x.rs"]);
        let first = &files(text)[0];
        assert_eq!(&text[first.start..first.end], "`a/b.py`");
        assert_eq!(files("`/Volumes/My Disk/a.csv`")[0].path, "/Volumes/My Disk/a.csv");
    }
}
