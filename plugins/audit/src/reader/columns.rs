//! Classifies the columns of a table by their headings.

use super::words;
use crate::lists::list;

/// Words in the headings of columns that contain files.
const FILE_COLUMNS: &[&str] = list!(
    "file files path paths datei dateien filename pfad script scripts skript skripte dateiname dateipfad zieldatei"
);

/// The class of a column, by its heading.
pub(super) fn column(head: &str) -> &'static str {
    let all: Vec<String> = words::words(head).collect();
    let has = |list: &[&str]| all.iter().any(|word| list.contains(&word.as_str()));
    if has(FILE_COLUMNS) {
        "file"
    } else if has(list!(
        "deliverable deliverables output outputs artifact artifacts artefact artefacts artefakt \
            artefakte ergebnis lieferobjekt result"
    )) {
        "deliverable"
    } else if has(&["status", "state", "action", "change", "done", "progress", "stand", "zustand"]) {
        "state"
    } else if has(list!(
        "issue risk risiko problem bug error finding metric alternative option criterion question \
            activity source field input"
    )) {
        "complaint"
    } else if has(&["location", "directory", "folder", "ordner", "ort", "verzeichnis"]) {
        "folder"
    } else if has(list!(
        "component komponente module modul task aufgabe feature item what was area phase step work \
            document component"
    )) {
        "thing"
    } else {
        "other"
    }
}
