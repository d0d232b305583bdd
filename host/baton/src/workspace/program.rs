//! Finds programs that `baton.toml` names. Nothing is run here.

use std::fs::Metadata;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use super::Workspace;

/// The program `name`: with a `/` it is a path, relative to `base`; otherwise it is searched for on `PATH`.
pub(crate) fn find_program(base: &Path, name: &str) -> Result<PathBuf, String> {
    if name.contains('/') {
        let path = base.join(name);
        return match path.metadata() {
            Err(error) => Err(format!("{} cannot be read: {error}", path.display())),
            Ok(found) if !found.is_file() => Err(format!("{} is not a file", path.display())),
            Ok(found) if is_executable(&found) => Ok(path),
            Ok(_) => Err(format!("{} is not executable; run `chmod +x` on it", path.display())),
        };
    }
    let folders = std::env::var_os("PATH").unwrap_or_default();
    let runs = |path: &PathBuf| path.metadata().is_ok_and(|found| found.is_file() && is_executable(&found));
    let found = std::env::split_paths(&folders).map(|folder| base.join(folder).join(name)).find(runs);
    found.ok_or_else(|| format!("there is no program `{name}` on PATH"))
}

fn is_executable(found: &Metadata) -> bool {
    found.permissions().mode() & 0o111 != 0
}

/// The files that the command of `[notify]` runs: its program, and each argument that is an existing file, such as a script.
pub(super) fn run_by_baton(workspace: &Workspace) -> Vec<PathBuf> {
    let Some(notify) = workspace.config.notify() else { return Vec::new() };
    let mut words = notify.command.iter();
    let program = words.next().and_then(|program| find_program(&workspace.base, program).ok());
    let files = words.map(|word| workspace.base.join(word)).filter(|path| path.is_file());
    program.into_iter().chain(files).collect()
}
