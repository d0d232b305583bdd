//! The quality set: the words of every piece in every change. They are computed once and stored.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use crate::corpus::{SAME, SYNTHETIC};
use crate::transforms::{Class, ORIGINAL, Transform, make, make_synthetic, words};

/// A print of the set.
pub(crate) struct Print {
    pub(crate) piece: String,
    pub(crate) change: &'static Transform,
    pub(crate) words: Vec<u32>,
}

/// The words of every piece, as far as they could be computed.
pub(crate) struct Set {
    pub(crate) prints: Vec<Print>,
    /// Pieces without words, with the reason.
    pub(crate) failed: BTreeMap<String, String>,
}

impl Set {
    /// Computes the missing words, on as many threads as there are processors, and reads all words.
    ///
    /// # Errors
    /// When `ffmpeg` or `fpcalc` is missing or fails on sounds that it made itself.
    pub(crate) fn make(
        (cache, work): (&Path, &Path),
        pieces: &[(String, PathBuf)],
        changes: &'static [Transform],
        length_s: u32,
    ) -> std::io::Result<Self> {
        for source in SYNTHETIC {
            make_synthetic((cache, work), source, length_s)?;
        }
        let next = AtomicUsize::new(0);
        let threads = thread::available_parallelism().map_or(1, usize::from);
        let failed = thread::scope(|scope| {
            let one = |number: usize| {
                let next = &next;
                scope.spawn(move || worker((cache, &work.join(number.to_string())), pieces, changes, next, length_s))
            };
            let workers: Vec<_> = (0..threads).map(one).collect();
            workers.into_iter().filter_map(|worker| worker.join().ok()).flatten().collect::<BTreeMap<_, _>>()
        });
        let real = pieces.iter().map(|(name, _)| name.as_str()).filter(|name| !failed.contains_key(*name));
        let names = real.chain(SYNTHETIC.iter().map(|(name, _)| *name));
        let print = |(piece, change): (&str, &'static Transform)| {
            Some(Print { piece: piece.to_owned(), change, words: words(cache, piece, change.name)? })
        };
        let prints = names.flat_map(|name| changes.iter().map(move |change| (name, change))).filter_map(print);
        Ok(Self { prints: prints.collect(), failed })
    }

    /// The prints of all pieces in the changes of these classes.
    pub(crate) fn of(&self, classes: &[Class]) -> Vec<&Print> {
        self.prints.iter().filter(|print| classes.contains(&print.change.class)).collect()
    }

    /// The words of a piece in a change.
    pub(crate) fn words(&self, piece: &str, change: &str) -> Option<&[u32]> {
        let found = self.prints.iter().find(|print| print.piece == piece && print.change.name == change);
        found.map(|print| print.words.as_slice())
    }

    /// The real pieces.
    pub(crate) fn pieces(&self) -> Vec<&str> {
        let originals = self.prints.iter().filter(|print| print.change.name == ORIGINAL && print.is_real());
        originals.map(|print| print.piece.as_str()).collect()
    }
}

impl Print {
    /// True if the print is of music and not of a generated drone or silence.
    pub(crate) fn is_real(&self) -> bool {
        !self.piece.starts_with("synthetic_")
    }

    /// True if both prints are of one recording.
    pub(crate) fn is_like(&self, other: &Self) -> bool {
        let both = [self.piece.as_str(), other.piece.as_str()];
        both[0] == both[1] || SAME.iter().any(|same| both == *same || both == [same[1], same[0]])
    }
}

fn worker(
    (cache, work): (&Path, &Path),
    pieces: &[(String, PathBuf)],
    changes: &[Transform],
    next: &AtomicUsize,
    length_s: u32,
) -> BTreeMap<String, String> {
    let mut failed = BTreeMap::new();
    while let Some((name, file)) = pieces.get(next.fetch_add(1, Ordering::Relaxed)) {
        let made = std::fs::create_dir_all(work);
        let made = made.and_then(|()| make((cache, work), (name, file), changes, length_s));
        if let Err(error) = made {
            failed.insert(name.clone(), error.to_string());
        }
    }
    failed
}
