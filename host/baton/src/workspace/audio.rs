//! `[[audio]]`: the daemon's ears are the library's. Here both are brought together, because the rooms do not know each other.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use baton_dispatch::{Ears, Known, Listened, NewAudio, News};
use baton_library::arrivals::{self, Arrival, Wanted};
use baton_library::lookup::Match;

use super::Workspace;

/// Files of one piece, and so of one task: some seconds of reading, so that what is found is soon told.
const PIECE: usize = 100;

/// The ears of a workspace that names folders; none where it names none.
pub(super) fn ears(workspace: &Workspace) -> Option<Ears> {
    let folders = listened(workspace.config.audio(&workspace.base));
    if folders.is_empty() {
        return None;
    }
    let catalog = workspace.state.catalog();
    let hear = move |folder: &Path, marks: &_, stop: &AtomicBool| {
        let wanted = Wanted { catalog: &catalog, folder, marks, most: PIECE };
        let news = arrivals::hear(&wanted, &baton_fingerprint::check, stop);
        news.map(told).map_err(|error| error.to_string())
    };
    Some(Ears { folders, hear: Arc::new(hear) })
}

/// The folders, each once, also where it has two names.
fn listened(named: Vec<PathBuf>) -> Vec<Listened> {
    let mut folders: Vec<Listened> = Vec::new();
    for named in named {
        let real = named.canonicalize().unwrap_or_else(|_| named.clone());
        if !folders.iter().any(|known| known.real == real) {
            folders.push(Listened { named, real });
        }
    }
    folders
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
        key: arrivals::key(&found.item.path),
        mark: arrivals::mark(&found.item),
        new: false,
        format: found.item.format(),
        score: found.proof.score(),
        difference: found.difference.map(|difference| difference.word().to_owned()),
        path: found.item.path,
    }
}
