//! The checks of `baton plugin grant` before it writes `baton.lock`: every folder exists and may be granted, and this
//! plugin and all others can still run with their grants.

use std::path::{Path, PathBuf};

use baton_core::grants::{Grant, GrantedFolder, Mode};
use baton_core::manifest::Manifest;
use baton_core::shell::words;
use baton_registry::{Lock, overlap};

use super::config::Config;
use super::foreign::ForeignItem;
use super::{Workspace, folders, grants};

/// Checks the grants in `lock` of the plugin with this manifest, including the new ones in `added`. Replaces the path of
/// each added grant by its resolved path.
pub(crate) fn check_grants(
    workspace: &Workspace,
    manifest: &Manifest,
    added: &[Grant],
    lock: &mut Lock,
) -> Result<(), String> {
    let plugin = manifest.name.as_str();
    let Some(entry) = lock.plugins.iter_mut().find(|entry| entry.name == plugin) else { return Ok(()) };
    let is_new = |grant: &GrantedFolder| added.contains(&Grant::Files(grant.clone()));
    let new = entry.grants.files.iter_mut().filter(|grant| is_new(grant));
    let wrong: Vec<String> = new.filter_map(|grant| resolve(workspace, grant).err()).collect();
    if !wrong.is_empty() {
        let more = if added.len() > wrong.len() { "; nothing was granted" } else { "" };
        return Err(wrong.join("; ") + more);
    }
    let granted = entry.grants.clone();
    let placed = folders::placed(workspace, lock);
    grants::effective(workspace, manifest, &granted, &placed).map_err(|error| format!("{error:#}"))?;
    // A folder of another plugin must not be inside a folder that this plugin may write to.
    let others = lock.plugins.iter().filter_map(|other| overlap::find(&other.name, &placed));
    match others.into_iter().find(|found| found.other.plugin == plugin) {
        Some(found) => Err(format!("the plugin `{}` could not run any more: {found}", found.refused.plugin)),
        None => Ok(()),
    }
}

/// Finds the folder of a grant and sets the grant's path to it.
fn resolve(workspace: &Workspace, grant: &mut GrantedFolder) -> Result<(), String> {
    let (folder, mode) = (&grant.folder, grant.mode);
    let spelling = words(&[format!("files:{mode}={folder}=PATH")]);
    let Some(written) = &grant.path else {
        if !Config::FOLDERS.contains(&folder.as_str()) {
            return Err(format!("baton.toml has no folder named `{folder}`, so the grant must name one: {spelling}"));
        }
        let missing = |path: &PathBuf| !workspace.base.join(path).is_dir();
        return match workspace.config.folder(folder).into_iter().find(missing) {
            Some(path) => {
                let path = workspace.base.join(path);
                Err(format!(
                    "`{folder}` is {} in baton.toml, but that folder does not exist: mkdir -p {}",
                    path.display(),
                    words(&[path.display().to_string()])
                ))
            }
            None => Ok(()),
        };
    };
    let path = workspace.base.join(at_home(written));
    let real = path.canonicalize().map_err(|error| {
        let made = words(&[path.display().to_string()]);
        format!(
            "there is no folder {} for `{folder}` ({error}); make it with `mkdir -p {made}`, or name one that exists: {spelling}",
            path.display()
        )
    })?;
    if !real.is_dir() {
        return Err(format!("{} is not a folder; `{folder}` needs one: {spelling}", real.display()));
    }
    if let Some(foreign) = ForeignItem::below(&real, mode == Mode::Rw) {
        return Err(format!("{}: {}", real.display(), foreign.refusal()));
    }
    // A path below the workspace stays relative, so that the workspace can be moved.
    let relative =
        real.strip_prefix(&workspace.base).ok().filter(|below| written.is_relative() && !below.as_os_str().is_empty());
    grant.path = Some(relative.map_or_else(|| real.clone(), Path::to_owned));
    Ok(())
}

/// Expands `~/`, which a shell does not expand after `=`.
fn at_home(path: &Path) -> PathBuf {
    match (path.strip_prefix("~"), std::env::var_os("HOME")) {
        (Ok(below), Some(home)) => PathBuf::from(home).join(below),
        _ => path.to_owned(),
    }
}
