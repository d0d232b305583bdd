//! Types for the arguments of a plugin's actions, generated from the schemas of its `manifest.json`.
//!
//! The schema is the only source: the host checks arguments with it, and `run --help` shows it. The types are in a file
//! beside the plugin's source. `baton plugin types` writes this file, and `build` and `test` update it, so the types
//! always fit the schema. Every value that the schema allows fits the generated type, except an integer that is written
//! with a decimal point (`1.0`). A schema without a simple type (several types, combined schemas) becomes any JSON value.

mod model;
mod python;
mod rust;
mod typescript;
mod words;

use std::fs;
use std::io::ErrorKind;
use std::path::PathBuf;

use anyhow::{Context as _, bail};

use super::{Language, Project};
use model::Model;
use words::MARK;

pub(crate) fn types_file(project: &Project) -> PathBuf {
    let name = match project.language {
        Language::Rust => "arguments.rs",
        Language::Python => "arguments.py",
        Language::Javascript => "arguments.d.ts",
    };
    project.folder.join("src").join(name)
}

fn text(project: &Project) -> String {
    let model = Model::of(&project.declares.actions);
    match project.language {
        Language::Rust => rust::text(&model),
        Language::Python => python::text(&model),
        Language::Javascript => typescript::text(&model),
    }
}

/// The text of the types file; `None` if it does not exist.
fn read_types_file(project: &Project) -> anyhow::Result<Option<String>> {
    let path = types_file(project);
    match fs::read_to_string(&path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| format!("failed to read {}", path.display())),
    }
}

fn is_generated(text: &str) -> bool {
    text.lines().next().is_some_and(|first| first.contains(MARK))
}

pub(crate) fn write_types(project: &Project) -> anyhow::Result<()> {
    let path = types_file(project);
    let existing = read_types_file(project)?;
    if existing.as_ref().is_some_and(|text| !is_generated(text)) {
        bail!("{} was not made by `baton plugin types` and is not replaced; rename it", path.display());
    }
    let text = text(project);
    if existing.as_ref() == Some(&text) {
        return Ok(());
    }
    fs::write(&path, text).with_context(|| format!("failed to write {}", path.display()))
}

/// Whether the file has the current types of the manifest.
pub(crate) fn has_types(project: &Project) -> anyhow::Result<bool> {
    Ok(read_types_file(project)?.is_some_and(|known| known == text(project)))
}

/// Updates the types file if the plugin has one.
pub(super) fn refresh_types(project: &Project) -> anyhow::Result<()> {
    match read_types_file(project)? {
        Some(known) if is_generated(&known) => write_types(project),
        _ => Ok(()),
    }
}
