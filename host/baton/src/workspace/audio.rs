//! `[[audio]]`: the daemon's ears are the library's. Here both are brought together, because the rooms do not know each other.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use baton_dispatch::{Ears, Known, NewAudio, News};
use baton_library::arrivals::{self, Arrival, Wanted};
use baton_library::lookup::Match;

use super::Workspace;

/// Files of one piece, and so of one task: some seconds of reading, so that what is found is soon told.
const PIECE: usize = 100;

/// The ears of a workspace that names folders; none where it names none.
pub(super) fn ears(workspace: &Workspace) -> Option<Ears> {
    let folders = workspace.config.audio(&workspace.base);
    if folders.is_empty() {
        return None;
    }
    // What tells of changes speaks of real paths. A folder that is not there has the one that it was given.
    let folders = folders.into_iter().map(|folder| folder.canonicalize().unwrap_or(folder)).collect();
    let catalog = workspace.state.catalog();
    let hear = move |folder: &Path, marks: &_, stop: &AtomicBool| {
        let wanted = Wanted { catalog: &catalog, folder, marks, most: PIECE };
        let news = arrivals::hear(&wanted, &baton_fingerprint::read, stop);
        news.map(told).map_err(|error| error.to_string())
    };
    Some(Ears { folders, hear: Arc::new(hear) })
}

fn told(news: arrivals::News) -> News {
    News {
        files: news.arrivals.into_iter().map(file).collect(),
        gone: news.gone,
        more: news.more,
        unreachable: news.unreachable,
    }
}

fn file(arrival: Arrival) -> NewAudio {
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

fn known(found: Match) -> Known {
    Known {
        format: found.item.format(),
        score: found.proof.score(),
        difference: found.difference.map(|difference| difference.word().to_owned()),
        path: found.item.path,
    }
}
