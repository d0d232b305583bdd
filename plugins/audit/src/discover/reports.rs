//! Other documents whose assertions are checked: reports in any granted folder.
//!
//! They are named like plans: as reports show them (`root/docs/reports`), relative to a granted folder, or by a pattern. A path
//! outside of the granted folders needs a grant. A missing report is only a note, because it may be written later.

use std::path::Path;

use baton_core::glob::Globs;

use super::select::{Refusal, take};
use super::walk::{Discovery, PlansFolder, is_plan, shown_join};
use crate::index::{EntryKind, Index};
use crate::limits;
use crate::remark::{NoteSeverity, Remark};

/// Finds the named reports in the plans folders and in the roots of the index.
///
/// # Errors
/// [`Refusal::NotGranted`] for a name outside every granted folder, [`Refusal::NoSuchPlan`] for an invalid pattern.
pub fn reports(folders: &[PlansFolder], index: &Index, names: &[String]) -> Result<Discovery, Refusal> {
    let roots = index.roots().iter().map(|root| PlansFolder { path: root.path.clone(), shown: root.shown.clone() });
    let granted: Vec<PlansFolder> = folders.iter().cloned().chain(roots).collect();
    let mut found = Discovery::default();
    for name in names {
        let before = found.plans.len();
        if Globs::is_pattern(name) {
            by_pattern(&mut found, folders, index, name)?;
        } else if let Err(Refusal::NotGranted(_) | Refusal::NoSuchPlan(_)) = take(&mut found, &granted, name) {
            if leaves(&granted, name) {
                let shown: Vec<&str> = granted.iter().map(|folder| folder.shown.as_str()).collect();
                return Err(Refusal::NotGranted(format!(
                    "the reports `{name}` are not in a granted folder ({}): \
                     `baton plugin grant audit files:ro=plans=PATH` grants one more",
                    shown.join(", ")
                )));
            }
            let title = format!("there is no report at {name}: correct the argument `reports`, or put a report there");
            found.notes.push(Remark::new(format!("reports:{name}:missing"), NoteSeverity::Medium, title, ""));
            continue;
        }
        if found.plans.len() == before {
            let title = format!("there is no report (.md or .txt) at {name}");
            found.notes.push(Remark::new(format!("reports:{name}:empty"), NoteSeverity::Medium, title, ""));
        }
    }
    Ok(found.finish())
}

/// True if a name is outside of every granted folder, whether or not it exists.
fn leaves(granted: &[PlansFolder], name: &str) -> bool {
    let below = |folder: &PlansFolder| Path::new(name).starts_with(&folder.shown);
    name.split('/').any(|part| part == "..") || (name.starts_with(['/', '~']) && !granted.iter().any(below))
}

/// Adds the reports in the plans folders and in the tree that match a pattern, by their shown name or relative to their
/// folder.
fn by_pattern(found: &mut Discovery, folders: &[PlansFolder], index: &Index, name: &str) -> Result<(), Refusal> {
    let globs = Globs::new(&[name]).map_err(|error| Refusal::NoSuchPlan(format!("the reports `{name}`: {error}")))?;
    for folder in folders {
        let before = found.plans.len();
        found.add(folder, "");
        let fits = |shown: &str| {
            let relative = shown.strip_prefix(folder.shown.as_str()).unwrap_or(shown).trim_start_matches('/');
            globs.matches(shown) || globs.matches(relative)
        };
        found.keep(folder, before, fits);
    }
    for path in index.files().filter(|path| is_plan(path.rsplit('/').next().unwrap_or(path))) {
        if found.plans.len() >= limits::PLANS {
            break;
        }
        let Some(file) = index.find(path).filter(|file| file.kind == EntryKind::File) else { continue };
        let Some(root) = index.roots().get(file.root) else { continue };
        if globs.matches(path) || globs.matches(&shown_join(&root.shown, path)) {
            let folder = PlansFolder { path: root.path.clone(), shown: root.shown.clone() };
            found.add_file(&folder, path);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::index::Root;

    #[test]
    fn reports_are_named_as_plans_are() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir_all(dir.path().join("plans")).unwrap();
        fs::create_dir_all(dir.path().join("root/docs/reports/old")).unwrap();
        for name in ["plans/p.md", "root/docs/reports/a.md", "root/docs/reports/old/b.txt"] {
            fs::write(dir.path().join(name), "x").unwrap();
        }
        let folders = [PlansFolder { path: dir.path().join("plans"), shown: "plans".into() }];
        let index = Index::build(vec![Root { path: dir.path().join("root"), shown: "root".into() }]);
        let of = |name: &str| reports(&folders, &index, &[name.to_owned()]);
        let shown = |name: &str| of(name).unwrap().plans.into_iter().map(|plan| plan.shown).collect::<Vec<_>>();
        assert_eq!(shown("docs/reports"), ["root/docs/reports/a.md", "root/docs/reports/old/b.txt"]);
        assert_eq!(shown("root/docs/reports/a.md"), ["root/docs/reports/a.md"]);
        assert_eq!(shown("**/reports/*.md"), ["root/docs/reports/a.md"]);
        assert_eq!(shown("plans"), ["plans/p.md"]);
        for (name, key) in [("docs/gone", "missing"), ("**/GONE*", "empty")] {
            let found = of(name).unwrap();
            let keys: Vec<&str> = found.notes.iter().map(|note| note.key.as_str()).collect();
            assert_eq!((found.plans.len(), keys), (0, vec![format!("reports:{name}:{key}").as_str()]), "{name}");
        }
        for name in ["../x", "/srv/x", "~/x"] {
            assert!(
                matches!(of(name), Err(Refusal::NotGranted(text)) if text.contains("baton plugin grant")),
                "{name}"
            );
        }
        assert!(matches!(of("a["), Err(Refusal::NoSuchPlan(_))));
    }
}
