//! Reads file names of handoffs and composes the names of Baton's files.
//!
//! The canonical form is `{YYYYMMDDTHHMMSSZ}__{TYPE}__{Title-With-Hyphens}__{tail}.{json|md}`. Real folders also have
//! leading move times, suffixes such as `__SUPERSEDED`, and nested names. Baton shows the name, and takes title, kind and
//! time from it if the content has none. It never uses the name to detect duplicates, because different tasks have the same
//! tokens.
//!
//! [`parse()`] reads names, [`canonical`] and its helpers compose them, [`is_ignored`] finds the files that Baton does
//! not read.

mod compose;
mod model;
mod parse;
mod stamp;
mod words;

pub use compose::{MAX_NAME_BYTES, canonical, cut, dead_letter, slug, stale, with_insert};
pub use model::{About, FileName};
pub use parse::parse;
pub(crate) use stamp::epoch;

/// Whether Baton ignores a file of that name: it is hidden, or an unfinished file of an editor, a downloader or a sync client.
#[must_use]
pub fn is_ignored(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    let endings = [".tmp", ".temp", ".part", ".partial", ".crdownload", ".swp", ".swx", ".download", ".bak", "~"];
    lower.starts_with('.')
        || lower.starts_with("~$")
        || endings.iter().any(|ending| lower.ends_with(ending))
        || lower.ends_with(".reason.json")
        || matches!(lower.as_str(), "thumbs.db" | "desktop.ini" | "icon\r")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hidden_and_unfinished_names_are_ignored_and_handoffs_are_not() {
        for name in [".a.json", "a.json.tmp", "a.JSON.Part", "~$a.md", "a.md~", "a.json.reason.json", "Thumbs.db"] {
            assert!(is_ignored(name), "{name}");
        }
        for name in ["a.json", "20260101T000000Z__HANDOFF__A__B.md", "part.json", "reason.json"] {
            assert!(!is_ignored(name), "{name}");
        }
    }
}
