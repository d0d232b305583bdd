//! `cargo xtask demo`: builds the program with its plugins, and runs the demo of `tests/src/bin/demo.rs`.

use crate::guests;
use crate::shell::{cargo, program, root};

/// Builds and runs the demo. Fails if one of its steps fails.
pub(crate) fn run() -> anyhow::Result<()> {
    let plugins = guests::build_shipped()?;
    // Uses the same features as the tests, so that dependencies are built only once.
    let build = ["build", "--workspace", "--bins", "--features=baton/failpoints"];
    cargo(build).env("BATON_PLUGINS_DIR", plugins).run()?;
    let folder = root().join("target/debug");
    program(folder.join("demo"), [""; 0]).env("BATON_BIN", folder.join("baton")).run()
}
