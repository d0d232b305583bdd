//! Finds the plans that a changed deliverable affects.
//!
//! A task for changed deliverables audits only the plans that promise one of them, according to the memory. The results of
//! all other plans cannot have changed, so the report shows their recorded data. In cases of doubt (a file that no plan is
//! known to name, a deleted plan, no memory), all plans are audited.

use std::collections::BTreeSet;

use baton_plugin_sdk::{Cause, Task};

use crate::discover;
use crate::limits;
use crate::memory::Memory;
use crate::request::{Request, Span};

/// Keeps only the plans that the changed files of `task` affect, if that is certain.
pub(super) fn narrow(request: &mut Request, memory: Option<&Memory<'_>>, task: &Task) {
    let Cause::Files(paths) = &task.cause else { return };
    if request.span != Span::Whole || paths.len() > limits::CHANGED {
        return;
    }
    let Some(concerned) = memory.and_then(|memory| concerned(request, memory, paths)) else { return };
    let all = request.plans.plans.len();
    request.plans.plans.retain(|plan| concerned.contains(&plan.shown));
    if request.plans.plans.len() < all {
        (request.span, request.narrowed) = (Span::Part, true);
    }
}

/// The plans that the files affect; `None` if all of them may be affected.
fn concerned(request: &Request, memory: &Memory<'_>, paths: &[String]) -> Option<BTreeSet<String>> {
    let there: BTreeSet<&str> = request.plans.plans.iter().map(|plan| plan.shown.as_str()).collect();
    if memory.plans().any(|(shown, _)| !there.contains(shown)) {
        return None;
    }
    let (files, plans): (Vec<&String>, Vec<&String>) = paths.iter().partition(|path| request.is_watched(path));
    let files: Option<Vec<String>> = files.into_iter().map(|path| below_a_root(request, path)).collect();
    let files = files.filter(|files| !files.is_empty())?;
    let naming = memory.naming(&files).ok()?;
    let known: BTreeSet<&str> = naming.iter().map(|(file, _)| file.as_str()).collect();
    if files.iter().any(|file| !known.contains(file.as_str())) {
        return None;
    }
    let plans: Vec<String> = plans.into_iter().cloned().collect();
    let changed = discover::changed(&request.plans_folders, &plans).plans.into_iter().map(|plan| plan.shown);
    Some(naming.into_iter().map(|(_, plan)| plan).chain(changed).collect())
}

/// The path of a changed file relative to its root, as plans write it.
fn below_a_root(request: &Request, path: &str) -> Option<String> {
    let below = |root: &crate::index::Root| path.strip_prefix(root.path.to_str()?)?.strip_prefix('/');
    request.roots.iter().find_map(below).map(str::to_owned)
}
