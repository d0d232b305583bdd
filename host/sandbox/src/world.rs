//! Checks the names of a component's imports before it is compiled. The linker checks the types when the component is
//! loaded.

use std::collections::BTreeSet;

use wasmparser::WasmFeatures;

/// The version of `baton:plugin` that this host supports.
pub const VERSION: &str = "0.1.0";

/// The world of `baton:plugin`, which lists the interfaces that a component may import.
const WORLD: &str = include_str!("../../../wit/world.wit");

/// The linked packages of WASI. A function that needs a grant returns an error if the grant is missing.
const WASI: [&str; 7] = ["cli", "clocks", "filesystem", "http", "io", "random", "sockets"];

/// The WebAssembly features of the engine.
#[must_use]
pub fn features() -> WasmFeatures {
    WasmFeatures::default()
}

/// Checks that this host can link a component that has these imports and was built for `version` of the world.
///
/// # Errors
/// When this host does not have the version or an import. The error names what is missing, and the fix.
pub fn check(version: &str, imports: &BTreeSet<String>) -> Result<(), String> {
    if version != VERSION {
        return Err(format!(
            "it is built for baton:plugin@{version}, and this host has baton:plugin@{VERSION}: build it again with the wit/ \
             of this host"
        ));
    }
    match imports.iter().find(|import| !is_served(import)) {
        Some(import) => Err(format!("it imports `{import}`, which this host does not have")),
        None => Ok(()),
    }
}

fn is_served(import: &str) -> bool {
    let Some((package, rest)) = import.split_once('/') else { return false };
    let Some((interface, version)) = rest.split_once('@') else { return false };
    match package.split_once(':') {
        Some(("baton", "plugin")) => version == VERSION && is_ours(interface),
        Some(("wasi", package)) => WASI.contains(&package) && version.starts_with("0.2."),
        _ => false,
    }
}

fn is_ours(interface: &str) -> bool {
    let imported = |line: &'static str| line.trim().strip_prefix("import ")?.strip_suffix(';');
    WORLD.lines().filter_map(imported).any(|name| name == interface)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_linked_imports_are_accepted() {
        for import in [
            "baton:plugin/types@0.1.0",
            "baton:plugin/progress@0.1.0",
            "wasi:filesystem/types@0.2.6",
            "wasi:io/streams@0.2.12",
        ] {
            assert!(is_served(import), "{import}");
        }
        for import in [
            "baton:plugin/types@0.2.0",
            "baton:plugin/progress@0.0.1",
            "baton:plugin/root@0.1.0",
            "wasi:gpu/x@0.2.0",
            "wasi:io/poll@0.3.0",
            "env",
            "",
        ] {
            assert!(!is_served(import), "{import}");
        }
    }
}
