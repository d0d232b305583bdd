//! Builds a plugin's folder into one installable `.wasm`: runs the tool of its language, adds the manifest, and checks the
//! result as an installation does.

use std::fs;
use std::io::ErrorKind;
use std::path::PathBuf;

use anyhow::{Context as _, bail};
use baton_registry::{Package, pack};

use super::Project;
use super::types::refresh_types;
use crate::output;

/// The result of a build.
#[derive(Debug)]
pub(crate) struct BuiltPlugin {
    pub(crate) file: PathBuf,
    pub(crate) bytes: Vec<u8>,
    /// The parsed package.
    pub(crate) package: Package,
}

/// The path of the package of a project.
fn component_file(project: &Project) -> PathBuf {
    project.folder.join(format!("{}.wasm", project.name))
}

/// Builds the plugin into `NAME.wasm` in its folder. Updates the types file first, if the plugin has one. The output of the
/// language's tool goes to stderr.
pub(crate) fn build(project: &Project) -> anyhow::Result<BuiltPlugin> {
    refresh_types(project)?;
    let component = project.language.component(&project.folder, &project.name);
    run_tool(project, &component)?;
    let made = fs::read(&component)
        .with_context(|| format!("the tool succeeded, but {} does not exist", component.display()))?;
    let (bytes, package) = if project.language.is_packed_by_us() {
        pack(&made, &project.name, &project.version, &project.manifest)?
    } else {
        let package = Package::read(&made)?;
        (made, package)
    };
    let file = component_file(project);
    // Write a hidden file and rename it, so that programs that watch the folder see only complete files.
    let hidden = project.folder.join(format!(".{}.wasm.tmp", project.name));
    let written = fs::write(&hidden, &bytes).and_then(|()| fs::rename(&hidden, &file));
    written.with_context(|| format!("failed to write {}", file.display()))?;
    Ok(BuiltPlugin { file, bytes, package })
}

pub(crate) fn built(project: &Project) -> anyhow::Result<BuiltPlugin> {
    let file = component_file(project);
    let bytes = fs::read(&file).with_context(|| format!("failed to read {}; build it first", file.display()))?;
    let package = Package::read(&bytes).with_context(|| format!("{} is not a plugin", file.display()))?;
    Ok(BuiltPlugin { file, bytes, package })
}

fn run_tool(project: &Project, component: &std::path::Path) -> anyhow::Result<()> {
    let language = project.language;
    let target = project.folder.join("target");
    fs::create_dir_all(&target).with_context(|| format!("failed to make {}", target.display()))?;
    let mut command = language.command(&project.folder, &project.declares, component);
    let tool = command.get_program().to_string_lossy().into_owned();
    let setup = format!("cd {} && {}", project.folder.display(), language.setup());
    match command.current_dir(&project.folder).output() {
        Ok(ended) if ended.status.success() => Ok(()),
        Ok(ended) => {
            for stream in [ended.stdout, ended.stderr] {
                output::note(String::from_utf8_lossy(&stream).trim_end());
            }
            bail!("`{tool}` ended with {}; its messages above say why. Set up its tools with: {setup}", ended.status)
        }
        Err(error) if error.kind() == ErrorKind::NotFound => {
            bail!("`{tool}` is not installed; install it with: {setup}")
        }
        Err(error) => Err(error).with_context(|| format!("failed to start {tool}")),
    }
}
