//! Where the program, the fixture plugins, the repository and the corpus of real files are.

use std::path::{Path, PathBuf};

const HOW: &str = "run `cargo xtask test`, or first `cargo build -p baton` and `cargo xtask guests`";

/// The program: `BATON_BIN`, else the one that was built beside the tests.
///
/// # Panics
/// When it is not there.
#[must_use]
pub fn baton() -> PathBuf {
    let built = || {
        let test = std::env::current_exe().ok()?;
        Some(test.parent()?.parent()?.join("baton"))
    };
    let program = std::env::var_os("BATON_BIN").map(PathBuf::from).or_else(built).unwrap_or_default();
    assert!(program.is_file(), "{} is missing: {HOW}", program.display());
    program
}

/// The component of a fixture plugin: below `BATON_FIXTURES`, else where `cargo xtask guests` puts it.
///
/// # Panics
/// When it is not there.
#[must_use]
pub fn fixture(name: &str) -> PathBuf {
    let built = || repository().join("target/guests/wasm32-wasip2/guest");
    let folder = std::env::var_os("BATON_FIXTURES").map_or_else(built, PathBuf::from);
    let component = folder.join(format!("{}.wasm", name.replace('-', "_")));
    assert!(component.is_file(), "{} is missing: {HOW}", component.display());
    component
}

/// The top of the repository.
///
/// # Panics
/// When the tests lie elsewhere than they did when they were built.
#[must_use]
pub fn repository() -> PathBuf {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    tests.parent().expect("the tests lie in the repository").to_owned()
}

/// The corpus of real files is not on this machine.
#[derive(Clone, Copy, Debug)]
pub struct Missing;

/// A folder of `../shared`, the corpus of real files beside the repository.
///
/// # Errors
/// When it is not there; that was said on stderr.
///
/// # Panics
/// When it is not there under `CI=true`.
#[expect(clippy::print_stderr, reason = "a skipped test has to say so")]
pub fn shared(folder: &str) -> Result<PathBuf, Missing> {
    let shared = repository().join("../shared").join(folder);
    if let Ok(found) = shared.canonicalize() {
        return Ok(found);
    }
    let ci = std::env::var("CI").is_ok_and(|value| value == "true");
    assert!(!ci, "{} must be there under CI=true", shared.display());
    eprintln!("SKIPPED: {} is not there, so nothing was tested against real files", shared.display());
    Err(Missing)
}

/// The tools of a language (`python`, `node`), as `.ci/run` installs them: a folder for `PATH`, below `BATON_TOOLS` or in
/// `target/tools`.
///
/// # Errors
/// When `tool` is not in it; that was said on stderr.
///
/// # Panics
/// When it is not there under `CI=true`.
#[expect(clippy::print_stderr, reason = "a skipped test has to say so")]
pub fn tools(folder: &str, tool: &str) -> Result<PathBuf, Missing> {
    let tools = std::env::var_os("BATON_TOOLS").map_or_else(|| repository().join("target/tools"), PathBuf::from);
    let place = tools.join(folder);
    if place.join(tool).is_file() {
        return Ok(place);
    }
    let ci = std::env::var("CI").is_ok_and(|value| value == "true");
    assert!(!ci, "{} must be there under CI=true", place.join(tool).display());
    eprintln!("SKIPPED: {tool} is not in {}; .ci/run shows how to install it", place.display());
    Err(Missing)
}
