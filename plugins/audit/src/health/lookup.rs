//! Resolves a reference of a document: inside the tree, outside of it, or missing.

use crate::index::{EntryKind, Index};
use crate::plan::Place;

/// The target of a link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Target {
    /// A path below the root; empty for the root itself.
    Inside(String),
    /// Outside of the root.
    Outside,
}

/// The target of the link `written` in the document `document`; `None` for URLs and for anchors in the same document.
pub(super) fn link(document: &str, written: &str) -> Option<Target> {
    let bare = written.split(['#', '?']).next().unwrap_or_default().trim();
    if bare.is_empty() || bare.starts_with("//") || has_scheme(bare) {
        return None;
    }
    let bare = decoded(bare);
    if bare.starts_with('/') || bare.starts_with('~') {
        return Some(match Place::of(&bare) {
            Place::Inside { path, .. } => Target::Inside(path),
            Place::Outside(_) => Target::Outside,
        });
    }
    Some(beside(document, &bare))
}

/// A path relative to a document's folder.
fn beside(document: &str, relative: &str) -> Target {
    let mut parts: Vec<&str> = document.split('/').collect();
    parts.pop();
    for part in relative.split('/').filter(|part| !matches!(*part, "" | ".")) {
        if part != ".." {
            parts.push(part);
        } else if parts.pop().is_none() {
            return Target::Outside;
        }
    }
    Target::Inside(parts.join("/"))
}

/// Resolves a path that a document names in code: from the root, from its own folder, or as the end of a longer path.
pub(super) fn named(index: &Index, document: &str, path: &str) -> Option<String> {
    let from_root = match Place::of(path) {
        Place::Inside { path, .. } => Some(path),
        Place::Outside(_) => None,
    };
    let here = match beside(document, path) {
        Target::Inside(path) if !path.is_empty() => Some(path),
        _ => None,
    };
    let direct = from_root.iter().chain(&here).find(|path| !path.is_empty() && index.find(path).is_some());
    direct.cloned().or_else(|| by_end(index, &from_root?))
}

/// The only file whose path ends with this path.
fn by_end(index: &Index, path: &str) -> Option<String> {
    let name = path.rsplit('/').next()?;
    let tail = format!("/{path}");
    let mut fitting = index.named(name, EntryKind::File).filter(|found| found.ends_with(&tail) || *found == path);
    let first = fitting.next()?;
    // If several files match, the path is ambiguous but not wrong.
    let alone = fitting.next().is_none();
    (alone || path.contains('/')).then(|| first.to_owned())
}

/// True if a missing path begins with an existing folder: then the document means this tree and not another tree.
pub(super) fn means_this_tree(index: &Index, document: &str, path: &str) -> bool {
    let Some((top, _)) = path.trim_start_matches("./").trim_start_matches('/').split_once('/') else { return false };
    let is_folder = |path: &str| index.find(path).is_some_and(|found| found.kind == EntryKind::Folder);
    let here = matches!(beside(document, top), Target::Inside(path) if !path.is_empty() && is_folder(&path));
    here || (top != ".." && is_folder(top))
}

fn has_scheme(text: &str) -> bool {
    let Some((scheme, _)) = text.split_once(':') else { return false };
    scheme.len() > 1
        && scheme.chars().all(|sign| sign.is_ascii_alphanumeric() || matches!(sign, '+' | '.' | '-'))
        && !scheme.contains('.')
}

/// Percent-decodes a text; invalid escapes stay.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        let code = if *first == b'%' { after.get(..2).and_then(|code| std::str::from_utf8(code).ok()) } else { None };
        match code.and_then(|code| u8::from_str_radix(code, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = after.get(2..).unwrap_or_default();
            }
            None => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inside(path: &str) -> Target {
        Target::Inside(path.to_owned())
    }

    #[test]
    fn links_are_relative_to_their_document() {
        assert_eq!(link("docs/a.md", "b.md#part"), Some(inside("docs/b.md")));
        assert_eq!(link("docs/a.md", "../src/x.py"), Some(inside("src/x.py")));
        assert_eq!(link("docs/a.md", "./My%20File.md"), Some(inside("docs/My File.md")));
        assert_eq!(link("docs/a.md", "/README.md"), Some(inside("README.md")));
        for outside in ["../../x", "/etc/passwd", "~/x", "%2e%2e/%2e%2e/x"] {
            assert_eq!(link("docs/a.md", outside), Some(Target::Outside), "{outside}");
        }
        for none in ["https://example.org/a.md", "mailto:a@example.org", "#part", "//example.org", "", "?x"] {
            assert_eq!(link("docs/a.md", none), None, "{none}");
        }
        assert_eq!(link("a.md", "100%.md"), Some(inside("100%.md")));
    }
}
