//! A pair of files that both came in is told once: by the one that is told later, which is the new one of the two.
//!
//! Both may be in the catalog before either is told: a scan was faster, a piece is full, two folders are listened to.

use std::collections::HashSet;
use std::path::PathBuf;

use baton_ledger::{LedgerError, Tx, mark};

use super::{AudioScanner, AudioTrigger, LibraryMatch, NewAudio};

/// Takes out of each file what is going to be told itself, and marks what is told together with it as new. The files have their
/// marks already.
pub(super) fn once(
    tx: &Tx<'_>,
    scanner: Option<&AudioScanner>,
    mut files: Vec<NewAudio>,
) -> Result<Vec<NewAudio>, LedgerError> {
    let together: HashSet<PathBuf> = files.iter().map(|file| file.path.clone()).collect();
    for file in &mut files {
        let mut told = Vec::new();
        for mut known in std::mem::take(&mut file.known) {
            known.new = together.contains(&known.path);
            if known.new || !is_told_later(tx, scanner, &known)? {
                told.push(known);
            }
        }
        file.known = told;
    }
    Ok(files)
}

/// Whether a file is in a watched audio folder and its current content was not reported yet.
fn is_told_later(tx: &Tx<'_>, scanner: Option<&AudioScanner>, known: &LibraryMatch) -> Result<bool, LedgerError> {
    let (Some(scanner), Some(hash)) = (scanner, &known.mark) else {
        return Ok(false);
    };
    for folder in scanner.folders.iter().filter(|folder| known.path.starts_with(&folder.real)) {
        let trigger = AudioTrigger { folder: folder.clone() };
        if !mark::is_set(tx, &trigger.key(), &known.key, hash)? {
            return Ok(true);
        }
    }
    Ok(false)
}
