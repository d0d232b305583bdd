//! What earlier plans moved, as far as it concerns the files that are there now.
//!
//! A path is not a file: another one may have come to where one was moved from, or to where one was put. So a file counts as the
//! one that was moved only with its size and its time, to the nanosecond. Only what concerns a file is held, however many plans
//! there are.

use std::collections::HashMap;

use baton_plugin_sdk::Error;

use super::journal::Journal;
use super::roots::Root;
use super::walk::Entry;

/// By the number of a file.
#[derive(Debug, Default)]
pub(crate) struct History {
    before: HashMap<usize, (String, i64)>,
    origins: HashMap<usize, Origin>,
    /// Copies that were made of a file, by where they lie, with their times.
    copies: HashMap<String, (Vec<usize>, i64)>,
}

/// What was moved from the path at which a file lies: the first, and whether it, or one after it, is still away.
#[derive(Clone, Copy, Debug)]
struct Origin {
    size: u64,
    modified_ns: i64,
    away: bool,
}

impl History {
    /// Reads what the plans moved.
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
        // From the newest to the oldest: so a file that was moved twice is followed back to where it was at first.
        journal.taken(&mut |taken| {
            let from = at(&taken.from);
            // A copy was made before the file itself was moved, so that one was seen already.
            if taken.copy && taken.there {
                let sources = onward.get(&taken.from).into_iter().flatten().copied().chain(from);
                let same = |number: &usize| history.was(*number, files, taken.size, taken.modified_ns);
                let sources: Vec<_> = sources.filter(same).collect();
                if !sources.is_empty() {
                    history.copies.entry(taken.to.clone()).or_insert((sources, taken.placed_ns));
                }
            }
            if let Some(number) = from.filter(|_| !taken.copy) {
                let away = taken.there || history.origins.get(&number).is_some_and(|origin| origin.away);
                history.origins.insert(number, Origin { size: taken.size, modified_ns: taken.modified_ns, away });
            }
            if !taken.there {
                return;
            }
            for number in onward.get(&taken.to).cloned().unwrap_or_default().into_iter().chain(at(&taken.to)) {
                if history.was(number, files, taken.size, taken.placed_ns) {
                    onward.entry(taken.from.clone()).or_default().push(number);
                    history.before.insert(number, (taken.from.clone(), taken.modified_ns));
                }
            }
        })?;
        Ok(history)
    }

    /// Whether the file has that size and had that time where it is, or where a later step took it from.
    fn was(&self, number: usize, files: &[Entry], size: u64, modified_ns: i64) -> bool {
        files.get(number).is_some_and(|file| {
            let then = self.before.get(&number).map_or(file.modified_ns, |(_, modified_ns)| *modified_ns);
            file.size == size && then == modified_ns
        })
    }

    /// Whether what lies there, with that time, is a copy that was made of the file.
    pub(crate) fn is_copy(&self, number: usize, host: &str, modified_ns: i64) -> bool {
        self.copies.get(host).is_some_and(|(of, placed_ns)| of.contains(&number) && *placed_ns == modified_ns)
    }

    /// Where a file was at first, and its time there.
    pub(crate) fn before(&self, number: usize) -> Option<(&str, i64)> {
        self.before.get(&number).map(|(from, modified_ns)| (from.as_str(), *modified_ns))
    }

    /// Whether a file may be the one that lay at its path before plans moved anything from there.
    pub(crate) fn may_be(&self, number: usize, file: &Entry) -> bool {
        let first = |origin: &Origin| origin.size == file.size && origin.modified_ns == file.modified_ns;
        self.origins.get(&number).is_none_or(|origin| !origin.away || first(origin))
    }
}
