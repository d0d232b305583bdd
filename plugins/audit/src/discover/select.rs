//! Selects plans by arguments or by changed paths.
//!
//! A plan is named as reports show it (`plans/a.md`), or relative to a plans folder (`a.md`, `sub`), or by a pattern of
//! either (`**/*PLAN*.md`). A path outside of the plans folders needs a grant. A missing plan is an error in the arguments. A
//! pattern without a match is only a note, because it may match later.

use std::fs;
use std::path::Path;

use baton_core::glob::Globs;

use super::walk::{Discovery, PlansFolder, is_plan, join};
use crate::plan::Place;
use crate::remark::{NoteSeverity, Remark};

/// The reason why the plans cannot be selected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// The name is wrong.
    NoSuchPlan(String),
    /// The plan is in a folder that is not granted.
    NotGranted(String),
}

/// Every plan of every plans folder.
#[must_use]
pub fn all(folders: &[PlansFolder]) -> Discovery {
    let mut discovery = Discovery::default();
    for folder in folders {
        discovery.add(folder, "");
    }
    discovery.note_empty();
    discovery.finish()
}

/// Finds the plans with these names.
///
/// # Errors
/// [`Refusal::NotGranted`] for a name outside every plans folder, [`Refusal::NoSuchPlan`] for a missing plan.
pub fn named(folders: &[PlansFolder], names: &[String]) -> Result<Discovery, Refusal> {
    let mut discovery = Discovery::default();
    for name in names {
        take(&mut discovery, folders, name)?;
    }
    Ok(discovery.finish())
}

/// The changed paths that are existing plans.
#[must_use]
pub fn changed(folders: &[PlansFolder], paths: &[String]) -> Discovery {
    let mut discovery = Discovery::default();
    for path in paths {
        let below = folders.iter().find_map(|folder| {
            let relative = Path::new(path).strip_prefix(&folder.path).ok()?.to_str()?;
            Some((folder, relative))
        });
        if let Some((folder, relative)) = below
            && let Place::Inside { path: relative, .. } = Place::of(relative)
            && relative.rsplit('/').next().is_some_and(is_plan)
            && is_below(folder, &relative)
        {
            discovery.add_file(folder, &relative);
        }
    }
    discovery.finish()
}

/// Adds one plan, or all plans of a folder or a pattern.
///
/// # Errors
/// As [`named`].
pub(super) fn take(discovery: &mut Discovery, folders: &[PlansFolder], name: &str) -> Result<(), Refusal> {
    for (folder, relative) in readings(folders, name) {
        if !is_below(folder, &relative) {
            continue;
        }
        let Ok(meta) = fs::symlink_metadata(join(&folder.path, &relative)) else { continue };
        if meta.is_dir() {
            discovery.add(folder, &relative);
            return Ok(());
        }
        if discovery.add_file(folder, &relative) {
            return Ok(());
        }
        return Err(Refusal::NoSuchPlan(format!("the plan `{name}` is neither a regular file nor a folder")));
    }
    if Globs::is_pattern(name) { pattern(discovery, folders, name) } else { Err(refusal(folders, name)) }
}

fn pattern(discovery: &mut Discovery, folders: &[PlansFolder], name: &str) -> Result<(), Refusal> {
    let globs = Globs::new(&[name]).map_err(|error| Refusal::NoSuchPlan(format!("the plans `{name}`: {error}")))?;
    let mut any = false;
    for folder in folders {
        let before = discovery.plans.len();
        discovery.add(folder, "");
        let fits = |shown: &str| {
            let relative = shown.strip_prefix(folder.shown.as_str()).unwrap_or(shown).trim_start_matches('/');
            globs.matches(shown) || globs.matches(relative)
        };
        let kept = discovery.keep(folder, before, fits);
        any |= kept > 0;
    }
    if !any {
        let title = format!("no plan fits the pattern {name}");
        discovery.notes.push(Remark::new(format!("plans:{name}:no-match"), NoteSeverity::Medium, title, ""));
    }
    Ok(())
}

/// Every possible meaning of a name: a name as reports show it, then a path relative to each folder.
fn readings<'a>(folders: &'a [PlansFolder], name: &str) -> Vec<(&'a PlansFolder, String)> {
    let by_shown = folders.iter().filter_map(|folder| {
        let rest = name.trim_end_matches('/').strip_prefix(folder.shown.trim_end_matches('/'))?;
        let rest = if rest.is_empty() { rest } else { rest.strip_prefix('/')? };
        Some((folder, rest.to_owned()))
    });
    let relative = folders.iter().filter(|_| !name.starts_with('/')).map(|folder| (folder, name.to_owned()));
    let inside = |(folder, rest): (&'a PlansFolder, String)| match Place::of(&rest) {
        Place::Inside { path, .. } => Some((folder, path)),
        Place::Outside(_) => None,
    };
    by_shown.chain(relative).filter_map(inside).collect()
}

/// True if no part of `relative` is a link, so that the path stays below the folder.
fn is_below(folder: &PlansFolder, relative: &str) -> bool {
    let mut here = folder.path.clone();
    relative.split('/').filter(|part| !part.is_empty()).all(|part| {
        here.push(part);
        !fs::symlink_metadata(&here).is_ok_and(|meta| meta.file_type().is_symlink())
    })
}

fn refusal(folders: &[PlansFolder], name: &str) -> Refusal {
    let shown: Vec<&str> = folders.iter().map(|folder| folder.shown.as_str()).collect();
    let starts = |folder: &PlansFolder| name.starts_with(&format!("{}/", folder.shown.trim_end_matches('/')));
    let leaves =
        name.split('/').any(|part| part == "..") || (name.starts_with(['/', '~']) && !folders.iter().any(starts));
    let top = name.split('/').next().unwrap_or_default();
    let known_top = folders.iter().any(|folder| join(&folder.path, top).symlink_metadata().is_ok());
    if leaves || (name.contains('/') && !folders.iter().any(starts) && !known_top) {
        let place = name.rsplit_once('/').map_or(name, |(place, _)| if place.is_empty() { "/" } else { place });
        return Refusal::NotGranted(format!(
            "the plan `{name}` is not in a granted plans folder ({}): grant the folder `{place}` as `plans`",
            shown.join(", ")
        ));
    }
    let mut there: Vec<String> = all(folders).plans.into_iter().map(|plan| plan.shown).collect();
    let more = there.len().saturating_sub(10);
    there.truncate(10);
    let listed = if there.is_empty() { "none".to_owned() } else { there.join(", ") };
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    Refusal::NoSuchPlan(format!("there is no plan `{name}`; the plans in {} are: {listed}{more}", shown.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folders(dir: &Path) -> Vec<PlansFolder> {
        fs::create_dir_all(dir.join("sub/.hidden")).unwrap();
        for name in ["b.md", "a.TXT", "sub/c.md", "sub/.hidden/d.md", ".e.md", "f.json"] {
            fs::write(dir.join(name), "x").unwrap();
        }
        vec![PlansFolder { path: dir.to_owned(), shown: "plans".into() }]
    }

    fn shown(discovery: Discovery) -> Vec<String> {
        discovery.plans.into_iter().map(|plan| plan.shown).collect()
    }

    #[test]
    fn all_plans_are_found_in_order_without_hidden_ones() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(shown(all(&folders(dir.path()))), ["plans/a.TXT", "plans/b.md", "plans/sub/c.md"]);
    }

    #[test]
    fn plans_are_named_as_shown_or_relative_or_by_folder() {
        let dir = tempfile::tempdir().unwrap();
        let folders = folders(dir.path());
        let names = |names: &[&str]| {
            named(&folders, &names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>()).map(shown)
        };
        assert_eq!(names(&["plans/b.md", "b.md", "./sub"]).unwrap(), ["plans/b.md", "plans/sub/c.md"]);
        assert_eq!(names(&["plans"]).unwrap().len(), 3);
        for missing in ["x.md", "plans/x.md", "sub/x.md"] {
            let refusal = names(&[missing]).unwrap_err();
            assert!(matches!(&refusal, Refusal::NoSuchPlan(text) if text.contains("plans/b.md")), "{refusal:?}");
        }
        for outside in ["docs/x.md", "/etc/passwd", "../x.md", "plans/../../x.md", "~/x.md"] {
            let refusal = names(&[outside]).unwrap_err();
            assert!(matches!(refusal, Refusal::NotGranted(_)), "{outside}: {refusal:?}");
        }
    }

    #[test]
    fn changed_plans_that_no_longer_exist_are_left_out() {
        let dir = tempfile::tempdir().unwrap();
        let folders = folders(dir.path());
        let at = |name: &str| dir.path().join(name).to_str().unwrap().to_owned();
        assert_eq!(
            shown(changed(&folders, &[at("b.md"), at("gone.md"), at("f.json"), "/elsewhere/b.md".into()])),
            ["plans/b.md"]
        );
    }

    #[cfg(unix)]
    #[test]
    fn links_are_never_plans() {
        let dir = tempfile::tempdir().unwrap();
        let folders = folders(dir.path());
        std::os::unix::fs::symlink(dir.path().join("b.md"), dir.path().join("l.md")).unwrap();
        std::os::unix::fs::symlink("..", dir.path().join("sub/up")).unwrap();
        assert_eq!(all(&folders).plans.len(), 3);
        assert!(named(&folders, &["l.md".into()]).is_err() && named(&folders, &["sub/up/x/b.md".into()]).is_err());
    }
}
