//! The folder of a plugin: its language, its name and version (from the project file of its language), and its `manifest.json`.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use baton_core::manifest::SourceManifest;
use serde_json::Value;

use super::Language;

/// A plugin's folder.
#[derive(Debug)]
pub(crate) struct Project {
    pub(crate) folder: PathBuf,
    pub(crate) language: Language,
    pub(crate) name: String,
    pub(crate) version: String,
    /// The text of `manifest.json`.
    pub(crate) manifest: String,
    pub(crate) declares: SourceManifest,
}

impl Project {
    pub(crate) fn read(folder: &Path) -> anyhow::Result<Self> {
        let folder =
            folder.canonicalize().with_context(|| format!("failed to find the folder {}", folder.display()))?;
        let Some(language) = Language::ALL.into_iter().find(|one| folder.join(one.project_file()).is_file()) else {
            let known = Language::ALL.map(Language::project_file).join(", ");
            bail!("{} has none of {known}; `baton plugin new NAME` makes a plugin", folder.display());
        };
        let (name, version) = name_and_version(&folder.join(language.project_file()), language)?;
        let path = folder.join("manifest.json");
        let manifest = read(&path)?;
        let declares =
            serde_json::from_str(&manifest).with_context(|| format!("failed to parse {}", path.display()))?;
        Ok(Self { folder, language, name, version, manifest, declares })
    }
}

fn name_and_version(file: &Path, language: Language) -> anyhow::Result<(String, String)> {
    let text = read(file)?;
    let wrong = || format!("failed to parse {}", file.display());
    let (document, section): (Value, &str) = match language {
        Language::Rust => (toml::from_str(&text).with_context(wrong)?, "/package"),
        Language::Python => (toml::from_str(&text).with_context(wrong)?, "/project"),
        Language::Javascript => (serde_json::from_str(&text).with_context(wrong)?, ""),
    };
    let field = |name: &str| {
        let found = document.pointer(&format!("{section}/{name}")).and_then(Value::as_str).map(str::to_owned);
        found.with_context(|| format!("{} has no `{name}`, or it is not a string", file.display()))
    };
    let plugin = field("name")?;
    let version = match document.pointer("/package/version/workspace") {
        Some(Value::Bool(true)) => version_of_workspace(file)?,
        _ => field("version")?,
    };
    Ok((plugin, version))
}

/// The version that a crate inherits from its Cargo workspace.
fn version_of_workspace(file: &Path) -> anyhow::Result<String> {
    for folder in file.ancestors().skip(2) {
        let Ok(text) = fs::read_to_string(folder.join("Cargo.toml")) else { continue };
        let document: Value = toml::from_str(&text).with_context(|| format!("failed to parse {}", folder.display()))?;
        if let Some(version) = document.pointer("/workspace/package/version").and_then(Value::as_str) {
            return Ok(version.to_owned());
        }
    }
    bail!(
        "{} inherits its version from a Cargo workspace, but no parent folder's Cargo.toml has [workspace.package] \
           version",
        file.display()
    )
}

fn read(file: &Path) -> anyhow::Result<String> {
    fs::read_to_string(file).with_context(|| format!("failed to read {}", file.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MANIFEST: &str = r#"{"description":"x","default_action":"a","actions":{"a":{"description":"x"}}}"#;

    fn project(files: &[(&str, &str)]) -> anyhow::Result<Project> {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            fs::write(folder.path().join(name), text).unwrap();
        }
        Project::read(folder.path())
    }

    #[test]
    fn each_language_has_name_and_version_in_its_project_file() {
        for (language, file, text) in [
            (Language::Rust, "Cargo.toml", "[package]\nname = \"x\"\nversion = \"1.2.3\"\nedition = \"2024\""),
            (Language::Python, "pyproject.toml", "[project]\nname = \"x\"\nversion = \"1.2.3\""),
            (Language::Javascript, "package.json", r#"{"name":"x","version":"1.2.3"}"#),
        ] {
            let read = project(&[(file, text), ("manifest.json", MANIFEST)]).unwrap();
            assert_eq!((read.language, read.name.as_str(), read.version.as_str()), (language, "x", "1.2.3"));
        }
    }

    #[test]
    fn a_crate_may_have_its_version_from_its_workspace() {
        let folder = tempfile::tempdir().unwrap();
        let plugin = folder.path().join("plugins/x");
        fs::create_dir_all(&plugin).unwrap();
        fs::write(plugin.join("Cargo.toml"), "[package]\nname = \"x\"\nversion.workspace = true").unwrap();
        fs::write(plugin.join("manifest.json"), MANIFEST).unwrap();
        assert!(
            Project::read(&plugin)
                .unwrap_err()
                .to_string()
                .contains("no parent folder's Cargo.toml has [workspace.package] version")
        );
        fs::write(folder.path().join("Cargo.toml"), "[workspace.package]\nversion = \"0.4.0\"").unwrap();
        assert_eq!(Project::read(&plugin).unwrap().version, "0.4.0");
    }

    #[test]
    fn errors_name_the_file_that_is_wrong() {
        for (files, named) in [
            (&[][..], "baton plugin new"),
            (&[("package.json", "{}"), ("manifest.json", MANIFEST)], "package.json has no `name`"),
            (&[("package.json", "{")], "package.json"),
            (&[("package.json", r#"{"name":"x","version":"1"}"#)], "manifest.json"),
            (&[("package.json", r#"{"name":"x","version":"1"}"#), ("manifest.json", "{}")], "manifest.json"),
        ] {
            let error = format!("{:#}", project(files).unwrap_err());
            assert!(error.contains(named), "{error}");
        }
    }
}
