//! Lines that describe the file above them (`Location: x`, `Size: n bytes`), and folders that complete a name.

use super::{names, size_assertions, symbols};
use crate::limits;
use crate::plan::Sighting;

/// Applies a line `Location: x`, `Class: y` or `Size: n bytes` to the file above it; true if the line was used.
pub(super) fn describe(subject: &mut Sighting, key: &str, value: &str) -> bool {
    match key {
        "location" | "path" | "file" | "directory" | "folder" | "ort" | "pfad" | "ordner" => located(subject, value),
        "size" => {
            subject.bytes = size_assertions::bytes_cell(value.split('(').next().unwrap_or_default(), false);
            true
        }
        "lines" | "loc" => {
            subject.lines = size_assertions::lines_cell(value);
            true
        }
        "class" | "classes" | "function" | "functions" | "struct" | "klasse" => {
            subject
                .symbols
                .extend(value.split(',').filter_map(|name| symbols::identifier(name.trim().trim_matches('`'))));
            true
        }
        "status" => {
            subject.status = Some(value.to_owned());
            true
        }
        _ => false,
    }
}

/// True if the value of this key is the location of a file.
pub(super) fn places(key: &str) -> bool {
    matches!(key, "location" | "directory" | "folder" | "ort" | "ordner")
}

/// Applies the folder or the path of a field to a file. False if the field is about another file.
fn located(subject: &mut Sighting, value: &str) -> bool {
    let last = subject.path.rsplit('/').next().unwrap_or_default().to_owned();
    let value = value.trim().trim_matches('`');
    if let Some(name) = names::file(value) {
        let same = name.path.rsplit('/').next() == Some(last.as_str());
        if same {
            subject.path = name.path;
        }
        return same;
    }
    match names::folder(value) {
        Some(folder) if !subject.path.contains('/') => {
            subject.path = format!("{}/{last}", folder.path);
            true
        }
        _ => false,
    }
}

/// A path below a folder, unless it already contains the folder or starts at the root.
pub(super) fn joined(folder: Option<&str>, path: &str) -> String {
    let Some(folder) = folder.map(|folder| folder.trim_end_matches('/')) else { return path.to_owned() };
    let first = folder.trim_start_matches("./").trim_start_matches('/').split('/').next().unwrap_or_default();
    let own = path.starts_with(['/', '~', '.']) && path.contains('/') || path.split('/').next() == Some(first);
    let whole = folder.len() + path.len() >= limits::PATH_BYTES || (own && path.contains('/'));
    if whole { path.to_owned() } else { format!("{folder}/{path}") }
}

/// The folder that a label names for its list: `New files in src/core/`.
pub(super) fn label_folder(label: &str) -> Option<String> {
    let mut words = label.trim_end_matches(':').split_whitespace().rev();
    let folder = names::folder(words.next()?.trim_matches('`'))?;
    matches!(words.next()?, "in" | "under" | "below" | "unter").then_some(folder.path)
}

/// A line of the form `key: value`, the key in lower case.
pub(super) fn key_value(plain: &str) -> Option<(String, String)> {
    let (key, value) = plain.split_once(':')?;
    let key = key.trim().to_lowercase();
    (!key.is_empty() && key.split_whitespace().count() <= 3 && value.starts_with([' ', '\t']))
        .then(|| (key, value.trim().to_owned()))
}
