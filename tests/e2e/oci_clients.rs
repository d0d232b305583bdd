//! Interoperability with other registry clients: they read what Baton publishes, and Baton reads what they publish. `skopeo` copies
//! artifacts; `wkg` is the client of the Bytecode Alliance.

use std::fs;
use std::path::Path;
use std::process::Command;

use baton_tests::{OciRegistry, Output, Workspace, fixture, or_skip, sha256, tool};
use serde_json::{Value, json};

fn baton(workspace: &Workspace, args: &[&str]) -> Output {
    Output::of(workspace.command().arg("plugin").args(args)).ended(0)
}

/// Publishes the fixture `noop` with a text in place of a signature.
fn push(workspace: &Workspace, reference: &str) -> (Vec<u8>, Value) {
    let file = workspace.outside().join("noop.wasm");
    fs::copy(fixture("noop"), &file).unwrap();
    fs::write(workspace.outside().join("noop.wasm.minisig"), SIGNATURE).unwrap();
    let pushed = baton(workspace, &["push", file.to_str().unwrap(), reference, "--json"]).json();
    (fs::read(file).unwrap(), pushed)
}

/// A signature by an untrusted key.
const SIGNATURE: &str = "untrusted comment: signature from minisign secret key\n\
    RUQf6LRCGA9i559r3g7V1qNyJDApGip8MfqcadIgT9CuhV3EMhHoN1mGTkUidF/z7SrlQgXdy8ofjb7bNJJylDOocrCo8KLzZwo=\n\
    trusted comment: timestamp:1633700835\tfile:test\tprehashed\n\
    wLMDjy9FLAuxZ3q4NlEvkgtyhrr0gtTu6KC4KBJdITbbOeAi1zBIYo0v4iTgt8jJpIidRJnp94ABQkJAgAooBQ==\n";

/// The signature as base64, which is the form of the annotation, encoded by the system's `base64`.
fn annotation(workspace: &Workspace) -> String {
    let mut command = Command::new("openssl");
    command.current_dir(workspace.outside()).args(["base64", "-A", "-in", "noop.wasm.minisig"]);
    Output::of(&mut command).ended(0).stdout.trim().to_owned()
}

fn skopeo(args: &[&str]) -> Output {
    Output::of(Command::new("skopeo").args(args)).ended(0)
}

#[test]
fn skopeo_copies_published_packages_with_their_signatures() {
    let registry = or_skip!(OciRegistry::open());
    or_skip!(tool("skopeo", "apt-get install skopeo"));
    let workspace = Workspace::empty();
    let (noop, pushed) = push(&workspace, &registry.reference("noop:1"));
    let source = format!("docker://{}/noop:1", registry.host());

    let manifest = skopeo(&["inspect", "--raw", "--tls-verify=false", &source]).stdout;
    assert_eq!(json!(format!("sha256:{}", sha256(manifest.as_bytes()))), pushed["manifest"]);
    let manifest: Value = serde_json::from_str(&manifest).unwrap();
    assert_eq!(manifest["annotations"]["io.baton.minisig"], json!(annotation(&workspace)));

    let folder = registry.folder().join("copied");
    let copied = format!("dir:{}", folder.display());
    skopeo(&["copy", "--insecure-policy", "--src-tls-verify=false", &source, &copied]);
    assert_eq!(fs::read(folder.join(sha256(&noop))).unwrap(), noop, "skopeo has the component");
    let target = format!("docker://{}/mirror/noop:2", registry.host());
    skopeo(&["copy", "--insecure-policy", "--dest-tls-verify=false", &copied, &target]);

    let inspected = baton(&workspace, &["inspect", "--json", &registry.reference("mirror/noop:2")]).json();
    assert_eq!(inspected["digest"], pushed["digest"]);
    assert_eq!(inspected["signature"]["key"], json!("E7620F1842B4E81F"), "the copy has the signature");
}

fn wkg(home: &Path, args: &[&str]) -> Output {
    Output::of(Command::new("wkg").current_dir(home).env("HOME", home).args(args)).ended(0)
}

#[test]
fn wkg_and_baton_read_each_other() {
    let registry = or_skip!(OciRegistry::open());
    or_skip!(tool("wkg", "cargo install --locked wkg"));
    let workspace = Workspace::empty();
    let (noop, pushed) = push(&workspace, &registry.reference("noop:1"));
    let home = workspace.outside();
    let of = |place: &str| format!("{}/{place}", registry.host());
    wkg(home, &["oci", "pull", "--insecure", registry.host(), &of("noop:1"), "-o", "pulled.wasm"]);
    assert_eq!(fs::read(home.join("pulled.wasm")).unwrap(), noop);
    wkg(home, &["oci", "push", "--insecure", registry.host(), &of("by-wkg:1"), "noop.wasm"]);
    let inspected = baton(&workspace, &["inspect", "--json", &registry.reference("by-wkg:1")]).json();
    assert_eq!((&inspected["digest"], &inspected["signature"]["state"]), (&pushed["digest"], &json!("none")));
    let signed = format!("io.baton.minisig={}", annotation(&workspace));
    let push = ["oci", "push", "--insecure", registry.host(), "--annotation", &signed, &of("by-wkg:2"), "noop.wasm"];
    wkg(home, &push);
    let inspected = baton(&workspace, &["inspect", "--json", &registry.reference("by-wkg:2")]).json();
    assert_eq!(inspected["signature"]["key"], json!("E7620F1842B4E81F"), "a signature can be added by hand");
}
