//! File names that Baton ignores: hidden files and unfinished files of other programs.

/// Whether the name is not for reading: hidden, or a temporary name of an editor, a downloader or a sync client.
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
