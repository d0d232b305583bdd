//! Rules for crates that the compiler does not check: which crates a crate may use, which libraries only certain crates may use, and
//! what is at the top level of the repository.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use baton_tests::{files_below, repository};
use serde_json::Value;

/// The host's crates, each with the crates that it may use besides the common ones.
const CRATES: [(&str, &[&str]); 19] = [
    (
        "baton",
        &[
            "accounts",
            "catalog",
            "command-agent",
            "dispatch",
            "fingerprint",
            "intake",
            "ledger",
            "library",
            "plugin-sql",
            "process",
            "registry",
            "sandbox",
            "server",
            "track-match",
        ],
    ),
    ("server", &["dispatch", "ledger"]),
    ("command-agent", &["dispatch", "ledger", "process"]),
    ("dispatch", &["intake", "sandbox", "ledger", "process"]),
    ("registry", &["sandbox", "ledger"]),
    ("sandbox", &["catalog", "fingerprint", "ledger", "library", "plugin-sql"]),
    ("accounts", &[]),
    ("library", &["catalog", "fingerprint", "track-match"]),
    ("plugin-sql", &["catalog", "sqlite"]),
    ("catalog", &["sqlite", "track-match"]),
    ("intake", &[]),
    ("ledger", &["sqlite"]),
    ("files", &[]),
    ("process", &[]),
    ("sqlite", &[]),
    ("fingerprint", &[]),
    ("track-match", &[]),
    ("core", &[]),
    ("xtask", &[]),
];

/// The common crates: every other crate of the host may use them, unless it is in [`WITHOUT_COMMON`].
const COMMON: [&str; 2] = ["core", "files"];

/// Crates that may not use the common crates: the pure crates except `fingerprint`, the common crates themselves and the build
/// tool.
const WITHOUT_COMMON: [&str; 4] = ["core", "files", "track-match", "xtask"];

/// Libraries that only the named crates may use, so that they are easy to replace.
const KEPT: [(&str, &[&str]); 11] = [
    ("notify", &["baton-intake"]),
    ("rusqlite", &["baton-sqlite", "baton-ledger", "baton-catalog", "baton-plugin-sql"]),
    ("wasmtime", &["baton-sandbox"]),
    ("wasmtime-wasi", &["baton-sandbox"]),
    ("clap", &["baton"]),
    ("wit-bindgen", &["baton-plugin-sdk"]),
    ("minisign-verify", &["baton-registry"]),
    ("oci-client", &["baton-registry"]),
    // Each of the three crates sets its own limits: `registry` loads packages from any server, `library` talks to Eagle on this
    // machine, and `accounts` talks to token endpoints.
    ("reqwest", &["baton-registry", "baton-library", "baton-accounts"]),
    ("oauth2", &["baton-accounts"]),
    ("lofty", &["baton-library"]),
];

/// Crates without I/O. `core` and `track-match` compile to WebAssembly too, so plugins use them.
const PURE: [&str; 3] = ["core", "fingerprint", "track-match"];

/// Libraries that the pure crates must not use.
const NOT_PURE: [&str; 8] =
    ["tokio", "rusqlite", "wasmtime", "wasmtime-wasi", "notify", "tempfile", "walkdir", "tracing"];

/// A member of the workspace.
struct Member {
    name: String,
    folder: PathBuf,
    /// Its normal and build dependencies.
    uses: BTreeSet<String>,
}

impl Member {
    /// Its top-level folder: `host`, `plugins` or `tests`.
    fn top_folder(&self) -> String {
        let below = self.folder.strip_prefix(repository()).unwrap();
        below.components().next().unwrap().as_os_str().to_string_lossy().into_owned()
    }

    /// The name without the prefix of the host's crates.
    fn crate_name(&self) -> &str {
        self.name.strip_prefix("baton-").unwrap_or(&self.name)
    }
}

fn members() -> Vec<Member> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let asked = Command::new(cargo)
        .args(["metadata", "--format-version", "1", "--no-deps", "--offline"])
        .current_dir(repository())
        .output()
        .unwrap();
    assert!(asked.status.success(), "{}", String::from_utf8_lossy(&asked.stderr));
    let metadata: Value = serde_json::from_slice(&asked.stdout).unwrap();
    metadata["packages"].as_array().unwrap().iter().map(member).collect()
}

fn member(package: &Value) -> Member {
    let manifest = PathBuf::from(package["manifest_path"].as_str().unwrap());
    let counts = |dependency: &&Value| dependency["kind"] != "dev";
    let uses = package["dependencies"].as_array().unwrap().iter().filter(counts);
    Member {
        name: package["name"].as_str().unwrap().to_owned(),
        folder: manifest.parent().unwrap().canonicalize().unwrap(),
        uses: uses.map(|dependency| dependency["name"].as_str().unwrap().to_owned()).collect(),
    }
}

/// The members that a member uses.
fn used_members<'a>(member: &'a Member, all: &'a [Member]) -> impl Iterator<Item = &'a str> {
    let is_member = |name: &&String| all.iter().any(|other| other.name == **name);
    member.uses.iter().filter(is_member).map(|name| name.strip_prefix("baton-").unwrap_or(name))
}

#[test]
fn a_crate_uses_only_the_crates_that_the_table_allows() {
    let (members, crates) = (members(), BTreeMap::from(CRATES));
    let mut seen = 0;
    for member in members.iter().filter(|member| member.top_folder() == "host") {
        let allowed = crates.get(member.crate_name());
        let allowed = allowed.unwrap_or_else(|| panic!("`{}` has no row in the table of crates", member.name));
        for used in used_members(member, &members) {
            let is_common = COMMON.contains(&used) && !WITHOUT_COMMON.contains(&member.crate_name());
            let fine = allowed.contains(&used) || is_common;
            assert!(fine, "`{}` may not use `{used}`", member.name);
        }
        seen += 1;
    }
    assert_eq!(seen, CRATES.len(), "the table has a crate that does not exist");
}

#[test]
fn a_plugin_uses_only_the_sdk_the_kit_and_pure_crates() {
    let members = members();
    for member in &members {
        let is_plugin =
            member.top_folder() == "plugins" || member.folder.starts_with(repository().join("tests/plugins"));
        if is_plugin {
            let wrong: Vec<_> = used_members(member, &members)
                .filter(|used| !["plugin-sdk", "plugin-kit", "core", "track-match"].contains(used))
                .collect();
            assert!(wrong.is_empty(), "the plugin `{}` uses {wrong:?}", member.name);
        }
    }
}

#[test]
fn the_pure_crates_use_no_runtime_database_or_file_system() {
    for member in members().iter().filter(|member| PURE.contains(&member.crate_name())) {
        let wrong: Vec<_> = NOT_PURE.iter().filter(|library| member.uses.contains(**library)).collect();
        assert!(wrong.is_empty(), "`{}` uses {wrong:?}", member.name);
    }
}

#[test]
fn only_the_listed_crates_use_a_restricted_library() {
    for member in members().iter().filter(|member| member.top_folder() != "tests") {
        for (library, keepers) in KEPT {
            let may = keepers.contains(&member.name.as_str());
            assert!(may || !member.uses.contains(library), "`{}` uses {library}", member.name);
        }
    }
}

#[test]
fn only_one_file_uses_the_watching_library() {
    let named: Vec<_> = files_below(&repository().join("host"))
        .into_iter()
        .filter(|file| file.extension().is_some_and(|ending| ending == "rs"))
        .filter(|file| fs::read_to_string(file).unwrap().contains("notify::"))
        .map(|file| file.strip_prefix(repository()).unwrap().to_owned())
        .collect();
    assert_eq!(named, [Path::new("host/intake/src/watch.rs")]);
}

#[test]
fn versions_are_set_in_one_place() {
    for member in members() {
        let manifest = fs::read_to_string(member.folder.join("Cargo.toml")).unwrap();
        let mut among_dependencies = false;
        for line in manifest.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
            if line.starts_with('[') {
                among_dependencies = line.contains("dependencies");
            } else if among_dependencies {
                assert!(line.contains("workspace = true"), "{}: `{line}` does not inherit its version", member.name);
            }
        }
    }
}

#[test]
fn no_other_entries_are_visible_at_the_top_level() {
    let mut top = tracked().unwrap_or_else(untracked);
    top.retain(|name| !name.starts_with('.'));
    let expected = ["Cargo.lock", "Cargo.toml", "LICENSE", "README.md", "handoffs", "host", "plugins", "tests", "wit"];
    assert_eq!(top, expected.map(str::to_owned).into());
}

/// The tracked names at the top level; `None` outside of a git checkout.
fn tracked() -> Option<BTreeSet<String>> {
    let listed = Command::new("git").args(["ls-files", "-z"]).current_dir(repository()).output().ok()?;
    let text = String::from_utf8(listed.stdout).ok().filter(|text| listed.status.success() && !text.is_empty())?;
    Some(
        text.split('\0')
            .filter_map(|path| path.split('/').next())
            .filter(|top| !top.is_empty())
            .map(str::to_owned)
            .collect(),
    )
}

fn untracked() -> BTreeSet<String> {
    let entries = fs::read_dir(repository()).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned());
    names.filter(|name| name != "target").collect()
}
