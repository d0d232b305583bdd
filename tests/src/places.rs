//! Paths of the program and of the fixture plugins.

use std::path::PathBuf;

use crate::repository;

const HOW: &str = "run `cargo xtask test`, or first `cargo build -p baton` and `cargo xtask guests`";

/// The program: `BATON_BIN`, or else the one in the tests' build folder.
///
/// # Panics
/// When it is missing.
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

/// The component of a fixture plugin: in `BATON_FIXTURES`, or else in the output folder of `cargo xtask guests`.
///
/// # Panics
/// When it is missing.
#[must_use]
pub fn fixture(name: &str) -> PathBuf {
    let built = || repository().join("target/guests/wasm32-wasip2/guest");
    let folder = std::env::var_os("BATON_FIXTURES").map_or_else(built, PathBuf::from);
    let component = folder.join(format!("{}.wasm", name.replace('-', "_")));
    assert!(component.is_file(), "{} is missing: {HOW}", component.display());
    component
}
