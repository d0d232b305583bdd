//! Plugins installed from a real registry and by the signatures of the real `minisign`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use baton_tests::{OciRegistry, Output, Skipped, Workspace, fixture, or_skip, tool};
use serde_json::Value;

use crate::plugins::{listed, plugin, revised};

fn noop(workspace: &Workspace) -> Value {
    listed(workspace, "noop")
}

fn minisign(home: &Path, args: &[&str]) {
    Output::of(Command::new("minisign").current_dir(home).env("HOME", home).args(args)).ended(0);
}

/// A workspace that trusts a key, and a copy of `noop` outside of it, signed with that key.
fn signed() -> Result<(Workspace, PathBuf), Skipped> {
    tool("minisign", "minisign")?;
    let workspace = Workspace::init();
    let home = workspace.outside().to_owned();
    minisign(&home, &["-G", "-f", "-W", "-p", "k.pub", "-s", "k.key"]);
    let key = fs::read_to_string(home.join("k.pub")).unwrap().lines().nth(1).unwrap().to_owned();
    workspace.write("baton.toml", format!("{}\n[trust]\nkeys = [\"{key}\"]\n", workspace.read("baton.toml")));
    let file = home.join("noop.wasm");
    fs::copy(fixture("noop"), &file).unwrap();
    sign(&file);
    Ok((workspace, file))
}

fn sign(file: &Path) {
    let name = file.file_name().unwrap().to_str().unwrap();
    minisign(file.parent().unwrap(), &["-S", "-s", "k.key", "-m", name, "-t", "x"]);
}

#[test]
fn a_package_signed_with_a_trusted_key_runs_at_once_and_so_does_its_next_revision() {
    let (workspace, file) = or_skip!(signed());
    let file = file.to_str().unwrap();
    plugin(&workspace, &["install", file]).ended(0);
    let first = noop(&workspace);
    assert_eq!(first["state"], "enabled");
    assert!(first["key"].is_string());
    fs::write(file, revised("noop")).unwrap();
    let refused = plugin(&workspace, &["install", file]).ended(2).stderr;
    assert!(refused.contains("signature"), "{refused}");
    assert_eq!(noop(&workspace), first, "the signature is of other bytes");
    sign(Path::new(file));
    plugin(&workspace, &["update"]).ended(0);
    let second = noop(&workspace);
    assert_ne!(second["digest"], first["digest"]);
    assert_eq!((&second["state"], &second["pending"]), (&first["state"], &Value::Null));
    workspace.drop_handoff("noop", "Job");
    workspace.up_once();
    assert_eq!(workspace.task("Job").state, "succeeded");
}

#[test]
fn a_dropped_package_with_its_signature_needs_no_approval() {
    let (workspace, file) = or_skip!(signed());
    workspace.write("plugins/noop.wasm.minisig", fs::read(file.with_extension("wasm.minisig")).unwrap());
    workspace.write("plugins/noop.wasm", fs::read(&file).unwrap());
    workspace.up_once();
    assert_eq!(noop(&workspace)["state"], "enabled");
    workspace.drop_handoff("noop", "Job");
    workspace.up_once();
    assert_eq!(workspace.task("Job").state, "succeeded");
}

#[test]
fn a_plugin_is_installed_from_a_registry_and_updated_by_its_tag() {
    let registry = or_skip!(OciRegistry::open());
    let workspace = Workspace::init();
    let (file, reference) = (workspace.outside().join("noop.wasm"), registry.reference("plugins/noop:1"));
    let publish = |component: &[u8]| {
        fs::write(&file, component).unwrap();
        plugin(&workspace, &["push", file.to_str().unwrap(), &reference]).ended(0);
    };
    let approve = || {
        let list = noop(&workspace);
        let digest = list["pending"]["digest"].as_str().or(list["digest"].as_str()).unwrap();
        plugin(&workspace, &["approve", &format!("noop@{digest}")]).ended(0);
    };
    publish(&fs::read(fixture("noop")).unwrap());
    plugin(&workspace, &["install", &reference]).ended(0);
    approve();
    let first = noop(&workspace);
    assert_eq!(first["source"], reference.as_str());
    plugin(&workspace, &["update"]).ended(0);
    publish(&revised("noop"));
    plugin(&workspace, &["update", "--check"]).ended(1);
    assert_eq!(noop(&workspace), first);
    plugin(&workspace, &["update"]).ended(0);
    approve();
    assert_ne!(noop(&workspace)["digest"], first["digest"]);
    // An installed plugin does not need its registry any more.
    drop(registry);
    workspace.drop_handoff("noop", "Job");
    workspace.up_once();
    assert_eq!(workspace.task("Job").state, "succeeded");
    let unreachable = plugin(&workspace, &["install", &reference]).ended(2).stderr;
    assert!(
        unreachable.contains(&reference.replace("oci://", "").split('/').next().unwrap().to_owned()),
        "{unreachable}"
    );
}
