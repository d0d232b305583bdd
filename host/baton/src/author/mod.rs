//! Writing plugins: a new one from a template, from its folder to one installable `.wasm`, and its examples tried out.
//!
//! What a language needs stands in `language`; nothing here is installed or downloaded, a missing tool is named with the
//! command that brings it.

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
pub(crate) use template::lay_down;
pub(crate) use trial::{StepTrial, try_out};
pub(crate) use types::{has_types, types_file, write_types};
