//! The moves of earlier plans for the files that exist now.
//!
//! A path does not identify a file: after a move, another file may be at the old or the new path. A file counts as the moved
//! file only if its size and its time, to the nanosecond, are the same. Only the moves of existing files are kept in memory.

use std::collections::HashMap;

use baton_plugin_sdk::Error;

use super::journal::Journal;
use super::roots::Root;
use super::walk::Entry;

/// The moves. The key of `before` and `origins` is the index of a file.
#[derive(Debug, Default)]
pub(crate) struct History {
    before: HashMap<usize, (String, i64)>,
    origins: HashMap<usize, Origin>,
    /// The copies by their paths. The value has the indexes of the files that may be the original, and the time of the copy.
    copies: HashMap<String, (Vec<usize>, i64)>,
}

/// The first file that a plan moved away from a path where another file may be now. `away` is true if at least one file that a
/// plan moved away from this path was not moved back.
#[derive(Clone, Copy, Debug)]
struct Origin {
    size: u64,
    modified_ns: i64,
    away: bool,
}

impl History {
    /// Reads the moves from the journal.
    ///
    /// # Errors
    /// As `wit/sql.wit`.
    pub(crate) fn read(journal: &Journal<'_>, files: &[Entry], music: &[Root]) -> Result<Self, Error> {
        let by_path: HashMap<_, _> =
            files.iter().enumerate().map(|(number, file)| ((file.root, file.path.as_str()), number)).collect();
        let at = |host: &str| {
            let mut roots = music.iter().enumerate();
            roots.find_map(|(root, granted)| by_path.get(&(root, granted.below(host)?.as_str())).copied())
        };
        let (mut history, mut onward) = (Self::default(), HashMap::<String, Vec<usize>>::new());
        // The newest step comes first, so a file that was moved twice is traced back to its first path.
        journal.done_steps(&mut |step| {
            let from = at(&step.from);
            // A plan makes a copy before it moves the original. The steps come in the reverse order, so the move of the
            // original is already known.
            if step.copy && step.in_place {
                let sources = onward.get(&step.from).into_iter().flatten().copied().chain(from);
                let same = |number: &usize| history.was(*number, files, step.size, step.modified_ns);
                let sources: Vec<_> = sources.filter(same).collect();
                if !sources.is_empty() {
                    history.copies.entry(step.to.clone()).or_insert((sources, step.placed_ns));
                }
            }
            if let Some(number) = from.filter(|_| !step.copy) {
                let away = step.in_place || history.origins.get(&number).is_some_and(|origin| origin.away);
                history.origins.insert(number, Origin { size: step.size, modified_ns: step.modified_ns, away });
            }
            if !step.in_place {
                return;
            }
            for number in onward.get(&step.to).cloned().unwrap_or_default().into_iter().chain(at(&step.to)) {
                if history.was(number, files, step.size, step.placed_ns) {
                    onward.entry(step.from.clone()).or_default().push(number);
                    history.before.insert(number, (step.from.clone(), step.modified_ns));
                }
            }
        })?;
        Ok(history)
    }

    /// True if the file has this size, and had this time before the moves that were read up to now.
    fn was(&self, number: usize, files: &[Entry], size: u64, modified_ns: i64) -> bool {
        files.get(number).is_some_and(|file| {
            let then = self.before.get(&number).map_or(file.modified_ns, |(_, modified_ns)| *modified_ns);
            file.size == size && then == modified_ns
        })
    }

    /// True if a plan made the file at the path `host` as a copy of the file `number`, and it still has the time of the copy.
    pub(crate) fn is_copy(&self, number: usize, host: &str, modified_ns: i64) -> bool {
        self.copies.get(host).is_some_and(|(of, placed_ns)| of.contains(&number) && *placed_ns == modified_ns)
    }

    /// The first path of a file, and its time there.
    pub(crate) fn before(&self, number: usize) -> Option<(&str, i64)> {
        self.before.get(&number).map(|(from, modified_ns)| (from.as_str(), *modified_ns))
    }

    /// True if the file may have been at its present path before plans moved files away from this path.
    pub(crate) fn may_be_original(&self, number: usize, file: &Entry) -> bool {
        let first = |origin: &Origin| origin.size == file.size && origin.modified_ns == file.modified_ns;
        self.origins.get(&number).is_none_or(|origin| !origin.away || first(origin))
    }
}
