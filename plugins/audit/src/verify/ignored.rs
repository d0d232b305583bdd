//! Names that git ignores: secrets, builds, local settings. Such a file is never committed, so its absence refutes nothing.
//!
//! The `.gitignore` files of the path's own folders are read; for a name without a folder, also those of the folders that
//! the plan names. As in git, the last pattern that matches decides.

use std::collections::HashMap;

use baton_core::glob::Globs;

use crate::index::Index;
use crate::plan::Kind;

const NAME: &str = ".gitignore";

/// The `.gitignore` files that were read, by their folder.
#[derive(Debug, Default)]
pub(super) struct IgnoredNames(HashMap<String, Vec<Rule>>);

#[derive(Debug)]
struct Rule {
    /// What it matches, relative to the folder of its file.
    paths: Globs,
    /// A pattern with `/` at its end matches folders only.
    folders: Globs,
    keeps: bool,
}

impl IgnoredNames {
    /// The `.gitignore` that ignores the path, if any does.
    pub(super) fn by(&mut self, index: &Index, path: &str, kind: Kind, folders: &[String]) -> Option<String> {
        let is_folder = kind == Kind::Folder;
        let parents = path.match_indices('/').map(|(at, _)| path.get(..at).unwrap_or_default());
        let own: Vec<&str> = std::iter::once("").chain(parents).collect();
        if let Some(folder) =
            own.iter().rev().find(|folder| self.ignores(index, folder, below(path, folder), is_folder))
        {
            return Some(file_in(folder));
        }
        let named = folders.iter().filter(|_| !path.contains('/'));
        named.map(String::as_str).find(|folder| self.ignores(index, folder, path, is_folder)).map(file_in)
    }

    fn ignores(&mut self, index: &Index, folder: &str, path: &str, is_folder: bool) -> bool {
        let rules = self.0.entry(folder.to_owned()).or_insert_with(|| read(index, folder));
        let decides = |rule: &&Rule| rule.paths.matches(path) || is_folder && rule.folders.matches(path);
        rules.iter().rev().find(decides).is_some_and(|rule| !rule.keeps)
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
    let pattern = format!("{depth}{pattern}");
    let within = format!("{pattern}/**");
    let paths =
        if only_folders { Globs::new(&[within.as_str()]) } else { Globs::new(&[pattern.as_str(), within.as_str()]) };
    Some(Rule { paths: paths.ok()?, folders: Globs::new(&[pattern.as_str()]).ok()?, keeps })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index::Root;

    #[test]
    fn the_last_pattern_that_matches_decides() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(folder.path().join("web")).unwrap();
        let root = "# local\n.env*\n!.env.example\nbuild/\n/out\ndocs/*.tmp\n{a}\n[\n";
        std::fs::write(folder.path().join(NAME), root).unwrap();
        std::fs::write(folder.path().join("web").join(NAME), "*.local\n").unwrap();
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
        for path in [".env.example", "build", "web/out", "docs/a/x.tmp", "a", "src/main.rs"] {
            assert_eq!(by(path, false), None, "{path}");
        }
        assert_eq!(by("settings.local", false).as_deref(), Some("web/.gitignore"), "a folder of the plan");
        assert_eq!(by("web/x.local", false).as_deref(), Some("web/.gitignore"));
        assert_eq!(by("other/x.local", false), None);
    }
}
