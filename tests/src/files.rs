//! Lists the content of a folder, to search it or to compare it with an earlier state.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// The names in a folder, sorted, with hidden ones.
///
/// # Panics
/// When the folder is missing.
#[must_use]
pub fn names_in(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("the folder is there").filter_map(Result::ok);
    let mut names: Vec<_> = entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

/// Everything below a folder except folders, sorted. Links are not followed; a missing folder is empty.
#[must_use]
pub fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok) {
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => found.extend(files_below(&entry.path())),
            _ => found.push(entry.path()),
        }
    }
    found.sort();
    found
}

/// The regular files below a folder with their bytes.
///
/// # Panics
/// When one cannot be read.
#[must_use]
pub fn contents_below(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let files = files_below(folder).into_iter().filter(|file| file.is_file());
    files.map(|file| (file.clone(), fs::read(&file).expect("the file can be read"))).collect()
}

/// The files below a folder that contain a text, without the file of secrets.
#[must_use]
pub fn files_with(folder: &Path, needle: &str) -> Vec<PathBuf> {
    let holds = |file: &PathBuf| {
        let bytes = fs::read(file).unwrap_or_default();
        bytes.windows(needle.len()).any(|window| window == needle.as_bytes())
    };
    files_below(folder).into_iter().filter(|file| !file.ends_with("secrets.json")).filter(holds).collect()
}
