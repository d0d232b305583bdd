//! The folders from which a plan's paths begin: the repository's name in a tree, a package of a workspace, a renamed folder.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::resolve::{GENERIC, Lookup, ResolvedPath};
use crate::index::{EntryKind, Index, last_name};
use crate::plan::{Deliverable, Kind, Plan, Purpose};

/// Looks up a drawn path without its first part, if this part is the repository's name.
pub(super) fn below_root(index: &Index, item: &Deliverable, roots: &HashSet<String>, lookup: &mut Lookup) {
    let rest = item.path.split_once('/').filter(|(first, _)| item.is_drawn() && roots.contains(*first));
    if let Some(found) = rest.and_then(|(_, rest)| index.find(rest)).filter(|_| !is_there(lookup)) {
        let remark = format!("the plan begins with the repository's name; found as {}", found.path);
        *lookup = Ok(ResolvedPath::There(found, Some(remark)));
    }
}

/// The first parts of drawn paths that are the repository's name: most of the paths with this first part exist without it.
pub(super) fn repository_names(plan: &Plan, lookups: &[Lookup]) -> HashSet<String> {
    #[derive(Default)]
    struct Below<'a> {
        files: usize,
        folders: HashSet<&'a str>,
        without: usize,
        all: usize,
    }
    let mut names: HashMap<&str, Below<'_>> = HashMap::new();
    for (item, lookup) in plan.deliverables.iter().zip(lookups).filter(|(item, _)| item.is_drawn()) {
        let Some((first, rest)) = item.path.split_once('/') else { continue };
        // A file directly below the first part proves nothing: each folder may have a `README.md`.
        if !rest.contains('/') && item.kind == Kind::File {
            continue;
        }
        let below = names.entry(first).or_default();
        below.all += 1;
        if matches!(lookup, Ok(ResolvedPath::There(found, _)) if found.path == rest) {
            below.without += 1;
            below.files += usize::from(item.kind == Kind::File);
            below.folders.extend(rest.split('/').next());
        }
    }
    // One file, or one folder, of the same name may be a coincidence.
    let is_root = |below: &Below<'_>| (below.files > 1 || below.folders.len() > 1) && below.without * 2 > below.all;
    names.into_iter().filter(|(_, below)| is_root(below)).map(|(first, _)| first.to_owned()).collect()
}

/// Looks up the missing files of renamed folders: if two files of `src/till` were moved to `src/desk` and none to another
/// folder, `src/till/cli.py` is looked up in `src/desk` too, although its name is common.
pub(super) fn in_renamed_folders(index: &Index, plan: &Plan, lookups: &mut [Lookup]) {
    let promised: HashSet<&str> = plan.deliverables.iter().map(|item| item.path.as_str()).collect();
    // For each old folder: the new folder, and the number of files that were moved to it; `None` for several new folders.
    let mut moves: HashMap<&str, Option<(String, usize)>> = HashMap::new();
    for (item, lookup) in plan.deliverables.iter().zip(lookups.iter()) {
        let Ok(ResolvedPath::Elsewhere(found, _)) = lookup else { continue };
        let (Some((from, _)), Some((to, _))) = (item.path.rsplit_once('/'), found.path.rsplit_once('/')) else {
            continue;
        };
        if promised.contains(found.path.as_str()) {
            continue;
        }
        let known = moves.entry(from).or_insert_with(|| Some((to.to_owned(), 0)));
        *known = known.take().filter(|(target, _)| target == to).map(|(target, count)| (target, count + 1));
    }
    for (item, lookup) in plan.deliverables.iter().zip(lookups) {
        let Some((folder, name)) = item.path.rsplit_once('/') else { continue };
        let Some(Some((to, 2..))) = moves.get(folder) else { continue };
        let may_move = item.kind != Kind::Folder && item.purpose != Purpose::ChangeOrDelete;
        let found = || index.find(&format!("{to}/{name}")).filter(|_| may_move);
        if let Some(found) = matches!(lookup, Ok(ResolvedPath::Nowhere(_))).then(found).flatten() {
            let remark = format!("other files of {folder} are in {to} too");
            *lookup = Ok(ResolvedPath::Elsewhere(found, Some(remark)));
        }
    }
}

pub(super) const fn is_there(lookup: &Lookup) -> bool {
    matches!(lookup, Ok(ResolvedPath::There(..)))
}

/// The folder that contains most of the paths that do not exist below the root: a package of a workspace.
pub(super) fn base_folder(index: &Index, plan: &Plan) -> Option<String> {
    let mut bases: BTreeMap<&str, usize> = BTreeMap::new();
    for path in plan
        .deliverables
        .iter()
        .map(|item| item.path.as_str())
        .filter(|path| path.contains('/'))
        .take(BASE_FOLDER_PATHS)
    {
        if index.find(path).is_some() {
            continue;
        }
        let tail = format!("/{path}");
        let mut same = index.named(last_name(path), EntryKind::File);
        let base = same
            .find_map(|found| found.strip_suffix(tail.as_str()))
            .filter(|_| same.all(|found| !found.ends_with(&tail)));
        if let Some(base) = base {
            *bases.entry(base).or_default() += 1;
        }
    }
    let (base, count) = bases.into_iter().max_by_key(|(_, count)| *count)?;
    (count > 1).then(|| base.to_owned())
}

/// Top-level folders below which people keep repositories.
const HOMES: &[&str] = &["/Users/", "/Volumes/", "/home/", "/mnt/", "/root/", "/srv/"];

/// Maximum number of folders of a path that may be the repository.
const CHECKOUT_DEPTH: usize = 16;

/// The folder of the repository on another machine, such as `/home/dev/till`. Most absolute paths below this folder exist in
/// the tree without it. At least two of these paths have a subfolder and a name that is not common.
pub(super) fn other_checkout(index: &Index, plan: &Plan) -> Option<String> {
    let deliverables = plan.deliverables.iter().map(|item| item.path.as_str());
    let named = deliverables.chain(plan.references.iter().map(|reference| reference.path.as_str()));
    let absolute = named.filter(|path| HOMES.iter().any(|home| path.starts_with(home)));
    let absolute: Vec<&str> = absolute.take(BASE_FOLDER_PATHS).collect();
    let exists = |rest: &str| index.find(rest.trim_matches('/')).is_some();
    let mut folders: BTreeMap<&str, usize> = BTreeMap::new();
    for path in &absolute {
        let mut cuts =
            path.match_indices('/').skip(2).take(CHECKOUT_DEPTH).filter_map(|(at, _)| path.split_at_checked(at));
        // The longest rest is used: `/home/dev/till/src/a.rs` is `src/a.rs`, not `a.rs`.
        if let Some((folder, rest)) = cuts.find(|(_, rest)| exists(rest)) {
            let certain = rest.matches('/').count() > 1 && !GENERIC.contains(&last_name(rest));
            *folders.entry(folder).or_default() += usize::from(certain);
        }
    }
    let (folder, certain) = folders.into_iter().max_by_key(|(_, certain)| *certain)?;
    let below = absolute.iter().filter_map(|path| path.strip_prefix(folder)).filter(|rest| rest.starts_with('/'));
    let (there, missing): (Vec<&str>, Vec<&str>) = below.partition(|rest| exists(rest));
    (certain > 1 && there.len() > missing.len()).then(|| folder.to_owned())
}

/// Maximum number of paths that are looked up to find the base folder.
const BASE_FOLDER_PATHS: usize = 500;
