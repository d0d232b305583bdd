//! Which plans a changed deliverable concerns.
//!
//! A task that came from changed deliverables is of those plans only that promise one of them, as the memory has it: nothing
//! else of what the others say can have changed by it. They are shown as they are remembered. Whatever the memory cannot
//! tell for certain (a file that no plan is known to name, a plan that is gone, no memory at all) makes it an audit of all.

use std::collections::BTreeSet;

use baton_plugin_sdk::{Cause, Task};

use crate::discover;
use crate::limits;
use crate::memory::Memory;
use crate::request::{Request, Span};

/// Leaves only the plans that the changed files of `task` concern, where that is certain.
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

/// The plans that the files concern; none when all of them may be.
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

/// A path inside the sandbox as plans write it.
fn below_a_root(request: &Request, path: &str) -> Option<String> {
    let below = |root: &crate::index::Root| path.strip_prefix(root.path.to_str()?)?.strip_prefix('/');
    request.roots.iter().find_map(below).map(str::to_owned)
}
