//! Files that sound like one of which the track is known: with the same audio packets, or as a copy in another format does.

use std::collections::HashMap;
use std::sync::atomic::AtomicBool;

use baton_fingerprint::Fingerprint;
use baton_ledger::LedgerError;
use baton_ledger::catalog::Catalog;
use baton_ledger::catalog::library::FileLink;

use super::linked::Linked;
use crate::lookup::{Asked, look_up};

/// So many files are held against the others by their fingerprints at once; those beyond wait until files or tracks change
/// again, or are known by tags.
const MOST: usize = 2_000;

/// Links by the numbers of items.
pub(super) fn links(catalog: &Catalog, files: &[Linked]) -> Result<HashMap<i64, FileLink>, LedgerError> {
    let said: HashMap<i64, &Linked> =
        files.iter().filter(|linked| linked.is_said()).map(|linked| (linked.item.id, linked)).collect();
    let mut digests: HashMap<[u8; 32], &Linked> = HashMap::new();
    for linked in files.iter().filter(|linked| linked.is_said()) {
        if let Some(digest) = linked.item.audio_sha256 {
            digests.entry(digest).or_insert(linked);
        }
    }
    let (mut found, mut open) = (HashMap::new(), HashMap::new());
    for linked in files.iter().filter(|linked| !linked.is_said()) {
        match linked.item.audio_sha256.and_then(|digest| digests.get(&digest)) {
            Some(twin) => {
                found.insert(linked.item.id, link(linked, twin, "has the same audio as"));
            }
            None if linked.item.heard && open.len() < MOST => {
                open.insert(linked.item.id, linked);
            }
            None => {}
        }
    }
    if !said.is_empty() && !open.is_empty() {
        found.extend(alike(catalog, &said, &open)?);
    }
    Ok(found)
}

fn link(linked: &Linked, like: &Linked, how: &str) -> FileLink {
    let reason = format!("{how} {}", like.item.path.display());
    FileLink { file: linked.link.file, track: like.link.track, by: Some("sound".to_owned()), reason: Some(reason) }
}

/// Those that sound like copies of files of one track. Of what sounds like files of two tracks nothing is said.
fn alike(
    catalog: &Catalog,
    said: &HashMap<i64, &Linked>,
    open: &HashMap<i64, &Linked>,
) -> Result<Vec<(i64, FileLink)>, LedgerError> {
    let mut asked = Vec::new();
    catalog.library_fingerprints(Fingerprint::ALGORITHM, |id, bytes| {
        if let Some((linked, fingerprint)) = open.get(&id).zip(Fingerprint::from_bytes(bytes)) {
            asked.push(Asked { fingerprint, item: linked.item.clone() });
        }
    })?;
    let matches = look_up(catalog, &asked, &AtomicBool::new(false))?;
    let mut links = Vec::new();
    for (asked, matches) in asked.iter().zip(matches) {
        let copies = matches.iter().filter(|found| found.difference.is_none());
        let known: Vec<&&Linked> = copies.filter_map(|found| said.get(&found.item.id)).collect();
        if let (Some(linked), Some(first)) = (open.get(&asked.item.id), known.first())
            && known.iter().all(|other| other.link.track == first.link.track)
        {
            links.push((asked.item.id, link(linked, first, "sounds like")));
        }
    }
    Ok(links)
}
