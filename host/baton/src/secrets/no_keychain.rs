//! Systems without a key store for daemons: all values are in the file.

use std::path::Path;

use anyhow::bail;

/// Returns false: the caller stores the value in the file.
#[expect(clippy::unnecessary_wraps, reason = "the same form as on macOS")]
pub(super) fn set(_: &Path, _: &str, _: &str) -> anyhow::Result<bool> {
    Ok(false)
}

pub(super) fn get(_: &Path, name: &str) -> anyhow::Result<Option<String>> {
    bail!("it is in the keychain of a Mac; set it on this machine with `baton secret set {name}`")
}

#[expect(clippy::unnecessary_wraps, reason = "the same form as on macOS")]
pub(super) fn remove(_: &Path, _: &str) -> anyhow::Result<()> {
    Ok(())
}
