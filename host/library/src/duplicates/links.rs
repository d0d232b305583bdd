//! Several names of one file (hard links): taking one away frees no bytes, unless all of them go.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::os::unix::fs::MetadataExt as _;

use super::Item;
use super::groups::{Group, SuperfluousFile};

/// What tells whether two names are one file, and how many names it has.
#[derive(Clone, Copy)]
struct Names {
    file: (u64, u64),
    count: u64,
}

/// Writes into the groups what taking their others away would free. A file that is not there now counts with its size.
pub(super) fn weigh(items: &[Item], groups: &mut [Group]) {
    for group in groups {
        let best = items.get(group.best).and_then(names).map(|names| names.file);
        let found: Vec<Option<Names>> = group.others.iter().map(|other| names(items.get(other.item)?)).collect();
        let mut listed: HashMap<(u64, u64), u64> = HashMap::new();
        for names in found.iter().flatten() {
            *listed.entry(names.file).or_default() += 1;
        }
        let mut counted = HashSet::new();
        for (other, names) in group.others.iter_mut().zip(found) {
            let size = items.get(other.item).map_or(0, |item| item.size);
            let Some(names) = names else {
                other.frees = size;
                continue;
            };
            other.frees = 0;
            let all_go = listed.get(&names.file).is_some_and(|listed| *listed >= names.count);
            other.hard_link = best == Some(names.file);
            if other.hard_link {
                same(other);
            } else if !all_go {
                other.reasons.push("it has other names (hard links): taking it away frees nothing".to_owned());
            } else if counted.insert(names.file) {
                // The size is that of all its names together.
                other.frees = size;
            }
        }
    }
}

fn same(other: &mut SuperfluousFile) {
    other.reasons = vec!["it is the same file under another name (hard link): taking it away frees nothing".to_owned()];
}

fn names(item: &Item) -> Option<Names> {
    let found = fs::metadata(&item.path).ok()?;
    Some(Names { file: (found.dev(), found.ino()), count: found.nlink() })
}
