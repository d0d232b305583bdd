//! Hard links: removing one name of a file frees no bytes unless all its names are removed.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::os::unix::fs::MetadataExt as _;

use super::Item;
use super::groups::{Group, SuperfluousFile};

/// The identity of a file, and the number of its names (hard links).
#[derive(Clone, Copy)]
struct Names {
    file: (u64, u64),
    count: u64,
}

/// Computes for each superfluous file how many bytes its removal frees. A missing file counts with its size.
pub(super) fn count_freed_bytes(items: &[Item], groups: &mut [Group]) {
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
                mark_hard_link(other);
            } else if !all_go {
                other.reasons.push("it has other names (hard links): removing it frees nothing".to_owned());
            } else if counted.insert(names.file) {
                // The size counts once for all names together.
                other.frees = size;
            }
        }
    }
}

fn mark_hard_link(other: &mut SuperfluousFile) {
    other.reasons = vec!["it is the same file under another name (hard link): removing it frees nothing".to_owned()];
}

fn names(item: &Item) -> Option<Names> {
    let found = fs::metadata(&item.path).ok()?;
    Some(Names { file: (found.dev(), found.ino()), count: found.nlink() })
}
