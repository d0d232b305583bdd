//! A small index that grows: what came since the large one was built.

use std::collections::HashMap;

use super::key::{keys, looked_at};
use super::places::{Places, Which};

/// The index.
#[derive(Default)]
pub(crate) struct Growing {
    places: HashMap<u32, Vec<u32>>,
    which: Which,
}

impl Growing {
    /// Adds a fingerprint.
    pub(crate) fn push(&mut self, words: &[u32]) {
        let first = self.which.words();
        for (key, place) in keys(words) {
            self.places.entry(key).or_default().push(first + place);
        }
        self.which.push(looked_at(words).len());
    }
}

impl Places for Growing {
    fn room(&self, key: u32) -> usize {
        self.places.get(&key).map_or(0, Vec::len)
    }

    fn each(&self, key: u32, mut found: impl FnMut(u32) -> bool) {
        for place in self.places.get(&key).into_iter().flatten() {
            if !found(*place) {
                break;
            }
        }
    }

    fn which(&self) -> &Which {
        &self.which
    }
}
