//! What earlier plans moved, as far as it concerns the files that are there now.
//!
//! A path is not a file: another one may have come to where one was moved from, or to where one was put. So a file counts as the
//! one that was moved only with its size and its time, to the nanosecond. Only what concerns a file is held, however many plans
//! there are.

use std::collections::HashMap;

use baton_plugin_sdk::Error;

use super::journal::{Journal, Taken};
use super::roots::Root;
use super::walk::Entry;

/// By the number of a file.
#[derive(Debug, Default)]
pub(crate) struct History {
    before: HashMap<usize, (String, i64)>,
    origins: HashMap<usize, Origin>,
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
        let (mut history, mut onward) = (Self::default(), HashMap::<String, usize>::new());
        // From the newest to the oldest: so a file that was moved twice is followed back to where it was at first.
        journal.taken(&mut |taken| {
            if let Some(number) = at(&taken.from) {
                let away = taken.there || history.origins.get(&number).is_some_and(|origin| origin.away);
                history.origins.insert(number, Origin { size: taken.size, modified_ns: taken.modified_ns, away });
            }
            let put = onward.get(&taken.to).copied().or_else(|| at(&taken.to)).filter(|_| taken.there);
            let file = put.and_then(|number| Some((number, files.get(number)?)));
            if let Some((number, _)) = file.filter(|(number, file)| history.is_it(*number, file, &taken)) {
                onward.remove(&taken.to);
                onward.insert(taken.from.clone(), number);
                history.before.insert(number, (taken.from, taken.modified_ns));
            }
        })?;
        Ok(history)
    }

    /// Whether this step put the file where it is, or where a later one took it from.
    fn is_it(&self, number: usize, file: &Entry, taken: &Taken) -> bool {
        let modified_ns = self.before.get(&number).map_or(file.modified_ns, |(_, modified_ns)| *modified_ns);
        file.size == taken.size && modified_ns == taken.placed_ns
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
