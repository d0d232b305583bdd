//! `baton.toml`: what the operator says about the workspace. An unknown key is an error, because a setting that nobody
//! reads is worse than none.

use std::path::{Component, Path, PathBuf};

use anyhow::{Context as _, bail};
use serde::Deserialize;

/// What `baton init` writes.
pub(crate) const TEMPLATE: &str = r#"# A Baton workspace. `baton up` serves it; every path is relative to this file.

[plans]
# Folders with plans. A change in one of them is audited by itself.
dirs = ["plans"]
# The folder that the plans speak of: what they promise is looked up below it.
root = "."
"#;

/// The configuration of a workspace.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub(crate) struct Config {
    /// `[plans]`.
    #[serde(default)]
    plans: Plans,
    /// A root for everything that has none of its own.
    #[serde(default)]
    root: Option<PathBuf>,
}

/// `[plans]`: where plans lie and what they speak of.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
struct Plans {
    #[serde(default = "Plans::default_dirs")]
    dirs: Vec<PathBuf>,
    #[serde(default)]
    root: Option<PathBuf>,
}

impl Plans {
    fn default_dirs() -> Vec<PathBuf> {
        vec![PathBuf::from("plans")]
    }
}

impl Default for Plans {
    fn default() -> Self {
        Self { dirs: Self::default_dirs(), root: None }
    }
}

impl Config {
    /// Reads the file.
    ///
    /// # Errors
    /// When it is not there, does not parse, or has a key that nobody reads.
    pub(crate) fn read(path: &Path) -> anyhow::Result<Self> {
        let text = std::fs::read_to_string(path).with_context(|| format!("failed to read {}", path.display()))?;
        Self::parse(&text).with_context(|| format!("failed to understand {}", path.display()))
    }

    fn parse(text: &str) -> anyhow::Result<Self> {
        let mut unknown = Vec::new();
        let document = toml::Deserializer::parse(text)?;
        let config: Self = serde_ignored::deserialize(document, |key| unknown.push(key.to_string()))?;
        if !unknown.is_empty() {
            bail!("there is no setting `{}`; take it out or correct its name", unknown.join("`, `"));
        }
        Ok(config)
    }

    /// A configuration in which named folders stand for `folders`, in order.
    pub(crate) fn with_folders(folders: &[(&str, &Path)]) -> Self {
        let named = |wanted: &str| -> Vec<PathBuf> {
            folders.iter().filter(|(name, _)| *name == wanted).map(|(_, folder)| (*folder).to_owned()).collect()
        };
        Self { plans: Plans { dirs: named("plans"), root: named("root").pop() }, root: None }
    }

    /// The folders that a named folder stands for, as written. Unknown names stand for nothing.
    pub(crate) fn folder(&self, name: &str) -> Vec<PathBuf> {
        match name {
            "plans" => self.plans.dirs.clone(),
            "root" => {
                vec![self.plans.root.clone().or_else(|| self.root.clone()).unwrap_or_else(|| PathBuf::from("."))]
            }
            _ => Vec::new(),
        }
    }

    /// The names that [`Config::folder`] knows.
    pub(crate) const FOLDERS: [&str; 2] = ["plans", "root"];
}

/// How a configured folder is shown to people: as written, without `./` and a slash at its end.
pub(crate) fn shown(path: &Path) -> String {
    let clean: PathBuf = path.components().filter(|part| *part != Component::CurDir).collect();
    if clean.as_os_str().is_empty() { ".".to_owned() } else { clean.to_string_lossy().into_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_template_parses_to_the_defaults() {
        let config = Config::parse(TEMPLATE).unwrap();
        assert_eq!(config.folder("plans"), Config::default().folder("plans"));
        assert_eq!(config.folder("root"), [PathBuf::from(".")]);
    }

    #[test]
    fn the_root_may_stand_in_the_section_or_above_it() {
        for text in ["root = \"tree\"\n[plans]\ndirs = [\"p\"]", "[plans]\ndirs = [\"p\"]\nroot = \"tree\""] {
            assert_eq!(Config::parse(text).unwrap().folder("root"), [PathBuf::from("tree")], "{text}");
        }
    }

    #[test]
    fn errors_on_a_key_that_nobody_reads() {
        let error = Config::parse("[plans]\ndir = \"plans\"").unwrap_err().to_string();
        assert!(error.contains("`plans.dir`"), "{error}");
    }

    #[test]
    fn folders_are_shown_without_dots() {
        assert_eq!((shown(Path::new("./plans/")).as_str(), shown(Path::new("."))), ("plans", ".".to_owned()));
    }
}
