//! Packages in a real registry: publishing and reading them, passwords, and errors. Tests damage the registry's own storage, so that
//! the real registry serves the damaged data.

use std::fs;
use std::net::TcpListener;
use std::process::Command;

use baton_tests::{OciRegistry, Output, Workspace, fixture, or_skip, sha256};
use serde_json::{Value, json};

/// A registry and a workspace.
struct RegistryWorkspace {
    registry: OciRegistry,
    workspace: Workspace,
}

impl RegistryWorkspace {
    fn of(registry: OciRegistry) -> Self {
        Self { registry, workspace: Workspace::empty() }
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = self.workspace.command();
        command.arg("plugin").args(args);
        command
    }

    fn plugin(&self, args: &[&str]) -> Output {
        Output::of(&mut self.command(args))
    }

    /// Publishes the fixture `noop` and returns what was printed.
    fn push(&self, place: &str) -> Value {
        let noop = fixture("noop");
        let args = ["push", noop.to_str().unwrap(), &self.registry.reference(place), "--json"];
        self.plugin(&args).ended(0).json()
    }

    fn inspect(&self, place: &str) -> Output {
        self.plugin(&["inspect", "--json", &self.registry.reference(place)])
    }

    /// The manifest of a pushed package.
    fn manifest(&self, pushed: &Value) -> Value {
        let manifest = fs::read(self.registry.stored(pushed["manifest"].as_str().unwrap())).unwrap();
        serde_json::from_slice(&manifest).unwrap()
    }
}

/// Asserts that the command failed with an error that contains these words, with one line per cause and without a panic.
#[track_caller]
fn fails(output: Output, says: &[&str]) {
    let output = output.ended(2);
    let missing: Vec<_> = says.iter().filter(|said| !output.stderr.contains(**said)).collect();
    assert!(missing.is_empty() && !output.stderr.contains("panicked"), "{missing:?} is not in\n{}", output.stderr);
    assert_eq!(output.stdout, "");
}

#[test]
fn a_published_package_is_fetched_byte_for_byte() {
    let registry = or_skip!(OciRegistry::open());
    let place = RegistryWorkspace::of(registry);
    let noop = fs::read(fixture("noop")).unwrap();
    let digest = format!("sha256:{}", sha256(&noop));
    let pushed = place.push("plugins/noop:1.0");
    assert_eq!((&pushed["digest"], &pushed["signature"]), (&json!(digest), &json!("none")));
    let pinned = pushed["reference"].as_str().unwrap();
    let inspected = place.inspect("plugins/noop:1.0").ended(0).json();
    assert_eq!((&inspected["digest"], &inspected["from"]), (&json!(digest), &json!(pinned)));
    assert_eq!((&inspected["name"], &inspected["size"]), (&json!("noop"), &json!(noop.len())));
    // A package that is read by its digest, or published again, has the same bytes and the same manifest.
    let manifest = pushed["manifest"].as_str().unwrap();
    let by_digest = place.inspect(&format!("plugins/noop@{manifest}")).ended(0).json();
    assert_eq!(by_digest["digest"], json!(digest));
    assert_eq!(place.push("plugins/noop:1.0"), pushed);
    assert_eq!(place.push("plugins/noop")["manifest"], pushed["manifest"], "the tag is `latest`");
    // Baton uses no proxy for loopback. The proxy of this test does not exist.
    for args in
        [vec!["inspect", pinned], vec!["push", fixture("noop").to_str().unwrap(), pinned.split('@').next().unwrap()]]
    {
        Output::of(place.command(&args).env("http_proxy", "http://127.0.0.1:1")).ended(0);
    }
}

#[test]
fn the_artifact_has_the_layout_that_other_tools_read() {
    let registry = or_skip!(OciRegistry::open());
    let place = RegistryWorkspace::of(registry);
    let manifest = place.manifest(&place.push("noop:1"));
    assert_eq!(manifest["mediaType"], json!("application/vnd.oci.image.manifest.v1+json"));
    assert_eq!(manifest["config"]["mediaType"], json!("application/vnd.wasm.config.v0+json"));
    let layers = manifest["layers"].as_array().unwrap();
    assert_eq!((layers.len(), &layers[0]["mediaType"]), (1, &json!("application/wasm")));
    assert_eq!(manifest["annotations"]["org.opencontainers.image.title"], json!("noop"));
    let config = fs::read(place.registry.stored(manifest["config"]["digest"].as_str().unwrap())).unwrap();
    let config: Value = serde_json::from_slice(&config).unwrap();
    assert_eq!((&config["architecture"], &config["os"]), (&json!("wasm"), &json!("wasip2")));
    assert_eq!(config["layerDigests"], json!([layers[0]["digest"]]));
    let exports = config["component"]["exports"].to_string();
    assert!(exports.contains("baton:plugin/handler"), "{exports}");
}

#[test]
fn a_registry_with_a_password_requires_it() {
    let registry = or_skip!(OciRegistry::with_password());
    let place = RegistryWorkspace::of(registry);
    let (noop, reference) = (fixture("noop"), place.registry.reference("noop:1"));
    let push = ["push", noop.to_str().unwrap(), &reference];
    let inspect = ["inspect", &reference];
    let host = place.registry.host().to_owned();
    let what_to_do = ["docker login", "BATON_REGISTRY_USER", host.as_str()];
    fails(place.plugin(&push), &what_to_do);
    fails(place.plugin(&inspect), &what_to_do);
    let as_somebody = |args: &[&str], password: &str| {
        let mut command = place.command(args);
        command.env("BATON_REGISTRY_USER", "baton").env("BATON_REGISTRY_PASSWORD", password);
        Output::of(&mut command)
    };
    fails(as_somebody(&push, "wrong"), &what_to_do);
    as_somebody(&push, "letmein").ended(0);
    as_somebody(&inspect, "letmein").ended(0);
    fails(as_somebody(&inspect, "wrong"), &what_to_do);
    let mut half = place.command(&inspect);
    fails(Output::of(half.env("BATON_REGISTRY_USER", "baton")), &["BATON_REGISTRY_PASSWORD"]);

    // The form of `docker login`: base64 of baton:letmein.
    let docker = place.workspace.outside().join(".docker");
    fs::create_dir(&docker).unwrap();
    let login = json!({ "auths": { host.as_str(): { "auth": "YmF0b246bGV0bWVpbg==" } } });
    fs::write(docker.join("config.json"), login.to_string()).unwrap();
    place.plugin(&inspect).ended(0);
    place.plugin(&push).ended(0);
    fs::write(docker.join("config.json"), "{").unwrap();
    fails(place.plugin(&inspect), &["config.json", "line 1"]);
}

#[test]
fn a_missing_package_is_named() {
    let registry = or_skip!(OciRegistry::open());
    let place = RegistryWorkspace::of(registry);
    place.push("noop:1");
    let absent = format!("noop@sha256:{}", "0".repeat(64));
    for missing in ["noop:2", "nothing:1", &absent] {
        fails(place.inspect(missing), &[missing, "does not exist"]);
    }
}

#[test]
fn an_unreachable_registry_is_named() {
    let place = Workspace::empty();
    // The system chose this port as a free one, so nothing listens on it.
    let host = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let (noop, reference) = (fixture("noop"), format!("oci://{host}/noop:1"));
    for args in [vec!["inspect", &reference], vec!["push", noop.to_str().unwrap(), &reference]] {
        fails(Output::of(place.command().arg("plugin").args(args)), &[&host, "cannot be reached", "refused"]);
    }
}

#[test]
fn a_component_that_was_changed_in_the_registry_is_refused() {
    let registry = or_skip!(OciRegistry::open());
    let place = RegistryWorkspace::of(registry);
    let pushed = place.push("noop:1");
    let stored = place.registry.stored(pushed["digest"].as_str().unwrap());
    let good = fs::read(&stored).unwrap();
    let size = good.len().to_string();

    fs::write(&stored, &good[..good.len() / 2]).unwrap();
    let half = (good.len() / 2).to_string();
    fails(place.inspect("noop:1"), &["cut off", &half, &size]);

    let mut flipped = good.clone();
    flipped[good.len() / 2] ^= 1;
    fs::write(&stored, &flipped).unwrap();
    fails(place.inspect("noop:1"), &["was changed", pushed["digest"].as_str().unwrap(), &sha256(&flipped)]);

    fs::write(&stored, [good.as_slice(), b"more"].concat()).unwrap();
    fails(place.inspect("noop:1"), &[&size, "the size in its manifest"]);

    fs::remove_file(&stored).unwrap();
    fails(place.inspect("noop:1"), &["the component of", "does not exist"]);
    fs::write(&stored, &good).unwrap();
    place.inspect("noop:1").ended(0);
}

#[test]
fn a_manifest_that_is_not_the_pinned_one_is_refused() {
    let registry = or_skip!(OciRegistry::open());
    let place = RegistryWorkspace::of(registry);
    let pushed = place.push("noop:1");
    let pinned = format!("noop@{}", pushed["manifest"].as_str().unwrap());
    place.inspect(&pinned).ended(0);
    // The manifest gets another annotation. It is valid, but it is not the pinned manifest.
    let stored = place.registry.stored(pushed["manifest"].as_str().unwrap());
    let mut manifest = place.manifest(&pushed);
    manifest["annotations"]["org.opencontainers.image.title"] = json!("other");
    fs::write(&stored, manifest.to_string()).unwrap();
    let refused = place.inspect(&pinned).ended(2);
    assert!(!refused.stderr.contains("panicked"), "{}", refused.stderr);
    assert!(refused.stderr.contains("was changed"), "{}", refused.stderr);
}

#[test]
fn a_package_that_is_too_large_is_not_downloaded() {
    let registry = or_skip!(OciRegistry::open());
    let place = RegistryWorkspace::of(registry);
    let pushed = place.push("noop:1");
    let mut manifest = place.manifest(&pushed);
    manifest["layers"][0]["size"] = json!((64 << 20) + 1);
    place.registry.put_manifest("noop", "huge", &manifest.to_string());
    // The component is deleted, so a download would fail with another error.
    fs::remove_file(place.registry.stored(pushed["digest"].as_str().unwrap())).unwrap();
    fails(place.inspect("noop:huge"), &["has more than 67108864 bytes", "the limit for a component"]);

    let large = place.workspace.outside().join("large.wasm");
    fs::File::create(&large).unwrap().set_len((64 << 20) + 1).unwrap();
    let push = ["push", large.to_str().unwrap(), &place.registry.reference("noop:large")];
    fails(place.plugin(&push), &["large.wasm", "67108864"]);
}

#[test]
fn images_and_files_that_are_not_plugins_are_refused() {
    let registry = or_skip!(OciRegistry::open());
    let place = RegistryWorkspace::of(registry);
    let pushed = place.push("noop:1");
    let mut manifest = place.manifest(&pushed);
    manifest["config"]["mediaType"] = json!("application/vnd.oci.image.config.v1+json");
    place.registry.put_manifest("noop", "image", &manifest.to_string());
    fails(place.inspect("noop:image"), &["a container image is not a plugin"]);

    let digest = place.registry.put_blob("text", b"no component");
    let mut manifest = place.manifest(&pushed);
    manifest["layers"][0]["digest"] = json!(digest);
    manifest["layers"][0]["size"] = json!(12);
    let config = manifest["config"]["digest"].as_str().unwrap().to_owned();
    let again = place.registry.put_blob("text", &fs::read(place.registry.stored(&config)).unwrap());
    assert_eq!(again, config);
    place.registry.put_manifest("text", "1", &manifest.to_string());
    fails(place.inspect("text:1"), &["is not a plugin"]);

    let text = place.workspace.outside().join("text.wasm");
    fs::write(&text, "no component").unwrap();
    let push = ["push", text.to_str().unwrap(), &place.registry.reference("text:2")];
    fails(place.plugin(&push), &["text.wasm is not a plugin"]);
    fails(place.inspect("text:2"), &["does not exist"]);
}

#[test]
fn invalid_references_are_refused_before_anything_is_sent() {
    let place = Workspace::empty();
    let noop = fixture("noop");
    for (args, says) in [
        (vec!["inspect", "oci://ghcr.io"], "repository"),
        (vec!["inspect", "http://example.org/x.wasm"], "https://"),
        (vec!["push", noop.to_str().unwrap(), "ghcr.io/a/b:1"], "oci://"),
        (vec!["push", noop.to_str().unwrap(), "oci://ghcr.io/A:1"], "`A` is not a repository"),
    ] {
        fails(Output::of(place.command().arg("plugin").args(args)), &[says]);
    }
    let pinned = format!("oci://127.0.0.1:1/a:1@sha256:{}", "0".repeat(64));
    let push = Output::of(place.command().args(["plugin", "push", noop.to_str().unwrap(), &pinned]));
    fails(push, &["remove `@sha256:…` from the reference"]);
}
