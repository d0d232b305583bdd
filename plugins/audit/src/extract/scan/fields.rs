//! Lines that say something of the file above them (`Location: x`, `Size: n bytes`), and folders that complete a name.

use super::super::inline::Inline;
use super::super::{claims, names, symbols};
use super::Scan;
use crate::limits;
use crate::plan::{Sighting, SymbolHint};

impl Scan<'_> {
    /// A line `Location: x`, `Class: y` or `Size: n bytes` below a file; true when it was used up.
    pub(super) fn field(&mut self, subject: usize, key: &str, value: &str) -> bool {
        let Some(subject) = self.sightings.get_mut(subject) else { return false };
        match key {
            "location" | "path" | "file" | "directory" | "folder" | "ort" | "pfad" | "ordner" => {
                located(subject, value)
            }
            "size" => {
                subject.bytes = claims::bytes_cell(value.split('(').next().unwrap_or_default(), false);
                true
            }
            "lines" | "loc" => {
                subject.lines = claims::lines_cell(value);
                true
            }
            "class" | "classes" | "function" | "functions" | "struct" | "klasse" => {
                subject.symbols.extend(value.split(',').filter_map(symbols::identifier));
                true
            }
            "status" => {
                subject.status = Some(value.to_owned());
                true
            }
            _ => false,
        }
    }

    /// A line "class `Shelf`" below a file wants the class in it.
    pub(super) fn wants(&mut self, line: &Inline, subject: Option<usize>) {
        let symbols: Vec<String> = symbols::announced(&line.marked()).into_iter().collect();
        let path = subject.and_then(|at| self.sightings.get(at)).map(|sighting| sighting.path.clone());
        if let (Some(path), false) = (path, symbols.is_empty()) {
            self.hints.push(SymbolHint { path, symbols });
        }
    }
}

/// Takes over the folder, or the whole path, that a field gives for a file. False when it speaks of another file.
fn located(subject: &mut Sighting, value: &str) -> bool {
    let last = subject.path.rsplit('/').next().unwrap_or_default().to_owned();
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

/// A path below a folder, unless it says the folder itself or starts at the root.
pub(super) fn joined(folder: Option<&str>, path: &str) -> String {
    let Some(folder) = folder.map(|folder| folder.trim_end_matches('/')) else { return path.to_owned() };
    let first = folder.trim_start_matches("./").trim_start_matches('/').split('/').next().unwrap_or_default();
    let own = path.starts_with(['/', '~', '.']) && path.contains('/') || path.split('/').next() == Some(first);
    let whole = folder.len() + path.len() >= limits::PATH_BYTES || (own && path.contains('/'));
    if whole { path.to_owned() } else { format!("{folder}/{path}") }
}

/// The folder in which a label says that its list is: `New files in src/core/`.
pub(super) fn label_folder(label: &str) -> Option<String> {
    let mut words = label.split_whitespace().rev();
    let folder = names::folder(words.next()?)?;
    matches!(words.next()?, "in" | "under" | "below" | "unter").then_some(folder.path)
}
