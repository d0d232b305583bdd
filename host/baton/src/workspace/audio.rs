//! `[[audio]]`: connects the daemon's audio scanner with `baton-library`, because `dispatch` does not depend on it.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use baton_dispatch::{AudioScanner, LibraryMatch, NewAudio, NewAudioBatch, WatchedFolder};
use baton_library::ingest::{self, IngestOptions, NewFile};
use baton_library::lookup::Match;

use super::Workspace;

/// The maximum number of files in one run and in one task. Reading them takes some seconds, so results come soon.
const PIECE: usize = 100;

/// The audio scanner; `None` if `baton.toml` names no folders.
pub(super) fn scanner(workspace: &Workspace) -> Option<AudioScanner> {
    let folders = scanned_folders(workspace.config.audio(&workspace.base));
    if folders.is_empty() {
        return None;
    }
    let catalog = workspace.state.catalog();
    let scan = move |folder: &Path, marks: &_, stop: &AtomicBool| {
        let options = IngestOptions { catalog: &catalog, folder, marks, most: PIECE };
        let report = ingest::run(&options, &baton_fingerprint::check, stop);
        report.map(batch).map_err(|error| error.to_string())
    };
    Some(AudioScanner { folders, scan: Arc::new(scan) })
}

/// The folders, without duplicates under different paths.
fn scanned_folders(named: Vec<PathBuf>) -> Vec<WatchedFolder> {
    let mut folders: Vec<WatchedFolder> = Vec::new();
    for named in named {
        let real = named.canonicalize().unwrap_or_else(|_| named.clone());
        if !folders.iter().any(|known| known.real == real) {
            folders.push(WatchedFolder { named, real });
        }
    }
    folders
}

fn batch(report: ingest::IngestReport) -> NewAudioBatch {
    NewAudioBatch {
        files: report.new_files.into_iter().map(file).collect(),
        missing: report.deleted,
        more: report.more,
        unreachable: report.unreachable,
    }
}

fn file(file: NewFile) -> NewAudio {
    NewAudio {
        format: file.item.format(),
        path: file.item.path,
        key: file.key,
        mark: file.mark,
        state: file.state.as_str(),
        why: file.why,
        duration_ms: file.item.duration_ms,
        known: file.matches.into_iter().map(library_match).collect(),
    }
}

fn library_match(found: Match) -> LibraryMatch {
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
