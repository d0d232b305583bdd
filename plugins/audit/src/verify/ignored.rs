//! Names that git ignores: secrets, builds, local settings. Such files are never committed, so a missing file does not contradict
//! the plan.
//!
//! The `.gitignore` files of all folders of the path are read. For a name without a folder, the `.gitignore` files of the
//! folders that the plan names are read too. As in git, the last pattern that matches decides.

use std::collections::HashMap;

use baton_core::glob::Globs;

use crate::index::Index;
use crate::plan::Kind;

const NAME: &str = ".gitignore";

/// The `.gitignore` files that were read, by their folder.
#[derive(Debug, Default)]
pub struct IgnoredNames(HashMap<String, Vec<Rule>>);

#[derive(Debug)]
struct Rule {
    /// Matches paths relative to the folder of the `.gitignore`.
    name: Globs,
    /// Matches everything below a folder that the pattern matches.
    below: Globs,
    /// The pattern ends in `/`: it matches only folders.
    only_folders: bool,
    keeps: bool,
}

impl Rule {
    fn matches(&self, path: &str, is_folder: bool) -> bool {
        self.below.matches(path) || self.name.matches(path) && (is_folder || !self.only_folders)
    }
}

impl IgnoredNames {
    /// The `.gitignore` that ignores the path, if any does.
    pub(super) fn by(&mut self, index: &Index, path: &str, kind: Kind, folders: &[String]) -> Option<String> {
        let is_folder = kind == Kind::Folder;
        let parents = path.match_indices('/').map(|(at, _)| path.get(..at).unwrap_or_default());
        let own: Vec<&str> = std::iter::once("").chain(parents).collect();
        // The deepest file that has a matching pattern decides.
        let decision = own.iter().rev().find_map(|folder| {
            let ignores = self.ignores(index, folder, below(path, folder), is_folder)?;
            Some((*folder, ignores))
        });
        if let Some((folder, ignores)) = decision {
            return ignores.then(|| file_in(folder));
        }
        let named = folders.iter().map(String::as_str).filter(|_| !path.contains('/'));
        let mut ignoring = named.filter(|folder| self.ignores(index, folder, path, is_folder) == Some(true));
        ignoring.next().map(file_in)
    }

    /// Whether the `.gitignore` of a folder ignores a path; `None` if no pattern matches.
    fn ignores(&mut self, index: &Index, folder: &str, path: &str, is_folder: bool) -> Option<bool> {
        let rules = self.0.entry(folder.to_owned()).or_insert_with(|| read(index, folder));
        rules.iter().rev().find(|rule| rule.matches(path, is_folder)).map(|rule| !rule.keeps)
    }
}

fn file_in(folder: &str) -> String {
    if folder.is_empty() { NAME.to_owned() } else { format!("{folder}/{NAME}") }
}

fn below<'a>(path: &'a str, folder: &str) -> &'a str {
    path.strip_prefix(folder).map_or(path, |rest| rest.trim_start_matches('/'))
}

fn read(index: &Index, folder: &str) -> Vec<Rule> {
    let text = index.find(&file_in(folder)).and_then(|found| index.read(&found).ok());
    text.map(|content| content.text.lines().filter_map(rule).collect()).unwrap_or_default()
}

/// A line of a `.gitignore`; `None` for comments and patterns that are not valid.
fn rule(line: &str) -> Option<Rule> {
    let line = line.trim_end();
    let (keeps, pattern) = line.strip_prefix('!').map_or((false, line), |pattern| (true, pattern));
    if pattern.is_empty() || pattern.starts_with('#') {
        return None;
    }
    let (only_folders, pattern) = pattern.strip_suffix('/').map_or((false, pattern), |pattern| (true, pattern));
    // A pattern without a slash matches at any depth. Braces are plain characters for git.
    let depth = if pattern.contains('/') { "" } else { "**/" };
    let pattern = pattern.trim_start_matches('/').replace('{', "\\{").replace('}', "\\}");
    let name = format!("{depth}{pattern}");
    let below = format!("{name}/**");
    Some(Rule { name: Globs::new(&[name]).ok()?, below: Globs::new(&[below]).ok()?, only_folders, keeps })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index::Root;

    #[test]
    fn the_last_pattern_that_matches_decides() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(folder.path().join("web")).unwrap();
        let root = "# local\n.env*\n!.env.example\nbuild/\n/out\ndocs/*.tmp\n{a}\n[\n*.log\n";
        std::fs::write(folder.path().join(NAME), root).unwrap();
        std::fs::write(folder.path().join("web").join(NAME), "*.local\n!keep.log\n").unwrap();
        let index = Index::build(vec![Root { path: folder.path().to_owned(), shown: "root".into() }]);
        let mut names = IgnoredNames::default();
        let web = ["web".to_owned()];
        let mut by = |path: &str, is_folder: bool| {
            names.by(&index, path, if is_folder { Kind::Folder } else { Kind::File }, &web)
        };
        for (path, is_folder) in [
            (".env.local", false),
            ("web/.env", false),
            ("build/a/b.js", false),
            ("web/build", true),
            ("out", false),
            ("docs/x.tmp", false),
            ("{a}", false),
        ] {
            assert_eq!(by(path, is_folder).as_deref(), Some(".gitignore"), "{path}");
        }
        for path in [".env.example", "web/keep.log", "build", "web/out", "docs/a/x.tmp", "a", "src/main.rs"] {
            assert_eq!(by(path, false), None, "{path}");
        }
        assert_eq!(by("settings.local", false).as_deref(), Some("web/.gitignore"), "a folder of the plan");
        assert_eq!(by("web/x.local", false).as_deref(), Some("web/.gitignore"));
        assert_eq!(by("other/x.local", false), None);
    }
}
