//! Copies that play on after what a scan fingerprints are compared to their end before anybody is told that they are copies.

use baton_ledger::LedgerError;

use super::NewFile;
use crate::duplicates::{Item, Proof, WholePrintsFn, compare, play_on};
use crate::lookup::Match;

/// Writes into the matches of each arrival what the whole of both files says.
pub(super) fn confirm(arrivals: &mut [NewFile], whole: &WholePrintsFn<'_>) -> Result<(), LedgerError> {
    let mut asked: Vec<&Item> = Vec::new();
    for arrival in arrivals.iter() {
        let open = arrival.matches.iter().filter(|found| is_open(&arrival.item, found));
        asked.extend(open.flat_map(|found| [&arrival.item, &found.item]));
    }
    asked.sort_unstable_by_key(|item| item.id);
    asked.dedup_by_key(|item| item.id);
    if asked.is_empty() {
        return Ok(());
    }
    let prints = whole(&asked)?;
    for NewFile { item, matches, .. } in arrivals {
        for found in matches.iter_mut().filter(|found| is_open(item, found)) {
            if let Proof::Sounds(alike) = &mut found.proof {
                found.difference = compare(alike, prints.get(&item.id), prints.get(&found.item.id));
            }
        }
        // Copies come first.
        matches.sort_by_key(|found| found.difference.is_some());
    }
    Ok(())
}

/// Whether only the beginning of two says that they are copies.
fn is_open(item: &Item, found: &Match) -> bool {
    found.difference.is_none() && matches!(found.proof, Proof::Sounds(_)) && play_on(item, &found.item)
}
