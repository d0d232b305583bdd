//! Writing plugins: creates one from a template, builds its folder into one installable `.wasm`, and runs its examples.
//!
//! `language` has everything that depends on a language. This module installs and downloads nothing: if a tool is missing,
//! the error names the command that installs the tool.

mod build;
mod example;
mod expected;
mod language;
mod project;
mod servers;
mod template;
mod trial;
mod types;

pub(crate) use build::{BuiltPlugin, build, built};
pub(crate) use example::{Example, read_all};
pub(crate) use expected::EmittedHandoff;
pub(crate) use language::Language;
pub(crate) use project::Project;
pub(crate) use template::create_project;
pub(crate) use trial::{StepTrial, run_example};
pub(crate) use types::{has_types, types_file, write_types};
