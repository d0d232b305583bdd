//! New plugins: writes a template, the WIT contract and the SDK, which are embedded in the program, into a folder.

use std::fs;
use std::path::Path;

use anyhow::Context as _;
use baton_core::plugin_name;

use super::Language;

/// Groups of files (a template, `sdk`, `wit`), each file with its path and its bytes.
type Groups = &'static [(&'static str, &'static [(&'static str, &'static [u8])])];

const GROUPS: Groups = include!(concat!(env!("OUT_DIR"), "/plugin_templates.rs"));

/// The name of the plugin in every template.
const PLACEHOLDER: &str = "my-plugin";

/// Creates `folder` with a new plugin `name`.
pub(crate) fn create_project(folder: &Path, name: &str, language: Language) -> anyhow::Result<()> {
    plugin_name::check(name)?;
    fs::create_dir(folder).with_context(|| format!("failed to make the folder {}", folder.display()))?;
    // The SDK contains the contract; without an SDK the contract is a folder of the plugin.
    let beside = if language == Language::Rust { "sdk" } else { "wit" };
    write_group(language.name(), folder, name)?;
    write_group(beside, &folder.join(beside), PLACEHOLDER)
}

fn write_group(group: &str, folder: &Path, name: &str) -> anyhow::Result<()> {
    let files = GROUPS.iter().find(|(known, _)| *known == group).map_or(&[][..], |(_, files)| files);
    for (file, bytes) in files {
        let path = folder.join(file);
        let text = String::from_utf8_lossy(bytes).replace(PLACEHOLDER, name);
        let below = path.parent().unwrap_or(folder);
        let written = fs::create_dir_all(below).and_then(|()| fs::write(&path, text));
        written.with_context(|| format!("failed to write {}", path.display()))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::Project;
    use super::*;

    #[test]
    fn every_template_makes_a_complete_plugin_with_the_given_name() {
        for language in Language::ALL {
            let place = tempfile::tempdir().unwrap();
            let folder = place.path().join("tidy-tracks");
            create_project(&folder, "tidy-tracks", language).unwrap();
            let project = Project::read(&folder).unwrap();
            assert_eq!((project.language, project.name.as_str()), (language, "tidy-tracks"));
            assert!(!super::super::read_all(&folder).unwrap().is_empty(), "{language:?} has examples");
            let readme = fs::read_to_string(folder.join("README.md")).unwrap();
            assert!(readme.contains(language.setup()) && !readme.contains(PLACEHOLDER), "{readme}");
            let world = if language == Language::Rust { "sdk/wit/world.wit" } else { "wit/world.wit" };
            assert!(folder.join(world).is_file() && folder.join(".gitignore").is_file());
            assert!(create_project(&folder, "tidy-tracks", language).is_err(), "nothing is overwritten");
        }
    }

    #[test]
    fn a_plugin_in_rust_is_less_than_forty_lines() {
        let (_, files) = GROUPS.iter().find(|(group, _)| *group == "rust").unwrap();
        let (_, source) = files.iter().find(|(file, _)| *file == "src/lib.rs").unwrap();
        assert!(source.split(|byte| *byte == b'\n').count() < 40);
    }

    #[test]
    fn errors_on_a_name_that_is_a_path_or_not_a_package_name() {
        let place = tempfile::tempdir().unwrap();
        for name in ["../x", "", "X", "a b", "9lives", "-x", "a_b", "all", "examples", "claude-code"] {
            assert!(create_project(&place.path().join("x"), name, Language::Rust).is_err(), "{name}");
        }
        assert!(!place.path().join("x").exists());
    }
}
