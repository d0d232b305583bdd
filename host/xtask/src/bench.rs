//! `cargo xtask bench`: the benches of `tests/benches`, in release, with ready components.

use anyhow::ensure;

use crate::guests;
use crate::shell::cargo;

/// The benches by name.
const BENCHES: [&str; 1] = ["noop_call"];

/// Runs one bench, or all.
///
/// # Errors
/// When there is no such bench or it fails.
pub(crate) fn run(name: Option<&str>) -> anyhow::Result<()> {
    ensure!(
        name.is_none_or(|name| BENCHES.contains(&name)),
        "there is no bench of that name; there are: {}",
        BENCHES.join(", ")
    );
    let fixtures = guests::build_all()?;
    for bench in BENCHES.iter().filter(|bench| name.is_none_or(|name| name == **bench)) {
        cargo(["bench", "--package", "baton-tests", "--bench", bench]).env("BATON_FIXTURES", &fixtures).run()?;
    }
    Ok(())
}
