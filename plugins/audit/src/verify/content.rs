//! What a file's text says about it: lines, definitions, whether it is a stub.
//!
//! Tests on text, not parsers: a definition is a keyword before a name, or a name that is given a value.

/// Phrases that a generator leaves in a file that it did not fill.
const GENERATED: &[&str] = &["generated from plan deliverable", "todo: implement functionality"];

/// Signs that the body is still to come.
const TO_COME: &[&str] = &[
    "not implemented",
    "notimplementederror",
    "todo!(",
    "unimplemented!(",
    "todo: implement",
    "coming soon",
    "placeholder",
];

/// Words that define what follows them.
const DEFINING: &[&str] = &[
    "class",
    "const",
    "def",
    "enum",
    "extension",
    "fn",
    "func",
    "function",
    "interface",
    "let",
    "macro_rules!",
    "mod",
    "module",
    "object",
    "protocol",
    "record",
    "static",
    "struct",
    "trait",
    "type",
    "union",
    "var",
];

/// Endings of files whose comments are understood.
const CODE: &[&str] = &[
    "c", "cc", "cpp", "cs", "gs", "go", "h", "java", "js", "jsx", "kt", "mjs", "php", "py", "rb", "rs", "sh", "swift",
    "ts", "tsx",
];

/// The number of lines; the last one counts with or without its end.
#[must_use]
pub(crate) fn line_count(text: &str) -> u64 {
    text.lines().count() as u64
}

/// The wanted names that the text does not define.
#[must_use]
pub(super) fn undefined<'a>(text: &str, wanted: &'a [String]) -> Vec<&'a str> {
    wanted.iter().map(String::as_str).filter(|name| !defines(text, name)).collect()
}

fn defines(text: &str, name: &str) -> bool {
    text.lines().filter(|line| line.contains(name)).any(|line| line_defines(line, name))
}

pub(crate) fn line_defines(line: &str, name: &str) -> bool {
    let word = |sign: char| sign.is_alphanumeric() || sign == '_' || sign == '$';
    line.match_indices(name).any(|(at, _)| {
        let before = line.get(..at).unwrap_or_default();
        let after = line.get(at + name.len()..).unwrap_or_default();
        if before.ends_with(word) || after.starts_with(word) {
            return false;
        }
        let keyword = before.split_whitespace().last().unwrap_or_default();
        let given = before.trim().is_empty() && after.trim_start().starts_with(['=', ':']);
        given || (DEFINING.contains(&keyword) && before.ends_with(char::is_whitespace))
    })
}

/// Why the file is a stub; `None` when it is not.
#[must_use]
pub(super) fn stub_reason(path: &str, text: &str) -> Option<&'static str> {
    let lower = text.to_lowercase();
    if GENERATED.iter().any(|phrase| lower.contains(phrase)) {
        return Some("it says that it was generated and is still to be implemented");
    }
    let (stem, ending) = path.rsplit('/').next()?.rsplit_once('.')?;
    if !CODE.contains(&ending) || stem == "__init__" {
        return None;
    }
    let body = text.lines().map(str::trim).filter(|line| is_substance(line)).count();
    if body == 0 {
        return Some("it holds nothing but comments");
    }
    let to_come = TO_COME.iter().any(|phrase| lower.contains(phrase));
    (to_come && body <= 6).then_some("its body is still to come")
}

/// Whether a line does something.
fn is_substance(line: &str) -> bool {
    let comment =
        ["#", "//", "/*", "*", "--", "\"\"\"", "'''", "<!--", "<?php"].iter().any(|mark| line.starts_with(mark));
    !comment && !matches!(line, "" | "pass" | "..." | "{" | "}" | "};" | "\"use strict\";")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn definitions_are_told_from_uses() {
        let text =
            "class Maker(Base):\n    x = Taker()\nRow = tuple\nexport const Giver = 1\nasync def go(x):\nMakerTwo = 2";
        let wanted = ["Maker", "Taker", "Row", "Giver", "go", "Two", "MakerTwo"].map(str::to_owned);
        assert_eq!(undefined(text, &wanted), ["Taker", "Two"]);
    }

    #[test]
    fn stubs_are_told_from_short_files() {
        assert!(
            stub_reason("a.js", "// Generated from plan deliverable.\n// TODO: Implement functionality\n").is_some()
        );
        assert!(stub_reason("a.py", "# only\n\npass\n").is_some());
        assert!(stub_reason("a.py", "def f():\n    raise NotImplementedError\n").is_some());
        assert!(stub_reason("a.py", "class A:\n    x = 1\n").is_none());
        assert!(stub_reason("p/__init__.py", "# package\n").is_none());
        assert!(stub_reason("a.md", "# Heading\n").is_none());
    }
}
