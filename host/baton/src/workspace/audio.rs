//! `[[audio]]`: the daemon's ears are the library's. Here both are brought together, because the rooms do not know each other.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use baton_dispatch::{AudioScanner, LibraryMatch, NewAudio, NewAudioBatch, WatchedFolder};
use baton_library::ingest::{self, IngestOptions, NewFile};
use baton_library::lookup::Match;

use super::Workspace;

/// Files of one piece, and so of one task: some seconds of reading, so that what is found is soon told.
const PIECE: usize = 100;

/// The ears of a workspace that names folders; none where it names none.
pub(super) fn scanner(workspace: &Workspace) -> Option<AudioScanner> {
    let folders = listened(workspace.config.audio(&workspace.base));
    if folders.is_empty() {
        return None;
    }
    let catalog = workspace.state.catalog();
    let scan = move |folder: &Path, marks: &_, stop: &AtomicBool| {
        let wanted = IngestOptions { catalog: &catalog, folder, marks, most: PIECE };
        let news = ingest::hear(&wanted, &baton_fingerprint::check, stop);
        news.map(told).map_err(|error| error.to_string())
    };
    Some(AudioScanner { folders, scan: Arc::new(scan) })
}

/// The folders, each once, also where it has two names.
fn listened(named: Vec<PathBuf>) -> Vec<WatchedFolder> {
    let mut folders: Vec<WatchedFolder> = Vec::new();
    for named in named {
        let real = named.canonicalize().unwrap_or_else(|_| named.clone());
        if !folders.iter().any(|known| known.real == real) {
            folders.push(WatchedFolder { named, real });
        }
    }
    folders
}

fn told(news: ingest::IngestReport) -> NewAudioBatch {
    NewAudioBatch {
        files: news.arrivals.into_iter().map(file).collect(),
        missing: news.gone,
        more: news.more,
        unreachable: news.unreachable,
    }
}

fn file(arrival: NewFile) -> NewAudio {
    NewAudio {
        format: arrival.item.format(),
        path: arrival.item.path,
        key: arrival.key,
        mark: arrival.mark,
        state: arrival.state.word(),
        why: arrival.why,
        duration_ms: arrival.item.duration_ms,
        known: arrival.matches.into_iter().map(known).collect(),
    }
}

fn known(found: Match) -> LibraryMatch {
    LibraryMatch {
        key: ingest::key(&found.item.path),
        mark: ingest::mark(&found.item),
        new: false,
        format: found.item.format(),
        score: found.proof.score(),
        difference: found.difference.map(|difference| difference.word().to_owned()),
        path: found.item.path,
    }
}
