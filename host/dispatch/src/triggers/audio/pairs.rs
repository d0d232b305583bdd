//! Reports a pair of similar new files once, together with the file that Baton reports later.
//!
//! The catalog may contain both files before Baton reports one of them: another scan added the second file, a batch was
//! full, or `[[audio]]` has two folders.

use std::collections::HashSet;
use std::path::PathBuf;

use baton_ledger::{LedgerError, Tx, mark};

use super::{AudioScanner, AudioTrigger, LibraryMatch, NewAudio};

/// Removes matches that Baton will report together with a later file, and sets `new` for matches in the same batch. The
/// caller has set the marks of `files` before.
pub(super) fn once(
    tx: &Tx<'_>,
    scanner: Option<&AudioScanner>,
    mut files: Vec<NewAudio>,
) -> Result<Vec<NewAudio>, LedgerError> {
    let together: HashSet<PathBuf> = files.iter().map(|file| file.path.clone()).collect();
    for file in &mut files {
        let mut reported = Vec::new();
        for mut known in std::mem::take(&mut file.known) {
            known.new = together.contains(&known.path);
            if known.new || !is_reported_later(tx, scanner, &known)? {
                reported.push(known);
            }
        }
        file.known = reported;
    }
    Ok(files)
}

/// Whether a file is in a folder of `[[audio]]` and its current content is not reported yet.
fn is_reported_later(tx: &Tx<'_>, scanner: Option<&AudioScanner>, known: &LibraryMatch) -> Result<bool, LedgerError> {
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
