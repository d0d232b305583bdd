//! Decides which folders certainly belong to a database. A word or number can be at the end of other names: `photos_2024` and
//! `invoices_2024` are two folders of a person and must not be merged. Only programs append ids of letters and digits, such as
//! `id-17` or a UUID.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use super::{ParsedName, children, is_one_id, is_uuid, sanitised};
use crate::schema::SIDECAR;

/// The beginning of a CSV of this plugin.
const KEY: &[u8] = b"__page_id,";

/// True if an id contains letters and digits, and has at least three characters.
fn is_telling(id: &str) -> bool {
    let has = |kind: fn(&char) -> bool| id.chars().any(|c| kind(&c));
    let signs = id.chars().filter(|c| c.is_alphanumeric()).count();
    signs >= 3 && has(char::is_ascii_digit) && has(char::is_ascii_alphabetic)
}

/// True if a folder with the id in its name certainly belongs to the database. One of these conditions is enough: the id is a
/// UUID; the id has letters and digits, and the folder is not hidden; the folder has one of the titles, a manifest with the id,
/// or a CSV of this plugin with the id.
#[must_use]
pub fn belongs(root: &Path, folder: &str, id: &str, titles: &[&str]) -> bool {
    let title = ParsedName::parse(folder).map(|named| named.title);
    let has_title = || titles.iter().any(|known| !known.is_empty() && title == Some(sanitised(known).as_str()));
    let says_so = is_uuid(id) || is_telling(id) && !folder.starts_with('.');
    says_so || has_title() || has_file(&root.join(folder), id)
}

fn has_file(folder: &Path, id: &str) -> bool {
    let of_id = |stem: &str| ParsedName::parse(stem).is_some_and(|named| is_one_id(named.id, id));
    children(folder).unwrap_or_default().into_iter().filter(|(_, kind)| kind.is_file()).any(|(name, _)| {
        name.strip_suffix(SIDECAR).is_some_and(of_id)
            || name.strip_suffix(".csv").is_some_and(of_id) && begins_as_ours(&folder.join(&name))
    })
}

fn begins_as_ours(csv: &Path) -> bool {
    let mut begin = Vec::new();
    let read = File::open(csv).and_then(|file| file.take(64).read_to_end(&mut begin));
    read.is_ok() && begin.strip_prefix("\u{feff}".as_bytes()).unwrap_or(&begin).starts_with(KEY)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_word_at_the_end_of_a_name_is_not_an_id() {
        let root = tempfile::tempdir().unwrap();
        for (path, text) in [
            ("photos_2024/photos_2024.csv", "day,what\n"),
            ("Old_2024/Old_2024.csv", "\u{feff}__page_id,__last_synced_iso,Name\n"),
            ("Older_2024/Older_2024.manifest.json", "{}"),
            ("Other_2024/Other_2025.manifest.json", "{}"),
            ("Budget_2024/x", ""),
        ] {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let belongs = |folder: &str, titles: &[&str]| belongs(root.path(), folder, "2024", titles);
        assert!(belongs("Old_2024", &["Budget"]) && belongs("Older_2024", &["Budget"]));
        assert!(belongs("Budget_2024", &["", "Budget:"]) && belongs("Budget_2024 (1)", &["Budget"]));
        assert!(!belongs("photos_2024", &["Budget", ""]) && !belongs("Other_2024", &["Budget"]));
        assert!(["id-1", "5a1e9c30-7b42-80fd-9c11-0e2f4a6b8c7d"].into_iter().all(is_telling));
        assert!(!super::belongs(root.path(), ".hidden_id-1", "id-1", &["T"]));
        assert!(["2024", "q4", "music-tracks", "2024-01"].into_iter().all(|id| !is_telling(id)));
        assert!(is_uuid("5a1e9c30-7b42-80fd-9c11-0e2f4a6b8c7d") && !is_uuid("2024"));
    }
}
