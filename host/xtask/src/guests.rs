//! The WebAssembly components: the first-party plugins, and the fixtures of the tests.

use std::path::PathBuf;

use anyhow::{Context as _, bail};

use crate::shell::{self, cargo, program, root};

const TARGET: &str = "wasm32-wasip2";

const SHIPPED: [&str; 7] = ["audit", "djay", "drive-sync", "music-files", "notion", "spotify", "tracker"];

/// Builds the bundled plugins and returns their folder.
pub(crate) fn build_shipped() -> anyhow::Result<PathBuf> {
    build(&SHIPPED.map(str::to_owned))
}

/// Builds the bundled plugins and all fixtures, and returns their folder.
pub(crate) fn build_all() -> anyhow::Result<PathBuf> {
    let fixtures = std::fs::read_dir(root().join("tests/plugins")).context("failed to find the fixture plugins")?;
    let mut names = SHIPPED.map(str::to_owned).to_vec();
    for fixture in fixtures {
        names.push(fixture?.file_name().to_string_lossy().into_owned());
    }
    names.sort();
    build(&names)
}

fn build(names: &[String]) -> anyhow::Result<PathBuf> {
    add_target(TARGET)?;
    let folder = root().join("target/guests");
    let packages = names.iter().flat_map(|name| ["--package".to_owned(), name.clone()]);
    cargo(["build", "--profile", "guest", "--target", TARGET, "--target-dir"])
        .args([folder.as_os_str()])
        .args(packages)
        .run()?;
    Ok(folder.join(TARGET).join("guest"))
}

/// Adds a WebAssembly target if it is missing.
pub(crate) fn add_target(target: &str) -> anyhow::Result<()> {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let folder = program(rustc, ["--print", "target-libdir", "--target", target]).read().unwrap_or_default();
    if PathBuf::from(folder.trim()).is_dir() {
        return Ok(());
    }
    if shell::program("rustup", ["target", "add", target]).run().is_err() {
        bail!(
            "the target {target} is missing and rustup could not add it: install rustup (https://rustup.rs) or the target"
        );
    }
    Ok(())
}
